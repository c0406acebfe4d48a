/*
 * Decisions, against golden files. A script:
 *
 *	row TABLE FIELD=VALUE ...     of the plan
 *	at 2026-12-24T18:00:00Z       the wall clock
 *	calls trunk|rule|extension NAME|* N    go on now
 *	others N                               calls of who asks, of any kind
 *	credit TRUNK LEASE_S|out      what the caps say; "*": of every trunk
 *	price MINUTE CONNECT FIRST_S NEXT_S    of every call; in thousandths
 *	brake off|refuse|pin [SET]
 *	locked | unlocked             the PIN rules
 *	dial WHO NUMBER
 *	again                         the trunk of the verdict failed
 *	from TRUNK NUMBER CALLER [NAME]
 *	explain WHO NUMBER
 *	whither TRUNK NUMBER CALLER   explains a call from outside
 *	shadowed [PLAN]               rules that are never reached
 *	risks [SCOPE/WHO ...]         of each rule, these having a limit
 *	hours                         what is open, and until when
 *	check TABLE FIELD=VALUE ...   may such a row be kept
 */
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "check.h"
#include "golden.h"
#include "risk.h"
#include "routed_world.h"
#include "row_check.h"
#include "shadow.h"

enum { CALLS_MAX = 8 };

struct now {
	enum usage_of of;
	char who[33];
	uint32_t n;
};

struct script {
	FILE *out;
	struct world world;
	struct ask ask;
	struct verdict v;
	uint64_t now_ms;
	struct now calls[CALLS_MAX];
	size_t n_calls;
	char credit_trunk[33], credit[33];
	struct usage_price price;
	char brake[16], brake_set[33];
	bool locked;
	uint32_t others;
	char capped[128];
};

/* --- what was used --- */

static uint32_t says_calls(void *ctx, enum usage_of of, const char *who)
{
	const struct script *s = ctx;

	for (size_t i = 0; i < s->n_calls; i++)
		if (!strcmp(s->calls[i].who, "*") ||
		    (s->calls[i].of == of && !strcmp(s->calls[i].who, who)))
			return s->calls[i].n;
	return 0;
}

static bool says_credit(void *ctx, const struct plan_call *call,
			struct usage_credit *out)
{
	const struct script *s = ctx;

	*out = (struct usage_credit){ .longest_s = UINT32_MAX,
				      .price = s->price };
	if (!*s->credit || (strcmp(s->credit_trunk, "*") != 0 &&
			    strcmp(s->credit_trunk, call->trunk) != 0))
		return true;
	snprintf(out->credit, sizeof(out->credit), "cap");
	if (!strcmp(s->credit, "out")) {
		snprintf(out->why, sizeof(out->why),
			 "cap of trunk %s is used up", call->trunk);
		return false;
	}
	out->lease_s = (uint32_t)strtoul(s->credit, NULL, 10);
	out->longest_s = 10 * out->lease_s;
	snprintf(out->why, sizeof(out->why), "cap ends it after %u s",
		 out->longest_s);
	return true;
}

static enum usage_brake says_brake(void *ctx, const struct plan_call *call,
				   struct usage_brake_why *out)
{
	const struct script *s = ctx;

	(void)call;
	*out = (struct usage_brake_why){ .brake = "night" };
	snprintf(out->why, sizeof(out->why), "brake night holds");
	snprintf(out->pin_set, sizeof(out->pin_set), "%s", s->brake_set);
	if (!strcmp(s->brake, "refuse"))
		return USAGE_BRAKE_REFUSE;
	if (!strcmp(s->brake, "pin"))
		return USAGE_BRAKE_PIN;
	*out = (struct usage_brake_why){ { 0 } };
	return USAGE_BRAKE_OFF;
}

static bool says_locked(void *ctx, const struct plan_call *call, char why[121])
{
	const struct script *s = ctx;

	(void)call;
	snprintf(why, 121, "its PIN rules are locked");
	return s->locked;
}

/* --- what came of it --- */

static void tell_dial(struct script *s, const struct plan_choice *c)
{
	const struct verdict *v = &s->v;
	char until[40] = "";
	time_t t = (time_t)(v->until_ms / 1000);

	CHECK(c->outbound != c->emergency && c->emergency == v->emergency);
	CHECK(!v->emergency || !v->lease_s);
	CHECK_EQ(c->lease_s, v->lease_s);
	CHECK_STR(c->trunk, v->trunk);
	CHECK_STR(c->dial_rule, v->dial_rule);
	if (v->until_ms)
		strftime(until, sizeof(until), ", until %FT%TZ", gmtime(&t));
	fprintf(s->out, "  %s over %s", v->sent, v->trunk);
	if (*v->dial_rule)
		fprintf(s->out, " by %s", v->dial_rule);
	fprintf(s->out, "%s%s%s as %s%s%s%s", *c->number ? " to +" : "",
		c->number, v->emergency ? ", emergency," : "", v->caller_number,
		*v->caller_name ? " " : "", v->caller_name,
		v->hide_caller ? " (hidden)" : "");
	if (v->longest_s)
		fprintf(s->out, ", at most %u s", v->longest_s);
	if (v->lease_s)
		fprintf(s->out, ", leased %u s", v->lease_s);
	fputs(until, s->out);
}

static void tell(struct script *s, const struct plan_choice *c)
{
	const struct verdict *v = &s->v;
	bool out = v->action == VERDICT_ACTION_DIAL &&
		   v->direction == VERDICT_DIRECTION_OUTBOUND;

	if (out)
		tell_dial(s, c);
	else if (v->action == VERDICT_ACTION_DIAL)
		fprintf(s->out, "  rings %s for %u s as %s %s", v->targets,
			v->ring_s, v->caller_number, v->caller_name);
	else if (v->action == VERDICT_ACTION_REFUSE)
		fprintf(s->out, "  refused %u %s: %s", v->code,
			*v->prompts ? v->prompts : "-", v->reason);
	else
		fprintf(s->out, "  plays %s", v->prompts);
	if (*v->step)
		fprintf(s->out, " [%s]", v->step);
	fputc('\n', s->out);
	/* Money can only be spent by what the books hear of. */
	CHECK(out || (!c->outbound && !c->emergency && !*c->trunk));
}

static void decide(struct script *s, const struct plan_trace *trace)
{
	const struct plan_usage usage = { .ctx = s,
					  .calls = says_calls,
					  .credit = says_credit,
					  .brake = says_brake,
					  .locked = says_locked };
	struct plan_question q = { .ask = &s->ask,
				   .now_ms = s->now_ms,
				   .usage = &usage,
				   .trace = trace,
				   .suppose_pin = trace != NULL };
	struct plan_choice choice;

	plan_decide(world_plan(&s->world), &q, &s->v, &choice);
	if (!trace)
		tell(s, &choice);
}

static void ask(struct script *s, char *rest, uint32_t kind)
{
	char *who = strsep(&rest, " "), *number = strsep(&rest, " ");
	char *caller = strsep(&rest, " ");

	CHECK(number);
	record_init(&ask_record, &s->ask);
	s->ask.who_kind = kind;
	s->ask.others = s->others;
	snprintf(s->ask.call, sizeof(s->ask.call), "c1");
	snprintf(s->ask.who, sizeof(s->ask.who), "%s", who);
	snprintf(s->ask.number, sizeof(s->ask.number), "%s", number);
	snprintf(s->ask.caller, sizeof(s->ask.caller), "%s",
		 caller ? caller : "");
	snprintf(s->ask.caller_name, sizeof(s->ask.caller_name), "%s",
		 rest ? rest : "");
}

static void again(struct script *s)
{
	CHECK(*s->v.step);
	memcpy(s->ask.step, s->v.step, sizeof(s->ask.step));
	s->ask.failed_code = 503;
	decide(s, NULL);
}

static void on_line(void *ctx, const struct explain_line *l)
{
	struct script *s = ctx;

	if (l->outcome == EXPLAIN_LINE_OUTCOME_STEP) {
		fprintf(s->out, "  %s %s %s: %s\n", l->applies ? "+" : "-",
			l->step, l->what, l->why);
		return;
	}
	fprintf(s->out, "  %s %s: %s; by %s %s\n", l->applies ? "+" : "-",
		record_field(&explain_line_record, "outcome")
			->values[l->outcome],
		l->why, l->decided_by, l->what);
	if (l->priced)
		fprintf(s->out, "    %u.%03u a minute, %u.%03u a call, %u/%u\n",
			(unsigned)(l->minute_milli / 1000),
			(unsigned)(l->minute_milli % 1000),
			(unsigned)(l->connect_milli / 1000),
			(unsigned)(l->connect_milli % 1000), l->first_s,
			l->next_s);
}

static void explain(struct script *s, char *rest, uint32_t kind)
{
	const struct plan_trace trace = { on_line, s };

	ask(s, rest, kind);
	decide(s, &trace);
}

static void on_shadow(void *ctx, const struct shadow_line *l)
{
	struct script *s = ctx;

	fprintf(s->out, "  %s: %s (%s)\n", l->dial_rule, l->why, l->example);
}

static void on_hours(void *ctx, const struct hours_line *l)
{
	static const char *const states[] = { "open", "closed", "no clock",
					      "no zone" };
	struct script *s = ctx;

	fprintf(s->out, "  %s: %s until %s\n", l->time_rule, states[l->state],
		l->change_ms ? l->change : "-");
}

/* --- the script --- */

static uint64_t parse_time(const char *text)
{
	struct tm tm = { 0 };
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm);

	CHECK(end && !*end);
	return (uint64_t)timegm(&tm) * 1000;
}

static void set_calls(struct script *s, char *rest)
{
	const char *of = strsep(&rest, " "), *who = strsep(&rest, " ");
	struct now *n = &s->calls[s->n_calls++];

	CHECK(s->n_calls <= CALLS_MAX && who && rest);
	n->of = !strcmp(of, "trunk")  ? USAGE_OF_TRUNK
		: !strcmp(of, "rule") ? USAGE_OF_DIAL_RULE
				      : USAGE_OF_EXTENSION;
	snprintf(n->who, sizeof(n->who), "%s", who);
	n->n = (uint32_t)strtoul(rest, NULL, 10);
}

static int check_row(const struct record *r, const void *row,
		     struct issue *issue)
{
	if (r == &dial_rule_record)
		return check_dial_rule(row, issue);
	if (r == &dial_plan_record)
		return check_dial_plan(row, issue);
	if (r == &inbound_rule_record)
		return check_inbound_rule(row, issue);
	if (r == &time_rule_record)
		return check_time_rule(row, issue);
	if (r == &holiday_record)
		return check_holiday(row, issue);
	CHECK(r == &route_settings_record);
	return check_settings(row, issue);
}

static bool is_capped(void *ctx, enum usage_of of, const char *who)
{
	static const char *const scopes[] = {
		[USAGE_OF_TRUNK] = "trunk",
		[USAGE_OF_DIAL_RULE] = "rule",
		[USAGE_OF_EXTENSION] = "extension",
	};
	const struct script *s = ctx;
	char word[64];

	snprintf(word, sizeof(word), " %s/%s ", scopes[of], who);
	return strstr(s->capped, word);
}

static void on_risk(void *ctx, const struct risk_line *l)
{
	static const char *const risks[] = { "local", "mobile", "international",
					     "premium" };
	static const char *const guards[] = { "", ", pin", ", hours", ", cap" };
	struct script *s = ctx;

	fprintf(s->out, "  %s: %s%s%s%s%s%s\n", l->dial_rule, risks[l->risk],
		guards[l->guard], *l->why ? "; " : "", l->why,
		*l->unknown ? "; " : "", l->unknown);
}

static void risks(struct script *s, const char *capped)
{
	struct risk_question q = { s->now_ms, is_capped, s };

	snprintf(s->capped, sizeof(s->capped), " %s ", capped);
	risk_each(world_plan(&s->world), &q, on_risk, s);
}

static void check(struct script *s, const char *row)
{
	const struct record *r;
	struct issue issue;
	void *rec = world_row(row, &r);

	if (check_row(r, rec, &issue))
		fprintf(s->out, "  %s: %s\n", issue.field, issue.what);
	else
		fputs("  may be kept\n", s->out);
	free(rec);
}

static void *begin(FILE *out)
{
	struct script *s = calloc(1, sizeof(*s));

	CHECK(s);
	s->out = out;
	s->now_ms = parse_time("2026-11-30T10:00:00Z"); /* a Monday */
	world_init(&s->world);
	return s;
}

static void end(void *ctx)
{
	struct script *s = ctx;

	world_fini(&s->world);
	free(s);
}

static void set_usage(struct script *s, const char *word, char *rest)
{
	if (!strcmp(word, "calls"))
		set_calls(s, rest);
	else if (!strcmp(word, "credit"))
		CHECK_EQ(sscanf(rest, "%32s %32s", s->credit_trunk, s->credit),
			 2);
	else if (!strcmp(word, "price"))
		CHECK_EQ(sscanf(rest, "%" SCNu64 " %" SCNu64 " %u %u",
				&s->price.minute_milli, &s->price.connect_milli,
				&s->price.first_s, &s->price.next_s),
			 4);
	else if (!strcmp(word, "brake"))
		CHECK(sscanf(rest, "%15s %32s", s->brake, s->brake_set) >= 1);
	else if (!strcmp(word, "others"))
		s->others = (uint32_t)strtoul(rest, NULL, 10);
	else if (!strcmp(word, "locked"))
		s->locked = true;
	else if (!strcmp(word, "unlocked"))
		s->locked = false;
	else
		abort();
}

static void line(void *ctx, char *text)
{
	struct script *s = ctx;
	char *rest = strchrnul(text, ' ');

	if (*rest)
		*rest++ = '\0';
	if (!strcmp(text, "row"))
		world_add(&s->world, rest);
	else if (!strcmp(text, "check"))
		check(s, rest);
	else if (!strcmp(text, "at"))
		s->now_ms = parse_time(rest);
	else if (!strcmp(text, "dial"))
		ask(s, rest, ASK_WHO_KIND_EXTENSION), decide(s, NULL);
	else if (!strcmp(text, "from"))
		ask(s, rest, ASK_WHO_KIND_TRUNK), decide(s, NULL);
	else if (!strcmp(text, "again"))
		again(s);
	else if (!strcmp(text, "explain"))
		explain(s, rest, ASK_WHO_KIND_EXTENSION);
	else if (!strcmp(text, "whither"))
		explain(s, rest, ASK_WHO_KIND_TRUNK);
	else if (!strcmp(text, "shadowed"))
		CHECK_EQ(shadow_each(world_plan(&s->world),
				     *rest ? rest : "default", on_shadow, s),
			 0);
	else if (!strcmp(text, "risks"))
		risks(s, rest);
	else if (!strcmp(text, "hours"))
		plan_hours(world_plan(&s->world), s->now_ms, on_hours, s);
	else
		set_usage(s, text, rest);
}

int main(int argc, char **argv)
{
	static const struct golden_ops ops = { begin, line, end };

	return golden_main(argc, argv, &ops);
}

/*
 * The PIN dialogue within the whole decision, against golden files. A script:
 *
 *	row TABLE FIELD=VALUE ...   of the plan
 *	at MS                       the wall clock
 *	call [NUMBER]               extension 801 calls (00 by itself)
 *	keys DIGITS                 what the caller answers; ended by #
 *	pause DIGITS                the same, ended by a pause
 *	late                        no digit came
 *	silent                      nothing was ever heard of the phone
 *	failed CODE                 the trunk did not take the call
 *	next                        what was played is over
 *	explain                     the same call, asked about beforehand
 *	locked WHY | unlocked       what the locks say
 *	mute | loud                 is the phone known to be silent
 *	drop TABLE                  its rows are gone
 */
#include <stdlib.h>

#include "check.h"
#include "golden.h"
#include "routed_world.h"

struct script {
	FILE *out;
	struct world world;
	struct ask ask;
	struct verdict v;
	uint64_t now_ms;
	char locked[121];
	bool mute;
};

static bool says_locked(void *ctx, const struct plan_call *call, char why[121])
{
	const struct script *s = ctx;

	CHECK_STR(call->extension, "801");
	snprintf(why, 121, "%s", s->locked);
	return s->locked[0];
}

static bool says_mute(void *ctx, const struct plan_call *call)
{
	const struct script *s = ctx;

	CHECK_STR(call->source, "192.168.1.7");
	return s->mute;
}

static void *begin(FILE *out)
{
	struct script *s = calloc(1, sizeof(*s));

	CHECK(s);
	s->out = out;
	world_init(&s->world);
	world_add(&s->world, "extension number=801 name=Ada");
	world_add(&s->world, "trunk name=acme host=198.51.100.10");
	world_add(&s->world, "trunk name=reserve host=198.51.100.11");
	return s;
}

static void end(void *ctx)
{
	struct script *s = ctx;

	world_fini(&s->world);
	free(s);
}

static const char *event_name(enum pin_event e)
{
	switch (e) {
	case PIN_EVENT_SILENT:
		return ", counts as silent";
	case PIN_EVENT_WRONG:
		return ", counts as wrong";
	case PIN_EVENT_FAILED:
		return ", counts as wrong, and the call as failed";
	case PIN_EVENT_RIGHT:
		return ", counts as right";
	case PIN_EVENT_NONE:
		break;
	}
	return "";
}

static void tell(struct script *s, const struct plan_choice *c)
{
	const struct verdict *v = &s->v;

	switch ((enum verdict_action)v->action) {
	case VERDICT_ACTION_COLLECT:
		fprintf(s->out,
			"  %s says %s; %u s, then %u s, %u digits or %s",
			v->answer ? "answered," : "early media", v->prompts,
			v->first_digit_s, v->next_digit_s, v->max_digits,
			v->end_digit);
		if (v->silent_s)
			fprintf(s->out, "; silent after %u s", v->silent_s);
		break;
	case VERDICT_ACTION_PLAY:
		fprintf(s->out, "  says %s", v->prompts);
		break;
	case VERDICT_ACTION_DIAL:
		fprintf(s->out, "  dials %s over %s; pin %s of %s%s%s", v->sent,
			v->trunk, c->pin, c->pin_holder,
			*c->pin_digits ? ", recorded: " : "", c->pin_digits);
		break;
	case VERDICT_ACTION_REFUSE:
		fprintf(s->out, "  refuses with %u, says %s: %s", v->code,
			v->prompts, v->reason);
		break;
	case VERDICT_ACTION_ECHO:
		abort();
	}
	if (*v->step)
		fprintf(s->out, " [%s]", v->step);
	fprintf(s->out, "%s\n", event_name(c->pin_event));
	/* What does not go out leaves nothing for the books. */
	CHECK(v->action == VERDICT_ACTION_DIAL ||
	      (!*c->pin && !*c->pin_digits && !*c->trunk));
}

static void decide(struct script *s)
{
	const struct plan_usage usage = { .ctx = s,
					  .locked = says_locked,
					  .mute = says_mute };
	struct plan_question q = { .ask = &s->ask,
				   .now_ms = s->now_ms,
				   .usage = &usage };
	struct plan_choice choice;

	plan_decide(world_plan(&s->world), &q, &s->v, &choice);
	tell(s, &choice);
}

static void call(struct script *s, const char *number)
{
	record_init(&ask_record, &s->ask);
	snprintf(s->ask.call, sizeof(s->ask.call), "c1");
	snprintf(s->ask.who, sizeof(s->ask.who), "801");
	snprintf(s->ask.source, sizeof(s->ask.source), "192.168.1.7");
	snprintf(s->ask.number, sizeof(s->ask.number), "%s",
		 *number ? number : "0049123");
	decide(s);
}

static void answer(struct script *s, const char *digits, uint32_t how)
{
	memcpy(s->ask.step, s->v.step, sizeof(s->ask.step));
	snprintf(s->ask.digits, sizeof(s->ask.digits), "%s", digits);
	s->ask.digits_end = how;
	decide(s);
	s->ask.digits[0] = '\0';
	s->ask.digits_end = ASK_DIGITS_END_NONE;
}

static void on_line(void *ctx, const struct explain_line *l)
{
	struct script *s = ctx;

	fprintf(s->out, "  %s %s %s: %s\n", l->applies ? "+" : "-", l->step,
		l->what, l->why);
}

static void explain(struct script *s)
{
	const struct plan_trace trace = { on_line, s };
	const struct plan_usage usage = { .ctx = s,
					  .locked = says_locked,
					  .mute = says_mute };
	struct plan_question q = { .ask = &s->ask,
				   .now_ms = s->now_ms,
				   .usage = &usage,
				   .trace = &trace,
				   .suppose_pin = true };
	struct plan_choice choice;

	s->ask.step[0] = '\0';
	plan_decide(world_plan(&s->world), &q, &s->v, &choice);
}

static void drop(struct script *s, const char *table)
{
	for (size_t i = 0; i < WORLD_TABLES; i++)
		if (!strcmp(s->world.tables[i].record->name, table))
			s->world.tables[i].n = 0;
	plan_free(s->world.plan);
	s->world.plan = NULL;
}

static void line(void *ctx, char *text)
{
	struct script *s = ctx;
	char *rest = strchrnul(text, ' ');

	if (*rest)
		*rest++ = '\0';
	if (!strcmp(text, "row"))
		world_add(&s->world, rest);
	else if (!strcmp(text, "at"))
		s->now_ms = strtoull(rest, NULL, 10);
	else if (!strcmp(text, "call"))
		call(s, rest);
	else if (!strcmp(text, "keys"))
		answer(s, rest, ASK_DIGITS_END_COMPLETE);
	else if (!strcmp(text, "pause"))
		answer(s, rest, ASK_DIGITS_END_TIMEOUT);
	else if (!strcmp(text, "late"))
		answer(s, "", ASK_DIGITS_END_TIMEOUT);
	else if (!strcmp(text, "silent"))
		answer(s, "", ASK_DIGITS_END_SILENT);
	else if (!strcmp(text, "next"))
		answer(s, "", ASK_DIGITS_END_NONE);
	else if (!strcmp(text, "failed"))
		s->ask.failed_code = (uint32_t)strtoul(rest, NULL, 10);
	else if (!strcmp(text, "explain"))
		explain(s);
	else if (!strcmp(text, "locked"))
		snprintf(s->locked, sizeof(s->locked), "%s", rest);
	else if (!strcmp(text, "unlocked"))
		s->locked[0] = '\0';
	else if (!strcmp(text, "mute"))
		s->mute = true;
	else if (!strcmp(text, "loud"))
		s->mute = false;
	else if (!strcmp(text, "drop"))
		drop(s, rest);
	else
		abort();
}

int main(int argc, char **argv)
{
	static const struct golden_ops ops = { begin, line, end };

	return golden_main(argc, argv, &ops);
}

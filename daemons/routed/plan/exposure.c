#include "exposure.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decide.h"
#include "names.h"
#include "zone.h"

enum {
	RULES_TOLD = 50,
	CHANGES_MAX = 2000, /* of one time rule in one span */
	DAY_S = 86400,
	FRIDAY = 5,
	EVENING_S = 18 * 3600,
	WEEKEND_S = 2 * DAY_S + 14 * 3600, /* Friday 18:00 to Monday 08:00 */
};

#define NONE UINT64_MAX

void exposure_spans(const struct plan *p, uint64_t from_ms,
		    struct exposure_span spans[EXPOSURE_SPANS])
{
	const struct zone *zone = p->times.night.zone;
	int64_t utc = (int64_t)(from_ms / 1000);
	int64_t local = utc + (zone ? zone_offset(zone, utc) : 0);
	int64_t today = local / DAY_S;
	int64_t friday = today - (day_of(today).weekday + 7 - FRIDAY) % 7;
	int64_t begin = friday * DAY_S + EVENING_S;

	if (local >= begin + WEEKEND_S)
		begin += 7 * DAY_S;
	begin -= local - utc;
	spans[0] = (struct exposure_span){ EXPOSURE_LINE_SPAN_DAY, from_ms,
					   from_ms + DAY_S * 1000ULL };
	spans[1] =
		(struct exposure_span){ EXPOSURE_LINE_SPAN_WEEKEND,
					begin > utc ? (uint64_t)begin * 1000
						    : from_ms,
					(uint64_t)(begin + WEEKEND_S) * 1000 };
	spans[2] = (struct exposure_span){ EXPOSURE_LINE_SPAN_MONTH, from_ms,
					   from_ms + 31 * DAY_S * 1000ULL };
}

static uint64_t plus(uint64_t a, uint64_t b)
{
	return a > NONE - b ? NONE : a + b;
}

static uint64_t times(uint64_t a, uint64_t b)
{
	return b && a > NONE / b ? NONE : a * b;
}

/* One way out for the thief. */
struct thief_rule {
	const struct rule *rule;
	uint64_t open_s;
	uint64_t talk_s; /* by one line; open_s and what goes on after close */
	struct exposure_limit limit[2]; /* of the rule: [money] */
};

struct theft {
	const struct plan *plan;
	const struct exposure_question *q;
	const struct line *caller;
	struct thief_rule *rules;
	size_t n;
	size_t n_pin; /* rules that ask for a PIN */
	struct exposure_limit caller_limit[2];
	struct exposure_limit *trunk_limits[2]; /* by the trunk's index */
	bool *needed;                           /* room for one flag a trunk */
};

/* --- while it is open --- */

static uint64_t span_s(const struct exposure_span *s)
{
	return (s->until_ms - s->from_ms) / 1000;
}

/* For how long a time rule is open within the span, and how often it closes. */
static uint64_t open_s(const struct theft *t, const struct timed *rule,
		       uint64_t *closes)
{
	const struct exposure_span *s = &t->q->span;
	const struct times *all = &t->plan->times;
	uint64_t at = s->from_ms, open_ms = 0;

	*closes = 0;
	for (int i = 0; at < s->until_ms; i++) {
		bool open = times_ask(all, rule, at) == TIMES_OPEN;
		uint64_t change = times_change_ms(all, rule, at, 40);

		if (i == CHANGES_MAX)
			return (s->until_ms - s->from_ms) / 1000;
		if (!change || change > s->until_ms)
			change = s->until_ms;
		if (open) {
			open_ms += change - at;
			++*closes;
		}
		at = change;
	}
	return open_ms / 1000;
}

/* The stricter of two limits, of which 0 is none. */
static uint32_t stricter(uint32_t a, uint32_t b)
{
	if (!a || !b)
		return a ? a : b;
	return a < b ? a : b;
}

static void take_hours(const struct theft *t, struct thief_rule *r)
{
	const char *name = r->rule->row.time_rule;
	const struct timed *rule = times_find(&t->plan->times, name);
	uint32_t longest =
		stricter(t->caller->longest_s, r->rule->row.longest_s);
	uint64_t whole = span_s(&t->q->span), closes = 0;

	if (!*name)
		r->open_s = whole;
	else if (rule)
		r->open_s = open_s(t, rule, &closes);
	r->talk_s = r->open_s;
	/* A call may begin in the last second before each close. */
	if (rule && r->open_s && !rule->cut_at_close)
		r->talk_s = longest ? plus(r->open_s, times(closes, longest))
				    : whole;
	if (r->talk_s > whole)
		r->talk_s = whole;
}

/* --- which rules --- */

/* The rule's trunk at i, if it can be used; false: no more of them. */
static bool trunk_at(const struct theft *t, const struct rule *r, size_t i,
		     const struct plan_trunk **trunk)
{
	char name[33];

	if (!names_at(r->row.trunks, i, name))
		return false;
	*trunk = trunks_find(&t->plan->trunks, name);
	if (*trunk && !(*trunk)->enabled)
		*trunk = NULL;
	return true;
}

static bool has_trunk(const struct theft *t, const struct rule *r)
{
	const struct plan_trunk *trunk;

	for (size_t i = 0; trunk_at(t, r, i, &trunk); i++)
		if (trunk)
			return true;
	return false;
}

static size_t index_of(const struct theft *t, const struct plan_trunk *trunk)
{
	return (size_t)(trunk - t->plan->trunks.rows);
}

static void ask(const struct theft *t, enum usage_of of, const char *who,
		struct exposure_limit limit[2])
{
	for (int money = 0; money < 2; money++) {
		limit[money] = (struct exposure_limit){ .amount = NONE };
		t->q->limit(t->q->ctx, of, who, money, &t->q->span,
			    &limit[money]);
	}
}

static void take_rules(struct theft *t)
{
	const struct rule_set *set =
		rules_set(&t->plan->rules, t->caller->dial_plan);

	if (!set || !t->caller->enabled || t->plan->settings.kill_switch)
		return;
	for (size_t i = 0; i < set->n; i++) {
		struct thief_rule r = { .rule = set->rules[i] };

		if (!has_trunk(t, r.rule))
			continue;
		if (*r.rule->row.pin_set) {
			t->n_pin++;
			continue;
		}
		take_hours(t, &r);
		if (!r.open_s)
			continue;
		ask(t, USAGE_OF_DIAL_RULE, r.rule->row.name, r.limit);
		t->rules[t->n++] = r;
	}
}

static void take_trunks(struct theft *t)
{
	for (size_t i = 0; i < t->plan->trunks.n; i++) {
		struct exposure_limit limit[2];

		ask(t, USAGE_OF_TRUNK, t->plan->trunks.rows[i].name, limit);
		t->trunk_limits[0][i] = limit[0];
		t->trunk_limits[1][i] = limit[1];
	}
}

/* --- bounds --- */

/* A sum of limits, which together bound what goes past all of them. */
struct sum {
	uint64_t amount;
	const char *first; /* the name of one of them */
	size_t n;
};

static void add(struct sum *s, const struct exposure_limit *l)
{
	s->amount = plus(s->amount, l->amount);
	if (!s->n++)
		s->first = l->by;
}

static void better(struct exposure_limit *best, const struct sum *s)
{
	if (s->amount >= best->amount)
		return;
	best->amount = s->amount;
	snprintf(best->by, sizeof(best->by), "%.40s%s", s->n ? s->first : "",
		 s->n > 1 ? " and others" : "");
}

/* Marks the trunks of a rule; adds those that were not. */
static void add_trunks(struct theft *t, const struct rule *r, bool money,
		       struct sum *s)
{
	const struct plan_trunk *trunk;

	for (size_t i = 0; trunk_at(t, r, i, &trunk); i++) {
		if (!trunk || t->needed[index_of(t, trunk)])
			continue;
		t->needed[index_of(t, trunk)] = true;
		add(s, &t->trunk_limits[money][index_of(t, trunk)]);
	}
}

static bool is_covered(const struct theft *t, const struct rule *r)
{
	const struct plan_trunk *trunk;

	for (size_t i = 0; trunk_at(t, r, i, &trunk); i++)
		if (trunk && !t->needed[index_of(t, trunk)])
			return false;
	return true;
}

/* Each way (a rule over a trunk) must be covered by a limit of its rule or of
   its trunk: `all` by trunks, else by rules where they have one. */
static struct sum cover(struct theft *t, bool money, bool all)
{
	struct sum s = { 0 };

	memset(t->needed, 0, t->plan->trunks.n * sizeof(*t->needed));
	for (size_t i = 0; i < t->n; i++)
		if (all || t->rules[i].limit[money].amount == NONE)
			add_trunks(t, t->rules[i].rule, money, &s);
	for (size_t i = 0; i < t->n; i++)
		if (!is_covered(t, t->rules[i].rule))
			add(&s, &t->rules[i].limit[money]);
	return s;
}

static struct exposure_limit bound_all(struct theft *t, bool money)
{
	struct exposure_limit best = t->caller_limit[money];
	struct sum by_trunks, by_rules;

	if (!t->n)
		return (struct exposure_limit){ 0, "nothing is open" };
	by_trunks = cover(t, money, true);
	better(&best, &by_trunks);
	by_rules = cover(t, money, false);
	better(&best, &by_rules);
	return best;
}

static struct exposure_limit bound_one(struct theft *t,
				       const struct thief_rule *r, bool money)
{
	struct exposure_limit best = t->caller_limit[money];
	struct sum rule = { 0 }, by_trunks = { 0 };

	add(&rule, &r->limit[money]);
	better(&best, &rule);
	memset(t->needed, 0, t->plan->trunks.n * sizeof(*t->needed));
	add_trunks(t, r->rule, money, &by_trunks);
	better(&best, &by_trunks);
	return best;
}

/* Calls at once by one rule; 0: no limit. */
static uint32_t lines_of(const struct theft *t, const struct rule *r)
{
	const struct plan_trunk *trunk;
	uint32_t sum = 0;

	for (size_t i = 0; trunk_at(t, r, i, &trunk); i++) {
		if (!trunk)
			continue;
		if (!trunk->max_calls)
			return stricter(t->caller->max_calls, r->row.max_calls);
		sum += trunk->max_calls;
	}
	return stricter(stricter(t->caller->max_calls, r->row.max_calls), sum);
}

/* What so many lines can talk is a bound, too. */
static void bound_lines(struct exposure_limit *talk, uint64_t lines_s)
{
	if (lines_s >= talk->amount)
		return;
	talk->amount = lines_s;
	snprintf(talk->by, sizeof(talk->by), "calls at once");
}

static uint64_t all_lines_s(const struct theft *t)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < t->n; i++) {
		uint32_t lines = lines_of(t, t->rules[i].rule);

		sum = lines ? plus(sum, times(lines, t->rules[i].talk_s))
			    : NONE;
	}
	if (t->n && t->caller->max_calls &&
	    sum > times(t->caller->max_calls, span_s(&t->q->span)))
		sum = times(t->caller->max_calls, span_s(&t->q->span));
	return sum;
}

/* --- lines --- */

static void fill(const struct theft *t, struct exposure_line *l,
		 const struct exposure_limit *talk,
		 const struct exposure_limit *money)
{
	l->span = t->q->span.kind;
	l->from_ms = t->q->span.from_ms;
	l->until_ms = t->q->span.until_ms;
	l->talk_s = talk->amount == NONE ? 0 : talk->amount;
	l->money_milli = money->amount == NONE ? 0 : money->amount;
	memcpy(l->talk_by, talk->by, sizeof(l->talk_by));
	memcpy(l->money_by, money->by, sizeof(l->money_by));
}

/* The way that no cap in money stops. */
static void say_unbounded(const struct theft *t, char *why, size_t size)
{
	const struct plan_trunk *trunk;

	for (size_t i = 0; i < t->n; i++) {
		const struct rule *r = t->rules[i].rule;

		if (t->rules[i].limit[1].amount != NONE)
			continue;
		for (size_t k = 0; trunk_at(t, r, k, &trunk); k++)
			if (trunk &&
			    t->trunk_limits[1][index_of(t, trunk)].amount ==
				    NONE) {
				snprintf(why, size,
					 "unbounded: rule %s over trunk %s has "
					 "no limit in money",
					 r->row.name, trunk->name);
				return;
			}
	}
}

static void tell_all(struct theft *t)
{
	struct exposure_limit talk = bound_all(t, false);
	struct exposure_limit money = bound_all(t, true);
	struct exposure_line l;
	int n;

	record_init(&exposure_line_record, &l);
	bound_lines(&talk, all_lines_s(t));
	fill(t, &l, &talk, &money);
	l.calls = t->caller->max_calls;
	n = snprintf(l.why, sizeof(l.why),
		     "rules open to a thief: %zu; behind a PIN: %zu", t->n,
		     t->n_pin);
	if (!t->caller->enabled)
		snprintf(l.why, sizeof(l.why), "the extension is switched off");
	else if (t->plan->settings.kill_switch)
		snprintf(l.why, sizeof(l.why), "the kill switch is thrown");
	else if (money.amount == NONE)
		say_unbounded(t, l.why, sizeof(l.why));
	else if (t->n > RULES_TOLD)
		snprintf(l.why + n, sizeof(l.why) - (size_t)n,
			 "; %d of them are shown", RULES_TOLD);
	t->q->line(t->q->ctx, &l);
}

static void tell_one(struct theft *t, const struct thief_rule *r)
{
	struct exposure_limit talk = bound_one(t, r, false);
	struct exposure_limit money = bound_one(t, r, true);
	struct exposure_line l;

	record_init(&exposure_line_record, &l);
	l.calls = lines_of(t, r->rule);
	if (l.calls)
		bound_lines(&talk, times(l.calls, r->talk_s));
	fill(t, &l, &talk, &money);
	l.open_s = r->open_s;
	memcpy(l.dial_rule, r->rule->row.name, sizeof(l.dial_rule));
	memcpy(l.pattern, r->rule->row.pattern, sizeof(l.pattern));
	memcpy(l.trunks, r->rule->row.trunks, sizeof(l.trunks));
	t->q->line(t->q->ctx, &l);
}

static bool make_room(struct theft *t)
{
	size_t trunks = t->plan->trunks.n + 1;

	t->rules = calloc(t->plan->rules.n + 1, sizeof(*t->rules));
	t->trunk_limits[0] = calloc(trunks, sizeof(struct exposure_limit));
	t->trunk_limits[1] = calloc(trunks, sizeof(struct exposure_limit));
	t->needed = calloc(trunks, sizeof(*t->needed));
	return t->rules && t->trunk_limits[0] && t->trunk_limits[1] &&
	       t->needed;
}

int exposure(const struct plan *p, const struct exposure_question *q)
{
	struct theft t = { .plan = p, .q = q };
	int rc = -ENOMEM;

	t.caller = lines_find(&p->lines, q->extension);
	if (!t.caller)
		return -ENOENT;
	if (make_room(&t)) {
		rc = 0;
		ask(&t, USAGE_OF_EXTENSION, q->extension, t.caller_limit);
		take_trunks(&t);
		take_rules(&t);
		tell_all(&t);
		for (size_t i = 0; i < t.n && i < RULES_TOLD; i++)
			tell_one(&t, &t.rules[i]);
	}
	free(t.rules);
	free(t.trunk_limits[0]);
	free(t.trunk_limits[1]);
	free(t.needed);
	return rc;
}

/*
 * What Explain says beyond the steps of the decision itself. Never more than
 * so many rows, however many rules there are.
 */
#include <stdio.h>
#include <string.h>

#include "decide.h"
#include "duration.h"

enum { OTHERS_MAX = 100, CHANGE_DAYS = 400 };

/* --- what ends the call --- */

struct end {
	const char *what;
	const char *who;
	uint64_t after_s;
	char when[64];
};

static void add(struct end *ends, size_t *n, const char *what, const char *who,
		uint64_t after_s)
{
	struct end *e = &ends[(*n)++];
	char text[DURATION_TEXT];

	*e = (struct end){ .what = what, .who = who, .after_s = after_s };
	snprintf(e->when, sizeof(e->when), "after %s of talk",
		 duration_format(after_s, text));
}

static void add_close(const struct decision *d, struct end *ends, size_t *n)
{
	const char *name = d->way.rule->row.time_rule;
	const struct timed *rule = times_find(&d->plan->times, name);
	struct end *e = &ends[*n];
	char text[32];

	add(ends, n, "closes", name, (d->way.until_ms - d->q->now_ms) / 1000);
	if (!rule)
		return;
	times_text(rule, d->way.until_ms, text, sizeof(text));
	snprintf(e->when, sizeof(e->when), "at %s", text);
}

/* The one that comes first applies. */
void explain_ends(const struct decision *d)
{
	const struct way *w = &d->way;
	struct end ends[4];
	size_t n = 0, first = 0;

	if (!w->rule)
		return; /* an emergency call ends when the people in it want */
	if (d->caller->longest_s)
		add(ends, &n, "longest call", d->caller->number,
		    d->caller->longest_s);
	if (w->rule->row.longest_s)
		add(ends, &n, "longest call", w->rule->row.name,
		    w->rule->row.longest_s);
	if (w->credit_s != UINT32_MAX)
		add(ends, &n, "credit", w->credit, w->credit_s);
	if (w->until_ms)
		add_close(d, ends, &n);
	for (size_t i = 1; i < n; i++)
		if (ends[i].after_s < ends[first].after_s)
			first = i;
	for (size_t i = 0; i < n; i++)
		decide_trace(d, ends[i].what, ends[i].who, i == first,
			     "%s the call %s",
			     i == first ? "ends" : "would end", ends[i].when);
	if (!n)
		decide_trace(d, "longest call", d->caller->number, false,
			     "nothing ends the call");
}

/* --- the rules that were not chosen --- */

static void why_not(const struct rule *r, const char *number, char *why,
		    size_t size)
{
	size_t fits = pattern_fits(&r->pattern, number);

	if (!number[fits])
		snprintf(why, size, "%s is for longer numbers", r->row.pattern);
	else if (fits >= r->pattern.n)
		snprintf(why, size, "%s is for shorter numbers",
			 r->row.pattern);
	else
		snprintf(why, size, "%s does not fit from character %zu on",
			 r->row.pattern, fits + 1);
}

static bool explain_other(const struct decision *d, const struct rule *r,
			  bool in_plan, const struct rule *winner)
{
	const char *number = d->q->ask->number;
	char why[160];

	if (!r->in_use)
		snprintf(why, sizeof(why), "is switched off");
	else if (!in_plan)
		snprintf(why, sizeof(why), "is not in plan %s",
			 d->caller->dial_plan);
	else if (!pattern_matches(&r->pattern, number))
		why_not(r, number, why, sizeof(why));
	else if (winner)
		snprintf(why, sizeof(why), "%s fits, too, but comes after %s",
			 r->row.pattern, winner->row.name);
	else
		return false; /* was told as it was tried */
	decide_trace(d, "dial rule", r->row.name, false, "%s", why);
	return true;
}

/* Is it the winner, or was it tried before it? Those are told already. */
static bool was_tried(const struct rule *r, const struct rule *winner,
		      const char *number)
{
	int order;

	if (!winner || r == winner)
		return r == winner;
	if (!r->in_use || !pattern_matches(&r->pattern, number))
		return false;
	order = pattern_compare(&r->pattern, &winner->pattern);
	return order < 0 || (order == 0 && r->order < winner->order);
}

void explain_others(const struct decision *d, const struct rule *winner,
		    size_t tried)
{
	const struct rules *rules = &d->plan->rules;
	const struct rule_set *set = rules_set(rules, d->caller->dial_plan);
	size_t told = 0, left = 0;

	if (tried)
		decide_trace(d, "dial rule", "", false,
			     "%zu rules were tried, most of them closed",
			     tried);
	for (size_t i = 0; i < rules->n; i++) {
		const struct rule *r = &rules->all[i];
		bool in_plan = r->in_use && rule_set_has(set, r);

		if (in_plan && was_tried(r, winner, d->q->ask->number))
			continue;
		if (told == OTHERS_MAX)
			left++;
		else if (explain_other(d, r, in_plan, winner))
			told++;
	}
	if (left)
		decide_trace(d, "dial rule", "", false,
			     "and %zu others, which are not chosen either",
			     left);
}

/* --- the last word --- */

/* What becomes of the call. */
static uint32_t outcome(const struct decision *d)
{
	const struct verdict *v = d->out;

	switch ((enum verdict_action)v->action) {
	case VERDICT_ACTION_REFUSE:
		return EXPLAIN_LINE_OUTCOME_REFUSED;
	case VERDICT_ACTION_COLLECT:
		return EXPLAIN_LINE_OUTCOME_PIN;
	case VERDICT_ACTION_PLAY:
	case VERDICT_ACTION_ECHO:
		return EXPLAIN_LINE_OUTCOME_INSIDE;
	case VERDICT_ACTION_DIAL:
		break;
	}
	if (v->direction != VERDICT_DIRECTION_OUTBOUND)
		return EXPLAIN_LINE_OUTCOME_INSIDE;
	if (v->emergency)
		return EXPLAIN_LINE_OUTCOME_EMERGENCY;
	return *d->way.pin_set && !d->way.pin ? EXPLAIN_LINE_OUTCOME_PIN
					      : EXPLAIN_LINE_OUTCOME_OUT;
}

static void say_outcome(const struct decision *d, uint32_t outcome, char *why,
			size_t size)
{
	const char *trunk = d->way.trunk ? d->way.trunk->name : "";

	switch ((enum explain_line_outcome)outcome) {
	case EXPLAIN_LINE_OUTCOME_OUT:
		snprintf(why, size, "goes out over trunk %s", trunk);
		break;
	case EXPLAIN_LINE_OUTCOME_PIN:
		snprintf(why, size, "goes out over trunk %s behind a PIN of %s",
			 trunk, d->way.pin_set);
		break;
	case EXPLAIN_LINE_OUTCOME_EMERGENCY:
		snprintf(why, size, "goes out over trunk %s, past every limit",
			 trunk);
		break;
	case EXPLAIN_LINE_OUTCOME_INSIDE:
		if (d->out->action == VERDICT_ACTION_DIAL)
			snprintf(why, size, "rings %s", d->out->sent);
		else
			snprintf(why, size, "the box answers");
		break;
	case EXPLAIN_LINE_OUTCOME_REFUSED:
		snprintf(why, size, "is refused: %s", d->out->reason);
		break;
	case EXPLAIN_LINE_OUTCOME_STEP:
		break;
	}
}

void explain_verdict(const struct decision *d)
{
	struct explain_line l = { .outcome = outcome(d) };
	const struct usage_price *price = &d->way.price;

	l.applies = l.outcome != EXPLAIN_LINE_OUTCOME_REFUSED;
	snprintf(l.step, sizeof(l.step), "verdict");
	text_from_peer(l.what, sizeof(l.what), d->by_what, strlen(d->by_what));
	snprintf(l.decided_by, sizeof(l.decided_by), "%s", d->by);
	say_outcome(d, l.outcome, l.why, sizeof(l.why));
	if (l.outcome == EXPLAIN_LINE_OUTCOME_OUT ||
	    l.outcome == EXPLAIN_LINE_OUTCOME_PIN) {
		l.priced = price->first_s > 0;
		l.minute_milli = price->minute_milli;
		l.connect_milli = price->connect_milli;
		l.first_s = price->first_s;
		l.next_s = price->next_s;
	}
	d->q->trace->line(d->q->trace->ctx, &l);
}

/* --- hours --- */

void plan_hours(const struct plan *p, uint64_t now_ms, plan_hours_fn fn,
		void *ctx)
{
	for (size_t i = 0; i < p->times.n; i++) {
		const struct timed *rule = &p->times.rules[i];
		struct hours_line l;

		record_init(&hours_line_record, &l);
		memcpy(l.time_rule, rule->name, sizeof(l.time_rule));
		l.state = (uint32_t)times_ask(&p->times, rule, now_ms);
		l.change_ms =
			times_change_ms(&p->times, rule, now_ms, CHANGE_DAYS);
		if (l.change_ms)
			times_text(rule, l.change_ms, l.change,
				   sizeof(l.change));
		fn(ctx, &l);
	}
}

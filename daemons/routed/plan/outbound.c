/*
 * The last step: a dial rule. All rules of the caller's dial plan that fit are
 * candidates, the most specific first; a rule whose hours are closed passes to
 * the next, any other shut gate ends the call: a looser rule must not open what
 * a tighter one shuts. Of a rule, the trunks are tried in their order.
 */
#include <stdio.h>
#include <string.h>

#include "decide.h"
#include "gates.h"
#include "names.h"
#include "number.h"
#include "pin_gate.h"

/* Closed rules that Explain tells of. */
enum { TOLD_MAX = 50 };

/* What the caller hears when no candidate is left: the first reason. */
struct reason {
	struct gate_says says;
	bool set;
};

static void keep_reason(struct reason *r, const struct gate_says *says)
{
	if (!r->set)
		r->says = *says;
	r->set = true;
}

static void refuse_as(struct decision *d, const struct gate_says *says)
{
	decide_refuse(d, says->code, says->prompts, says->why);
	if (says->gate)
		(void)decide_by(d, says->gate, says->what);
}

/* Is the trunk at i the first to try, or behind the one that failed? */
static size_t first_trunk(const struct decision *d)
{
	const struct rule *rule = d->way.rule;
	char name[33];

	if (!*d->step.after || strcmp(d->step.rule, rule->row.name) != 0)
		return 0;
	for (size_t i = 0; names_at(rule->row.trunks, i, name); i++)
		if (strcmp(name, d->step.after) == 0)
			return i + 1;
	return 0;
}

static bool is_last(const struct decision *d, size_t i)
{
	char name[33];

	return !names_at(d->way.rule->row.trunks, i + 1, name);
}

/* Chooses the trunk of a rule whose gates are open. */
static enum gate choose_trunk(struct decision *d, struct gate_says *says,
			      bool *last)
{
	const struct rule *rule = d->way.rule;
	struct reason first = { 0 };
	enum gate gate;
	char name[33];

	for (size_t i = first_trunk(d); names_at(rule->row.trunks, i, name);
	     i++) {
		d->way.trunk = trunks_find(&d->plan->trunks, name);
		if (!d->way.trunk) {
			decide_trace(d, "trunk", name, false,
				     "there is no such trunk: skipped");
			continue;
		}
		gate = gates_pass(d, trunk_gates, n_trunk_gates, says);
		*last = is_last(d, i);
		if (gate != GATE_NEXT)
			return gate;
		keep_reason(&first, says);
	}
	d->way.trunk = NULL;
	*says = first.says;
	if (!first.set) {
		says->code = 503;
		says->prompts = "ss-noservice";
		snprintf(says->why, sizeof(says->why), "%s",
			 *rule->row.trunks ? "no other trunk can take the call"
					   : "the dial rule has no trunk");
	}
	return GATE_SHUT;
}

/* false: the next candidate. */
static bool try_rule(struct decision *d, const struct rule *rule,
		     struct reason *closed)
{
	struct gate_says says = { 0 };
	const char *why;
	enum gate gate;
	bool last = true;

	d->way = (struct way){ .rule = rule, .credit_s = UINT32_MAX };
	(void)decide_by(d, "dial rule", rule->row.name);
	snprintf(d->way.pin_set, sizeof(d->way.pin_set), "%s",
		 rule->row.pin_set);
	pin_gate_recall(d);
	if (!number_change(d->q->ask->number, rule->row.strip,
			   rule->row.prepend, d->way.sent, sizeof(d->way.sent),
			   &why)) {
		decide_refuse(d, 404, "pbx-invalid", why);
		return decide_trace(d, "dial rule", rule->row.name, true,
				    "%s: refused", why);
	}
	number_world(&d->plan->settings, d->way.sent, d->way.number,
		     sizeof(d->way.number));
	decide_trace(d, "dial rule", rule->row.name, true,
		     "%s fits: would send %s", rule->row.pattern, d->way.sent);
	gate = gates_pass(d, rule_gates, n_rule_gates, &says);
	if (gate == GATE_NEXT) {
		keep_reason(closed, &says);
		return false;
	}
	if (gate == GATE_OPEN)
		gate = choose_trunk(d, &says, &last);
	if (gate == GATE_OPEN)
		gate = gates_pass(d, last_gates, n_last_gates, &says);
	if (gate == GATE_SHUT)
		refuse_as(d, &says);
	if (gate == GATE_OPEN)
		decide_dial(d, !last);
	if (gate == GATE_ASKS)
		(void)decide_by(d, says.gate, says.what);
	return true;
}

/* Tells of a rule only if it is the one; deciding twice is the same. */
static bool try_quietly(struct decision *d, const struct rule *rule,
			struct reason *closed)
{
	const struct plan_question *q = d->q;
	struct plan_question quiet = *q;
	bool decided;

	quiet.trace = NULL;
	d->q = &quiet;
	decided = try_rule(d, rule, closed);
	d->q = q;
	return decided && (!q->trace || try_rule(d, rule, closed));
}

bool decide_rule(struct decision *d)
{
	const struct rule_set *set =
		rules_set(&d->plan->rules, d->caller->dial_plan);
	struct reason closed = { 0 };
	const struct rule *rule;
	size_t at = 0, tried = 0;

	if (!set) {
		decide_refuse(d, 404, "pbx-invalid",
			      "the caller's dial plan does not exist");
		(void)decide_by(d, "dial plan", d->caller->dial_plan);
		return decide_trace(d, "dial plan", d->caller->dial_plan, true,
				    "does not exist: refused");
	}
	while ((rule = rule_set_next(set, d->q->ask->number, &at)))
		if (tried++ < TOLD_MAX ? try_rule(d, rule, &closed)
				       : try_quietly(d, rule, &closed))
			break;
	if (d->q->trace)
		explain_others(d, rule, tried > TOLD_MAX ? tried : 0);
	if (rule)
		return true;
	if (closed.set) {
		refuse_as(d, &closed.says);
		return decide_trace(d, "dial rule", "", true,
				    "no rule is open: refused");
	}
	decide_refuse(d, 404, "pbx-invalid", "no such number");
	return decide_trace(d, "dial rule", d->q->ask->number, true,
			    "no dial rule of plan %s fits: refused",
			    d->caller->dial_plan);
}

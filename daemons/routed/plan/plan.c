#include "plan.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decide.h"
#include "dialled.h"
#include "duration.h"
#include "feature.h"

static void take_settings(struct plan *p, const struct plan_rows *rows)
{
	if (rows->n)
		p->settings = *(const struct route_settings *)plan_row(rows, 0);
	else
		record_init(&route_settings_record, &p->settings);
}

static int take_pins(struct plan *p, const struct plan_rows *sets,
		     const struct plan_rows *pins)
{
	p->pins = pins_new(sets->n, pins->n);
	if (!p->pins)
		return -ENOMEM;
	for (size_t i = 0; i < sets->n; i++)
		pins_add_set(p->pins, plan_row(sets, i));
	for (size_t i = 0; i < pins->n; i++)
		pins_add(p->pins, plan_row(pins, i));
	pins_sort(p->pins);
	return 0;
}

struct plan *plan_new(const struct plan_input *in)
{
	struct plan *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	take_settings(p, &in->settings);
	if (lines_init(&p->lines, &in->extensions, &in->profiles) ||
	    trunks_init(&p->trunks, &in->trunks) ||
	    emergencies_init(&p->emergencies, &in->emergencies) ||
	    rules_init(&p->rules, &in->dial_rules, &in->dial_plans) ||
	    inbound_init(&p->inbound, &in->inbound_rules) ||
	    take_pins(p, &in->pin_sets, &in->pins) ||
	    times_init(&p->times, &in->time_rules, &in->holidays, &p->settings,
		       in->clock_from_ms)) {
		plan_free(p);
		return NULL;
	}
	return p;
}

void plan_free(struct plan *p)
{
	if (!p)
		return;
	lines_fini(&p->lines);
	trunks_fini(&p->trunks);
	emergencies_fini(&p->emergencies);
	rules_fini(&p->rules);
	inbound_fini(&p->inbound);
	pins_free(p->pins);
	times_fini(&p->times);
	free(p);
}

bool decide_trace(const struct decision *d, const char *step, const char *what,
		  bool applies, const char *fmt, ...)
{
	const struct plan_trace *trace = d->q->trace;
	struct explain_line line = { .applies = applies };
	char why[sizeof(line.why)];
	va_list ap;

	if (!trace)
		return applies;
	snprintf(line.step, sizeof(line.step), "%s", step);
	snprintf(line.what, sizeof(line.what), "%s", what);
	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	text_from_peer(line.why, sizeof(line.why), why, strlen(why));
	trace->line(trace->ctx, &line);
	return applies;
}

bool decide_by(struct decision *d, const char *step, const char *what)
{
	d->by = step;
	d->by_what = what;
	return true;
}

void decide_refuse(struct decision *d, uint32_t code, const char *prompts,
		   const char *reason)
{
	struct verdict *v = d->out;

	v->action = VERDICT_ACTION_REFUSE;
	v->code = code;
	text_from_peer(v->reason, sizeof(v->reason), reason, strlen(reason));
	snprintf(v->prompts, sizeof(v->prompts), "%s", prompts);
}

bool decide_callee(struct decision *d, const struct line *callee)
{
	char ring[DURATION_TEXT], talk[DURATION_TEXT];

	if (!callee->enabled) {
		decide_refuse(d, 404, "vm-isunavail",
			      "the extension is switched off");
		return decide_trace(d, "extension", callee->number, true,
				    "is switched off: refused");
	}
	if (callee == d->caller) {
		decide_refuse(d, 486, "tone/busy", "the caller's own number");
		return decide_trace(d, "extension", callee->number, true,
				    "is the caller's own number: busy");
	}
	if (callee->do_not_disturb) {
		decide_refuse(d, 486, "do-not-disturb",
			      "does not want calls now");
		return decide_trace(d, "extension", callee->number, true,
				    "does not want calls now: busy");
	}
	d->out->action = VERDICT_ACTION_DIAL;
	d->out->ring_s = callee->ring_s;
	snprintf(d->out->targets, sizeof(d->out->targets), "%s",
		 callee->number);
	snprintf(d->out->sent, sizeof(d->out->sent), "%s", callee->number);
	return decide_trace(d, "extension", callee->number, true,
			    "rings for %s, talks for at most %s",
			    duration_format(callee->ring_s, ring),
			    duration_format(d->out->longest_s, talk));
}

/* How the called party sees the caller: the trunk's own identity, or the
   extension's. */
static void show_caller(struct decision *d)
{
	const struct plan_trunk *trunk = d->way.trunk;
	const char *number = d->caller ? d->caller->number : d->q->ask->who;
	const char *name = d->caller ? d->caller->name : "";

	snprintf(d->out->caller_number, sizeof(d->out->caller_number), "%s",
		 *trunk->caller_id ? trunk->caller_id : number);
	snprintf(d->out->caller_name, sizeof(d->out->caller_name), "%s",
		 *trunk->caller_name ? trunk->caller_name : name);
	d->out->hide_caller = trunk->privacy;
}

/* The stricter of two limits, of which 0 is none. */
static uint32_t stricter(uint32_t a, uint32_t b)
{
	if (!a || !b)
		return a ? a : b;
	return a < b ? a : b;
}

static void choose_pin(struct decision *d)
{
	const struct pins_row *pin = d->way.pin;
	struct plan_choice *c = d->choice;

	if (!pin)
		return;
	snprintf(c->pin, sizeof(c->pin), "%s", pin->name);
	snprintf(c->pin_holder, sizeof(c->pin_holder), "%s", pin->holder);
	if (d->way.rule->row.record_pin ||
	    pins_set(d->plan->pins, pin->set)->record)
		snprintf(c->pin_digits, sizeof(c->pin_digits), "%s",
			 pin->digits);
}

static void choose(struct decision *d)
{
	struct plan_choice *c = d->choice;
	const struct way *w = &d->way;

	c->emergency = d->out->emergency;
	c->outbound = !c->emergency;
	c->lease_s = w->lease_s;
	snprintf(c->dial_rule, sizeof(c->dial_rule), "%s",
		 w->rule ? w->rule->row.name : "");
	snprintf(c->trunk, sizeof(c->trunk), "%s", w->trunk->name);
	snprintf(c->rates, sizeof(c->rates), "%s", w->trunk->rates);
	snprintf(c->number, sizeof(c->number), "%s", w->number);
	choose_pin(d);
}

void decide_dial(struct decision *d, bool next)
{
	const struct way *w = &d->way;
	struct plan_step step = d->step;
	struct verdict *v = d->out;

	v->action = VERDICT_ACTION_DIAL;
	v->direction = VERDICT_DIRECTION_OUTBOUND;
	v->ring_s = OUTBOUND_RING_S;
	v->lease_s = w->lease_s;
	v->until_ms = w->until_ms;
	if (!v->emergency && d->caller)
		v->longest_s =
			stricter(d->caller->longest_s, w->rule->row.longest_s);
	snprintf(v->sent, sizeof(v->sent), "%s", w->sent);
	snprintf(v->trunk, sizeof(v->trunk), "%s", w->trunk->name);
	snprintf(v->dial_rule, sizeof(v->dial_rule), "%s",
		 w->rule ? w->rule->row.name : "");
	show_caller(d);
	choose(d);
	if (next) {
		memcpy(step.rule, v->dial_rule, sizeof(step.rule));
		memcpy(step.after, w->trunk->name, sizeof(step.after));
		step_write(&step, v->step, sizeof(v->step));
	}
	decide_trace(d, "dial", v->sent, true, "over trunk %s%s, shown as %s",
		     w->trunk->name, next ? " (others behind it)" : "",
		     v->hide_caller ? "nobody" : v->caller_number);
	if (d->q->trace)
		explain_ends(d);
}

/* Each step says whether it has decided. */

static bool decide_caller(struct decision *d)
{
	const struct ask *ask = d->q->ask;

	d->caller = lines_find(&d->plan->lines, ask->who);
	if (!d->caller || !d->caller->enabled) {
		decide_refuse(d, 403, "", "the caller is no extension in use");
		(void)decide_by(d, "caller", ask->who);
		return decide_trace(d, "caller", ask->who, true,
				    "is no extension in use: refused");
	}
	snprintf(d->out->caller_name, sizeof(d->out->caller_name), "%s",
		 d->caller->name);
	snprintf(d->out->caller_number, sizeof(d->out->caller_number), "%s",
		 d->caller->number);
	d->out->longest_s = d->caller->longest_s;
	return decide_trace(d, "caller", ask->who, false,
			    "is an extension in use");
}

static bool decide_dialled(struct decision *d)
{
	const char *number = d->q->ask->number;

	if (dialled_is_valid(number))
		return decide_trace(d, "dialled", number, false,
				    "has only 0-9 * # +");
	decide_refuse(d, 404, "pbx-invalid",
		      "a number has only the characters 0-9 * # +");
	return decide_trace(d, "dialled", "", true,
			    "a number has only the characters 0-9 * # +: "
			    "refused");
}

/* Each call holds ports for its sound: one phone, or who has its password,
   must leave some to the others. No prompt says why, for that would need
   ports. A call that is under way is not asked again. */
static bool decide_room(struct decision *d)
{
	const struct ask *ask = d->q->ask;
	uint32_t most = d->caller->most_calls;
	char why[sizeof(d->out->reason)];

	if (!most || ask->others < most || *ask->step)
		return false;
	snprintf(why, sizeof(why),
		 "%s has %u calls, of at most %u: end one, or raise Most calls "
		 "at once in its call profile",
		 d->caller->number, ask->others, most);
	decide_refuse(d, 503, "", why);
	return decide_trace(d, "calls at once", d->caller->number, true,
			    "%u of at most %u: refused", ask->others, most);
}

static bool decide_feature(struct decision *d)
{
	const char *number = d->q->ask->number;
	const struct feature *f = feature_find(number);

	if (!f)
		return decide_trace(d, "feature", number, false,
				    "is no feature code");
	f->decide(d->q->ask, d->q->now_ms, d->out);
	return decide_trace(d, "feature", f->code, true, "%s", f->what);
}

static bool decide_extension(struct decision *d)
{
	const char *number = d->q->ask->number;
	const struct line *callee = lines_find(&d->plan->lines, number);

	if (!callee)
		return decide_trace(d, "extension", number, false,
				    "is no extension");
	return decide_callee(d, callee);
}

void plan_decide(const struct plan *p, const struct plan_question *q,
		 struct verdict *out, struct plan_choice *choice)
{
	static const struct {
		const char *name;
		bool (*decides)(struct decision *d);
	} steps[] = {
		{ "inbound", decide_inbound },
		{ "dialled", decide_dialled },
		{ "emergency", decide_emergency },
		{ "caller", decide_caller },
		{ "calls at once", decide_room },
		{ "feature", decide_feature },
		{ "extension", decide_extension },
		{ "dial rule", decide_rule },
	};
	struct decision d = { .plan = p, .q = q, .out = out, .choice = choice };

	record_init(&verdict_record, out);
	*choice = (struct plan_choice){ 0 };
	step_read(&d.step, q->ask->step);
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		d.by = NULL;
		if (!steps[i].decides(&d))
			continue;
		if (!d.by)
			(void)decide_by(&d, steps[i].name, q->ask->number);
		if (q->trace)
			explain_verdict(&d);
		return;
	}
}

bool plan_is_night(const struct plan *p, uint64_t now_ms)
{
	return times_is_night(&p->times, now_ms);
}

bool plan_is_holiday(const struct plan *p, uint64_t now_ms)
{
	return times_is_holiday(&p->times, now_ms);
}

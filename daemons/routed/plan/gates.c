#include "gates.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "country.h"
#include "names.h"
#include "pin_gate.h"

/* A call lasts a week at most; what closes later is of no concern to it. */
enum { CLOSES_SOON_DAYS = 8 };

#define CLOSED "cannot-complete-as-dialed;please-try-call-later"

struct plan_call gates_call(const struct decision *d)
{
	const struct way *w = &d->way;

	return (struct plan_call){
		.id = d->q->ask->call,
		.extension = d->caller ? d->caller->number : "",
		.source = d->q->ask->source,
		.dial_rule = w->rule ? w->rule->row.name : "",
		.trunk = w->trunk ? w->trunk->name : "",
		.rates = w->trunk ? w->trunk->rates : "",
		.number = w->number,
		.pin = w->pin ? w->pin->name : "",
		.pin_holder = w->pin ? w->pin->holder : "",
		.now_ms = d->q->now_ms,
	};
}

static uint32_t calls_now(const struct decision *d, enum usage_of of,
			  const char *who)
{
	const struct plan_usage *u = d->q->usage;

	return u && u->calls ? u->calls(u->ctx, of, who) : 0;
}

__attribute__((format(printf, 5, 6))) static enum gate shut(
	struct gate_says *says, enum gate gate, uint32_t code,
	const char *prompts, const char *fmt, ...)
{
	va_list ap;

	says->code = code;
	says->prompts = prompts;
	va_start(ap, fmt);
	vsnprintf(says->why, sizeof(says->why), fmt, ap);
	va_end(ap);
	return gate;
}

static enum gate gate_kill_switch(struct decision *d, struct gate_says *says)
{
	if (d->plan->settings.kill_switch)
		return shut(says, GATE_SHUT, 403, "ss-noservice",
			    "the kill switch is thrown: nothing goes out");
	snprintf(says->why, sizeof(says->why), "is not thrown");
	return GATE_OPEN;
}

/* Until when, in words; and when the call must end, if the rule cuts. */
static void open_until(struct decision *d, const struct timed *rule,
		       struct gate_says *says)
{
	uint64_t end = times_change_ms(&d->plan->times, rule, d->q->now_ms,
				       CLOSES_SOON_DAYS);
	char text[32];

	if (!end) {
		snprintf(says->why, sizeof(says->why), "%s is open",
			 rule->name);
		return;
	}
	times_text(rule, end, text, sizeof(text));
	snprintf(says->why, sizeof(says->why), "%s is open until %s%s",
		 rule->name, text,
		 rule->cut_at_close ? ", which ends the call" : "");
	if (rule->cut_at_close)
		d->way.until_ms = end;
}

static enum gate closed_until(struct decision *d, const struct timed *rule,
			      struct gate_says *says)
{
	uint64_t end = times_change_ms(&d->plan->times, rule, d->q->now_ms,
				       CLOSES_SOON_DAYS);
	char text[32];

	if (end)
		times_text(rule, end, text, sizeof(text));
	return shut(says, GATE_NEXT, 403, CLOSED, "%s is closed%s%s",
		    rule->name, end ? " until " : "", end ? text : "");
}

static enum gate gate_time(struct decision *d, struct gate_says *says)
{
	const char *name = d->way.rule->row.time_rule;
	const struct timed *rule = times_find(&d->plan->times, name);

	if (!*name) {
		snprintf(says->why, sizeof(says->why), "goes at all hours");
		return GATE_OPEN;
	}
	if (!rule)
		return shut(says, GATE_NEXT, 403, CLOSED,
			    "there is no time rule %s: closed", name);
	switch (times_ask(&d->plan->times, rule, d->q->now_ms)) {
	case TIMES_OPEN:
		break;
	case TIMES_CLOSED:
		return closed_until(d, rule, says);
	case TIMES_NO_CLOCK:
		return shut(says, GATE_NEXT, 403, CLOSED,
			    "the box's clock is not set, so %s is closed",
			    name);
	case TIMES_NO_ZONE:
		return shut(says, GATE_NEXT, 403, CLOSED,
			    "the box does not know the time zone of %s: closed",
			    name);
	}
	open_until(d, rule, says);
	return GATE_OPEN;
}

/* limit 0: none. */
static enum gate most_calls(struct decision *d, struct gate_says *says,
			    enum gate when_full, enum usage_of of,
			    const char *who, uint32_t limit)
{
	const char *prompts = of == USAGE_OF_TRUNK ? "all-circuits-busy-now"
						   : "simul-call-limit-reached";
	uint32_t n;

	if (!limit) {
		snprintf(says->why, sizeof(says->why), "no limit");
		return GATE_OPEN;
	}
	n = calls_now(d, of, who);
	if (n >= limit)
		return shut(says, when_full, 503, prompts,
			    "no more than %u at once, and %u go on", limit, n);
	snprintf(says->why, sizeof(says->why), "%u of at most %u calls", n,
		 limit);
	return GATE_OPEN;
}

static enum gate gate_extension_calls(struct decision *d,
				      struct gate_says *says)
{
	return most_calls(d, says, GATE_SHUT, USAGE_OF_EXTENSION,
			  d->caller->number, d->caller->max_calls);
}

static enum gate gate_rule_calls(struct decision *d, struct gate_says *says)
{
	return most_calls(d, says, GATE_SHUT, USAGE_OF_DIAL_RULE,
			  d->way.rule->row.name, d->way.rule->row.max_calls);
}

static enum gate gate_trunk_use(struct decision *d, struct gate_says *says)
{
	if (!d->way.trunk->enabled)
		return shut(says, GATE_NEXT, 503, "ss-noservice",
			    "trunk %s is switched off", d->way.trunk->name);
	snprintf(says->why, sizeof(says->why), "is in use");
	return GATE_OPEN;
}

/* Is one of the codes the number's country, or a part of it? 1 is not Jamaica,
   whose numbers begin with it, too. */
static bool carries(const char *codes, const char *number,
		    const struct country *country)
{
	size_t least = country ? strlen(country->code) : 1;
	char code[33];

	for (size_t i = 0; names_at(codes, i, code); i++)
		if (strlen(code) >= least &&
		    strncmp(number, code, strlen(code)) == 0)
			return true;
	return false;
}

/* Allowed country codes, of the number that is sent (SPEC 5). */
static enum gate gate_country(struct decision *d, struct gate_says *says)
{
	const struct plan_trunk *trunk = d->way.trunk;
	const char *number = d->way.number;
	const struct country *country = country_of(number);
	const char *name = country ? country->name : "no country";

	if (!*trunk->countries) {
		snprintf(says->why, sizeof(says->why), "all countries");
		return GATE_OPEN;
	}
	if (!*number)
		return shut(says, GATE_NEXT, 403, "feature-not-avail-line",
			    "which country %.32s is in cannot be told",
			    d->way.sent);
	if (!carries(trunk->countries, number, country))
		return shut(says, GATE_NEXT, 403, "feature-not-avail-line",
			    "trunk %s does not carry calls to %.32s, %s",
			    trunk->name, number, name);
	snprintf(says->why, sizeof(says->why), "%s is allowed", name);
	return GATE_OPEN;
}

static enum gate gate_trunk_calls(struct decision *d, struct gate_says *says)
{
	return most_calls(d, says, GATE_NEXT, USAGE_OF_TRUNK,
			  d->way.trunk->name, d->way.trunk->max_calls);
}

static enum gate gate_credit(struct decision *d, struct gate_says *says)
{
	const struct plan_usage *u = d->q->usage;
	struct usage_credit credit = { .longest_s = UINT32_MAX };
	struct plan_call call = gates_call(d);

	if (!u || !u->credit) {
		snprintf(says->why, sizeof(says->why), "no cap applies");
		return GATE_OPEN;
	}
	if (!u->credit(u->ctx, &call, &credit))
		return shut(says, GATE_NEXT, 403, "cannot-complete-as-dialed",
			    "%s", credit.why);
	d->way.lease_s = credit.lease_s;
	d->way.credit_s = credit.longest_s;
	d->way.price = credit.price;
	memcpy(d->way.credit, credit.credit, sizeof(d->way.credit));
	snprintf(says->why, sizeof(says->why), "%s",
		 *credit.why ? credit.why : "no cap applies");
	return GATE_OPEN;
}

static enum gate gate_brake(struct decision *d, struct gate_says *says)
{
	const struct plan_usage *u = d->q->usage;
	struct usage_brake_why why = { { 0 } };
	struct plan_call call = gates_call(d);
	enum usage_brake brake = USAGE_BRAKE_OFF;

	if (u && u->brake)
		brake = u->brake(u->ctx, &call, &why);
	if (brake == USAGE_BRAKE_REFUSE)
		return shut(says, GATE_SHUT, 403, "cannot-complete-as-dialed",
			    "%s", why.why);
	/* Without a set of its own it asks for the rule's. */
	if (brake == USAGE_BRAKE_PIN && !*why.pin_set && !*d->way.pin_set)
		return shut(says, GATE_SHUT, 403, "cannot-complete-as-dialed",
			    "%s asks for a PIN, and there is no PIN set",
			    why.brake);
	if (brake == USAGE_BRAKE_PIN && *why.pin_set)
		snprintf(d->way.pin_set, sizeof(d->way.pin_set), "%s",
			 why.pin_set);
	snprintf(says->why, sizeof(says->why), "%s",
		 *why.why ? why.why : "none holds");
	return GATE_OPEN;
}

const struct gate_row rule_gates[] = {
	{ "kill switch", gate_kill_switch },
	{ "hours", gate_time },
	{ "calls: extension", gate_extension_calls },
	{ "calls: rule", gate_rule_calls },
};
const size_t n_rule_gates = sizeof(rule_gates) / sizeof(*rule_gates);

const struct gate_row trunk_gates[] = {
	{ "trunk", gate_trunk_use },
	{ "country", gate_country },
	{ "calls: trunk", gate_trunk_calls },
	{ "credit", gate_credit },
};
const size_t n_trunk_gates = sizeof(trunk_gates) / sizeof(*trunk_gates);

const struct gate_row last_gates[] = {
	{ "brakes", gate_brake },
	{ "PIN", pin_gate },
};
const size_t n_last_gates = sizeof(last_gates) / sizeof(*last_gates);

enum gate gates_pass(struct decision *d, const struct gate_row *gates, size_t n,
		     struct gate_says *says)
{
	const char *what;
	enum gate gate;

	for (size_t i = 0; i < n; i++) {
		*says = (struct gate_says){ 0 };
		gate = gates[i].fn(d, says);
		what = d->way.trunk ? d->way.trunk->name
				    : d->way.rule->row.name;
		decide_trace(d, gates[i].name, what, gate == GATE_OPEN, "%s",
			     says->why);
		if (gate == GATE_OPEN)
			continue;
		says->gate = gates[i].name;
		says->what = what;
		return gate;
	}
	return GATE_OPEN;
}

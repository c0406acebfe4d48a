#include "pin_gate.h"

#include <stdio.h>
#include <string.h>

void pin_gate_recall(struct decision *d)
{
	const struct pins_row *row = NULL;

	if (*d->step.pin && pins_again(d->plan->pins, d->step.pin, d->q->now_ms,
				       &row) == PINS_RIGHT)
		d->way.pin = row;
}

static bool is_locked(const struct decision *d, char why[121])
{
	const struct plan_usage *u = d->q->usage;
	struct plan_call call = gates_call(d);

	return u && u->locked && u->locked(u->ctx, &call, why);
}

static bool is_mute(const struct decision *d)
{
	const struct plan_usage *u = d->q->usage;
	struct plan_call call = gates_call(d);

	return u && u->mute && u->mute(u->ctx, &call);
}

/* Asks the dialogue, with what is known of the call. */
static void dialogue(struct decision *d, struct pin_answer *answer)
{
	char why[121];
	const struct pin_question q = {
		.pins = d->plan->pins,
		.pin_set = d->way.pin_set,
		.ask = d->q->ask,
		.entry = d->step.entry,
		.given = d->step.pin,
		.answer_first = is_mute(d),
		.locked = is_locked(d, why) ? why : NULL,
		.now_ms = d->q->now_ms,
	};

	pin_app(&q, answer, d->out);
}

/* The verdict is there; the step leads back to this gate. */
static void come_back(struct decision *d, const struct pin_answer *answer)
{
	struct plan_step step = { .entry = answer->entry };

	d->out->direction = VERDICT_DIRECTION_OUTBOUND;
	snprintf(d->out->dial_rule, sizeof(d->out->dial_rule), "%s",
		 d->way.rule->row.name);
	d->choice->pin_event = answer->event;
	if (answer->given)
		memcpy(step.pin, answer->row->name, sizeof(step.pin));
	step_write(&step, d->out->step, sizeof(d->out->step));
}

enum gate pin_gate(struct decision *d, struct gate_says *says)
{
	struct pin_answer answer;
	const char *set = d->way.pin_set;

	if (!*set) {
		snprintf(says->why, sizeof(says->why), "needs none");
		return GATE_OPEN;
	}
	if (d->q->suppose_pin && pins_set(d->plan->pins, set) &&
	    !is_locked(d, says->why)) {
		snprintf(says->why, sizeof(says->why),
			 "asks for a PIN of %s, %u entries", set,
			 pins_set(d->plan->pins, set)->tries);
		return GATE_OPEN;
	}
	dialogue(d, &answer);
	if (answer.goes_on) {
		snprintf(says->why, sizeof(says->why), "%s of %s was given",
			 answer.row->name, set);
		return GATE_OPEN;
	}
	come_back(d, &answer);
	snprintf(says->why, sizeof(says->why), "%s",
		 *d->out->reason ? d->out->reason : "asks the caller");
	return GATE_ASKS;
}

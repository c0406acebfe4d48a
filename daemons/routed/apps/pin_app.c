#include "pin_app.h"

#include <stdio.h>
#include <string.h>

#include "pins.h"
#include "records.h"

enum {
	FIRST_DIGIT_S = 10, /* SPEC 5 */
	NEXT_DIGIT_S = 5,
	SILENT_S = 2,
	LONGEST_S = 300, /* of a dialogue whose call was answered for it */
};

/* Debian's sounds; the second one says that it was wrong and asks again. */
static const char ask_prompt[] = "agent-pass";
static const char again_prompt[] = "auth-incorrect";
static const char thanks_prompt[] = "auth-thankyou";
static const char failed_prompt[] = "confbridge-pin-bad;vm-goodbye";
static const char late_prompt[] = "sorry-youre-having-problems;vm-goodbye";
static const char nobody_prompt[] = "ss-noservice";

/* How far this question has come. */
struct talk {
	const struct pin_question *q;
	struct pin_answer *answer;
	struct verdict *out;
	uint32_t tries;
};

static void refuse(struct talk *t, const char *prompts, const char *reason)
{
	t->out->action = VERDICT_ACTION_REFUSE;
	t->out->code = 403;
	snprintf(t->out->prompts, sizeof(t->out->prompts), "%s", prompts);
	snprintf(t->out->reason, sizeof(t->out->reason), "%s", reason);
}

static void collect(struct talk *t, uint32_t entry, const char *prompt,
		    bool answer)
{
	struct verdict *v = t->out;

	v->action = VERDICT_ACTION_COLLECT;
	snprintf(v->prompts, sizeof(v->prompts), "%s", prompt);
	snprintf(v->end_digit, sizeof(v->end_digit), "#");
	v->first_digit_s = FIRST_DIGIT_S;
	v->next_digit_s = NEXT_DIGIT_S;
	v->max_digits = PIN_DIGITS_MAX;
	v->answer = answer;
	v->silent_s = answer ? 0 : SILENT_S;
	v->longest_s = LONGEST_S;
	t->answer->entry = entry;
}

/* An entry that was none, or not right: another one, or the end. */
static void again(struct talk *t, enum pin_event event, const char *reason)
{
	bool last = t->q->entry >= t->tries;

	if (event == PIN_EVENT_WRONG) {
		t->answer->event = last ? PIN_EVENT_FAILED : PIN_EVENT_WRONG;
		if (last)
			refuse(t, failed_prompt, reason);
		else
			collect(t, t->q->entry + 1, again_prompt,
				t->q->answer_first);
		return;
	}
	if (last)
		refuse(t, late_prompt, reason);
	else
		collect(t, t->q->entry + 1, ask_prompt, t->q->answer_first);
}

static void thank(struct talk *t)
{
	struct verdict *v = t->out;

	v->action = VERDICT_ACTION_PLAY;
	v->longest_s = LONGEST_S;
	snprintf(v->prompts, sizeof(v->prompts), "%s", thanks_prompt);
	t->answer->event = PIN_EVENT_RIGHT;
	t->answer->given = true;
}

static void judge(struct talk *t)
{
	const struct pin_question *q = t->q;

	switch (pins_match(q->pins, q->pin_set, q->ask->digits, q->now_ms,
			   &t->answer->row)) {
	case PINS_RIGHT:
		thank(t);
		return;
	case PINS_OFF:
		again(t, PIN_EVENT_WRONG, "the PIN is switched off");
		return;
	case PINS_EXPIRED:
		again(t, PIN_EVENT_WRONG, "the PIN has expired");
		return;
	case PINS_NONE:
		again(t, PIN_EVENT_WRONG, "wrong PIN");
		return;
	}
}

/* It was right a moment ago; what counts is now. */
static void proven(struct talk *t)
{
	const struct pin_question *q = t->q;

	if (pins_again(q->pins, q->given, q->now_ms, &t->answer->row) ==
		    PINS_RIGHT &&
	    !strcmp(t->answer->row->set, q->pin_set))
		t->answer->goes_on = true;
	else
		collect(t, 1, ask_prompt, q->answer_first);
}

static void entered(struct talk *t)
{
	const struct ask *a = t->q->ask;

	if (a->digits_end == ASK_DIGITS_END_SILENT) {
		t->answer->event = PIN_EVENT_SILENT;
		collect(t, t->q->entry, ask_prompt, true);
	} else if (a->digits[0] == '\0') {
		again(t, PIN_EVENT_NONE, "no PIN came");
	} else {
		judge(t);
	}
}

void pin_app(const struct pin_question *q, struct pin_answer *answer,
	     struct verdict *out)
{
	const struct pins_set *set = pins_set(q->pins, q->pin_set);
	struct talk t = { .q = q, .answer = answer, .out = out };

	*answer = (struct pin_answer){ 0 };
	if (!set) {
		refuse(&t, nobody_prompt, "its PIN set is gone");
		return;
	}
	t.tries = set->tries;
	if (q->given[0])
		proven(&t);
	else if (q->locked)
		refuse(&t, failed_prompt, q->locked);
	else if (!q->entry)
		collect(&t, 1, ask_prompt, q->answer_first);
	else
		entered(&t);
}

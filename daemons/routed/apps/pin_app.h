/*
 * The PIN dialogue of a call (SPEC 5), as a pure function: what is known of it
 * stands in the ask and in the words of its step, so routed can be restarted
 * in the middle.
 *
 *	        entry 0
 *	           |            silent: answered, the same entry again
 *	           v            late, wrong: the next entry
 *	  +--> entry 1..tries --+--> refused, with a spoken reason
 *	  |        |            |
 *	  +--------|------------+
 *	           v right: "thank you"
 *	       pin=NAME ---> the decision goes on, with this PIN
 *
 * A caller is never told in what way an entry was wrong: that a PIN has expired
 * would say that it was one. The record and the incident say it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct ask;
struct pins;
struct pins_row;
struct verdict;

/* What an entry was, for those who count (pin_locks.h). */
enum pin_event {
	PIN_EVENT_NONE,
	PIN_EVENT_SILENT, /* nothing is heard of this phone */
	PIN_EVENT_WRONG,  /* and the caller may try again */
	PIN_EVENT_FAILED, /* and that was the last entry */
	PIN_EVENT_RIGHT,
};

struct pin_question {
	const struct pins *pins;
	const char *pin_set;
	const struct ask *ask; /* digits, and how they ended */
	uint32_t entry;        /* of the step; 0: it has not begun */
	const char *given;     /* of the step: a PIN that was right; or "" */
	bool answer_first;     /* this phone is silent in early media */
	const char *locked;    /* why its PIN rules are; NULL: they are not */
	uint64_t now_ms;       /* wall clock */
};

struct pin_answer {
	enum pin_event event;
	bool goes_on;               /* with `row`; else *out is the verdict */
	const struct pins_row *row; /* of the PIN; NULL: none yet */
	uint32_t entry;             /* for the step of *out; 0: none */
	bool given;                 /* for the step: row was right */
};

/*
 * Writes *answer; and *out (action, code, reason, prompts, what to collect)
 * unless the decision goes on. The step's text is the caller's, of entry and
 * given.
 */
void pin_app(const struct pin_question *q, struct pin_answer *answer,
	     struct verdict *out);

/*
 * How long a call may go on: what routed lent it, counted from the answer, and
 * the hour at which it ends whatever happens. Pure: the times are the caller's.
 *
 *	0 ------- two thirds of the slice: ask ------- end: cut
 *	          refused: the rest of the slice, a warning before its end
 *	          silence: asked again each second until the end
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct allowance {
	uint64_t end_ms;   /* since the answer; 0: no such limit */
	uint64_t ask_ms;   /* since the answer; 0: there will be no more */
	uint64_t until_ms; /* wall clock; 0: none */
	bool asking;       /* an answer is awaited */
	bool final;        /* refused: end_ms stands */
	bool unsure;       /* the last question had no answer */
	bool warned;
};

enum allowance_deed {
	ALLOWANCE_WAIT,
	ALLOWANCE_ASK,  /* now awaited: allowance_answer() or allowance_silent()
			 */
	ALLOWANCE_WARN, /* a tone to both sides */
	ALLOWANCE_CUT,
};

/* The answer came. lease_s, until_ms: 0 for none. */
void allowance_begin(struct allowance *a, uint32_t lease_s, uint64_t until_ms);
bool allowance_any(const struct allowance *a);
/* routed wants to be asked at once. */
void allowance_due(struct allowance *a, uint64_t talk_ms);

/* What is to be done now; *wait_ms: when to look again at the latest. */
enum allowance_deed allowance_next(struct allowance *a, uint64_t talk_ms,
				   uint64_t wall_ms, uint32_t *wait_ms);

/* routed's word: lease_s counts from the answer; or it said nothing. */
void allowance_answer(struct allowance *a, uint64_t talk_ms, uint32_t lease_s,
		      bool final);
void allowance_silent(struct allowance *a, uint64_t talk_ms);

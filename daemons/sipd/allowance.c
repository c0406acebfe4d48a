#include "allowance.h"

#include <string.h>

enum {
	WARN_MS = 10000, /* before the end */
	AGAIN_MS = 1000, /* between two questions when none is answered */
	LOOK_MS = 1000,  /* the wall clock may be set */
};

void allowance_begin(struct allowance *a, uint32_t lease_s, uint64_t until_ms)
{
	memset(a, 0, sizeof(*a));
	a->end_ms = lease_s * 1000ULL;
	a->ask_ms = a->end_ms * 2 / 3;
	a->until_ms = until_ms;
}

bool allowance_any(const struct allowance *a)
{
	return a->end_ms != 0 || a->until_ms != 0 || a->ask_ms != 0;
}

void allowance_due(struct allowance *a, uint64_t talk_ms)
{
	/* 0 is never; what is in the past is due. */
	a->ask_ms = talk_ms != 0 ? talk_ms : 1;
}

static void sooner(uint64_t *wait_ms, uint64_t ms)
{
	if (ms < *wait_ms)
		*wait_ms = ms;
}

/* How long the call has, at most; UINT64_MAX: for ever. */
static uint64_t left_ms(const struct allowance *a, uint64_t talk_ms,
			uint64_t wall_ms)
{
	uint64_t left = UINT64_MAX;

	if (a->end_ms != 0)
		left = a->end_ms > talk_ms ? a->end_ms - talk_ms : 0;
	if (a->until_ms != 0)
		sooner(&left,
		       a->until_ms > wall_ms ? a->until_ms - wall_ms : 0);
	return left;
}

/* Is the end certain, or feared? That of a slice yet to be renewed is neither.
 */
static bool end_looms(const struct allowance *a, uint64_t wall_ms)
{
	return a->final || a->unsure ||
	       (a->until_ms != 0 && wall_ms + WARN_MS >= a->until_ms);
}

enum allowance_deed allowance_next(struct allowance *a, uint64_t talk_ms,
				   uint64_t wall_ms, uint32_t *wait_ms)
{
	uint64_t left = left_ms(a, talk_ms, wall_ms);
	uint64_t wait = left;

	*wait_ms = 0;
	if (left == 0)
		return ALLOWANCE_CUT;
	if (a->ask_ms != 0 && !a->asking && talk_ms >= a->ask_ms) {
		a->asking = true;
		return ALLOWANCE_ASK;
	}
	if (!a->warned && left <= WARN_MS && end_looms(a, wall_ms)) {
		a->warned = true;
		return ALLOWANCE_WARN;
	}
	if (!a->warned && left > WARN_MS)
		sooner(&wait, left - WARN_MS);
	if (a->ask_ms != 0 && !a->asking)
		sooner(&wait, a->ask_ms - talk_ms);
	if (a->until_ms != 0 || a->asking)
		sooner(&wait, LOOK_MS);
	*wait_ms = wait > 60000 ? 60000 : (uint32_t)wait;
	return ALLOWANCE_WAIT;
}

void allowance_answer(struct allowance *a, uint64_t talk_ms, uint32_t lease_s,
		      bool final)
{
	uint64_t end_ms = lease_s * 1000ULL;
	uint64_t had_ms = a->end_ms;

	a->asking = false;
	a->unsure = false;
	a->end_ms = end_ms != 0 ? end_ms : had_ms;
	a->final = final;
	if (final) {
		a->ask_ms = 0;
		return;
	}
	a->warned = false;
	/* Two thirds of what it has from now on; never at once again. */
	if (a->end_ms > talk_ms)
		a->ask_ms = talk_ms + (a->end_ms - talk_ms) * 2 / 3;
	if (a->ask_ms < talk_ms + AGAIN_MS)
		a->ask_ms = talk_ms + AGAIN_MS;
}

void allowance_silent(struct allowance *a, uint64_t talk_ms)
{
	a->asking = false;
	a->unsure = true;
	a->ask_ms = talk_ms + AGAIN_MS;
}

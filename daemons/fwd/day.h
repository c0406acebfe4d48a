/*
 * How far a counter has moved within the last 24 hours, hour by hour. Pure:
 * time is the caller's CLOCK_MONOTONIC, so that setting the clock moves
 * nothing.
 */
#pragma once

#include <stdint.h>

enum { DAY_HOURS = 24 };

/* All zero: nothing is known. */
struct day {
	uint64_t hour; /* the running one, since the boot */
	uint32_t n;    /* hours that are known, the running one with them */
	uint64_t at[DAY_HOURS]; /* the counter when hour h began: h % 24 */
};

/* It stands at `now`. The first time: it has stood at `before` until then. */
void day_note(struct day *d, uint64_t mono_ms, uint64_t before, uint64_t now);

/* Since the beginning of the oldest hour that is known: 23 to 24 hours ago. */
uint64_t day_moved(const struct day *d, uint64_t now);

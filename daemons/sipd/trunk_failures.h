/*
 * How many calls a trunk did not take in the last day: a count for each hour.
 * The hour that began 24 hours ago counts until it is over, so a day is at most
 * an hour longer than it says, never shorter. Pure: the time is the caller's
 * (CLOCK_MONOTONIC); nothing of it outlives the service.
 */
#pragma once

#include <stdint.h>

enum {
	TRUNK_FAILURES_HOURS = 25,
};

/* All zero: none yet. */
struct trunk_failures {
	uint64_t hour; /* of the newest count, since the machine's start */
	uint32_t n[TRUNK_FAILURES_HOURS];
};

/* One more, now. */
void trunk_failures_add(struct trunk_failures *f, uint64_t now_ms);

/* How many in the last day. */
uint32_t trunk_failures_day(struct trunk_failures *f, uint64_t now_ms);

/* In how many milliseconds an hour is over, and with it what it counted: 1 to
   3,600,000. */
uint64_t trunk_failures_turn_ms(uint64_t now_ms);

/*
 * A token bucket: `burst` at once, `per_s` a second after that. Holds no
 * pointer; time is the caller's CLOCK_MONOTONIC in milliseconds, so that a
 * decision that uses it stays a pure function.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct rate {
	uint32_t burst;
	uint32_t per_s;
	uint64_t level_milli; /* tokens left, in thousandths */
	uint64_t last_ms;
	uint32_t refused; /* since the last one that passed */
};

void rate_init(struct rate *r, uint32_t burst, uint32_t per_s);

/* Takes a token. Returns false when there is none. */
bool rate_take(struct rate *r, uint64_t now_ms);

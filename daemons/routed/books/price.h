/*
 * What a call costs, in thousandths of the currency, in integers, rounded up:
 *
 *	connection fee + price a minute * billed seconds / 60
 *
 * where the first increment is billed whole, then each following one.
 */
#pragma once

#include <stdint.h>

/* From a row of call_rate, whose limits keep all sums below 2^63. */
struct price {
	uint64_t minute_milli;
	uint64_t connect_milli;
	uint32_t first_s; /* at least 1, as next_s */
	uint32_t next_s;
};

/* Talking for so long is billed as so many seconds; at least one increment. */
uint64_t price_billed_s(const struct price *p, uint32_t talk_s);

/* An answered call; even one of 0 s costs the fee and the first increment. */
uint64_t price_of(const struct price *p, uint32_t talk_s);

/* The longest call that costs at most so much: 0 if not even the shortest one
   does, UINT32_MAX if there is no end. */
uint32_t price_reach(const struct price *p, uint64_t milli);

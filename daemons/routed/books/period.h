/*
 * The periods in which limits count: a day, a week (from Monday), a month, all
 * of time; in the box's zone.
 */
#pragma once

#include <stdint.h>

/* As credit.period in the schema. */
enum period { PERIOD_DAY, PERIOD_WEEK, PERIOD_MONTH, PERIOD_TOTAL, N_PERIODS };

/* When the periods began that hold a moment; wall clock in ms. The start of a
   day whose midnight does not exist (daylight saving) is a moment next to it,
   the same one all day. */
struct period_starts {
	uint64_t at_ms[N_PERIODS]; /* PERIOD_TOTAL: 0 */
	uint64_t until_ms;         /* when the next day begins */
};

/* Computes them only if *out does not hold now_ms already ({ 0 } holds
   nothing). */
void period_starts(uint64_t now_ms, struct period_starts *out);

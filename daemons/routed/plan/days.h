/*
 * Days of the calendar as people write them:
 *
 *   2026-12-25   12-25 (every year)   12-24..12-26   2026-12-24..2027-01-02
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One day, of the Gregorian calendar. */
struct day {
	int year, month, day;
	int weekday; /* 0 Sunday */
};

/* n: days since 1970-01-01. */
struct day day_of(int64_t n);

struct days {
	bool yearly;
	int from, to; /* (year * 100 + month) * 100 + day; year 0: yearly */
};

/*
 * Reads what begins at text and ends at a blank, ';' or the end. Returns its
 * length, or -EINVAL and why not.
 */
int days_parse(struct days *d, const char *text, char *why, size_t why_size);

/* A yearly range may go over the new year: 12-30..01-02. */
bool days_have(const struct days *d, const struct day *day);

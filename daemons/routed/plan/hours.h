/*
 * Hours of the week, as rows apart by ';':
 *
 *   mon-fri 09:00-18:00; sat 10:00-14:00; jul-aug mon-fri 09:00-13:00;
 *   12-24..12-31 09:00-12:00; fri 22:00-06:00
 *
 * A row has dates, months and weekdays, each of which may be missing (all), and
 * times, without which it is the whole day. The end minute is excluded. A row
 * that ends before it begins goes over midnight and belongs to the day on which
 * it starts. All is by the clock on the wall: the hour that comes twice in
 * autumn is open twice.
 */
#pragma once

#include "days.h"

enum { HOURS_ROWS = 100, HOURS_TEXT = 1024 };

struct hours_row {
	uint8_t weekdays; /* bit 0: Sunday; 0: all */
	uint16_t months;  /* bit 0: January; 0: all */
	bool dated;
	struct days dates;
	uint16_t from, to; /* minutes; to is beyond 1440 over midnight */
};

struct hours {
	struct hours_row rows[HOURS_ROWS];
	size_t n;
};

struct zone;

/* Which days count as closed; NULL: none. */
struct holidays {
	struct days *days;
	size_t n;
};

/* 0, or -EINVAL and one line that names the column. */
int hours_parse(struct hours *h, const char *text, char *why, size_t why_size);

bool hours_open(const struct hours *h, const struct zone *zone,
		const struct holidays *closed, int64_t utc_s);

/*
 * The first moment after utc_s at which hours_open() changes, if one comes
 * within so many days; else 0.
 */
int64_t hours_change(const struct hours *h, const struct zone *zone,
		     const struct holidays *closed, int64_t utc_s, int days);

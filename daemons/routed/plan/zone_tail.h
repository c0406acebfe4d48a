/*
 * The rule that ends a zone's file, for all time after its last entry, as POSIX
 * TZ has it with the additions of RFC 9636 section 3.3.1:
 *
 *   CET-1CEST,M3.5.0,M10.5.0/3
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum zone_day_kind {
	ZONE_DAY_WEEK,   /* Mm.w.d: the w-th weekday d of a month, 5 the last */
	ZONE_DAY_JULIAN, /* Jn: 1-365, February 29 is never counted */
	ZONE_DAY_ZERO,   /* n: 0-365, February 29 is counted */
};

/* When clocks change: a day, and seconds of it by the clock before. */
struct zone_change {
	enum zone_day_kind kind;
	int month, week, day;
	int32_t time_s;
};

struct zone_tail {
	int32_t standard_s, daylight_s; /* east of UTC */
	bool daylight;                  /* is there daylight saving at all */
	struct zone_change start, end;  /* of daylight saving */
};

/* The text without the line ends around it. 0 or -EINVAL. */
int zone_tail_parse(struct zone_tail *t, const char *text);

int32_t zone_tail_offset(const struct zone_tail *t, int64_t utc_s);

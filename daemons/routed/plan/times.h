/* Time rules, holidays and the night, compiled: what is open when. */
#pragma once

#include "hours.h"
#include "records.h"
#include "rows.h"

struct time_zone;

struct timed {
	char name[33];
	struct hours *hours;
	const struct zone *zone;
	bool holidays; /* closed on them */
	bool cut_at_close;
};

struct times {
	struct timed *rules; /* sorted by name */
	size_t n;
	struct holidays holidays;
	struct timed night; /* of route_settings, in the box's zone */
	struct time_zone *zones;
	uint64_t known_from_ms; /* before it the clock was never set */
};

/*
 * 0 or -ENOMEM. A zone that is gone from the box makes its rule closed. The
 * clock counts as set from known_from_ms on.
 */
int times_init(struct times *t, const struct plan_rows *time_rules,
	       const struct plan_rows *holidays,
	       const struct route_settings *settings, uint64_t known_from_ms);
void times_fini(struct times *t);

/* NULL: no such rule. */
const struct timed *times_find(const struct times *t, const char *name);

enum times_say {
	TIMES_OPEN,
	TIMES_CLOSED,
	TIMES_NO_CLOCK, /* closed, for nobody knows what time it is */
	TIMES_NO_ZONE,  /* closed, for its zone is not on this box */
};

enum times_say times_ask(const struct times *t, const struct timed *rule,
			 uint64_t now_ms);

/*
 * When what times_ask() says changes, within so many days; 0: not so soon, or
 * it cannot be told.
 */
uint64_t times_change_ms(const struct times *t, const struct timed *rule,
			 uint64_t now_ms, int days);

/* Is the day of the box's zone a holiday; is it night. */
bool times_is_holiday(const struct times *t, uint64_t now_ms);
bool times_is_night(const struct times *t, uint64_t now_ms);

/* As people read it, in the rule's zone: "Mon 2026-12-28 09:00". */
void times_text(const struct timed *rule, uint64_t ms, char *text, size_t size);

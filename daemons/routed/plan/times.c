#include "times.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "zone.h"

/* Zones are read once, however many rules are in them. */
struct time_zone {
	struct time_zone *next;
	struct zone *zone; /* NULL: not on this box */
	char name[65];
};

static struct time_zone *zone_of(struct times *t, const char *name)
{
	struct time_zone *z = t->zones;
	char why[160];

	while (z && strcmp(z->name, name) != 0)
		z = z->next;
	if (z)
		return z;
	z = calloc(1, sizeof(*z));
	if (!z)
		return NULL;
	snprintf(z->name, sizeof(z->name), "%s", name);
	z->zone = zone_load(name, why, sizeof(why));
	z->next = t->zones;
	t->zones = z;
	return z;
}

/* Hours that cannot be read were never let into the table: closed. */
static int take(struct times *t, struct timed *to, const char *zone,
		const char *hours)
{
	struct time_zone *z = zone_of(t, zone);
	char why[160];

	to->hours = calloc(1, sizeof(*to->hours));
	if (!z || !to->hours)
		return -ENOMEM;
	to->zone = z->zone;
	(void)hours_parse(to->hours, hours, why, sizeof(why));
	return 0;
}

static int by_name(const void *a, const void *b)
{
	const struct timed *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int name_and_rule(const void *name, const void *rule)
{
	return strcmp(name, ((const struct timed *)rule)->name);
}

const struct timed *times_find(const struct times *t, const char *name)
{
	return t->n ? bsearch(name, t->rules, t->n, sizeof(*t->rules),
			      name_and_rule)
		    : NULL;
}

static int take_rules(struct times *t, const struct plan_rows *rows)
{
	int rc = 0;

	t->rules = calloc(rows->n + 1, sizeof(*t->rules));
	if (!t->rules)
		return -ENOMEM;
	for (size_t i = 0; !rc && i < rows->n; i++) {
		const struct time_rule *row = plan_row(rows, i);
		struct timed *to = &t->rules[t->n++];

		memcpy(to->name, row->name, sizeof(to->name));
		to->holidays = row->holidays;
		to->cut_at_close = row->cut_at_close;
		rc = take(t, to, row->zone, row->hours);
	}
	if (!rc)
		qsort(t->rules, t->n, sizeof(*t->rules), by_name);
	return rc;
}

static int take_holidays(struct times *t, const struct plan_rows *rows)
{
	char why[160];

	t->holidays.days = calloc(rows->n + 1, sizeof(*t->holidays.days));
	if (!t->holidays.days)
		return -ENOMEM;
	for (size_t i = 0; i < rows->n; i++) {
		const struct holiday *row = plan_row(rows, i);

		if (days_parse(&t->holidays.days[t->holidays.n], row->date, why,
			       sizeof(why)) > 0)
			t->holidays.n++;
	}
	return 0;
}

int times_init(struct times *t, const struct plan_rows *time_rules,
	       const struct plan_rows *holidays,
	       const struct route_settings *settings, uint64_t known_from_ms)
{
	int rc = take_rules(t, time_rules);

	t->known_from_ms = known_from_ms;
	if (!rc)
		rc = take_holidays(t, holidays);
	if (!rc)
		rc = take(t, &t->night, "", settings->night);
	return rc;
}

void times_fini(struct times *t)
{
	struct time_zone *z;

	for (size_t i = 0; i < t->n; i++)
		free(t->rules[i].hours);
	free(t->rules);
	free(t->holidays.days);
	free(t->night.hours);
	while ((z = t->zones)) {
		t->zones = z->next;
		zone_free(z->zone);
		free(z);
	}
	*t = (struct times){ 0 };
}

static const struct holidays *closed(const struct times *t,
				     const struct timed *rule)
{
	return rule->holidays ? &t->holidays : NULL;
}

enum times_say times_ask(const struct times *t, const struct timed *rule,
			 uint64_t now_ms)
{
	if (now_ms < t->known_from_ms)
		return TIMES_NO_CLOCK;
	if (!rule->zone)
		return TIMES_NO_ZONE;
	return hours_open(rule->hours, rule->zone, closed(t, rule),
			  (int64_t)(now_ms / 1000))
		       ? TIMES_OPEN
		       : TIMES_CLOSED;
}

uint64_t times_change_ms(const struct times *t, const struct timed *rule,
			 uint64_t now_ms, int days)
{
	int64_t at;

	if (now_ms < t->known_from_ms || !rule->zone)
		return 0;
	at = hours_change(rule->hours, rule->zone, closed(t, rule),
			  (int64_t)(now_ms / 1000), days);
	return (uint64_t)at * 1000;
}

bool times_is_holiday(const struct times *t, uint64_t now_ms)
{
	int64_t utc_s = (int64_t)(now_ms / 1000);
	struct day day;

	if (!t->night.zone)
		return false;
	day = day_of((utc_s + zone_offset(t->night.zone, utc_s)) / 86400);
	for (size_t i = 0; i < t->holidays.n; i++)
		if (days_have(&t->holidays.days[i], &day))
			return true;
	return false;
}

bool times_is_night(const struct times *t, uint64_t now_ms)
{
	return t->night.zone && hours_open(t->night.hours, t->night.zone, NULL,
					   (int64_t)(now_ms / 1000));
}

void times_text(const struct timed *rule, uint64_t ms, char *text, size_t size)
{
	static const char *const weekdays[] = { "Sun", "Mon", "Tue", "Wed",
						"Thu", "Fri", "Sat" };
	int64_t local = (int64_t)(ms / 1000);
	struct day day;

	if (rule->zone)
		local += zone_offset(rule->zone, local);
	day = day_of(local / 86400);
	snprintf(text, size, "%s %04d-%02d-%02d %02d:%02d",
		 weekdays[day.weekday], day.year, day.month, day.day,
		 (int)(local / 3600 % 24), (int)(local / 60 % 60));
}

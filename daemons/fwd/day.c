#include "day.h"

enum { HOUR_MS = 3600000 };

static uint64_t oldest(const struct day *d)
{
	return d->at[(d->hour - (d->n - 1)) % DAY_HOURS];
}

static void begin(struct day *d, uint64_t hour, uint64_t before)
{
	d->hour = hour;
	d->n = 1;
	d->at[hour % DAY_HOURS] = before;
}

void day_note(struct day *d, uint64_t mono_ms, uint64_t before, uint64_t now)
{
	uint64_t hour = mono_ms / HOUR_MS;

	if (d->n == 0)
		begin(d, hour, before);
	/* It was made anew, and counts from nothing. */
	if (now < oldest(d))
		begin(d, hour, 0);
	/* Nobody looked for a day, and nothing is known of it. */
	if (hour >= d->hour + DAY_HOURS)
		d->hour = hour - DAY_HOURS;
	while (d->hour < hour) {
		d->at[++d->hour % DAY_HOURS] = now;
		if (d->n < DAY_HOURS)
			d->n++;
	}
}

uint64_t day_moved(const struct day *d, uint64_t now)
{
	return d->n == 0 || now < oldest(d) ? 0 : now - oldest(d);
}

#include "trunk_failures.h"

enum {
	HOUR_MS = 3600 * 1000,
};

/* Empties the hours that have begun since the newest count. */
static void turn(struct trunk_failures *f, uint64_t now_ms)
{
	uint64_t hour = now_ms / HOUR_MS;

	/* Longer ago than a day: one round empties all. */
	if (hour > f->hour + TRUNK_FAILURES_HOURS)
		f->hour = hour - TRUNK_FAILURES_HOURS;
	while (f->hour < hour)
		f->n[++f->hour % TRUNK_FAILURES_HOURS] = 0;
}

void trunk_failures_add(struct trunk_failures *f, uint64_t now_ms)
{
	turn(f, now_ms);
	f->n[f->hour % TRUNK_FAILURES_HOURS]++;
}

uint32_t trunk_failures_day(struct trunk_failures *f, uint64_t now_ms)
{
	uint32_t sum = 0;

	turn(f, now_ms);
	for (unsigned int i = 0; i < TRUNK_FAILURES_HOURS; i++)
		sum += f->n[i];
	return sum;
}

uint64_t trunk_failures_turn_ms(uint64_t now_ms)
{
	return HOUR_MS - now_ms % HOUR_MS;
}

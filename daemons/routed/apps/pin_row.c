#include "pin_row.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "records.h"

/* Ages count modulo 2^64: a time before the boot is fine. */
static uint64_t wall_of(uint64_t mono_ms, const struct pin_now *now)
{
	return now->wall_ms - (now->mono_ms - mono_ms);
}

static uint64_t mono_of(uint64_t wall_ms, const struct pin_now *now)
{
	if (wall_ms > now->wall_ms)
		wall_ms = now->wall_ms;
	return now->mono_ms - (now->wall_ms - wall_ms);
}

static void add_time(char *text, size_t size, uint64_t mono_ms,
		     const struct pin_now *now)
{
	size_t n = strlen(text);

	snprintf(text + n, size - n, "%s%llu", n ? ";" : "",
		 (unsigned long long)(wall_of(mono_ms, now) / 1000));
}

static void write_times(const struct pin_times *t, const struct pin_now *now,
			char *text, size_t size)
{
	for (uint32_t i = 0; i < t->n; i++)
		add_time(text, size, t->at_ms[i], now);
}

static void read_times(const char *text, const struct pin_now *now,
		       struct pin_times *t)
{
	while (*text && t->n < PIN_ENTRIES) {
		char *end;
		uint64_t s = strtoull(text, &end, 10);

		if (end == text)
			return;
		t->at_ms[t->n++] = mono_of(s * 1000, now);
		text = end + (*end == ';');
	}
}

void pin_row_write(const struct pin_line *line, const struct pin_now *now,
		   struct pin_lock *row)
{
	record_init(&pin_lock_record, row);
	snprintf(row->extension, sizeof(row->extension), "%s", line->extension);
	snprintf(row->source, sizeof(row->source), "%s", line->source);
	row->failed = line->failed.n;
	row->wrong = line->wrong.n;
	row->times = line->times;
	row->last_ms = wall_of(line->last_ms, now);
	row->locked = line->for_ever || now->mono_ms < line->until_ms;
	if (row->locked) {
		row->since_ms = wall_of(line->since_ms, now);
		row->until_ms =
			line->for_ever ? 0 : wall_of(line->until_ms, now);
	}
	write_times(&line->wrong, now, row->wrong_at, sizeof(row->wrong_at));
	write_times(&line->failed, now, row->failed_at, sizeof(row->failed_at));
	for (size_t i = 0; i < PIN_CALLS; i++)
		if (line->open[i].call[0] &&
		    now->mono_ms < line->open[i].at_ms + PIN_CALLS_MS)
			add_time(row->failed_at, sizeof(row->failed_at),
				 line->open[i].at_ms, now);
}

void pin_row_read(const struct pin_lock *row, const struct pin_now *now,
		  struct pin_line *line)
{
	*line = (struct pin_line){ 0 };
	snprintf(line->extension, sizeof(line->extension), "%s",
		 row->extension);
	snprintf(line->source, sizeof(line->source), "%s", row->source);
	line->times = row->times;
	line->last_ms = mono_of(row->last_ms, now);
	line->for_ever = row->locked && !row->until_ms;
	if (row->locked)
		line->since_ms = mono_of(row->since_ms, now);
	if (row->locked && row->until_ms > now->wall_ms)
		line->until_ms = now->mono_ms + (row->until_ms - now->wall_ms);
	/* Never longer than the longest lock, whatever the clock did. */
	if (line->until_ms >
	    now->mono_ms + ((uint64_t)PIN_LOCK_MS << PIN_DOUBLINGS))
		line->until_ms =
			now->mono_ms + ((uint64_t)PIN_LOCK_MS << PIN_DOUBLINGS);
	read_times(row->wrong_at, now, &line->wrong);
	read_times(row->failed_at, now, &line->failed);
}

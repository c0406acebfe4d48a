#include "pin_locks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

struct entry {
	UT_hash_handle hh;
	struct pin_line line;
};

struct pin_locks {
	struct entry *all; /* by extension; the oldest of them first */
	size_t max;
};

struct pin_locks *pin_locks_new(size_t max)
{
	struct pin_locks *l = calloc(1, sizeof(*l));

	if (l)
		l->max = max;
	return l;
}

static void drop(struct pin_locks *l, struct entry *e)
{
	HASH_DEL(l->all, e);
	free(e);
}

void pin_locks_free(struct pin_locks *l)
{
	if (!l)
		return;
	while (l->all)
		drop(l, l->all);
	free(l);
}

static struct entry *find(const struct pin_locks *l, const char *extension)
{
	struct entry *e;

	HASH_FIND_STR(l->all, extension, e);
	return e;
}

const struct pin_line *pin_locks_find(const struct pin_locks *l,
				      const char *extension)
{
	const struct entry *e = find(l, extension);

	return e ? &e->line : NULL;
}

/* --- what still counts --- */

static void times_trim(struct pin_times *t, uint64_t now_ms, uint64_t window_ms)
{
	uint32_t old = 0;

	while (old < t->n && now_ms >= t->at_ms[old] + window_ms)
		old++;
	t->n -= old;
	memmove(t->at_ms, t->at_ms + old, t->n * sizeof(*t->at_ms));
}

static void times_add(struct pin_times *t, uint64_t at_ms)
{
	if (t->n == PIN_ENTRIES)
		memmove(t->at_ms, t->at_ms + 1, --t->n * sizeof(*t->at_ms));
	t->at_ms[t->n++] = at_ms;
}

static uint32_t times_since(const struct pin_times *t, uint64_t now_ms,
			    uint64_t window_ms)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < t->n; i++)
		n += now_ms < t->at_ms[i] + window_ms;
	return n;
}

static bool is_locked(const struct pin_line *line, uint64_t now_ms)
{
	return line->for_ever || now_ms < line->until_ms;
}

/* --- a line --- */

/* One that may go when there is no room: the first that locks nobody. */
static struct entry *spare(const struct pin_locks *l, uint64_t now_ms)
{
	struct entry *e, *next;

	HASH_ITER(hh, l->all, e, next)
	{
		if (!is_locked(&e->line, now_ms))
			return e;
	}
	return NULL;
}

static bool has_room(const struct pin_locks *l, uint64_t now_ms)
{
	return HASH_COUNT(l->all) < l->max || spare(l, now_ms);
}

static bool make_room(struct pin_locks *l, uint64_t now_ms)
{
	if (!has_room(l, now_ms))
		return false;
	if (HASH_COUNT(l->all) >= l->max)
		drop(l, spare(l, now_ms));
	return true;
}

static struct entry *add(struct pin_locks *l, const char *extension,
			 uint64_t now_ms)
{
	struct entry *e = find(l, extension);

	if (e || strlen(extension) >= sizeof(e->line.extension) ||
	    !make_room(l, now_ms))
		return e;
	e = calloc(1, sizeof(*e));
	if (!e)
		return NULL;
	snprintf(e->line.extension, sizeof(e->line.extension), "%s", extension);
	HASH_ADD_STR(l->all, line.extension, e);
	return e;
}

void pin_locks_put(struct pin_locks *l, const struct pin_line *line,
		   uint64_t now_ms)
{
	struct entry *e = add(l, line->extension, now_ms);

	if (e)
		e->line = *line;
}

static struct pin_open *find_open(struct pin_line *line, const char *call)
{
	for (size_t i = 0; i < PIN_CALLS; i++)
		if (line->open[i].call[0] &&
		    strcmp(line->open[i].call, call) == 0)
			return &line->open[i];
	return NULL;
}

/* An end that never came: no dialogue is so long. */
static bool is_open(const struct pin_open *o, uint64_t now_ms)
{
	return o->call[0] && now_ms < o->at_ms + PIN_CALLS_MS;
}

/* The gate lets in no more than there is room for. */
static void open_call(struct pin_line *line, const char *call, uint64_t now_ms)
{
	struct pin_open *o = find_open(line, call);

	for (size_t i = 0; !o && i < PIN_CALLS; i++)
		if (!is_open(&line->open[i], now_ms))
			o = &line->open[i];
	if (!o)
		o = &line->open[0];
	snprintf(o->call, sizeof(o->call), "%s", call);
	o->at_ms = now_ms;
}

static void close_call(struct pin_line *line, const char *call)
{
	struct pin_open *o = find_open(line, call);

	if (o)
		*o = (struct pin_open){ 0 };
}

/* --- deciding --- */

enum pin_gate pin_locks_gate(const struct pin_locks *l, const char *extension,
			     const char *call, uint64_t now_ms)
{
	const struct pin_line *line = pin_locks_find(l, extension);
	uint32_t n;

	/* Who cannot be counted may not guess. */
	if (!line)
		return has_room(l, now_ms) ? PIN_OPEN : PIN_BUSY;
	if (line->for_ever)
		return PIN_FOR_EVER;
	if (now_ms < line->until_ms)
		return PIN_LOCKED;
	n = times_since(&line->failed, now_ms, PIN_CALLS_MS);
	for (size_t i = 0; i < PIN_CALLS; i++)
		n += is_open(&line->open[i], now_ms) &&
		     strcmp(line->open[i].call, call) != 0;
	return n < PIN_CALLS ? PIN_OPEN : PIN_BUSY;
}

static bool lock(struct pin_line *line, uint64_t now_ms)
{
	bool day = line->wrong.n >= PIN_ENTRIES;
	uint32_t doublings =
		line->times < PIN_DOUBLINGS ? line->times : PIN_DOUBLINGS;

	if (is_locked(line, now_ms) && !(day && !line->for_ever))
		return false;
	if (!day && line->failed.n < PIN_CALLS)
		return false;
	line->for_ever = day;
	line->since_ms = now_ms;
	line->until_ms =
		day ? 0 : now_ms + ((uint64_t)PIN_LOCK_MS << doublings);
	line->times++;
	line->failed.n = 0;
	return true;
}

static bool fail(struct pin_line *line, const char *call, uint64_t now_ms)
{
	close_call(line, call);
	times_trim(&line->failed, now_ms, PIN_CALLS_MS);
	times_add(&line->failed, now_ms);
	return lock(line, now_ms);
}

bool pin_locks_wrong(struct pin_locks *l, const char *extension,
		     const char *call, const char *source, bool last,
		     uint64_t now_ms, const struct pin_line **line)
{
	struct entry *e = add(l, extension, now_ms);

	*line = e ? &e->line : NULL;
	if (!e)
		return false;
	e->line.last_ms = now_ms;
	snprintf(e->line.source, sizeof(e->line.source), "%s", source);
	times_trim(&e->line.wrong, now_ms, PIN_DAY_MS);
	times_add(&e->line.wrong, now_ms);
	if (last)
		return fail(&e->line, call, now_ms);
	open_call(&e->line, call, now_ms);
	return lock(&e->line, now_ms);
}

void pin_locks_right(struct pin_locks *l, const char *extension,
		     const char *call)
{
	struct entry *e = find(l, extension);

	if (e)
		close_call(&e->line, call);
}

bool pin_locks_ended(struct pin_locks *l, const char *extension,
		     const char *call, uint64_t now_ms,
		     const struct pin_line **line)
{
	struct entry *e = find(l, extension);

	*line = NULL;
	if (!e || !find_open(&e->line, call))
		return false;
	*line = &e->line;
	e->line.last_ms = now_ms;
	return fail(&e->line, call, now_ms);
}

bool pin_locks_unlock(struct pin_locks *l, const char *extension)
{
	struct entry *e = find(l, extension);

	if (!e)
		return false;
	drop(l, e);
	return true;
}

void pin_locks_each(const struct pin_locks *l,
		    void (*fn)(void *ctx, const struct pin_line *line),
		    void *ctx)
{
	struct entry *e, *next;

	HASH_ITER(hh, l->all, e, next)
	{
		fn(ctx, &e->line);
	}
}

void pin_locks_sweep(struct pin_locks *l, uint64_t now_ms,
		     void (*fn)(void *ctx, const struct pin_line *line),
		     void *ctx)
{
	struct entry *e, *next;

	HASH_ITER(hh, l->all, e, next)
	{
		if (is_locked(&e->line, now_ms) ||
		    now_ms < e->line.last_ms + PIN_QUIET_MS)
			continue;
		fn(ctx, &e->line);
		drop(l, e);
	}
}

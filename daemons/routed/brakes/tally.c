#include "tally.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 4096 };

struct tallies {
	struct tally *buckets[BUCKETS];
	struct tally *oldest;
	struct tally *newest;
	size_t n;
	void (*dropped)(void *ctx, const char *key);
	void *ctx;
};

struct tallies *tallies_new(void)
{
	return calloc(1, sizeof(struct tallies));
}

void tallies_free(struct tallies *ts)
{
	if (!ts)
		return;
	ts->dropped = NULL;
	while (ts->oldest)
		tally_drop(ts, ts->oldest);
	free(ts);
}

/* FNV-1a. Keys are names and numbers of the house: nobody outside picks
   them. */
static struct tally **slot(struct tallies *ts, const char *key)
{
	struct tally **at;
	uint32_t h = 2166136261u;

	for (const char *p = key; *p; p++)
		h = (h ^ (uint8_t)*p) * 16777619u;
	at = &ts->buckets[h % BUCKETS];
	while (*at && strcmp((*at)->key, key) != 0)
		at = &(*at)->next;
	return at;
}

static void unlink_age(struct tallies *ts, struct tally *t)
{
	if (t->older)
		t->older->newer = t->newer;
	else
		ts->oldest = t->newer;
	if (t->newer)
		t->newer->older = t->older;
	else
		ts->newest = t->older;
	t->older = NULL;
	t->newer = NULL;
}

static void make_newest(struct tallies *ts, struct tally *t)
{
	t->older = ts->newest;
	if (ts->newest)
		ts->newest->newer = t;
	else
		ts->oldest = t;
	ts->newest = t;
}

struct tally *tally_find(struct tallies *ts, const char *key)
{
	return *slot(ts, key);
}

void tally_drop(struct tallies *ts, struct tally *t)
{
	struct tally **at = slot(ts, t->key);

	*at = t->next;
	unlink_age(ts, t);
	ts->n--;
	if (ts->dropped)
		ts->dropped(ts->ctx, t->key);
	free(t);
}

void tallies_on_drop(struct tallies *ts, void (*fn)(void *ctx, const char *key),
		     void *ctx)
{
	ts->dropped = fn;
	ts->ctx = ctx;
}

struct tally *tally_oldest(struct tallies *ts)
{
	return ts->oldest;
}

struct tally *tally_get(struct tallies *ts, const char *key, uint64_t window_ms)
{
	struct tally *t = *slot(ts, key);

	if (t && t->slot_ms == window_ms / TALLY_PARTS)
		return t;
	if (t)
		tally_drop(ts, t);
	if (ts->n >= TALLIES_MAX)
		tally_drop(ts, ts->oldest);
	t = calloc(1, sizeof(*t));
	if (!t)
		return NULL;
	snprintf(t->key, sizeof(t->key), "%s", key);
	t->slot_ms = window_ms / TALLY_PARTS;
	*slot(ts, t->key) = t;
	make_newest(ts, t);
	ts->n++;
	return t;
}

/* Brings the slots to the present. */
static void turn(struct tally *t, uint64_t now_ms)
{
	uint64_t at = now_ms / t->slot_ms, gone;

	if (at > t->at) {
		gone = at - t->at < TALLY_SLOTS ? at - t->at : TALLY_SLOTS;
		memmove(t->n + gone, t->n,
			(TALLY_SLOTS - gone) * sizeof(t->n[0]));
		memset(t->n, 0, gone * sizeof(t->n[0]));
	}
	t->at = at;
}

uint32_t tally_sum(struct tally *t, uint64_t now_ms)
{
	uint64_t sum = 0;

	if (!t)
		return 0;
	turn(t, now_ms);
	for (size_t i = 0; i < TALLY_SLOTS; i++)
		sum += t->n[i];
	return sum < UINT32_MAX ? (uint32_t)sum : UINT32_MAX;
}

void tally_add(struct tallies *ts, struct tally *t, uint64_t now_ms)
{
	turn(t, now_ms);
	t->n[0] += t->n[0] < UINT32_MAX;
	t->last_ms = now_ms;
	unlink_age(ts, t);
	make_newest(ts, t);
}

void tally_text(const struct tally *t, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < TALLY_SLOTS && used < size; i++) {
		int n = snprintf(text + used, size - used, "%s%u", i ? "," : "",
				 t->n[i]);

		if (n < 0)
			return;
		used += (size_t)n;
	}
}

int tally_take(struct tally *t, const char *text)
{
	uint32_t n[TALLY_SLOTS];
	char *end;

	for (size_t i = 0; i < TALLY_SLOTS; i++) {
		unsigned long v = strtoul(text, &end, 10);

		if (end == text || v > UINT32_MAX ||
		    *end != (i + 1 < TALLY_SLOTS ? ',' : '\0'))
			return -EINVAL;
		n[i] = (uint32_t)v;
		text = end + 1;
	}
	memcpy(t->n, n, sizeof(n));
	return 0;
}

#include "offenders.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

struct entry {
	TAILQ_ENTRY(entry) by_time;
	TAILQ_ENTRY(entry) changed;
	struct entry *next; /* in the bucket */
	struct offender o;
	bool dirty;
	bool gone; /* out of the table, waits to be told */
};

TAILQ_HEAD(entries, entry);

struct offenders {
	struct entry **buckets;
	size_t mask;
	size_t n;
	size_t max;
	struct entries by_time;
	struct entries changed;
	uint8_t seed[GUARD_SEED];
};

struct offenders *offenders_new(size_t max, const uint8_t seed[GUARD_SEED])
{
	struct offenders *os = calloc(1, sizeof(*os));
	size_t n = 64;

	if (!os)
		return NULL;
	while (n < max)
		n *= 2;
	os->mask = n - 1;
	os->max = max;
	memcpy(os->seed, seed, sizeof(os->seed));
	TAILQ_INIT(&os->by_time);
	TAILQ_INIT(&os->changed);
	os->buckets = calloc(n, sizeof(struct entry *));
	if (!os->buckets) {
		free(os);
		return NULL;
	}
	return os;
}

static struct entry **slot(struct offenders *os, const struct guard_key *key)
{
	struct entry **at;

	at = &os->buckets[guard_key_hash(key, os->seed) & os->mask];
	while (*at && !guard_key_equal(&(*at)->o.key, key))
		at = &(*at)->next;
	return at;
}

static void mark(struct offenders *os, struct entry *e)
{
	if (e->dirty)
		return;
	e->dirty = true;
	TAILQ_INSERT_TAIL(&os->changed, e, changed);
}

void offenders_forget(struct offenders *os, const struct guard_key *key)
{
	struct entry **at = slot(os, key);
	struct entry *e = *at;

	if (!e)
		return;
	*at = e->next;
	TAILQ_REMOVE(&os->by_time, e, by_time);
	os->n--;
	e->gone = true;
	mark(os, e);
}

void offenders_changes(struct offenders *os,
		       void (*fn)(void *ctx, const struct offender *o,
				  bool gone),
		       void *ctx)
{
	while (!TAILQ_EMPTY(&os->changed)) {
		struct entry *e = TAILQ_FIRST(&os->changed);

		TAILQ_REMOVE(&os->changed, e, changed);
		e->dirty = false;
		fn(ctx, &e->o, e->gone);
		if (e->gone)
			free(e);
	}
}

static void tell_nobody(void *ctx, const struct offender *o, bool gone)
{
	(void)ctx;
	(void)o;
	(void)gone;
}

void offenders_free(struct offenders *os)
{
	if (!os)
		return;
	while (!TAILQ_EMPTY(&os->by_time)) {
		struct guard_key key = TAILQ_FIRST(&os->by_time)->o.key;

		offenders_forget(os, &key);
	}
	offenders_changes(os, tell_nobody, NULL);
	free(os->buckets);
	free(os);
}

uint32_t offenders_times(struct offenders *os, const struct guard_key *key,
			 uint64_t now_ms, uint64_t age_ms)
{
	const struct entry *e = *slot(os, key);

	if (!e || (now_ms > e->o.last_ms && now_ms - e->o.last_ms > age_ms))
		return 0;
	return e->o.times;
}

int offenders_note(struct offenders *os, const struct offender *o)
{
	struct entry **at = slot(os, &o->key);
	struct entry *e = *at;

	if (!e) {
		e = calloc(1, sizeof(*e));
		if (!e)
			return -ENOMEM;
		if (os->n >= os->max) {
			struct guard_key oldest =
				TAILQ_FIRST(&os->by_time)->o.key;

			offenders_forget(os, &oldest);
			at = slot(os, &o->key);
		}
		*at = e;
		os->n++;
	} else {
		TAILQ_REMOVE(&os->by_time, e, by_time);
	}
	e->o = *o;
	TAILQ_INSERT_TAIL(&os->by_time, e, by_time);
	mark(os, e);
	return 0;
}

#include "incidents.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rate.h"

enum {
	BUCKETS = 4096,
	SAME_MS = 10 * 60 * 1000,
	PROVEN_A_S = 50,
	PROVEN_BURST = 1000,
	FORGEABLE_A_S = 1,
	FORGEABLE_BURST = 200,
};

/* Id i stands at rows[i % INCIDENTS_MAX]; ids begin with 1. */
struct incidents {
	struct incident *rows;
	uint64_t *chain; /* by place: the next id in its bucket */
	bool *dirty;
	uint64_t buckets[BUCKETS]; /* the newest id */
	uint64_t first;            /* the oldest kept */
	uint64_t next;             /* the id to come */
	size_t n_dirty;
	struct rate proven;
	struct rate forgeable;
};

struct incidents *incidents_new(void)
{
	struct incidents *is = calloc(1, sizeof(*is));

	if (!is)
		return NULL;
	is->rows = calloc(INCIDENTS_MAX, sizeof(*is->rows));
	is->chain = calloc(INCIDENTS_MAX, sizeof(*is->chain));
	is->dirty = calloc(INCIDENTS_MAX, sizeof(*is->dirty));
	is->first = 1;
	is->next = 1;
	rate_init(&is->proven, PROVEN_BURST, PROVEN_A_S);
	rate_init(&is->forgeable, FORGEABLE_BURST, FORGEABLE_A_S);
	if (is->rows && is->chain && is->dirty)
		return is;
	incidents_free(is);
	return NULL;
}

void incidents_free(struct incidents *is)
{
	if (!is)
		return;
	free(is->rows);
	free(is->chain);
	free(is->dirty);
	free(is);
}

static struct incident *row_of(const struct incidents *is, uint64_t id)
{
	return &is->rows[id % INCIDENTS_MAX];
}

static bool kept(const struct incidents *is, uint64_t id)
{
	return id >= is->first && id < is->next;
}

/* Chains are short-lived and at most one a row, so a weak hash only costs. */
static size_t bucket_of(const struct incident *row)
{
	const char *const texts[] = { row->source, row->service, row->account };
	uint32_t h = 2166136261u ^ row->kind;

	for (size_t i = 0; i < 3; i++) {
		for (const char *p = texts[i]; *p; p++)
			h = (h ^ (uint8_t)*p) * 16777619u;
		h = (h ^ 1) * 16777619u;
	}
	return h % BUCKETS;
}

static bool same(const struct incident *a, const struct incident *b)
{
	return a->kind == b->kind && strcmp(a->source, b->source) == 0 &&
	       strcmp(a->service, b->service) == 0 &&
	       strcmp(a->account, b->account) == 0;
}

static void mark(struct incidents *is, uint64_t id)
{
	bool *dirty = &is->dirty[id % INCIDENTS_MAX];

	is->n_dirty += !*dirty;
	*dirty = true;
}

static struct incident *append(struct incidents *is, uint64_t id,
			       const struct incident *row)
{
	struct incident *at = row_of(is, id);
	size_t bucket = bucket_of(row);

	*at = *row;
	at->id = id;
	is->chain[id % INCIDENTS_MAX] = is->buckets[bucket];
	is->buckets[bucket] = id;
	is->next = id + 1;
	if (is->next - is->first > INCIDENTS_MAX)
		is->first = is->next - INCIDENTS_MAX;
	return at;
}

void incidents_load(struct incidents *is, const struct incident *row)
{
	if (row->id == 0 || row->id == UINT64_MAX || row->id < is->next)
		return;
	/* A hole would leave places that hold no row. */
	if (row->id != is->next)
		is->first = row->id;
	append(is, row->id, row);
}

static struct incident *find(struct incidents *is, const struct incident *row,
			     uint64_t wall_ms)
{
	uint64_t id = is->buckets[bucket_of(row)];
	/* An attacker who knows the hash makes us look this far. */
	int most = 64;

	while (kept(is, id) && most-- > 0) {
		struct incident *at = row_of(is, id);
		uint64_t older = is->chain[id % INCIDENTS_MAX];

		if (wall_ms >= at->last_ms + SAME_MS)
			return NULL;
		if (same(at, row))
			return at;
		if (older >= id)
			return NULL;
		id = older;
	}
	return NULL;
}

const struct incident *incidents_note(struct incidents *is,
				      const struct incident *row, bool proven,
				      uint64_t mono_ms, uint64_t wall_ms)
{
	struct rate *rate = proven ? &is->proven : &is->forgeable;
	struct incident *at = find(is, row, wall_ms);
	struct incident others = *row;

	if (!at && !rate_take(rate, mono_ms)) {
		snprintf(others.source, sizeof(others.source), "others");
		others.account[0] = '\0';
		row = &others;
		at = find(is, row, wall_ms);
	}
	if (at) {
		at->count += at->count < UINT32_MAX;
		memcpy(at->outcome, row->outcome, sizeof(at->outcome));
		memcpy(at->detail, row->detail, sizeof(at->detail));
		if (row->level > at->level)
			at->level = row->level;
	} else {
		at = append(is, is->next, row);
		at->first_ms = wall_ms;
		at->count = 1;
	}
	at->last_ms = wall_ms;
	mark(is, at->id);
	return at;
}

void incidents_each(const struct incidents *is, uint64_t before,
		    bool (*fn)(void *ctx, const struct incident *row),
		    void *ctx)
{
	uint64_t id = is->next;

	if (before > 0 && before < id)
		id = before;
	while (id > is->first)
		if (!fn(ctx, row_of(is, --id)))
			return;
}

size_t incidents_changes(struct incidents *is,
			 void (*fn)(void *ctx, const struct incident *row),
			 void *ctx, uint64_t *first)
{
	size_t told = is->n_dirty;

	for (uint64_t id = is->first; id < is->next && is->n_dirty > 0; id++) {
		bool *dirty = &is->dirty[id % INCIDENTS_MAX];

		if (!*dirty)
			continue;
		*dirty = false;
		is->n_dirty--;
		fn(ctx, row_of(is, id));
	}
	is->n_dirty = 0;
	*first = is->first;
	return told;
}

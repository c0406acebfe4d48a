#include "counters.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

enum {
	STALE = 16,
	LEVELS = 17, /* 0 to 15 tries, and more */
	N_BITS = 20, /* of tries in a point; a limit is at most 1000 */
	N_MAX = (1 << N_BITS) - 1,
};

/*
 * A point in 64 bits, for 65,536 sources may have 16 each: the time, 44 bits
 * with its sign (278 years; one before the boot is negative), and how many.
 */
struct packed {
	uint64_t bits;
};

/* Accounts by a hash of their name: a false match costs one uncounted try of
   an old secret. */
struct stale {
	uint64_t at_ms;
	uint32_t account;
};

struct counter {
	TAILQ_ENTRY(counter) by_level;
	struct counter *next; /* in the bucket */
	uint64_t last_ms;
	struct packed points[COUNTER_POINTS];
	struct stale *stale; /* STALE of them, or NULL */
	struct guard_key key;
	uint8_t n_points;
	uint8_t level;
};

TAILQ_HEAD(level, counter);

struct counters {
	struct counter **buckets;
	size_t mask;
	size_t n;
	size_t max;
	uint8_t seed[GUARD_SEED];
	void (*dropped)(void *ctx, const struct guard_key *key);
	void *ctx;
	struct level levels[LEVELS];
};

struct counters *counters_new(size_t max, const uint8_t seed[GUARD_SEED])
{
	struct counters *c = calloc(1, sizeof(*c));
	size_t n = 64;

	if (!c)
		return NULL;
	while (n < max)
		n *= 2;
	c->buckets = calloc(n, sizeof(*c->buckets));
	c->mask = n - 1;
	c->max = max;
	memcpy(c->seed, seed, sizeof(c->seed));
	for (size_t i = 0; i < LEVELS; i++)
		TAILQ_INIT(&c->levels[i]);
	if (!c->buckets) {
		free(c);
		return NULL;
	}
	return c;
}

static struct counter **slot(struct counters *c, const struct guard_key *key)
{
	struct counter **at;

	at = &c->buckets[guard_key_hash(key, c->seed) & c->mask];
	while (*at && !guard_key_equal(&(*at)->key, key))
		at = &(*at)->next;
	return at;
}

static void drop(struct counters *c, struct counter *k)
{
	struct counter **at = slot(c, &k->key);

	*at = k->next;
	TAILQ_REMOVE(&c->levels[k->level], k, by_level);
	c->n--;
	if (c->dropped)
		c->dropped(c->ctx, &k->key);
	free(k->stale);
	free(k);
}

void counters_free(struct counters *c)
{
	if (!c)
		return;
	c->dropped = NULL;
	for (size_t i = 0; i < LEVELS; i++)
		while (!TAILQ_EMPTY(&c->levels[i]))
			drop(c, TAILQ_FIRST(&c->levels[i]));
	free(c->buckets);
	free(c);
}

static void evict(struct counters *c)
{
	for (size_t i = 0; i < LEVELS; i++) {
		if (!TAILQ_EMPTY(&c->levels[i])) {
			drop(c, TAILQ_FIRST(&c->levels[i]));
			return;
		}
	}
}

static struct counter *find_or_make(struct counters *c,
				    const struct guard_key *key)
{
	struct counter **at = slot(c, key);
	struct counter *k;

	if (*at)
		return *at;
	if (c->n >= c->max)
		evict(c);
	k = calloc(1, sizeof(*k));
	if (!k)
		return NULL;
	k->key = *key;
	at = slot(c, key);
	*at = k;
	TAILQ_INSERT_TAIL(&c->levels[0], k, by_level);
	c->n++;
	return k;
}

static struct packed pack(struct counter_point p)
{
	return (struct packed){ p.at_ms << N_BITS |
				(p.n < N_MAX ? p.n : N_MAX) };
}

static struct counter_point unpack(struct packed p)
{
	return (struct counter_point){
		(uint64_t)((int64_t)p.bits >> N_BITS),
		(uint32_t)(p.bits & N_MAX),
	};
}

static uint64_t at_of(const struct counter *k, size_t i)
{
	return unpack(k->points[i]).at_ms;
}

/* Forgets what lies before the window; returns the tries left in it. */
static uint32_t within(struct counter *k, uint32_t window_s, uint64_t now_ms)
{
	uint64_t window_ms = (uint64_t)window_s * 1000;
	uint32_t sum = 0;
	uint8_t kept = 0;

	for (size_t i = 0; i < k->n_points; i++) {
		struct counter_point p = unpack(k->points[i]);

		if (now_ms - p.at_ms >= window_ms)
			continue;
		sum += p.n;
		k->points[kept++] = k->points[i];
	}
	k->n_points = kept;
	return sum;
}

/* Makes room for a point: the two closest become one, at the later time. */
static void join_closest(struct counter *k)
{
	struct counter_point later;
	size_t best = 0;

	for (size_t i = 1; i + 1 < k->n_points; i++)
		if (at_of(k, i + 1) - at_of(k, i) <
		    at_of(k, best + 1) - at_of(k, best))
			best = i;
	later = unpack(k->points[best + 1]);
	later.n += unpack(k->points[best]).n;
	k->points[best + 1] = pack(later);
	memmove(&k->points[best], &k->points[best + 1],
		(k->n_points - best - 1) * sizeof(k->points[0]));
	k->n_points--;
}

/* Its level is the number of its tries. */
static void set_level(struct counters *c, struct counter *k, uint32_t tries)
{
	TAILQ_REMOVE(&c->levels[k->level], k, by_level);
	k->level = (uint8_t)(tries < LEVELS ? tries : LEVELS - 1);
	TAILQ_INSERT_TAIL(&c->levels[k->level], k, by_level);
}

uint32_t counters_add(struct counters *c, const struct guard_key *key,
		      uint32_t window_s, uint64_t now_ms)
{
	struct counter *k = find_or_make(c, key);
	uint32_t n;

	if (!k)
		return 0;
	n = within(k, window_s, now_ms) + 1;
	if (k->n_points == COUNTER_POINTS)
		join_closest(k);
	k->points[k->n_points++] = pack((struct counter_point){ now_ms, 1 });
	k->last_ms = now_ms;
	set_level(c, k, n);
	return n;
}

size_t counters_points(struct counters *c, const struct guard_key *key,
		       struct counter_point out[COUNTER_POINTS])
{
	const struct counter *k = *slot(c, key);

	if (!k)
		return 0;
	for (size_t i = 0; i < k->n_points; i++)
		out[i] = unpack(k->points[i]);
	return k->n_points;
}

int counters_load(struct counters *c, const struct guard_key *key,
		  const struct counter_point *points, size_t n)
{
	struct counter *k;
	uint32_t sum = 0;

	if (c->n >= c->max || n == 0 || n > COUNTER_POINTS)
		return -ENOSPC;
	k = find_or_make(c, key);
	if (!k)
		return -ENOMEM;
	k->n_points = (uint8_t)n;
	k->last_ms = points[n - 1].at_ms;
	for (size_t i = 0; i < n; i++) {
		k->points[i] = pack(points[i]);
		sum += points[i].n;
	}
	set_level(c, k, sum);
	return 0;
}

void counters_on_drop(struct counters *c,
		      void (*fn)(void *ctx, const struct guard_key *key),
		      void *ctx)
{
	c->dropped = fn;
	c->ctx = ctx;
}

uint32_t counters_get(struct counters *c, const struct guard_key *key,
		      uint32_t window_s, uint64_t now_ms)
{
	struct counter *k = *slot(c, key);

	return k ? within(k, window_s, now_ms) : 0;
}

/* FNV-1a */
static uint32_t account_hash(const char *account)
{
	uint32_t h = 2166136261u;

	for (; *account; account++)
		h = (h ^ (uint8_t)*account) * 16777619u;
	return h;
}

bool counters_seen_stale(struct counters *c, const struct guard_key *key,
			 const char *account, uint32_t window_s,
			 uint64_t now_ms)
{
	struct counter *k = find_or_make(c, key);
	uint32_t hash = account_hash(account);
	struct stale *oldest;

	if (!k)
		return false;
	if (!k->stale)
		k->stale = calloc(STALE, sizeof(*k->stale));
	if (!k->stale)
		return false;
	oldest = &k->stale[0];
	for (size_t i = 0; i < STALE; i++) {
		struct stale *s = &k->stale[i];

		if (s->account == hash && s->at_ms > 0 &&
		    now_ms - s->at_ms < (uint64_t)window_s * 1000)
			return true;
		if (s->at_ms < oldest->at_ms)
			oldest = s;
	}
	oldest->account = hash;
	oldest->at_ms = now_ms;
	return false;
}

void counters_forget(struct counters *c, const struct guard_key *key)
{
	struct counter *k = *slot(c, key);

	if (k)
		drop(c, k);
}

size_t counters_count(const struct counters *c)
{
	return c->n;
}

void counters_sweep(struct counters *c, uint32_t age_s, uint64_t now_ms,
		    size_t most)
{
	for (size_t i = 0; i < LEVELS; i++) {
		while (!TAILQ_EMPTY(&c->levels[i]) && most > 0) {
			struct counter *k = TAILQ_FIRST(&c->levels[i]);

			if (now_ms - k->last_ms < (uint64_t)age_s * 1000)
				break;
			drop(c, k);
			most--;
		}
	}
}

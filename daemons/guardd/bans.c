#include "bans.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct bans {
	struct ban **buckets;
	size_t mask;
	size_t n;
	size_t max;
	struct ban **heap; /* from 1; the first to end on top */
	size_t ends;
	size_t in_full; /* with more words than BAN_EVIDENCE_SHORT */
	uint8_t seed[GUARD_SEED];
};

struct bans *bans_new(size_t max, const uint8_t seed[GUARD_SEED])
{
	struct bans *bs = calloc(1, sizeof(*bs));
	size_t n = 64;

	if (!bs)
		return NULL;
	while (n < max)
		n *= 2;
	bs->mask = n - 1;
	bs->max = max;
	memcpy(bs->seed, seed, sizeof(bs->seed));
	bs->buckets = calloc(n, sizeof(struct ban *));
	bs->heap = calloc(max + 1, sizeof(struct ban *));
	if (!bs->buckets || !bs->heap) {
		bans_free(bs);
		return NULL;
	}
	return bs;
}

static void ban_free(struct ban *ban)
{
	free(ban->words);
	free(ban);
}

void bans_free(struct bans *bs)
{
	if (!bs)
		return;
	for (size_t i = 0; bs->buckets && i <= bs->mask; i++) {
		while (bs->buckets[i]) {
			struct ban *ban = bs->buckets[i];

			bs->buckets[i] = ban->next;
			ban_free(ban);
		}
	}
	free(bs->buckets);
	free(bs->heap);
	free(bs);
}

static struct ban **slot(struct bans *bs, const struct guard_key *key)
{
	struct ban **at;

	at = &bs->buckets[guard_key_hash(key, bs->seed) & bs->mask];
	while (*at && !guard_key_equal(&(*at)->key, key))
		at = &(*at)->next;
	return at;
}

struct ban *bans_find(struct bans *bs, const struct guard_key *key)
{
	return *slot(bs, key);
}

size_t bans_count(const struct bans *bs)
{
	return bs->n;
}

bool bans_full(const struct bans *bs)
{
	return bs->n >= bs->max;
}

struct ban *bans_put(struct bans *bs, const struct guard_key *key)
{
	struct ban **at = slot(bs, key);

	if (*at || bans_full(bs))
		return *at;
	*at = calloc(1, sizeof(**at));
	if (*at) {
		(*at)->key = *key;
		bs->n++;
	}
	return *at;
}

/* ---- words: the actor, NUL, the evidence, NUL ---- */

const char *ban_actor(const struct ban *ban)
{
	return ban->words ? ban->words : "";
}

const char *ban_evidence(const struct ban *ban)
{
	return ban->words ? ban->words + strlen(ban->words) + 1 : "";
}

static bool is_long(const char *evidence)
{
	return strlen(evidence) >= BAN_EVIDENCE_SHORT;
}

/* How many bytes of it have room. */
static size_t cut(const char *evidence, size_t size)
{
	size_t n = strnlen(evidence, size);

	if (n < size)
		return n;
	for (size_t i = size - 1; i > 0; i--)
		if (evidence[i] == ';' && evidence[i + 1] == ' ')
			return i;
	/* Not within a character. */
	for (n = size - 1; n > 0 && ((uint8_t)evidence[n] & 0xc0) == 0x80;)
		n--;
	return n;
}

int bans_say(struct bans *bs, struct ban *ban, const char *actor,
	     const char *evidence)
{
	bool was_long = is_long(ban_evidence(ban));
	bool room = was_long || bs->in_full < BANS_IN_FULL;
	size_t a = strnlen(actor, BAN_ACTOR - 1);
	size_t e = cut(evidence, room ? BAN_EVIDENCE : BAN_EVIDENCE_SHORT);
	char *words = malloc(a + 1 + e + 1);

	if (!words)
		return -ENOMEM;
	memcpy(words, actor, a);
	words[a] = '\0';
	memcpy(words + a + 1, evidence, e);
	words[a + 1 + e] = '\0';
	free(ban->words);
	ban->words = words;
	bs->in_full += is_long(ban_evidence(ban));
	bs->in_full -= was_long;
	return 0;
}

/* ---- the heap of ends ---- */

static void place(struct bans *bs, struct ban *ban, size_t at)
{
	bs->heap[at] = ban;
	ban->place = (uint32_t)at;
}

static bool sooner(const struct bans *bs, const struct ban *a, size_t b)
{
	return a->until_mono_ms < bs->heap[b]->until_mono_ms;
}

/* Finds the place of `ban` from the hole `at` on. */
static void settle(struct bans *bs, struct ban *ban, size_t at)
{
	while (at > 1 && sooner(bs, ban, at / 2)) {
		place(bs, bs->heap[at / 2], at);
		at /= 2;
	}
	for (;;) {
		size_t child = at * 2;

		if (child > bs->ends)
			break;
		if (child < bs->ends && sooner(bs, bs->heap[child + 1], child))
			child++;
		if (bs->heap[child]->until_mono_ms >= ban->until_mono_ms)
			break;
		place(bs, bs->heap[child], at);
		at = child;
	}
	place(bs, ban, at);
}

static void leave_heap(struct bans *bs, struct ban *ban)
{
	size_t at = ban->place;
	struct ban *last;

	if (at == 0)
		return;
	ban->place = 0;
	last = bs->heap[bs->ends--];
	if (last != ban)
		settle(bs, last, at);
}

void bans_end_at(struct bans *bs, struct ban *ban, uint64_t mono_ms,
		 uint64_t wall_ms)
{
	leave_heap(bs, ban);
	ban->until_mono_ms = mono_ms;
	ban->until_ms = wall_ms;
	if (mono_ms > 0)
		settle(bs, ban, ++bs->ends);
}

struct ban *bans_next(struct bans *bs)
{
	return bs->ends > 0 ? bs->heap[1] : NULL;
}

void bans_take(struct bans *bs, struct ban *ban)
{
	struct ban **at = slot(bs, &ban->key);

	assert(*at == ban);
	leave_heap(bs, ban);
	*at = ban->next;
	bs->n--;
	bs->in_full -= is_long(ban_evidence(ban));
	ban_free(ban);
}

void bans_each(struct bans *bs, void (*fn)(void *ctx, struct ban *ban),
	       void *ctx)
{
	for (size_t i = 0; i <= bs->mask; i++)
		for (struct ban *b = bs->buckets[i]; b; b = b->next)
			fn(ctx, b);
}

/*
 * Who is shut out of what, until when: a bounded table with the next end at
 * hand, and the memory of who was banned before. Pure: no bus, no store.
 */
#pragma once

#include "key.h"

struct bans;

enum {
	BAN_ACTOR = 65,
	BAN_EVIDENCE = 401,
};

/* The text fields are the row's (schema/tables/rejected.toml). */
struct ban {
	struct guard_key key;
	uint32_t tries;
	uint32_t times;         /* how often banned, this one included */
	uint32_t origin;        /* enum rejected_origin */
	uint64_t since_ms;      /* as people read it */
	uint64_t until_ms;      /* the same; 0: for ever */
	uint64_t until_mono_ms; /* what counts; 0: for ever */
	char *actor;            /* malloc'd or NULL */
	char *evidence;
	struct ban *next; /* in the bucket */
	size_t place;     /* in the heap of ends; 0: for ever */
};

/* NULL: no memory. */
struct bans *bans_new(size_t max, const uint8_t seed[GUARD_SEED]);
void bans_free(struct bans *bs);

struct ban *bans_find(struct bans *bs, const struct guard_key *key);
size_t bans_count(const struct bans *bs);
bool bans_full(const struct bans *bs);

/*
 * A new ban without end, or the one that is there. NULL: no memory, or full
 * (the caller makes room with bans_next()).
 */
struct ban *bans_put(struct bans *bs, const struct guard_key *key);
int ban_say(struct ban *ban, const char *actor, const char *evidence);
void bans_end_at(struct bans *bs, struct ban *ban, uint64_t mono_ms,
		 uint64_t wall_ms);
void bans_take(struct bans *bs, struct ban *ban);

/* The ban that ends first; NULL: none ends. */
struct ban *bans_next(struct bans *bs);

/* Each, in no order; fn must neither add nor take. */
void bans_each(struct bans *bs, void (*fn)(void *ctx, struct ban *ban),
	       void *ctx);

/*
 * Who is shut out of what, until when: a bounded table with the next end at
 * hand, and the memory of who was banned before. Pure: no bus, no store.
 */
#pragma once

#include "key.h"

struct bans;

enum {
	BAN_ACTOR = 65, /* as in schema/tables/rejected.toml */
	BAN_EVIDENCE = 401,
	/*
	 * Who attacks from 100,000 addresses chooses what he is seen doing, and
	 * so how much we keep: so many bans keep all of it, the others what
	 * has room here.
	 */
	BANS_IN_FULL = 16384,
	BAN_EVIDENCE_SHORT = 101,
};

/* There may be a hundred thousand: 72 bytes, and the words. */
struct ban {
	struct ban *next;       /* in the bucket */
	char *words;            /* ban_actor(), ban_evidence() */
	uint64_t since_ms;      /* as people read it */
	uint64_t until_ms;      /* the same; 0: for ever */
	uint64_t until_mono_ms; /* what counts; 0: for ever */
	uint32_t place;         /* in the heap of ends; 0: for ever */
	uint32_t tries;
	uint32_t times; /* how often banned, this one included */
	struct guard_key key;
	uint8_t origin; /* enum rejected_origin */
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
/* Who made it, and why; evidence is cut where its room ends, behind a whole
   thing ("; ") if it can be. 0 or -ENOMEM. */
int bans_say(struct bans *bs, struct ban *ban, const char *actor,
	     const char *evidence);
/* "" before it was said. */
const char *ban_actor(const struct ban *ban);
const char *ban_evidence(const struct ban *ban);
void bans_end_at(struct bans *bs, struct ban *ban, uint64_t mono_ms,
		 uint64_t wall_ms);
void bans_take(struct bans *bs, struct ban *ban);

/* The ban that ends first; NULL: none ends. */
struct ban *bans_next(struct bans *bs);

/* Each, in no order; fn must neither add nor take. */
void bans_each(struct bans *bs, void (*fn)(void *ctx, struct ban *ban),
	       void *ctx);

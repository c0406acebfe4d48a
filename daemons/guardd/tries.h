/*
 * The tries of the last day, one by one, in the order of time: what other
 * settings are held against (what_if.h). A ring of so many; the oldest go, and
 * tries_since() says since when all are there. Pure: time is the caller's, and
 * a wall clock's, so that tries outlive a restart.
 *
 * For the disk the ring is cut into chunks of TRIES_CHUNK tries, by number from
 * the first that ever was; only chunks that changed are written. A chunk, all
 * numbers big endian:
 *
 *   TRIES_CHUNK times, or fewer:
 *     0  at, ms since 1970 (64 bit)      18  service (enum guard_service_id)
 *     8  source: IPv4 and four 0, or     19  4 or 6
 *        the first half of IPv6          20  1: that one led to a ban
 *     16 how many (16 bit)               21  account, filled up with 0
 */
#pragma once

#include "key.h"

enum {
	TRIES_MAX = 65536,
	TRIES_CHUNK = 64,
	TRIES_DAY_MS = 24 * 3600 * 1000,
	TRY_ACCOUNT = 19, /* bytes; a longer name is cut */
	TRY_BYTES = 21 + TRY_ACCOUNT - 1,
};

struct
try {
	uint64_t at_ms;
	uint8_t source[8];
	uint16_t n;
	uint8_t service;
	uint8_t family;
	bool banned; /* that was the last one */
	char account[TRY_ACCOUNT];
};

struct tries;

/* since_ms: nothing is known from before. NULL: no memory. */
struct tries *tries_new(size_t max, uint64_t since_ms);
void tries_free(struct tries *t);

/*
 * A try, now. A source whose tries no ban ends could fill the ring alone: with
 * join_ms > 0 a try joins one of the same source, service and account that is
 * no older, where that stands among the last few.
 */
void tries_note(struct tries *t, const struct guard_key *key,
		const char *account, bool banned, uint64_t join_ms,
		uint64_t now_ms);

/* Forgets what is older than a day. */
void tries_tick(struct tries *t, uint64_t now_ms);
/* The wall clock was set: the same moments in its new time. */
void tries_shift(struct tries *t, int64_t step_ms);

size_t tries_count(const struct tries *t);
/* 0 is the oldest. */
const struct try *tries_at(const struct tries *t, size_t i);
void tries_key(const struct try *one, struct guard_key *key);
/* Since when none is missing; at most a day ago. */
uint64_t tries_since(const struct tries *t, uint64_t now_ms);

/* ---- the disk ---- */

typedef int (*tries_chunk_fn)(void *ctx, uint64_t number, const void *bytes,
			      size_t n);

/*
 * Hands out what changed since the last call. *first: chunks below it are not
 * needed any more. What fn refused (a negative errno, which is returned) comes
 * again.
 */
int tries_changes(struct tries *t, tries_chunk_fn fn, void *ctx,
		  uint64_t *first);
/* What was handed out is not on the disk after all: it all comes again. */
void tries_unsaved(struct tries *t);
/*
 * A chunk from the disk; in order. What reads as no try ends the chunk. Tries
 * from the future (the clock was set back) are forgotten: nobody knows when
 * they were.
 */
void tries_load(struct tries *t, uint64_t number, const void *bytes, size_t n,
		uint64_t now_ms);

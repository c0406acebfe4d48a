/*
 * How often something was done lately: a bounded table of counters, one a brake
 * and whose it is. Pure; all times are the caller's wall clock in milliseconds,
 * so that what was counted stays right over a restart.
 *
 * A window is 12 slots, and the one that began before it: what lies there
 * counts until the whole slot is over. So a window is at most a twelfth longer
 * than it says, never shorter.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	TALLY_PARTS = 12,
	TALLY_SLOTS = TALLY_PARTS + 1,
	TALLY_KEY = 100,
	TALLIES_MAX = 16384,
};

struct tally {
	char key[TALLY_KEY]; /* "brake/whose" */
	uint64_t slot_ms;    /* how long a slot is */
	uint64_t at;         /* number of the newest slot: time / slot_ms */
	uint32_t n[TALLY_SLOTS];
	uint64_t last_ms;
	uint32_t level; /* what was told of it last */
	struct tally *next;
	struct tally *older;
	struct tally *newer;
};

struct tallies;

/* NULL: no memory. */
struct tallies *tallies_new(void);
void tallies_free(struct tallies *ts);

/* Hears the key of each that goes, but at the end of all. */
void tallies_on_drop(struct tallies *ts, void (*fn)(void *ctx, const char *key),
		     void *ctx);

/* NULL: nothing was counted. */
struct tally *tally_find(struct tallies *ts, const char *key);
/* The one of that key, made if need be. When the table is full the one that was
   quiet longest goes. NULL: no memory. */
struct tally *tally_get(struct tallies *ts, const char *key,
			uint64_t window_ms);
void tally_drop(struct tallies *ts, struct tally *t);
/* The one that was quiet longest; NULL: none. */
struct tally *tally_oldest(struct tallies *ts);

/* How many within the window; t may be NULL. When the clock was set back, what
   was counted ahead of it counts as of now. */
uint32_t tally_sum(struct tally *t, uint64_t now_ms);
void tally_add(struct tallies *ts, struct tally *t, uint64_t now_ms);

/* "3,0,0,..." newest first: for the store; and back. 0 or -EINVAL. */
void tally_text(const struct tally *t, char *text, size_t size);
int tally_take(struct tally *t, const char *text);

/*
 * How often each source tried lately: a bounded table. When it is full the
 * source with the fewest tries goes, of those the one that was silent longest,
 * so that who comes from many addresses cannot wash out the counters of those
 * that are close to their limit. Pure: time is the caller's.
 *
 * Tries are kept as up to 16 points in time. A limit of 16 or less is exact;
 * above, neighbours are joined at the later time, so that a try is never
 * forgotten too early.
 */
#pragma once

#include "key.h"

struct counters;

enum { COUNTER_POINTS = 16 };

struct counter_point {
	uint64_t at_ms;
	uint32_t n;
};

/* NULL: no memory. */
struct counters *counters_new(size_t max, const uint8_t seed[GUARD_SEED]);
void counters_free(struct counters *c);

/* Counts one. Returns the tries within the window, this one included; 0: no
   memory. */
uint32_t counters_add(struct counters *c, const struct guard_key *key,
		      uint32_t window_s, uint64_t now_ms);
uint32_t counters_get(struct counters *c, const struct guard_key *key,
		      uint32_t window_s, uint64_t now_ms);

/*
 * A phone that still uses the previous secret counts once a window: has this
 * account of this source been counted so? If not, notes that it is now.
 */
bool counters_seen_stale(struct counters *c, const struct guard_key *key,
			 const char *account, uint32_t window_s,
			 uint64_t now_ms);

/* For the store: the points of a source, oldest first; and back. */
size_t counters_points(struct counters *c, const struct guard_key *key,
		       struct counter_point out[COUNTER_POINTS]);
/* 0, -ENOMEM, -ENOSPC. */
int counters_load(struct counters *c, const struct guard_key *key,
		  const struct counter_point *points, size_t n);
/* Hears of every source that is dropped, for whatever reason but the end. */
void counters_on_drop(struct counters *c,
		      void (*fn)(void *ctx, const struct guard_key *key),
		      void *ctx);

void counters_forget(struct counters *c, const struct guard_key *key);
size_t counters_count(const struct counters *c);

/* Drops what was silent for `age_s`; at most `most` of them. */
void counters_sweep(struct counters *c, uint32_t age_s, uint64_t now_ms,
		    size_t most);

/*
 * Whom other settings of a service would have shut out, by the tries of the
 * last day: the guard's own counting (counters.h) over what came, against the
 * bans that were. Pure: no bus, no store, no clock.
 *
 * What can be said is bounded by what happened: a source that was banned could
 * not go on, so with looser settings it is only known that its tries until then
 * would not have been enough. Who is exempt now counts as exempt all day.
 */
#pragma once

#include "decide.h"
#include "tries.h"

struct what_if {
	enum guard_service_id service;
	uint32_t tries;
	uint32_t window_s;
	bool trust_local;
	uint64_t wall_ms; /* now: ends of allowed addresses */
};

struct what_if_source {
	struct guard_key key;
	uint32_t most;  /* tries within the window, at most */
	uint64_t at_ms; /* of the try that would have been the last one; else
			   of the last of the most */
	bool would;     /* be banned by these settings */
	bool did;       /* was banned */
	char accounts[100]; /* "800, 801, admin, ...": as who, oldest first */
};

struct what_if_sum {
	uint32_t sources; /* that tried, exempt or not */
	uint32_t would;
	uint32_t more;    /* would, and were not */
	uint32_t fewer;   /* were, and would not */
	uint32_t local;   /* would, if local addresses were not trusted */
	uint32_t allowed; /* would, were they not allowed or trunks */
};

/* Each source that would be or was banned; never one that is exempt. */
typedef void (*what_if_fn)(void *ctx, const struct what_if_source *s);

/*
 * Looks through the rings of `of` (n of them). 0 or -ENOMEM; then *sum is not
 * changed, and fn (may be NULL) was not called.
 */
int what_if(const struct guard *g, const struct tries *const *of, size_t n,
	    const struct what_if *ask, struct what_if_sum *sum, what_if_fn fn,
	    void *ctx);

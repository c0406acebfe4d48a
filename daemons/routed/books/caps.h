/*
 * Caps: the limits (table credit), and which of them are on whom.
 *
 * A row on "*" is a limit on each of its kind by itself: each extension, each
 * trunk. A row of one's own, in use and in the same period, goes before it for
 * what it limits: an own limit in money leaves each one's seconds in force.
 */
#pragma once

#include "purse.h"
#include "records.h"
#include "rows.h"

struct caps;

/* From rows of struct credit. NULL: no memory. */
struct caps *caps_new(const struct plan_rows *rows);
void caps_free(struct caps *c);

/* A limit: at least one of seconds and money. 0, or -EINVAL. */
int caps_check(const struct credit *row, struct issue *issue);

/* Each row that is in use, also those on "*". */
typedef void (*caps_fn)(void *ctx, const struct credit *cap);
void caps_each(const struct caps *c, caps_fn fn, void *ctx);

bool caps_is_each(const struct credit *cap);

/* What a row lets one spend. The texts are the caps'. */
struct limit {
	const struct credit *cap;
	uint64_t seconds;     /* 0: no limit in time */
	uint64_t money_milli; /* 0: no limit in money */
};

/* The row as a limit on `who`; false: limits of his own go before it. */
bool caps_limit(const struct caps *c, const struct credit *cap, const char *who,
		struct limit *out);

/* The limits in use on one, in turn. `who` must outlive the walk; "" has
   none. */
struct caps_walk {
	const struct caps *caps;
	enum scope scope;
	const char *who;
	size_t at;
	bool each; /* his own are done */
};
struct caps_walk caps_of(const struct caps *c, enum scope scope,
			 const char *who);
bool caps_next(struct caps_walk *walk, struct limit *out);

/* Is there a limit, in use or not, on what one spends in all? If not, that sum
   begins anew: a limit in all counts from when it was made. */
bool caps_in_all(const struct caps *c, enum scope scope, const char *who);

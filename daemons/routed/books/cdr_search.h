/*
 * Searches through call records, newest first, in small steps between which the
 * loop turns: a search that finds little looks at all records, and holds up no
 * call. By an index where the filter names a text that has one.
 */
#pragma once

#include "records.h"

struct cdr_searches;
struct event_base;
struct store;

struct cdr_searches *cdr_searches_new(struct event_base *base,
				      struct store *store);
/* Searches that go on end with -ECANCELED. */
void cdr_searches_free(struct cdr_searches *s);

struct cdr_hunt {
	const char *filter; /* cdr_filter.h */
	uint64_t limit;     /* rows at most */
	void (*row)(void *ctx, const struct cdr *row);
	void (*done)(void *ctx, int err); /* once, from the loop or at once */
	void *ctx;
};

/* Begins; 0, -EINVAL and *issue, -EBUSY (8 go on already), or -ENOMEM: then
   done is not called. */
int cdr_search(struct cdr_searches *s, const struct cdr_hunt *hunt,
	       struct issue *issue);

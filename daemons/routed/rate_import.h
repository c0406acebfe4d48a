/*
 * An import of a price list over the bus, in parts: one at a time; a part that
 * does not come within a minute ends it. Nothing is written before the last
 * part is there and all of it is right; then all of it in one transaction.
 */
#pragma once

#include "records.h"

struct event_base;
struct rate_import;
struct table;

/* `rates` is the table call_rate; in_force(ctx) comes when a new list is in it,
   before who sent it is told. NULL: no memory. */
struct rate_import *rate_import_new(struct event_base *base,
				    struct table *rates,
				    void (*in_force)(void *ctx), void *ctx);
void rate_import_free(struct rate_import *r);

struct rate_import_ops {
	void (*note)(void *ctx, const struct rates_note *note);
	/* Once; at once or later. issue NULL: all notes were given. */
	void (*done)(void *ctx, const char *error, const struct issue *issue);
	void *ctx;
};

/* A part, by whoever `actor` is. */
void rate_import_part(struct rate_import *r, const char *actor,
		      const struct rates_import *part,
		      const struct rate_import_ops *ops);

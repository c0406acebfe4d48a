/*
 * What was tried on us: a ring of the last 10,000 rows. The same thing again
 * within ten minutes makes a row's count, not another row. Pure; the store
 * gets what changed.
 *
 * Anybody can send forged datagrams, so rows that prove nothing have a rate of
 * their own: beyond it they are counted in one row a kind and service, whose
 * source is "others", and cannot wash out what is known for sure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "records.h"

struct incidents;

enum { INCIDENTS_MAX = 10000 };

/* NULL: no memory. */
struct incidents *incidents_new(void);
void incidents_free(struct incidents *is);

/* A row from the store; rows come in the order of their ids. */
void incidents_load(struct incidents *is, const struct incident *row);

/*
 * Notes `row` (id, first, last and count are ours). proven: the source is no
 * forgery. Returns the row it is counted in; it stays until the next note.
 */
const struct incident *incidents_note(struct incidents *is,
				      const struct incident *row, bool proven,
				      uint64_t mono_ms, uint64_t wall_ms);

/* Newest first, ids below `before` (0: all), until fn returns false. */
void incidents_each(const struct incidents *is, uint64_t before,
		    bool (*fn)(void *ctx, const struct incident *row),
		    void *ctx);

/*
 * What changed since the last call: rows to be written, then the first id that
 * is kept (what is below goes).
 */
size_t incidents_changes(struct incidents *is,
			 void (*fn)(void *ctx, const struct incident *row),
			 void *ctx, uint64_t *first);

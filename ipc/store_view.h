/*
 * The own view: RUN/<daemon>/view.mdb, written by the event loop's thread
 * without sync, read by others without a lock.
 *
 * A start writes a new file and renames it over the old one, so nobody ever
 * reads a file whose owner died and came back. RUN/<daemon>/boot tells whether
 * the old one is of this boot; after a power cut it is thrown away unread.
 *
 * The promise to readers: a snapshot that was the newest when it was taken
 * stays whole for VIEW_WHOLE_MS. The owner keeps two read transactions of its
 * own and renews them in turn, at least that long apart, and LMDB reuses no
 * page that the older one may see.
 */
#pragma once

#include <event2/event.h>

#include "store_batch.h"
#include "store_env.h"

enum { VIEW_WHOLE_MS = 1000 };

#define VIEW_FILE "view.mdb"

struct own_view;

/* Copies a live db's changes to the truth, by store_commit(). */
struct own_view *own_view_open(struct event_base *base, struct store *s,
			       const char *dir, size_t max, char *why,
			       size_t why_size);

/* Commits this turn, and tells who waited for it. */
void own_view_settle(struct own_view *v);

/* Hands the last changes of live dbs to the truth. */
void own_view_copy(struct own_view *v);
void own_view_close(struct own_view *v);

/* The store's. */
struct own_view *store_own_view(struct store *s);

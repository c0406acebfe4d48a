/*
 * Copies the live dbs of the view to the truth every few seconds: changed keys
 * only, all of them after a failure. Owned by the view.
 */
#pragma once

#include <stdbool.h>

#include "store.h"

struct live_copy;

struct live_copy *live_copy_new(struct event_base *base, struct store *s);
void live_copy_free(struct live_copy *c);

/* Follows a db; `all`: copies it whole first. 0 or -ENOMEM. */
int live_copy_add(struct live_copy *c, const char *db, bool all);

/* A row, or all rows, changed. Others than followed dbs are ignored. */
void live_copy_touch(struct live_copy *c, const char *db, struct bytes key);
void live_copy_touch_all(struct live_copy *c, const char *db);

/* Hands what changed to the writer. */
void live_copy_now(struct live_copy *c);

/*
 * Live rows (registrations, calls, bans, sessions) in the owner's view: the
 * owner keeps its own objects and mirrors them here; after a crash it reads
 * them back. Also exported as a read-only org.sallyport.Table1 object (List,
 * Get; Delete where the owner gives a function).
 */
#pragma once

#include "record.h"

struct bus;
struct bus_req;
struct live;
struct store;

struct live_ops {
	/* Delete(key) from the bus; answers req. NULL: refused. */
	void (*delete_row)(void *ctx, struct bus_req *req, const char *key);
	bool soon; /* as store_view_put_soon() */
};

struct live *live_open(const struct record *record, struct bus *bus,
		       struct store *store, const struct live_ops *ops,
		       void *ctx);
void live_close(struct live *l);

int live_put(struct live *l, const void *row);
int live_del(struct live *l, const char *key);

/*
 * Tells who watches (watch.h) that a row is another one. For rows that change
 * rarely and that others act on; the rest is read when somebody looks.
 */
void live_tell(struct live *l, const char *key);

/*
 * Rows found at the start, before the owner put any, in the order of their
 * keys. fn may put and delete the row that it is told of.
 */
typedef void (*live_row_fn)(void *ctx, const void *row);
int live_each(struct live *l, live_row_fn fn, void *ctx);

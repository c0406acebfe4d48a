/*
 * The store (LMDB): the truth and the view.
 *
 * truth  STATE/truth/   mode 0700, only this daemon. Group commit, synced, in
 *                       a writer thread; what arrives together is committed
 *                       together, the callback comes after the sync.
 * view   RUN/<daemon>/  read by others with MDB_RDONLY | MDB_NOLOCK, no sync.
 *                       Rebuilt at start; holds no secret.
 *
 * Keys and values are bytes; a "db" is an LMDB named database (a table's
 * name). All functions but the writer's own are for the event loop's thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

struct event_base;
struct store;
struct store_batch;
struct view;

struct store_config {
	const char *state_dir; /* STATE of this daemon */
	const char *view_dir;  /* RUN/<daemon> */
	size_t truth_max;      /* bytes; beyond it -ENOSPC. 0: 1 GiB */
	size_t view_max;       /* 0: 256 MiB */
};

/* Opens or makes both. NULL, and one line in why that says what to do. */
struct store *store_open(struct event_base *base,
			 const struct store_config *config, char *why,
			 size_t why_size);

/* Waits for what is queued, copies live dbs to the truth, closes. All `done`
   come before it returns. */
void store_close(struct store *s);

/* Blocks until all that was handed over is on disk, and in the view, and its
   `done` were called: for an orderly end, and for tests. */
void store_wait(struct store *s);

/* The tables of this store find each other here (ipc/table*.c). */
void store_attach(struct store *s, void *tables);
void *store_attached(const struct store *s);

struct bytes {
	const void *data;
	size_t size;
};

/* Reads the truth; for start-up and rare use. Returns 0 or -ENOENT. The value
   is copied to buf; *size in: room, out: bytes. */
int store_get(struct store *s, const char *db, struct bytes key, void *buf,
	      size_t *size);

/* How many rows a db of the truth has; 0 if there is no such db. */
size_t store_count(struct store *s, const char *db);

/* Walks a db of the truth in key order from `from` (empty: the first), or
   backwards; stops when fn returns false. */
typedef bool (*store_row_fn)(void *ctx, struct bytes key, struct bytes value);
int store_each(struct store *s, const char *db, struct bytes from,
	       bool backwards, store_row_fn fn, void *ctx);

/* A transaction to be: puts and deletes, copied. NULL: no memory. */
struct store_batch *store_batch_new(struct store *s);
void store_batch_free(struct store_batch *b); /* not after a commit */
int store_batch_put(struct store_batch *b, const char *db, struct bytes key,
		    struct bytes value);
int store_batch_del(struct store_batch *b, const char *db, struct bytes key);
int store_batch_clear(struct store_batch *b, const char *db);
/* This one makes room: it may use the reserve of a full map. */
void store_batch_frees(struct store_batch *b);

/*
 * Hands the batch to the writer, which owns it from here. `done` comes in the
 * event loop, in the order of the commits, with 0 once it is on disk, or a
 * negative errno and then nothing of it is. done may be NULL. Returns 0, or
 * -EBUSY when too much waits already; then b stays the caller's.
 */
typedef void (*store_done_fn)(void *ctx, int err);
int store_commit(struct store *s, struct store_batch *b, store_done_fn done,
		 void *ctx);
/* The same for what comes by the hundred: it is committed with whatever is
   next, at the latest wait_ms (less than 1000) after the commit before it. So
   one that comes alone does not wait. */
int store_commit_soon(struct store *s, struct store_batch *b, uint32_t wait_ms,
		      store_done_fn done, void *ctx);

/*
 * The view: at once for this daemon; for readers (and for the next run, should
 * this one be killed) at the end of this turn of the loop, under load some 5 ms
 * later, or after store_view_flush(). Others see the view
 * of the last run until store_view_publish(), or the end of the first turn, so
 * a restart shows them no empty table. 0, -ENOSPC, -ENOMEM. What could not be
 * written (a full disk) is tried again.
 */
int store_view_put(struct store *s, const char *db, struct bytes key,
		   struct bytes value);
int store_view_del(struct store *s, const char *db, struct bytes key);
/* For rows of which nobody is told now: committed with the next that is, at the
   latest 20 ms later. */
int store_view_put_soon(struct store *s, const char *db, struct bytes key,
			struct bytes value);
int store_view_del_soon(struct store *s, const char *db, struct bytes key);
int store_view_clear(struct store *s, const char *db);
/* fn must not write to the view. */
int store_view_each(struct store *s, const char *db, store_row_fn fn,
		    void *ctx);
/* The same from the first row behind a key on, which need not be there. */
int store_view_after(struct store *s, const char *db, struct bytes after,
		     store_row_fn fn, void *ctx);
int store_view_get(struct store *s, const char *db, struct bytes key, void *buf,
		   size_t *size);
/* All tables are open: others may look. Call it before the bus name is taken.
 */
int store_view_publish(struct store *s);
/* Now, not at the end of the turn: before a signal says "look". */
int store_view_flush(struct store *s);

/*
 * For an answer that may not be lost with us: calls done(ctx, 0) once all that
 * was put before stands in the view for readers and for the next run, in the
 * order of the waiting. That is at once, from inside, when nothing is open;
 * else it comes from the event loop. err: it could not be written now (a full
 * disk), and is tried again; whoever is told meanwhile is told too early.
 *
 * `w` is the caller's, untouched until done was called or store_view_forget().
 * What still waits when the store closes is not called.
 */
struct store_waiter {
	TAILQ_ENTRY(store_waiter) link;
	store_done_fn done; /* NULL: does not wait */
	void *ctx;
	int err;   /* of the commit that was made, */
	bool told; /* and done is about to be called */
};

void store_view_wait(struct store *s, struct store_waiter *w,
		     store_done_fn done, void *ctx);
/* May be called for one that does not wait. */
void store_view_forget(struct store *s, struct store_waiter *w);

/* Live dbs: what stood in the view before a crash is kept (same boot), else
   what was copied to the truth. Copies every few seconds and at the close.
   Call once at start, before reading it with store_view_each(). */
int store_view_keep(struct store *s, const char *db);

/* --- reading another daemon's view --- */

/* Never fails but for memory: a view that is not there yet reads as empty. */
struct view *view_open(const char *dir);
void view_close(struct view *v);

/* Has the owner ever published it? */
bool view_exists(const struct view *v);

/* Is there a newer snapshot than the one view_each() walked last? */
bool view_news(struct view *v);

/*
 * Walks a consistent snapshot of a db; fn must not keep the bytes. The walk is
 * repeated when the snapshot was overtaken, after calling restart(ctx).
 * Returns 0, -ENOENT (no such view or db), -EAGAIN (overtaken too often).
 */
int view_each(struct view *v, const char *db, store_row_fn fn,
	      void (*restart)(void *ctx), void *ctx);
int view_get(struct view *v, const char *db, struct bytes key, void *buf,
	     size_t *size);
/* Is there such a row now? 0, -ENOENT, or -EAGAIN: it cannot be told. */
int view_has(struct view *v, const char *db, const char *key);

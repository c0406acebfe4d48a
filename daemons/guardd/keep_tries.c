/*
 * The tries of the last day: what counts as one, and where they outlive a
 * restart. In the truth, written behind:
 *
 *   try         number of a chunk (64 bit, big endian) -> the chunk (tries.h)
 *   try_spared  the same of those whom no ban ends
 *   guard       "tries_since" -> since when they are kept (64 bit, ms since
 *               1970, big endian)
 */
#include <endian.h>
#include <errno.h>
#include <string.h>

#include "guardd.h"
#include "log.h"
#include "service.h"
#include "store.h"
#include "tries.h"

enum {
	TRIES_SPARED_MAX = 8192,
	JOIN_MS = 10000, /* the shortest window */
	DROPS_AT_ONCE = 4096,
};

static const char try_db[] = "try";
static const char spared_db[] = "try_spared";
static const char since_db[] = "guard";
static const char since_key[] = "tries_since";

/* ---- hearing ---- */

static bool is_spared(const struct guardd *d, const struct guard_key *key,
		      const struct guard_now *now)
{
	return guard_is_local(&d->guard, key) ||
	       guard_is_trunk(&d->guard, key) ||
	       guard_allows(&d->guard, key, now->wall_ms);
}

void keep_tries_hear(struct guardd *d, const struct report *r,
		     const struct guard_outcome_of *o,
		     const struct guard_now *now)
{
	bool banned = o->outcome == GUARD_BAN && o->ban;

	switch (o->outcome) {
	case GUARD_ANSWER:
	case GUARD_BAN:
		tries_note(d->tries, &o->key, r->account, banned, 0,
			   now->wall_ms);
		return;
	case GUARD_EXEMPT:
		/* A previous secret that was counted before is no try. */
		if (r->old_secret)
			return;
		tries_note(is_spared(d, &o->key, now) ? d->tries_spared
						      : d->tries,
			   &o->key, r->account, false, JOIN_MS, now->wall_ms);
		return;
	case GUARD_BANNED: /* on its way when the ban came */
	case GUARD_NOTED:
		return;
	}
}

void keep_tries_clock(struct guardd *d, int64_t step_ms)
{
	tries_shift(d->tries, step_ms);
	tries_shift(d->tries_spared, step_ms);
}

/* ---- reading ---- */

struct reading {
	struct tries *tries;
	uint64_t *on_disk;
	uint64_t now_ms;
	bool begun;
};

static bool on_chunk(void *ctx, struct bytes key, struct bytes value)
{
	struct reading *r = ctx;
	uint64_t number;

	if (key.size != sizeof(number))
		return true;
	memcpy(&number, key.data, sizeof(number));
	number = be64toh(number);
	if (!r->begun)
		*r->on_disk = number;
	r->begun = true;
	tries_load(r->tries, number, value.data, value.size, r->now_ms);
	return true;
}

static int load(struct guardd *d, const char *db, struct tries *tries,
		uint64_t *on_disk, uint64_t now_ms)
{
	struct reading r = { tries, on_disk, now_ms, false };
	struct bytes all = { NULL, 0 };
	int err = store_each(d->service->store, db, all, false, on_chunk, &r);

	tries_tick(tries, now_ms);
	return err == -ENOENT ? 0 : err;
}

static void on_begun(void *ctx, int err)
{
	(void)ctx;
	if (err < 0)
		log_warn("since when tries are kept cannot be noted: %s",
			 strerror(-err));
}

/* Since when: the first start's, or now. */
static uint64_t begin(struct guardd *d, uint64_t now_ms)
{
	struct store *s = d->service->store;
	struct bytes key = { since_key, sizeof(since_key) - 1 };
	struct store_batch *b;
	uint64_t since = 0;
	size_t size = sizeof(since);

	if (store_get(s, since_db, key, &since, &size) == 0 &&
	    size == sizeof(since) && be64toh(since) <= now_ms)
		return be64toh(since);
	since = htobe64(now_ms);
	b = store_batch_new(s);
	if (b &&
	    (store_batch_put(b, since_db, key,
			     (struct bytes){ &since, sizeof(since) }) < 0 ||
	     store_commit(s, b, on_begun, d) < 0))
		store_batch_free(b);
	return now_ms;
}

int keep_tries_open(struct guardd *d)
{
	struct guard_now now;
	uint64_t since_ms;
	int err;

	guardd_now(d, &now);
	since_ms = begin(d, now.wall_ms);
	d->tries = tries_new(TRIES_MAX, since_ms);
	d->tries_spared = tries_new(TRIES_SPARED_MAX, since_ms);
	if (!d->tries || !d->tries_spared)
		return -ENOMEM;
	err = load(d, try_db, d->tries, &d->tries_disk[0], now.wall_ms);
	if (err == 0)
		err = load(d, spared_db, d->tries_spared, &d->tries_disk[1],
			   now.wall_ms);
	return err;
}

/* ---- writing ---- */

struct writing {
	struct store_batch *batch;
	const char *db;
	size_t n;
};

static int put_chunk(void *ctx, uint64_t number, const void *bytes, size_t n)
{
	struct writing *w = ctx;
	uint64_t key = htobe64(number);

	w->n++;
	return store_batch_put(w->batch, w->db,
			       (struct bytes){ &key, sizeof(key) },
			       (struct bytes){ bytes, n });
}

static int drop_chunks(struct writing *w, uint64_t *on_disk, uint64_t first)
{
	int err = 0;

	for (int i = 0; i < DROPS_AT_ONCE && *on_disk < first; i++) {
		uint64_t key = htobe64((*on_disk)++);

		w->n++;
		if (err == 0)
			err = store_batch_del(
				w->batch, w->db,
				(struct bytes){ &key, sizeof(key) });
	}
	return err;
}

static void on_kept(void *ctx, int err)
{
	struct guardd *d = ctx;

	if (err == 0)
		return;
	tries_unsaved(d->tries);
	tries_unsaved(d->tries_spared);
	log_limited(&d->log, LOG_ERR,
		    "tries are not written down: %s: free some space; "
		    "bans are not affected",
		    strerror(-err));
}

void keep_tries_flush(struct guardd *d, uint64_t wall_ms)
{
	struct writing w = { .batch = store_batch_new(d->service->store) };
	struct tries *of[] = { d->tries, d->tries_spared };
	const char *const dbs[] = { try_db, spared_db };
	uint64_t first;
	int err = 0;

	if (!w.batch)
		return;
	for (size_t i = 0; i < 2 && err == 0; i++) {
		w.db = dbs[i];
		tries_tick(of[i], wall_ms);
		err = tries_changes(of[i], put_chunk, &w, &first);
		if (err == 0)
			err = drop_chunks(&w, &d->tries_disk[i], first);
	}
	if (err == 0 && w.n > 0)
		err = store_commit(d->service->store, w.batch, on_kept, d);
	if (err < 0 || w.n == 0)
		store_batch_free(w.batch);
	if (err < 0)
		on_kept(d, err);
}

void keep_tries_close(struct guardd *d)
{
	tries_free(d->tries);
	tries_free(d->tries_spared);
}

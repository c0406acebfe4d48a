#include "store_live.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "log.h"
#include "store_differ.h"

enum {
	COPY_S = 3,
	TOUCHED_MAX = 20000,
	COPY_ROWS = 1000, /* in one commit: what it changes is held in memory */
	VALUE_MAX = 65536
};

struct touched {
	UT_hash_handle hh;
	size_t size;
	uint8_t key[];
};

struct live_db {
	SLIST_ENTRY(live_db) next;
	struct live_copy *copy;
	struct touched *touched;
	size_t due;         /* the oldest of them: copied in this round */
	bool all;           /* copy it whole; */
	bool again;         /* and once more, when that is done */
	struct differ walk; /* how far that is */
	bool in_flight;
	char name[];
};

struct live_copy {
	SLIST_HEAD(, live_db) dbs;
	struct store *store;
	struct event *timer;
	struct rate alarm;
	uint8_t *value; /* room for one row */
};

static void forget(struct live_db *db)
{
	struct touched *t;
	struct touched *next;

	HASH_ITER(hh, db->touched, t, next)
	{
		HASH_DEL(db->touched, t);
		free(t);
	}
	db->due = 0;
}

/* A walk that is under way goes on, or it would never come to the end of a db
   that is written to all the time. */
static void copy_whole(struct live_db *db)
{
	db->again = db->all && db->walk.at_size > 0;
	db->all = true;
	forget(db);
}

static int copy_next(struct live_db *db, struct store_batch *b)
{
	int rc = differ_step(&db->walk, db->copy->store, db->name, b);

	if (rc == 0 && db->walk.at_size == 0) {
		db->all = db->again;
		db->again = false;
	}
	return rc;
}

static int copy_row(struct live_copy *c, const struct live_db *db,
		    const struct touched *t, struct store_batch *b)
{
	struct bytes key = { t->key, t->size };
	size_t size = VALUE_MAX;
	int rc = store_view_get(c->store, db->name, key, c->value, &size);

	if (rc == -ENOENT)
		return store_batch_del(b, db->name, key);
	if (rc < 0)
		return rc;
	return store_batch_put(b, db->name, key,
			       (struct bytes){ c->value, size });
}

/* The oldest come first. */
static int copy_touched(struct live_db *db, struct store_batch *b)
{
	struct touched *t;
	struct touched *next;
	size_t n = 0;
	int rc = 0;

	HASH_ITER(hh, db->touched, t, next)
	{
		if (rc < 0 || db->due == 0 || n++ == COPY_ROWS)
			break;
		rc = copy_row(db->copy, db, t, b);
		HASH_DEL(db->touched, t);
		free(t);
		db->due--;
	}
	return rc;
}

static void failed(struct live_db *db, int rc)
{
	db->walk.at_size = 0;
	copy_whole(db);
	log_limited(&db->copy->alarm, LOG_ERR,
		    "store: cannot save %s: %s; trying again", db->name,
		    strerror(-rc));
}

/* So many rows, then the loop's other business. */
static void copy_some(struct live_db *db, store_done_fn copied)
{
	struct store *s = db->copy->store;
	struct store_batch *b = store_batch_new(s);
	int rc;

	if (!b)
		return;
	rc = db->all ? copy_next(db, b) : copy_touched(db, b);
	if (rc == 0)
		rc = store_commit(s, b, copied, db);
	db->in_flight = rc == 0;
	if (rc < 0) {
		store_batch_free(b);
		failed(db, rc);
	}
}

static void on_copied(void *ctx, int err)
{
	struct live_db *db = ctx;

	db->in_flight = false;
	if (err < 0)
		failed(db, err);
	else if (db->walk.at_size > 0 || (!db->all && db->due > 0))
		copy_some(db, on_copied);
}

static void copy_db(struct live_db *db)
{
	if (db->in_flight || (!db->all && !db->touched))
		return;
	db->due = HASH_COUNT(db->touched);
	copy_some(db, on_copied);
}

void live_copy_now(struct live_copy *c)
{
	struct live_db *db;

	SLIST_FOREACH(db, &c->dbs, next)
	copy_db(db);
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	live_copy_now(ctx);
}

struct live_copy *live_copy_new(struct event_base *base, struct store *s)
{
	struct timeval every = { COPY_S, 0 };
	struct live_copy *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	SLIST_INIT(&c->dbs);
	c->store = s;
	rate_init(&c->alarm, 3, 1);
	c->value = malloc(VALUE_MAX);
	c->timer = event_new(base, -1, EV_PERSIST, on_timer, c);
	if (!c->value || !c->timer || event_add(c->timer, &every) < 0) {
		live_copy_free(c);
		return NULL;
	}
	return c;
}

void live_copy_free(struct live_copy *c)
{
	struct live_db *db;

	if (!c)
		return;
	while ((db = SLIST_FIRST(&c->dbs))) {
		SLIST_REMOVE_HEAD(&c->dbs, next);
		forget(db);
		free(db);
	}
	if (c->timer)
		event_free(c->timer);
	free(c->value);
	free(c);
}

static struct live_db *find(struct live_copy *c, const char *name)
{
	struct live_db *db;

	SLIST_FOREACH(db, &c->dbs, next)
	{
		if (strcmp(db->name, name) == 0)
			return db;
	}
	return NULL;
}

int live_copy_add(struct live_copy *c, const char *name, bool all)
{
	struct live_db *db;

	if (find(c, name))
		return 0;
	db = calloc(1, sizeof(*db) + strlen(name) + 1);
	if (!db)
		return -ENOMEM;
	memcpy(db->name, name, strlen(name) + 1);
	db->copy = c;
	db->all = all;
	SLIST_INSERT_HEAD(&c->dbs, db, next);
	return 0;
}

void live_copy_touch(struct live_copy *c, const char *name, struct bytes key)
{
	struct live_db *db = find(c, name);
	struct touched *t;

	if (!db || (db->all && differ_ahead(&db->walk, key)))
		return;
	HASH_FIND(hh, db->touched, key.data, key.size, t);
	if (t)
		return;
	t = malloc(sizeof(*t) + key.size);
	if (!t || HASH_COUNT(db->touched) >= TOUCHED_MAX) {
		free(t);
		copy_whole(db);
		return;
	}
	t->size = key.size;
	memcpy(t->key, key.data, key.size);
	HASH_ADD_KEYPTR(hh, db->touched, t->key, t->size, t);
}

void live_copy_touch_all(struct live_copy *c, const char *name)
{
	struct live_db *db = find(c, name);

	if (db)
		copy_whole(db);
}

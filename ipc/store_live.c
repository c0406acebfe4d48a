#include "store_live.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "log.h"

enum { COPY_S = 3, TOUCHED_MAX = 20000, VALUE_MAX = 65536 };

struct touched {
	UT_hash_handle hh;
	size_t size;
	uint8_t key[];
};

struct live_db {
	SLIST_ENTRY(live_db) next;
	struct live_copy *copy;
	struct touched *touched;
	bool all; /* copy it whole */
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
}

static void on_copied(void *ctx, int err)
{
	struct live_db *db = ctx;

	db->in_flight = false;
	if (err == 0)
		return;
	db->all = true;
	log_limited(&db->copy->alarm, LOG_ERR,
		    "store: cannot save %s: %s; trying again", db->name,
		    strerror(-err));
}

struct put_all {
	struct live_db *db;
	struct store_batch *batch;
	int rc;
};

static bool put_row(void *ctx, struct bytes key, struct bytes value)
{
	struct put_all *p = ctx;

	p->rc = store_batch_put(p->batch, p->db->name, key, value);
	return p->rc == 0;
}

static int copy_all(struct live_db *db, struct store_batch *b)
{
	struct put_all p = { db, b, 0 };
	int rc;

	rc = store_batch_clear(b, db->name);
	if (rc < 0)
		return rc;
	rc = store_view_each(db->copy->store, db->name, put_row, &p);
	if (rc == -ENOENT)
		rc = 0;
	return rc < 0 ? rc : p.rc;
}

static int copy_touched(struct live_db *db, struct store_batch *b)
{
	struct live_copy *c = db->copy;
	struct touched *t;
	struct touched *next;
	struct bytes key;
	size_t size;
	int rc = 0;

	HASH_ITER(hh, db->touched, t, next)
	{
		key = (struct bytes){ t->key, t->size };
		size = VALUE_MAX;
		rc = store_view_get(c->store, db->name, key, c->value, &size);
		if (rc == -ENOENT)
			rc = store_batch_del(b, db->name, key);
		else if (rc == 0)
			rc = store_batch_put(b, db->name, key,
					     (struct bytes){ c->value, size });
		if (rc < 0)
			break;
	}
	return rc;
}

static void copy_db(struct live_db *db)
{
	struct store *s = db->copy->store;
	struct store_batch *b;
	int rc;

	if (db->in_flight || (!db->all && !db->touched))
		return;
	b = store_batch_new(s);
	if (!b)
		return;
	rc = db->all ? copy_all(db, b) : copy_touched(db, b);
	if (rc == 0)
		rc = store_commit(s, b, on_copied, db);
	if (rc < 0) {
		store_batch_free(b);
		on_copied(db, rc);
		return;
	}
	db->in_flight = true;
	db->all = false;
	forget(db);
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

	if (!db || db->all)
		return;
	HASH_FIND(hh, db->touched, key.data, key.size, t);
	if (t)
		return;
	t = malloc(sizeof(*t) + key.size);
	if (!t || HASH_COUNT(db->touched) >= TOUCHED_MAX) {
		free(t);
		db->all = true;
		forget(db);
		return;
	}
	t->size = key.size;
	memcpy(t->key, key.data, key.size);
	HASH_ADD_KEYPTR(hh, db->touched, t->key, t->size, t);
}

void live_copy_touch_all(struct live_copy *c, const char *name)
{
	struct live_db *db = find(c, name);

	if (!db)
		return;
	db->all = true;
	forget(db);
}

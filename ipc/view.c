#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "clock.h"
#include "store_env.h"
#include "store_view.h"

enum {
	TRIES = 20,
	META_TRIES = 1000,
	/* Well inside the owner's promise. */
	WHOLE_MS = VIEW_WHOLE_MS - 100,
};

struct view {
	char *path;
	struct env env;
	dev_t dev; /* which file is open */
	ino_t ino;
	size_t read; /* number of the snapshot that was walked last */
};

/* One reading. */
struct reading {
	struct view *view;
	MDB_txn *txn;
	uint64_t begun_ms;
};

struct view *view_open(const char *dir)
{
	struct view *v = calloc(1, sizeof(*v));

	if (!v)
		return NULL;
	if (asprintf(&v->path, "%s/" VIEW_FILE, dir) < 0) {
		free(v);
		return NULL;
	}
	return v;
}

void view_close(struct view *v)
{
	if (!v)
		return;
	env_close(&v->env);
	free(v->path);
	free(v);
}

bool view_exists(const struct view *v)
{
	struct stat st;

	return stat(v->path, &st) == 0;
}

/* Opens the file that is there now: a restarted owner made a new one. */
static int refresh(struct view *v)
{
	struct stat st;
	int fd;
	int rc;

	if (stat(v->path, &st) < 0) {
		env_close(&v->env);
		return -ENOENT;
	}
	if (v->env.mdb && st.st_dev == v->dev && st.st_ino == v->ino)
		return 0;
	env_close(&v->env);
	rc = env_open(&v->env, v->path, 0, MDB_RDONLY | MDB_NOLOCK);
	if (rc < 0)
		return rc == -ENOMEM ? rc : -EAGAIN;
	if (mdb_env_get_fd(v->env.mdb, &fd) != 0 || fstat(fd, &st) < 0) {
		env_close(&v->env);
		return -EAGAIN;
	}
	v->dev = st.st_dev;
	v->ino = st.st_ino;
	v->read = 0;
	return 0;
}

static size_t last_txn(const struct view *v)
{
	MDB_envinfo info;

	return mdb_env_info(v->env.mdb, &info) == 0 ? info.me_last_txnid : 0;
}

/*
 * Takes the newest snapshot. The owner writes its two meta pages in turn, so
 * what we copied from one was whole if it is still the newest afterwards.
 */
static int begin(struct view *v, struct reading *r)
{
	int rc;

	r->view = v;
	for (int i = 0; i < META_TRIES; i++) {
		r->begun_ms = clock_mono_ms();
		rc = mdb_txn_begin(v->env.mdb, NULL, MDB_RDONLY, &r->txn);
		if (rc != 0)
			return -EAGAIN;
		if (mdb_txn_id(r->txn) == last_txn(v))
			return 0;
		mdb_txn_abort(r->txn);
	}
	return -EAGAIN;
}

/*
 * Is the snapshot still whole? Yes within the time that the owner promises. A
 * page freed by the commit after ours is taken again by the second one after
 * that at the earliest, so later, too, while at most one came.
 */
static bool whole(const struct reading *r)
{
	return clock_mono_ms() - r->begun_ms < WHOLE_MS ||
	       last_txn(r->view) <= mdb_txn_id(r->txn) + 1;
}

/* Ends it; -EAGAIN if what was read cannot be trusted. */
static int end(struct reading *r, int rc)
{
	struct env *env = &r->view->env;

	if (rc == 0 || rc == -ENOENT) {
		if (!whole(r))
			rc = -EAGAIN;
	} else {
		rc = -EAGAIN;
	}
	if (rc == -EAGAIN) {
		mdb_txn_abort(r->txn);
		env_settle(env, false);
		return rc;
	}
	if (mdb_txn_commit(r->txn) != 0) {
		env_settle(env, false);
		return -EAGAIN;
	}
	env_settle(env, true);
	return rc;
}

static int walk(struct reading *r, MDB_dbi dbi, store_row_fn fn, void *ctx)
{
	MDB_cursor *cursor;
	MDB_val value;
	MDB_val key;
	int rc;

	rc = mdb_cursor_open(r->txn, dbi, &cursor);
	if (rc != 0)
		return -EAGAIN;
	for (;;) {
		if (!whole(r)) {
			rc = -EAGAIN;
			break;
		}
		rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
		if (rc != 0) {
			rc = rc == MDB_NOTFOUND ? 0 : -EAGAIN;
			break;
		}
		if (!fn(ctx, (struct bytes){ key.mv_data, key.mv_size },
			(struct bytes){ value.mv_data, value.mv_size }))
			break;
	}
	mdb_cursor_close(cursor);
	return rc;
}

bool view_news(struct view *v)
{
	return refresh(v) < 0 || v->read == 0 || last_txn(v) != v->read;
}

static int each_once(struct view *v, const char *db, store_row_fn fn, void *ctx)
{
	struct reading r;
	MDB_dbi dbi;
	size_t id;
	int rc;

	rc = refresh(v);
	if (rc < 0)
		return rc;
	rc = begin(v, &r);
	if (rc < 0)
		return rc;
	id = mdb_txn_id(r.txn);
	rc = env_dbi(&v->env, r.txn, db, false, &dbi);
	if (rc == 0)
		rc = walk(&r, dbi, fn, ctx);
	rc = end(&r, rc);
	if (rc == 0 || rc == -ENOENT)
		v->read = id;
	return rc;
}

int view_each(struct view *v, const char *db, store_row_fn fn,
	      void (*restart)(void *ctx), void *ctx)
{
	int rc = -EAGAIN;

	for (int i = 0; rc == -EAGAIN && i < TRIES; i++) {
		if (i > 0 && restart)
			restart(ctx);
		rc = each_once(v, db, fn, ctx);
		if (rc == -EAGAIN)
			env_close(&v->env);
	}
	return rc;
}

static int get_once(struct view *v, const char *db, struct bytes key, void *buf,
		    size_t *size)
{
	MDB_val k = { key.size, (void *)(uintptr_t)key.data };
	struct reading r;
	MDB_val value;
	MDB_dbi dbi;
	size_t got = 0;
	int rc;

	rc = refresh(v);
	if (rc < 0)
		return rc;
	rc = begin(v, &r);
	if (rc < 0)
		return rc;
	rc = env_dbi(&v->env, r.txn, db, false, &dbi);
	if (rc == 0)
		rc = env_errno(mdb_get(r.txn, dbi, &k, &value));
	if (rc == 0) {
		got = value.mv_size;
		if (got > 0 && got <= *size)
			memcpy(buf, value.mv_data, got);
	}
	rc = end(&r, rc);
	if (rc == 0 && got > *size)
		return -ENOSPC;
	if (rc == 0)
		*size = got;
	return rc;
}

int view_get(struct view *v, const char *db, struct bytes key, void *buf,
	     size_t *size)
{
	int rc = -EAGAIN;

	for (int i = 0; rc == -EAGAIN && i < TRIES; i++) {
		rc = get_once(v, db, key, buf, size);
		if (rc == -EAGAIN)
			env_close(&v->env);
	}
	return rc;
}

int view_has(struct view *v, const char *db, const char *key)
{
	struct bytes k = { key, strlen(key) };
	size_t none = 0;
	int rc = view_get(v, db, k, NULL, &none);

	return rc == -ENOSPC ? 0 : rc;
}

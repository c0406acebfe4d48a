#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store_env.h"
#include "store_view.h"
#include "store_writer.h"

#define TRUTH_MAX ((size_t)1 << 30)
#define VIEW_MAX ((size_t)256 << 20)

struct store {
	struct env truth;
	struct writer writer;
	pthread_rwlock_t map_lock; /* see struct writer */
	struct own_view *view;
	void *tables;
	int lock_fd; /* of the truth's directory: one owner */
};

struct own_view *store_own_view(struct store *s)
{
	return s->view;
}

void store_attach(struct store *s, void *tables)
{
	s->tables = tables;
}

void *store_attached(const struct store *s)
{
	return s->tables;
}

/* One owner at a time, and the directory's entries are on disk. */
static int lock_dir(struct store *s, const char *dir)
{
	if (mkdir(dir, 0700) < 0 && errno != EEXIST)
		return -errno;
	s->lock_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->lock_fd < 0)
		return -errno;
	if (flock(s->lock_fd, LOCK_EX | LOCK_NB) < 0)
		return -errno;
	if (fchmod(s->lock_fd, 0700) < 0)
		return -errno;
	return 0;
}

static void say(char *why, size_t size, const char *dir, int rc)
{
	switch (rc) {
	case -EWOULDBLOCK:
		snprintf(why, size,
			 "%s is in use by another process: end that one first",
			 dir);
		break;
	case -EUCLEAN:
	case -EINVAL:
		snprintf(why, size,
			 "%s/data.mdb is damaged: restore a backup, or move it "
			 "away to begin empty",
			 dir);
		break;
	case -ENOSPC:
		snprintf(why, size, "no room in %s: free some disk space", dir);
		break;
	default:
		snprintf(why, size,
			 "cannot open %s: %s; make it a directory that this "
			 "daemon's user owns, or pass another --state",
			 dir, strerror(-rc));
	}
}

/* A new file appears whole or not at all: a power cut leaves no half of one. */
static int make_truth(const struct store *s, const char *path, size_t max)
{
	struct env made = { 0 };
	char *new_path;
	int fd;
	int rc;

	if (access(path, F_OK) == 0)
		return 0;
	if (asprintf(&new_path, "%s.new", path) < 0)
		return -ENOMEM;
	(void)unlink(new_path);
	rc = env_open(&made, new_path, max, MDB_NOLOCK);
	if (rc == 0 && (mdb_env_get_fd(made.mdb, &fd) != 0 ||
			fchmod(fd, 0600) < 0 || fsync(fd) < 0))
		rc = -EIO;
	env_close(&made);
	if (rc == 0 && rename(new_path, path) < 0)
		rc = -errno;
	if (rc == 0 && fsync(s->lock_fd) < 0)
		rc = -errno;
	free(new_path);
	return rc;
}

static int open_truth(struct store *s, const char *dir, size_t max)
{
	char *path;
	int rc;

	rc = lock_dir(s, dir);
	if (rc < 0)
		return rc;
	if (asprintf(&path, "%s/data.mdb", dir) < 0)
		return -ENOMEM;
	rc = env_check(path);
	if (rc == 0)
		rc = make_truth(s, path, max);
	if (rc == 0)
		rc = env_open(&s->truth, path, max, 0);
	free(path);
	return rc;
}

struct store *store_open(struct event_base *base,
			 const struct store_config *config, char *why,
			 size_t why_size)
{
	size_t max = config->truth_max ? config->truth_max : TRUTH_MAX;
	struct store *s = calloc(1, sizeof(*s));
	char *dir = NULL;
	int rc = -ENOMEM;

	if (!s || asprintf(&dir, "%s/truth", config->state_dir) < 0) {
		free(s);
		snprintf(why, why_size, "no memory for the store");
		return NULL;
	}
	s->lock_fd = -1;
	pthread_rwlock_init(&s->map_lock, NULL);
	rc = open_truth(s, dir, max);
	if (rc == 0)
		s->view = own_view_open(base, s, config->view_dir,
					config->view_max ? config->view_max
							 : VIEW_MAX,
					why, why_size);
	/* The thread comes last: env_check() forks. */
	if (s->view)
		rc = writer_start(&s->writer, base, &s->truth, &s->map_lock,
				  max);
	if (rc < 0)
		say(why, why_size, dir, rc);
	free(dir);
	if (rc < 0 || !s->view) {
		store_close(s);
		return NULL;
	}
	return s;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	if (s->writer.event) {
		writer_wait(&s->writer);
		/* Twice: what changed behind a walk that was under way. */
		for (int i = 0; i < 2; i++) {
			own_view_copy(s->view);
			writer_wait(&s->writer);
		}
		writer_stop(&s->writer);
	}
	own_view_close(s->view);
	env_close(&s->truth);
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	pthread_rwlock_destroy(&s->map_lock);
	free(s);
}

void store_wait(struct store *s)
{
	own_view_settle(s->view);
	writer_wait(&s->writer);
}

int store_commit(struct store *s, struct store_batch *b, store_done_fn done,
		 void *ctx)
{
	return store_commit_soon(s, b, 0, done, ctx);
}

int store_commit_soon(struct store *s, struct store_batch *b, uint32_t wait_ms,
		      store_done_fn done, void *ctx)
{
	b->done = done;
	b->ctx = ctx;
	b->err = 0;
	return writer_add(&s->writer, b, wait_ms);
}

/* A read of the truth: never longer than one event. */
static int read_begin(struct store *s, const char *db, MDB_txn **txn,
		      MDB_dbi *dbi)
{
	int rc;

	rc = env_find(&s->truth, db, dbi);
	if (rc < 0)
		return rc;
	pthread_rwlock_rdlock(&s->map_lock);
	rc = env_errno(mdb_txn_begin(s->truth.mdb, NULL, MDB_RDONLY, txn));
	if (rc < 0)
		pthread_rwlock_unlock(&s->map_lock);
	return rc;
}

static void read_end(struct store *s, MDB_txn *txn)
{
	mdb_txn_abort(txn);
	pthread_rwlock_unlock(&s->map_lock);
}

int store_get(struct store *s, const char *db, struct bytes key, void *buf,
	      size_t *size)
{
	MDB_val k = { key.size, (void *)(uintptr_t)key.data };
	MDB_val value;
	MDB_txn *txn;
	MDB_dbi dbi;
	int rc;

	rc = read_begin(s, db, &txn, &dbi);
	if (rc < 0)
		return rc;
	rc = env_errno(mdb_get(txn, dbi, &k, &value));
	if (rc == 0 && value.mv_size > *size)
		rc = -ENOSPC;
	if (rc == 0) {
		memcpy(buf, value.mv_data, value.mv_size);
		*size = value.mv_size;
	}
	read_end(s, txn);
	return rc;
}

size_t store_count(struct store *s, const char *db)
{
	MDB_stat stat = { 0 };
	MDB_txn *txn;
	MDB_dbi dbi;

	if (read_begin(s, db, &txn, &dbi) < 0)
		return 0;
	(void)mdb_stat(txn, dbi, &stat);
	read_end(s, txn);
	return stat.ms_entries;
}

/* The first row of a walk: `from` itself, or the next in its direction. */
static int seek(MDB_cursor *cursor, struct bytes from, bool backwards,
		MDB_val *key, MDB_val *value)
{
	int rc;

	if (from.size == 0)
		return mdb_cursor_get(cursor, key, value,
				      backwards ? MDB_LAST : MDB_FIRST);
	*key = (MDB_val){ from.size, (void *)(uintptr_t)from.data };
	rc = mdb_cursor_get(cursor, key, value, MDB_SET_RANGE);
	if (!backwards)
		return rc;
	if (rc == MDB_NOTFOUND)
		return mdb_cursor_get(cursor, key, value, MDB_LAST);
	if (rc == 0 && (key->mv_size != from.size ||
			memcmp(key->mv_data, from.data, from.size) != 0))
		rc = mdb_cursor_get(cursor, key, value, MDB_PREV);
	return rc;
}

int store_each(struct store *s, const char *db, struct bytes from,
	       bool backwards, store_row_fn fn, void *ctx)
{
	MDB_cursor *cursor;
	MDB_txn *txn;
	MDB_val value;
	MDB_val key;
	MDB_dbi dbi;
	int rc;

	rc = read_begin(s, db, &txn, &dbi);
	if (rc < 0)
		return rc;
	rc = mdb_cursor_open(txn, dbi, &cursor);
	if (rc == 0) {
		rc = seek(cursor, from, backwards, &key, &value);
		while (rc == 0 &&
		       fn(ctx, (struct bytes){ key.mv_data, key.mv_size },
			  (struct bytes){ value.mv_data, value.mv_size }))
			rc = mdb_cursor_get(cursor, &key, &value,
					    backwards ? MDB_PREV : MDB_NEXT);
		mdb_cursor_close(cursor);
	}
	read_end(s, txn);
	return rc == MDB_NOTFOUND ? 0 : env_errno(rc);
}

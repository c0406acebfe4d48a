#include "store_view.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "store_live.h"
#include "store_writer.h"

enum {
	TURN_OPS = 20000,      /* no more turns are gathered beyond these */
	TURN_OPS_MAX = 100000, /* a single turn is cut in two */
	KEEP_OPS = 2000,       /* taken over from the last run in one go */
	RETRY_OPS = 200000,
	TURN_KEEP = 1 << 20,
	/*
	 * Pages stay pinned for two seconds, so each commit in them costs
	 * memory: so many turns of the loop are committed at their own end,
	 * beyond that they are together, and the longer the more they write.
	 */
	ALONE_PER_S = 200,
	ALONE_BURST = 20,
	TOGETHER_MS = 5,
	TOGETHER_OPS = 20, /* a millisecond more for so many operations */
	TOGETHER_MAX_MS = 50,
	SOON_MS = 20, /* what nobody waits for joins others so long */
	DIR_MODE = 0750,
	FILE_MODE = 0640
};

TAILQ_HEAD(waiters, store_waiter);

struct own_view {
	struct store *store;
	char *path; /* of view.mdb */
	char *new_path;
	struct env env;
	struct env old;          /* of the run before, until the first flush */
	MDB_txn *txn;            /* of this turn, or NULL */
	struct store_batch turn; /* what it holds, to do it again */
	MDB_txn *pins[2];
	unsigned int older; /* pins[older] is renewed next */
	uint64_t renewed_ms;
	uint64_t together_ms; /* how long turns are gathered under load */
	struct rate alone;
	bool ending;            /* this turn's end is arranged for, */
	bool soon;              /* or will come in SOON_MS at the latest */
	struct waiters waiting; /* for this turn's commit */
	struct waiters told;    /* it was made: in on_turn() */
	struct event *turn_event;
	struct event *pin_event;
	struct live_copy *live;
	struct rate alarm;
	bool published;
};

static void turn_forget(struct own_view *v)
{
	v->turn.used = 0;
	v->turn.n_ops = 0;
	if (v->turn.room > TURN_KEEP) {
		free(v->turn.data);
		v->turn.data = NULL;
		v->turn.room = 0;
	}
}

/* Opens this turn's transaction, with what an earlier one could not commit. */
static int turn_begin(struct own_view *v)
{
	int rc;

	if (v->txn)
		return 0;
	rc = env_errno(mdb_txn_begin(v->env.mdb, NULL, 0, &v->txn));
	if (rc < 0) {
		v->txn = NULL;
		return rc;
	}
	rc = writer_apply(&v->env, v->txn, &v->turn);
	if (rc < 0) {
		mdb_txn_abort(v->txn);
		v->txn = NULL;
		env_settle(&v->env, false);
	}
	return rc;
}

/* An error inside LMDB spoils the transaction: do the others again. */
static void turn_again(struct own_view *v)
{
	mdb_txn_abort(v->txn);
	v->txn = NULL;
	env_settle(&v->env, false);
	(void)turn_begin(v);
}

static void end_waiting(struct store_waiter *w)
{
	store_done_fn done = w->done;

	w->done = NULL;
	done(w->ctx, w->err);
}

/* Not from here: the caller may be in the middle of something. */
static void tell_waiters(struct own_view *v, int err)
{
	struct store_waiter *w;

	if (TAILQ_EMPTY(&v->waiting))
		return;
	TAILQ_FOREACH(w, &v->waiting, link)
	{
		w->err = err;
		w->told = true;
	}
	TAILQ_CONCAT(&v->told, &v->waiting, link);
	event_active(v->turn_event, EV_TIMEOUT, 1);
}

static int turn_commit(struct own_view *v)
{
	int rc;

	v->ending = false;
	v->soon = false;
	if (!v->txn) {
		rc = v->turn.n_ops > 0 ? -EAGAIN : 0;
		tell_waiters(v, rc);
		return rc;
	}
	rc = env_errno(mdb_txn_commit(v->txn));
	v->txn = NULL;
	v->together_ms = TOGETHER_MS + v->turn.n_ops / TOGETHER_OPS;
	if (v->together_ms > TOGETHER_MAX_MS)
		v->together_ms = TOGETHER_MAX_MS;
	env_settle(&v->env, rc == 0);
	tell_waiters(v, rc);
	if (rc == 0) {
		turn_forget(v);
		return 0;
	}
	log_limited(&v->alarm, LOG_ERR, "view: %s: %s; trying again", v->path,
		    strerror(-rc));
	return rc;
}

static void turn_ends_in(struct own_view *v, uint64_t ms)
{
	struct timeval tv = { 0, (suseconds_t)ms * 1000 };

	/* Some are about to be told; event_add() would put that off. */
	if (!TAILQ_EMPTY(&v->told))
		event_active(v->turn_event, EV_TIMEOUT, 1);
	else
		(void)event_add(v->turn_event, &tv);
}

/* Lets the turn end: now when it was quiet, else a little later. */
static void turn_ends(struct own_view *v)
{
	if (v->ending)
		return;
	v->ending = true;
	if (rate_take(&v->alone, clock_mono_ms())) {
		event_active(v->turn_event, EV_TIMEOUT, 1);
		return;
	}
	turn_ends_in(v, v->together_ms);
}

static void turn_ends_soon(struct own_view *v)
{
	if (v->ending || v->soon)
		return;
	v->soon = true;
	turn_ends_in(v, SOON_MS);
}

static int turn_add(struct own_view *v, const struct batch_op *op)
{
	struct store_batch one = { 0 };
	size_t before;
	int rc;

	if (v->turn.n_ops >= TURN_OPS_MAX)
		(void)turn_commit(v);
	if (v->turn.n_ops >= RETRY_OPS)
		return -ENOSPC;
	rc = turn_begin(v);
	if (rc < 0)
		return rc;
	before = v->turn.used;
	rc = batch_add(&v->turn, op);
	if (rc < 0)
		return rc;
	one.data = v->turn.data + before;
	one.used = v->turn.used - before;
	rc = writer_apply(&v->env, v->txn, &one);
	if (rc < 0) {
		batch_cut(&v->turn, before);
		turn_again(v);
		return rc;
	}
	if (v->turn.n_ops >= TURN_OPS)
		event_active(v->turn_event, EV_TIMEOUT, 1);
	return 0;
}

/* From here on others see the file of this run. */
static void publish(struct own_view *v)
{
	int fd;

	if (v->published)
		return;
	if (mdb_env_get_fd(v->env.mdb, &fd) == 0)
		(void)fchmod(fd, FILE_MODE);
	if (rename(v->new_path, v->path) < 0) {
		log_limited(&v->alarm, LOG_ERR, "view: cannot write %s: %s",
			    v->path, strerror(errno));
		return;
	}
	v->published = true;
	env_close(&v->old);
}

static int turn_end(struct own_view *v)
{
	int rc;

	if (!v->txn && v->turn.n_ops > 0)
		(void)turn_begin(v);
	rc = turn_commit(v);
	if (rc == 0)
		publish(v);
	return rc;
}

void own_view_settle(struct own_view *v)
{
	struct store_waiter *w;

	(void)turn_end(v);
	while ((w = TAILQ_FIRST(&v->told))) {
		TAILQ_REMOVE(&v->told, w, link);
		end_waiting(w);
	}
}

static void on_turn(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	own_view_settle(ctx);
}

static void pin_later(struct own_view *v, uint64_t ms)
{
	struct timeval tv = { (time_t)(ms / 1000),
			      (suseconds_t)(ms % 1000 * 1000) };

	(void)event_add(v->pin_event, &tv);
}

static void on_pin(evutil_socket_t fd, short what, void *ctx)
{
	struct own_view *v = ctx;
	uint64_t age = clock_mono_ms() - v->renewed_ms;
	MDB_txn *pin = v->pins[v->older];

	(void)fd;
	(void)what;
	if (age <= VIEW_WHOLE_MS) {
		pin_later(v, VIEW_WHOLE_MS + 1 - age);
		return;
	}
	mdb_txn_reset(pin);
	if (mdb_txn_renew(pin) != 0)
		log_limited(&v->alarm, LOG_ERR, "view: cannot renew a pin");
	v->older ^= 1;
	v->renewed_ms = clock_mono_ms();
	if (v->turn.n_ops > 0)
		(void)turn_end(v);
	pin_later(v, VIEW_WHOLE_MS + 1);
}

/* --- opening --- */

static int read_line(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, text, size - 1);
	close(fd);
	if (n < 0)
		return -EIO;
	text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return 0;
}

static int write_line(const char *path, const char *text)
{
	int fd = open(path,
		      O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
		      FILE_MODE);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = write(fd, text, strlen(text));
	close(fd);
	return n == (ssize_t)strlen(text) ? 0 : -ENOSPC;
}

/* Throws away a view of another boot: it was never synced. */
static int check_boot(const char *dir, const char *view)
{
	char now[64] = "";
	char then[64] = "";
	char *path;
	int rc;

	if (asprintf(&path, "%s/boot", dir) < 0)
		return -ENOMEM;
	(void)read_line("/proc/sys/kernel/random/boot_id", now, sizeof(now));
	(void)read_line(path, then, sizeof(then));
	rc = 0;
	if (now[0] == '\0' || strcmp(now, then) != 0) {
		(void)unlink(view);
		rc = write_line(path, now);
	}
	free(path);
	return rc;
}

static void open_old(struct own_view *v)
{
	if (access(v->path, R_OK) < 0)
		return;
	if (env_check(v->path) < 0 ||
	    env_open(&v->old, v->path, 0, MDB_RDONLY | MDB_NOLOCK) < 0)
		log_warn("view: %s is damaged, using the copy in the truth",
			 v->path);
}

static int open_new(struct own_view *v, size_t max)
{
	char *lock;
	int rc;

	if (asprintf(&lock, "%s-lock", v->new_path) < 0)
		return -ENOMEM;
	(void)unlink(v->new_path);
	(void)unlink(lock);
	rc = env_open(&v->env, v->new_path, max, MDB_NOSYNC | MDB_NOMETASYNC);
	/* Nobody else may hold it, not even for reading. */
	(void)unlink(lock);
	free(lock);
	return rc;
}

static int open_pins(struct own_view *v)
{
	int rc = 0;

	for (int i = 0; rc == 0 && i < 2; i++)
		rc = mdb_txn_begin(v->env.mdb, NULL, MDB_RDONLY, &v->pins[i]);
	v->renewed_ms = clock_mono_ms();
	return env_errno(rc);
}

static int open_events(struct own_view *v, struct event_base *base)
{
	v->turn_event = event_new(base, -1, 0, on_turn, v);
	v->pin_event = evtimer_new(base, on_pin, v);
	v->live = live_copy_new(base, v->store);
	if (!v->turn_event || !v->pin_event || !v->live)
		return -ENOMEM;
	pin_later(v, VIEW_WHOLE_MS + 1);
	turn_ends(v);
	return 0;
}

static int open_all(struct own_view *v, struct event_base *base,
		    const char *dir, size_t max)
{
	int rc;

	if (asprintf(&v->path, "%s/" VIEW_FILE, dir) < 0) {
		v->path = NULL;
		return -ENOMEM;
	}
	if (asprintf(&v->new_path, "%s/new.mdb", dir) < 0) {
		v->new_path = NULL;
		return -ENOMEM;
	}
	if (mkdir(dir, DIR_MODE) < 0 && errno != EEXIST)
		return -errno;
	rc = check_boot(dir, v->path);
	if (rc < 0)
		return rc;
	open_old(v);
	rc = open_new(v, max);
	if (rc < 0)
		return rc;
	rc = open_pins(v);
	if (rc < 0)
		return rc;
	return open_events(v, base);
}

struct own_view *own_view_open(struct event_base *base, struct store *s,
			       const char *dir, size_t max, char *why,
			       size_t why_size)
{
	struct own_view *v = calloc(1, sizeof(*v));
	int rc;

	if (!v) {
		snprintf(why, why_size, "no memory for the view");
		return NULL;
	}
	v->store = s;
	v->together_ms = TOGETHER_MS;
	TAILQ_INIT(&v->waiting);
	TAILQ_INIT(&v->told);
	rate_init(&v->alarm, 3, 1);
	rate_init(&v->alone, ALONE_BURST, ALONE_PER_S);
	rc = open_all(v, base, dir, max);
	if (rc < 0) {
		snprintf(why, why_size,
			 "cannot write the view in %s: %s; make the directory "
			 "writable for this daemon, or pass another --run",
			 dir, strerror(-rc));
		own_view_close(v);
		return NULL;
	}
	return v;
}

void own_view_copy(struct own_view *v)
{
	live_copy_now(v->live);
}

void own_view_close(struct own_view *v)
{
	if (!v)
		return;
	/* A start that failed leaves the old view as it was. */
	if (v->published)
		(void)turn_end(v);
	live_copy_free(v->live);
	if (v->turn_event)
		event_free(v->turn_event);
	if (v->pin_event)
		event_free(v->pin_event);
	if (v->txn)
		mdb_txn_abort(v->txn);
	for (int i = 0; i < 2; i++) {
		if (v->pins[i])
			mdb_txn_abort(v->pins[i]);
	}
	env_close(&v->env);
	env_close(&v->old);
	if (v->new_path && !v->published)
		(void)unlink(v->new_path);
	free(v->turn.data);
	free(v->new_path);
	free(v->path);
	free(v);
}

/* --- the store's functions for views --- */

/* A row that is not there needs no commit to be gone. */
static bool is_gone(struct own_view *v, const struct batch_op *op)
{
	MDB_val key = { op->key.size, (void *)(uintptr_t)op->key.data };
	MDB_val value;
	MDB_dbi dbi;
	int rc;

	if (op->kind != BATCH_DEL || turn_begin(v) < 0)
		return false;
	rc = env_dbi(&v->env, v->txn, op->db, false, &dbi);
	if (rc == 0)
		rc = env_errno(mdb_get(v->txn, dbi, &key, &value));
	if (rc != -ENOENT)
		return false;
	turn_ends_soon(v);
	return true;
}

/* One change of a live or mirrored row. */
static int change(struct store *s, const struct batch_op *op, bool soon)
{
	struct own_view *v = store_own_view(s);
	int rc;

	if (is_gone(v, op))
		return 0;
	rc = turn_add(v, op);
	if (rc < 0)
		return rc;
	live_copy_touch(v->live, op->db, op->key);
	if (soon)
		turn_ends_soon(v);
	else
		turn_ends(v);
	return 0;
}

int store_view_put(struct store *s, const char *db, struct bytes key,
		   struct bytes value)
{
	return change(s, &(struct batch_op){ BATCH_PUT, db, key, value },
		      false);
}

int store_view_del(struct store *s, const char *db, struct bytes key)
{
	return change(s, &(struct batch_op){ BATCH_DEL, db, key, { 0 } },
		      false);
}

int store_view_put_soon(struct store *s, const char *db, struct bytes key,
			struct bytes value)
{
	return change(s, &(struct batch_op){ BATCH_PUT, db, key, value }, true);
}

int store_view_del_soon(struct store *s, const char *db, struct bytes key)
{
	return change(s, &(struct batch_op){ BATCH_DEL, db, key, { 0 } }, true);
}

int store_view_clear(struct store *s, const char *db)
{
	struct own_view *v = store_own_view(s);
	int rc = turn_add(v,
			  &(struct batch_op){ BATCH_CLEAR, db, { 0 }, { 0 } });

	if (rc < 0)
		return rc;
	live_copy_touch_all(v->live, db);
	turn_ends(v);
	return 0;
}

int store_view_publish(struct store *s)
{
	return turn_end(store_own_view(s));
}

int store_view_flush(struct store *s)
{
	return turn_commit(store_own_view(s));
}

void store_view_wait(struct store *s, struct store_waiter *w,
		     store_done_fn done, void *ctx)
{
	struct own_view *v = store_own_view(s);

	*w = (struct store_waiter){ .done = done, .ctx = ctx };
	if (v->turn.n_ops == 0 && TAILQ_EMPTY(&v->told)) {
		end_waiting(w);
		return;
	}
	/* Nobody is overtaken: who came first is called first. */
	w->told = v->turn.n_ops == 0;
	TAILQ_INSERT_TAIL(w->told ? &v->told : &v->waiting, w, link);
}

void store_view_forget(struct store *s, struct store_waiter *w)
{
	struct own_view *v = store_own_view(s);

	if (!w->done)
		return;
	TAILQ_REMOVE(w->told ? &v->told : &v->waiting, w, link);
	w->done = NULL;
}

/* The first row behind `after`, or the first of all. */
static int seek(MDB_cursor *cursor, struct bytes after, MDB_val *key,
		MDB_val *value)
{
	int rc;

	if (after.size == 0)
		return mdb_cursor_get(cursor, key, value, MDB_FIRST);
	*key = (MDB_val){ after.size, (void *)(uintptr_t)after.data };
	rc = mdb_cursor_get(cursor, key, value, MDB_SET_RANGE);
	if (rc == 0 && key->mv_size == after.size &&
	    memcmp(key->mv_data, after.data, after.size) == 0)
		rc = mdb_cursor_get(cursor, key, value, MDB_NEXT);
	return rc;
}

static int each_in(MDB_txn *txn, MDB_dbi dbi, struct bytes after,
		   store_row_fn fn, void *ctx)
{
	MDB_cursor *cursor;
	MDB_val key;
	MDB_val value;
	int rc;

	rc = mdb_cursor_open(txn, dbi, &cursor);
	if (rc != 0)
		return env_errno(rc);
	rc = seek(cursor, after, &key, &value);
	while (rc == 0 && fn(ctx, (struct bytes){ key.mv_data, key.mv_size },
			     (struct bytes){ value.mv_data, value.mv_size }))
		rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
	mdb_cursor_close(cursor);
	return rc == MDB_NOTFOUND ? 0 : env_errno(rc);
}

int store_view_each(struct store *s, const char *db, store_row_fn fn, void *ctx)
{
	return store_view_after(s, db, (struct bytes){ 0 }, fn, ctx);
}

int store_view_after(struct store *s, const char *db, struct bytes after,
		     store_row_fn fn, void *ctx)
{
	struct own_view *v = store_own_view(s);
	MDB_dbi dbi;
	int rc;

	rc = turn_begin(v);
	if (rc < 0)
		return rc;
	turn_ends(v);
	rc = env_dbi(&v->env, v->txn, db, false, &dbi);
	return rc < 0 ? rc : each_in(v->txn, dbi, after, fn, ctx);
}

int store_view_get(struct store *s, const char *db, struct bytes key, void *buf,
		   size_t *size)
{
	struct own_view *v = store_own_view(s);
	MDB_val k = { key.size, (void *)(uintptr_t)key.data };
	MDB_val value;
	MDB_dbi dbi;
	int rc;

	rc = turn_begin(v);
	if (rc < 0)
		return rc;
	turn_ends(v);
	rc = env_dbi(&v->env, v->txn, db, false, &dbi);
	if (rc == 0)
		rc = env_errno(mdb_get(v->txn, dbi, &k, &value));
	if (rc < 0)
		return rc;
	if (value.mv_size > *size)
		return -ENOSPC;
	memcpy(buf, value.mv_data, value.mv_size);
	*size = value.mv_size;
	return 0;
}

struct keep {
	struct own_view *view;
	const char *db;
	int rc;
};

static bool keep_row(void *ctx, struct bytes key, struct bytes value)
{
	struct keep *k = ctx;

	k->rc = turn_add(k->view,
			 &(struct batch_op){ BATCH_PUT, k->db, key, value });
	/* Nobody sees it before it is published, so it need not be one turn:
	   100,000 rows would be held three times. */
	if (k->view->turn.n_ops >= KEEP_OPS)
		(void)turn_commit(k->view);
	turn_ends(k->view);
	return k->rc == 0;
}

static int keep_old(struct own_view *v, struct keep *k)
{
	MDB_txn *txn;
	MDB_dbi dbi;
	int rc;

	if (!v->old.mdb)
		return -ENOENT;
	rc = env_find(&v->old, k->db, &dbi);
	/* The last run had no rows; the copy in the truth may be older. */
	if (rc == -ENOENT)
		return 0;
	if (rc < 0)
		return rc;
	rc = env_errno(mdb_txn_begin(v->old.mdb, NULL, MDB_RDONLY, &txn));
	if (rc < 0)
		return rc;
	rc = each_in(txn, dbi, (struct bytes){ 0 }, keep_row, k);
	mdb_txn_abort(txn);
	return rc < 0 ? rc : k->rc;
}

int store_view_keep(struct store *s, const char *db)
{
	struct own_view *v = store_own_view(s);
	struct keep k = { v, db, 0 };
	bool from_old;
	int rc;

	rc = keep_old(v, &k);
	from_old = rc == 0;
	if (rc == -ENOENT) {
		rc = store_each(s, db, (struct bytes){ 0 }, false, keep_row,
				&k);
		if (rc == 0)
			rc = k.rc;
	}
	if (rc < 0 && rc != -ENOENT)
		return rc;
	/* What the last run had not copied yet is copied now. */
	return live_copy_add(v->live, db, from_old);
}

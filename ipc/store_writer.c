#include "store_writer.h"

#include <errno.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "clock.h"

enum {
	WAITING_MAX = 64 * 1024 * 1024,
	RESERVE_STEP = 1024 * 1024,
	RESERVE_MAX = 4 * 1024 * 1024,
};

static int apply_op(struct env *env, MDB_txn *txn, const struct batch_op *op)
{
	MDB_val key = { op->key.size, (void *)(uintptr_t)op->key.data };
	MDB_val value = { op->value.size, (void *)(uintptr_t)op->value.data };
	MDB_dbi dbi;
	int rc;

	rc = env_dbi(env, txn, op->db, op->kind == BATCH_PUT, &dbi);
	if (rc == -ENOENT)
		return 0; /* nothing to delete */
	if (rc < 0)
		return rc;
	switch (op->kind) {
	case BATCH_PUT:
		return env_errno(mdb_put(txn, dbi, &key, &value, 0));
	case BATCH_DEL:
		rc = env_errno(mdb_del(txn, dbi, &key, NULL));
		return rc == -ENOENT ? 0 : rc;
	case BATCH_CLEAR:
		return env_errno(mdb_drop(txn, dbi, 0));
	}
	return -EINVAL;
}

int writer_apply(struct env *env, MDB_txn *txn, const struct store_batch *b)
{
	struct batch_op op;
	size_t at = 0;
	int rc = 0;

	while (rc == 0 && batch_next(b, &at, &op))
		rc = apply_op(env, txn, &op);
	return rc;
}

/* One transaction over `n` batches of a list. */
static int commit(struct writer *w, const struct store_batch *b, bool all)
{
	MDB_txn *txn;
	int rc;

	rc = env_errno(mdb_txn_begin(w->env->mdb, NULL, 0, &txn));
	if (rc < 0)
		return rc;
	do {
		rc = writer_apply(w->env, txn, b);
		b = b->next;
	} while (rc == 0 && all && b);
	if (rc == 0)
		rc = env_errno(mdb_txn_commit(txn));
	else
		mdb_txn_abort(txn);
	env_settle(w->env, rc == 0);
	return rc;
}

/* A full map could not even be emptied: deleting copies pages, too. */
static bool use_reserve(struct writer *w)
{
	int rc;

	if (w->map >= w->max + RESERVE_MAX)
		return false;
	pthread_rwlock_wrlock(w->map_lock);
	rc = mdb_env_set_mapsize(w->env->mdb, w->map + RESERVE_STEP);
	pthread_rwlock_unlock(w->map_lock);
	if (rc == 0)
		w->map += RESERVE_STEP;
	return rc == 0;
}

/* Together if it goes; else each for itself, to find whose fault it is. */
static void commit_list(struct writer *w, struct store_batch *list)
{
	int rc = commit(w, list, true);

	for (struct store_batch *b = list; b; b = b->next) {
		b->err = rc;
		if (rc == 0)
			continue;
		if (list->next)
			b->err = commit(w, b, false);
		while (b->err == -ENOSPC && b->frees && use_reserve(w))
			b->err = commit(w, b, false);
	}
}

static void ring(int fd)
{
	uint64_t one = 1;
	ssize_t n;

	do
		n = write(fd, &one, sizeof(one));
	while (n < 0 && errno == EINTR);
}

static struct store_batch *take_work(struct writer *w)
{
	struct store_batch *list;

	pthread_mutex_lock(&w->lock);
	w->busy = false;
	if (!w->queue)
		pthread_cond_broadcast(&w->idle);
	while (!w->queue && !w->stop)
		pthread_cond_wait(&w->wake, &w->lock);
	list = w->queue;
	w->queue = NULL;
	w->queue_end = &w->queue;
	w->waiting_bytes = 0;
	w->busy = list != NULL;
	pthread_mutex_unlock(&w->lock);
	return list;
}

static void *writer_main(void *arg)
{
	struct writer *w = arg;
	struct store_batch *list;
	struct store_batch *last;

	while ((list = take_work(w))) {
		commit_list(w, list);
		for (last = list; last->next;)
			last = last->next;
		pthread_mutex_lock(&w->lock);
		*w->done_end = list;
		w->done_end = &last->next;
		pthread_mutex_unlock(&w->lock);
		ring(w->event_fd);
	}
	return NULL;
}

static void call_done(struct writer *w)
{
	struct store_batch *list;
	struct store_batch *b;

	pthread_mutex_lock(&w->lock);
	list = w->done;
	w->done = NULL;
	w->done_end = &w->done;
	pthread_mutex_unlock(&w->lock);
	while ((b = list)) {
		list = b->next;
		if (b->done)
			b->done(b->ctx, b->err);
		store_batch_free(b);
	}
}

static void on_event(evutil_socket_t fd, short what, void *ctx)
{
	uint64_t n;

	(void)what;
	if (read(fd, &n, sizeof(n)) == sizeof(n))
		call_done(ctx);
}

static void wake(struct writer *w)
{
	pthread_mutex_lock(&w->lock);
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
}

static void on_window(evutil_socket_t fd, short what, void *ctx)
{
	struct writer *w = ctx;

	(void)fd;
	(void)what;
	w->begun_ms = clock_mono_ms();
	wake(w);
}

/* Signals are the loop's business. */
static int start_thread(struct writer *w)
{
	sigset_t all;
	sigset_t old;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&w->thread, NULL, writer_main, w);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return -rc;
}

int writer_start(struct writer *w, struct event_base *base, struct env *env,
		 pthread_rwlock_t *map_lock, size_t max)
{
	int rc = -ENOMEM;

	*w = (struct writer){ .env = env, .map_lock = map_lock, .max = max };
	w->map = max;
	w->queue_end = &w->queue;
	w->done_end = &w->done;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->wake, NULL);
	pthread_cond_init(&w->idle, NULL);
	w->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->event_fd < 0) {
		rc = -errno;
		goto out;
	}
	w->event =
		event_new(base, w->event_fd, EV_READ | EV_PERSIST, on_event, w);
	w->window = evtimer_new(base, on_window, w);
	if (!w->event || !w->window || event_add(w->event, NULL) < 0)
		goto out_fd;
	rc = start_thread(w);
	if (rc == 0)
		return 0;
out_fd:
	if (w->event)
		event_free(w->event);
	if (w->window)
		event_free(w->window);
	close(w->event_fd);
out:
	w->event = NULL;
	return rc;
}

static int add(struct writer *w, struct store_batch *b, bool now)
{
	int rc = 0;

	b->next = NULL;
	pthread_mutex_lock(&w->lock);
	if (w->waiting_bytes + b->used > WAITING_MAX) {
		rc = -EBUSY;
	} else {
		*w->queue_end = b;
		w->queue_end = &b->next;
		w->waiting_bytes += b->used;
		if (now)
			pthread_cond_signal(&w->wake);
	}
	pthread_mutex_unlock(&w->lock);
	return rc;
}

/* The window closes at `due_ms`, unless it does so earlier. */
static void close_window_at(struct writer *w, uint64_t due_ms, uint64_t now_ms)
{
	const struct timeval tv = { 0, (suseconds_t)(due_ms - now_ms) * 1000 };

	if (event_pending(w->window, EV_TIMEOUT, NULL) && w->due_ms <= due_ms)
		return;
	w->due_ms = due_ms;
	if (event_add(w->window, &tv) < 0)
		wake(w); /* no memory: then it does not wait */
}

int writer_add(struct writer *w, struct store_batch *b, uint32_t wait_ms)
{
	uint64_t now_ms = clock_mono_ms();
	uint64_t due_ms = w->begun_ms + wait_ms;
	int rc = add(w, b, due_ms <= now_ms);

	if (rc < 0)
		return rc;
	if (due_ms > now_ms) {
		close_window_at(w, due_ms, now_ms);
		return 0;
	}
	/* This commit takes along whatever waits. */
	w->begun_ms = now_ms;
	(void)event_del(w->window);
	return 0;
}

void writer_wait(struct writer *w)
{
	bool more;

	/* What a callback hands over is waited for, too. */
	do {
		pthread_mutex_lock(&w->lock);
		pthread_cond_signal(&w->wake);
		while (w->queue || w->busy)
			pthread_cond_wait(&w->idle, &w->lock);
		more = w->done != NULL;
		pthread_mutex_unlock(&w->lock);
		call_done(w);
	} while (more);
}

void writer_stop(struct writer *w)
{
	if (!w->event)
		return;
	pthread_mutex_lock(&w->lock);
	w->stop = true;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	call_done(w);
	event_free(w->event);
	event_free(w->window);
	w->event = NULL;
	close(w->event_fd);
	pthread_mutex_destroy(&w->lock);
	pthread_cond_destroy(&w->wake);
	pthread_cond_destroy(&w->idle);
}

/*
 * The thread that commits to the truth: what arrives while one commit is being
 * synced goes into the next one together. Owned by the store.
 */
#pragma once

#include <event2/event.h>
#include <pthread.h>

#include "store_batch.h"
#include "store_env.h"

struct writer {
	struct env *env;
	/* Reads of the truth hold it shared; growing the map needs it alone. */
	pthread_rwlock_t *map_lock;
	size_t max; /* of the map, without the reserve */
	size_t map; /* now; only the thread looks */
	pthread_t thread;
	pthread_mutex_t lock; /* of all below */
	pthread_cond_t wake;  /* work, or the end */
	pthread_cond_t idle;  /* all committed */
	struct store_batch *queue;
	struct store_batch **queue_end;
	struct store_batch *done;
	struct store_batch **done_end;
	size_t waiting_bytes;
	bool busy;
	bool stop;
	int event_fd;
	struct event *event;
	struct event *window; /* pending: batches that may wait are gathered */
	uint64_t due_ms;      /* until then, */
	uint64_t begun_ms;    /* since the last commit began */
};

/* Applies one batch inside a transaction. 0 or a negative errno. */
int writer_apply(struct env *env, MDB_txn *txn, const struct store_batch *b);

int writer_start(struct writer *w, struct event_base *base, struct env *env,
		 pthread_rwlock_t *map_lock, size_t max);

/* 0, or -EBUSY when too much waits; then b stays the caller's. It is committed
   wait_ms (less than a second) after the commit before it began, at once when
   that is over, and earlier when another has to be. */
int writer_add(struct writer *w, struct store_batch *b, uint32_t wait_ms);

/* Blocks until all is committed, then calls what is to be called. */
void writer_wait(struct writer *w);

/* Commits what waits, ends the thread, calls the last callbacks. */
void writer_stop(struct writer *w);

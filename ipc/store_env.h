/*
 * One LMDB environment in one file, and the handles of its named databases.
 * Owned by store.c (truth), store_view.c (own view) and view.c (another's).
 *
 * LMDB lets only one transaction at a time open handles, and forgets those of a
 * transaction that was aborted. So: what is there is opened at once by
 * env_open(); later only the one write transaction opens more, and others see
 * them after env_settle(committed). Readers look handles up and never open.
 */
#pragma once

#include <lmdb.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

enum { ENV_DBS = 96, ENV_NAME = 40 };

struct env_db {
	char name[ENV_NAME];
	MDB_dbi dbi;
};

struct env {
	MDB_env *mdb;
	pthread_mutex_t lock; /* of dbs and n_dbs */
	struct env_db dbs[ENV_DBS];
	size_t n_dbs; /* settled */
	size_t n_all; /* with those of the open write transaction */
};

/* LMDB's code as ours: 0 or a negative errno; a full map or disk is -ENOSPC, a
   broken file -EUCLEAN. */
int env_errno(int rc);

/* Opens or makes the file. max 0: as big as the file says. *e is filled, or
   untouched on failure. 0 or a negative errno. */
int env_open(struct env *e, const char *path, size_t max, unsigned int flags);
void env_close(struct env *e);

/* A settled handle: 0 or -ENOENT. */
int env_find(struct env *e, const char *name, MDB_dbi *dbi);

/* A handle inside the write transaction, made if `make`. 0, -ENOENT ... */
int env_dbi(struct env *e, MDB_txn *txn, const char *name, bool make,
	    MDB_dbi *dbi);

/* After the transaction that used env_dbi() ended. */
void env_settle(struct env *e, bool committed);

/*
 * Is the file whole enough to be used? A child process looks, because LMDB
 * crashes on a broken file: at the file's size, and at every page up to a
 * limit. No file is fine. Call it before there are threads. 0 or -EUCLEAN.
 */
int env_check(const char *path);

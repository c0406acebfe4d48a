#include "store_env.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	CHECK_ROWS = 200000, /* bounds the time of a start */
	FILE_MODE = 0640,
};

int env_errno(int rc)
{
	switch (rc) {
	case 0:
		return 0;
	case MDB_NOTFOUND:
		return -ENOENT;
	case MDB_MAP_FULL:
	case MDB_DBS_FULL:
	case MDB_TXN_FULL:
	case EDQUOT:
		return -ENOSPC;
	case MDB_READERS_FULL:
		return -EBUSY;
	case MDB_BAD_VALSIZE:
		return -EINVAL;
	case MDB_PANIC:
		return -EIO;
	default:
		return rc > 0 ? -rc : -EUCLEAN;
	}
}

int env_find(struct env *e, const char *name, MDB_dbi *dbi)
{
	int rc = -ENOENT;

	pthread_mutex_lock(&e->lock);
	for (size_t i = 0; i < e->n_dbs; i++) {
		if (strcmp(e->dbs[i].name, name) != 0)
			continue;
		*dbi = e->dbs[i].dbi;
		rc = 0;
		break;
	}
	pthread_mutex_unlock(&e->lock);
	return rc;
}

int env_dbi(struct env *e, MDB_txn *txn, const char *name, bool make,
	    MDB_dbi *dbi)
{
	struct env_db *db;
	MDB_dbi got;
	int rc;

	/* Only this thread changes the list, so it may read without lock. */
	for (size_t i = 0; i < e->n_all; i++) {
		if (strcmp(e->dbs[i].name, name) == 0) {
			*dbi = e->dbs[i].dbi;
			return 0;
		}
	}
	if (strlen(name) >= ENV_NAME || e->n_all == ENV_DBS)
		return -ENOSPC;
	rc = mdb_dbi_open(txn, name, make ? MDB_CREATE : 0, &got);
	if (rc != 0)
		return env_errno(rc);
	db = &e->dbs[e->n_all];
	db->dbi = got;
	memcpy(db->name, name, strlen(name) + 1);
	e->n_all++;
	*dbi = got;
	return 0;
}

void env_settle(struct env *e, bool committed)
{
	if (e->n_all == e->n_dbs)
		return;
	pthread_mutex_lock(&e->lock);
	if (committed)
		e->n_dbs = e->n_all;
	else
		e->n_all = e->n_dbs;
	pthread_mutex_unlock(&e->lock);
}

/* Every key of the main database is the name of another. */
static int open_all(struct env *e)
{
	MDB_cursor *cursor = NULL;
	char name[ENV_NAME];
	MDB_txn *txn;
	MDB_val key;
	MDB_dbi dbi;
	int rc;

	rc = mdb_txn_begin(e->mdb, NULL, MDB_RDONLY, &txn);
	if (rc != 0)
		return env_errno(rc);
	rc = mdb_dbi_open(txn, NULL, 0, &dbi);
	if (rc == 0)
		rc = mdb_cursor_open(txn, dbi, &cursor);
	while (rc == 0) {
		rc = mdb_cursor_get(cursor, &key, NULL, MDB_NEXT);
		if (rc != 0 || key.mv_size >= sizeof(name))
			continue;
		memcpy(name, key.mv_data, key.mv_size);
		name[key.mv_size] = '\0';
		if (env_dbi(e, txn, name, false, &dbi) != 0)
			rc = MDB_CORRUPTED;
	}
	mdb_cursor_close(cursor);
	if (rc == MDB_NOTFOUND) {
		rc = mdb_txn_commit(txn);
	} else {
		mdb_txn_abort(txn);
	}
	env_settle(e, rc == 0);
	return env_errno(rc);
}

/* Pages that the file promises and does not have would be a SIGBUS. */
static int check_size(MDB_env *mdb)
{
	MDB_envinfo info;
	MDB_stat stat_;
	struct stat st;
	int fd;

	if (mdb_env_info(mdb, &info) != 0 || mdb_env_stat(mdb, &stat_) != 0)
		return -EUCLEAN;
	/* In this order: somebody may be writing. */
	if (mdb_env_get_fd(mdb, &fd) != 0 || fstat(fd, &st) < 0)
		return -EUCLEAN;
	if ((uint64_t)st.st_size <
	    (uint64_t)(info.me_last_pgno + 1) * stat_.ms_psize)
		return -EUCLEAN;
	return 0;
}

int env_open(struct env *e, const char *path, size_t max, unsigned int flags)
{
	struct env made = { 0 };
	int fd;
	int rc;

	rc = mdb_env_create(&made.mdb);
	if (rc != 0)
		return env_errno(rc);
	rc = mdb_env_set_maxdbs(made.mdb, ENV_DBS);
	if (rc == 0 && max > 0)
		rc = mdb_env_set_mapsize(made.mdb, max);
	if (rc == 0)
		rc = mdb_env_open(made.mdb, path,
				  flags | MDB_NOSUBDIR | MDB_NOTLS, FILE_MODE);
	rc = env_errno(rc);
	if (rc == 0 && mdb_env_get_fd(made.mdb, &fd) == 0)
		(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	if (rc == 0)
		rc = check_size(made.mdb);
	if (rc == 0)
		rc = -pthread_mutex_init(&made.lock, NULL);
	if (rc != 0) {
		mdb_env_close(made.mdb);
		return rc;
	}
	rc = open_all(&made);
	if (rc != 0) {
		env_close(&made);
		return rc;
	}
	*e = made;
	return 0;
}

void env_close(struct env *e)
{
	if (!e->mdb)
		return;
	mdb_env_close(e->mdb);
	pthread_mutex_destroy(&e->lock);
	e->mdb = NULL;
}

/* Touches each byte of the rows, so that a bad page shows itself here. */
static int walk(MDB_txn *txn, MDB_dbi dbi, size_t *left, unsigned int *sum)
{
	MDB_cursor *cursor;
	MDB_val key;
	MDB_val value;
	int rc;

	rc = mdb_cursor_open(txn, dbi, &cursor);
	while (rc == 0 && *left > 0) {
		rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
		if (rc != 0)
			break;
		for (size_t i = 0; i < key.mv_size; i++)
			*sum += ((const unsigned char *)key.mv_data)[i];
		for (size_t i = 0; i < value.mv_size; i++)
			*sum += ((const unsigned char *)value.mv_data)[i];
		--*left;
	}
	return rc == MDB_NOTFOUND ? 0 : rc;
}

static int check_child(const char *path)
{
	size_t left = CHECK_ROWS;
	unsigned int sum = 0;
	struct env e = { 0 };
	MDB_txn *txn;
	int rc;

	rc = env_open(&e, path, 0, MDB_RDONLY | MDB_NOLOCK);
	if (rc != 0)
		return rc;
	rc = mdb_txn_begin(e.mdb, NULL, MDB_RDONLY, &txn);
	for (size_t i = 0; rc == 0 && i < e.n_dbs; i++)
		rc = walk(txn, e.dbs[i].dbi, &left, &sum);
	return rc;
}

int env_check(const char *path)
{
	int status;
	int null;
	pid_t pid;

	if (access(path, F_OK) < 0)
		return 0;
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0) {
		/* LMDB's assertions talk; we have our own line. */
		null = open("/dev/null", O_WRONLY | O_CLOEXEC);
		if (null >= 0)
			(void)dup2(null, STDERR_FILENO);
		_exit(check_child(path) == 0 ? 0 : 1);
	}
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EUCLEAN;
}

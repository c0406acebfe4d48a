#include "disk_record.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "check.h"

enum { OPS_MAX = 20000 };

/* The one exception to "no mutable state in files": libc's functions have no
   context to hang it from. */
static struct {
	pthread_mutex_t lock;
	bool on;
	bool full;
	dev_t dev;
	ino_t ino;
	struct disk_op *ops;
	size_t n;
} disk = { .lock = PTHREAD_MUTEX_INITIALIZER };

static bool ours(int fd)
{
	struct stat st;

	return disk.on && fstat(fd, &st) == 0 && st.st_dev == disk.dev &&
	       st.st_ino == disk.ino;
}

static void add(const struct disk_op *op, const void *data)
{
	struct disk_op *o;

	CHECK(disk.n < OPS_MAX);
	o = &disk.ops[disk.n++];
	*o = *op;
	if (op->size == 0)
		return;
	o->data = malloc(op->size);
	CHECK(o->data);
	memcpy(o->data, data, op->size);
}

static bool through(int fd)
{
	return (fcntl(fd, F_GETFL) & O_DSYNC) != 0;
}

ssize_t disk_pwrite(int fd, const void *data, size_t n, off_t at)
{
	ssize_t done = -1;

	pthread_mutex_lock(&disk.lock);
	if (ours(fd) && disk.full) {
		errno = ENOSPC;
	} else {
		done = syscall(SYS_pwrite64, fd, data, n, at);
		if (done > 0 && ours(fd))
			add(&(struct disk_op){ .through = through(fd),
					       .at = at,
					       .size = (size_t)done },
			    data);
	}
	pthread_mutex_unlock(&disk.lock);
	return done;
}

/* One after the other, so that each is an operation of its own. */
ssize_t disk_writev(int fd, const struct iovec *v, int n)
{
	off_t at = lseek(fd, 0, SEEK_CUR);
	ssize_t all = 0;
	ssize_t done;

	if (!ours(fd))
		return syscall(SYS_writev, fd, v, n);
	for (int i = 0; i < n; i++) {
		done = disk_pwrite(fd, v[i].iov_base, v[i].iov_len, at + all);
		if (done < 0)
			return done;
		all += done;
	}
	CHECK_EQ(lseek(fd, at + all, SEEK_SET), at + all);
	return all;
}

int disk_fdatasync(int fd)
{
	long rc = syscall(SYS_fdatasync, fd);

	pthread_mutex_lock(&disk.lock);
	if (rc == 0 && ours(fd))
		add(&(struct disk_op){ .sync = true }, NULL);
	pthread_mutex_unlock(&disk.lock);
	return (int)rc;
}

void disk_record_start(const char *path)
{
	struct stat st;

	CHECK_EQ(stat(path, &st), 0);
	pthread_mutex_lock(&disk.lock);
	disk.ops = calloc(OPS_MAX, sizeof(*disk.ops));
	CHECK(disk.ops);
	disk.n = 0;
	disk.dev = st.st_dev;
	disk.ino = st.st_ino;
	disk.on = true;
	pthread_mutex_unlock(&disk.lock);
}

size_t disk_record_count(void)
{
	size_t n;

	pthread_mutex_lock(&disk.lock);
	n = disk.n;
	pthread_mutex_unlock(&disk.lock);
	return n;
}

size_t disk_record_stop(const struct disk_op **ops)
{
	pthread_mutex_lock(&disk.lock);
	disk.on = false;
	*ops = disk.ops;
	pthread_mutex_unlock(&disk.lock);
	return disk.n;
}

void disk_record_free(void)
{
	for (size_t i = 0; i < disk.n; i++)
		free(disk.ops[i].data);
	free(disk.ops);
	disk.ops = NULL;
	disk.n = 0;
}

void disk_record_full(bool full)
{
	pthread_mutex_lock(&disk.lock);
	disk.full = full;
	pthread_mutex_unlock(&disk.lock);
}

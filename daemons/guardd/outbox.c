#include "outbox.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int count_mails(int dir)
{
	int n = 0, fd = dup(dir);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	if (!d) {
		if (fd >= 0)
			close(fd);
		return -errno;
	}
	rewinddir(d);
	while ((e = readdir(d)))
		n += strstr(e->d_name, ".mail") != NULL;
	closedir(d);
	return n;
}

static int write_all(int fd, const char *text, size_t n)
{
	while (n > 0) {
		ssize_t done = write(fd, text, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -errno;
		text += done;
		n -= (size_t)done;
	}
	return 0;
}

/* Nobody may wait: then the mail is seen a minute later. */
static void wake(int dir)
{
	int fd = openat(dir, "wake", O_WRONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)!write(fd, "\n", 1);
	close(fd);
}

static int put(int dir, const char *text, uint64_t number)
{
	char name[40], part[48];
	int n = count_mails(dir), fd, err;

	if (n < 0)
		return n;
	if (n >= OUTBOX_MAX)
		return -ENOSPC;
	snprintf(name, sizeof(name), "%020llu.mail",
		 (unsigned long long)number);
	snprintf(part, sizeof(part), "%s.part", name);
	fd = openat(dir, part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
	if (fd < 0)
		return -errno;
	err = write_all(fd, text, strlen(text));
	if (close(fd) < 0 && err == 0)
		err = -errno;
	if (err == 0 && renameat(dir, part, dir, name) < 0)
		err = -errno;
	if (err < 0)
		(void)unlinkat(dir, part, 0);
	else
		wake(dir);
	return err;
}

int outbox_put(const char *path, const char *text, uint64_t number)
{
	int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), err;

	if (dir < 0)
		return -errno;
	err = put(dir, text, number);
	close(dir);
	return err;
}

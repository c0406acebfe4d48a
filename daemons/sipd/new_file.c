#include "new_file.h"

#include <fcntl.h>
#include <unistd.h>

FILE *new_file(const char *path)
{
	FILE *file;
	int fd;

	(void)unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return NULL;
	file = fdopen(fd, "w");
	if (!file)
		(void)close(fd);
	return file;
}

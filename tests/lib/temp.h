/* A directory of a test's own under /tmp, and its removal. */
#pragma once

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"

enum { TEMP_PATH = 64 };

static inline void temp_dir(char path[TEMP_PATH])
{
	snprintf(path, TEMP_PATH, "/tmp/sallyport-test-XXXXXX");
	CHECK(mkdtemp(path));
}

static inline int temp_remove_one(const char *path, const struct stat *st,
				  int kind, struct FTW *where)
{
	(void)st;
	(void)kind;
	(void)where;
	return remove(path);
}

static inline void temp_remove(const char *path)
{
	CHECK_EQ(nftw(path, temp_remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

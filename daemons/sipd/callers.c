#include "callers.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

struct caller {
	UT_hash_handle hh;
	char extension[CALLERS_NAME];
	int calls; /* never 0 */
};

struct callers {
	struct caller *all;
};

struct callers *callers_new(void)
{
	return calloc(1, sizeof(struct callers));
}

void callers_free(struct callers *c)
{
	struct caller *one, *next;

	if (c == NULL)
		return;
	HASH_ITER(hh, c->all, one, next)
	{
		HASH_DEL(c->all, one);
		free(one);
	}
	free(c);
}

static struct caller *add(struct callers *c, const char *extension)
{
	struct caller *one = calloc(1, sizeof(*one));

	if (one == NULL)
		return NULL;
	(void)snprintf(one->extension, sizeof(one->extension), "%s", extension);
	HASH_ADD_STR(c->all, extension, one);
	if (one->hh.tbl != NULL)
		return one;
	free(one);
	return NULL;
}

int callers_begin(struct callers *c, const char *extension)
{
	struct caller *one;

	HASH_FIND_STR(c->all, extension, one);
	if (one == NULL)
		one = add(c, extension);
	return one != NULL ? one->calls++ : -ENOMEM;
}

void callers_end(struct callers *c, const char *extension)
{
	struct caller *one;

	HASH_FIND_STR(c->all, extension, one);
	assert(one != NULL);
	if (--one->calls > 0)
		return;
	HASH_DEL(c->all, one);
	free(one);
}

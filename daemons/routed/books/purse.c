#include "purse.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "records.h"

enum { VERSION = 1 };

struct node {
	struct purse purse;
	UT_hash_handle hh;
};

struct purses {
	struct node *by_name;
};

struct purses *purses_new(void)
{
	return calloc(1, sizeof(struct purses));
}

void purses_free(struct purses *a)
{
	struct node *n, *next;

	if (!a)
		return;
	HASH_ITER(hh, a->by_name, n, next)
	{
		HASH_DEL(a->by_name, n);
		free(n);
	}
	free(a);
}

static struct purse *find(const struct purses *a, const char *name)
{
	struct node *n;

	HASH_FIND_STR(a->by_name, name, n);
	return n ? &n->purse : NULL;
}

static struct purse *get(struct purses *a, const char *name)
{
	struct purse *found = find(a, name);
	struct node *n;

	if (found)
		return found;
	n = calloc(1, sizeof(*n));
	if (!n)
		return NULL;
	snprintf(n->purse.name, sizeof(n->purse.name), "%s", name);
	HASH_ADD_STR(a->by_name, purse.name, n);
	if (!n->hh.tbl) {
		free(n);
		return NULL;
	}
	return &n->purse;
}

static const char *const scopes[N_SCOPES] = {
	[SCOPE_TRUNK] = "trunk",
	[SCOPE_EXTENSION] = "extension",
	[SCOPE_PIN_HOLDER] = "pin_holder",
	[SCOPE_DIAL_RULE] = "dial_rule",
};

static bool name_of(enum scope scope, const char *who, char name[PURSE_NAME])
{
	if (!*who)
		return false;
	return snprintf(name, PURSE_NAME, "%s/%s", scopes[scope], who) <
	       PURSE_NAME;
}

struct purse *purse_find(const struct purses *a, enum scope scope,
			 const char *who)
{
	char name[PURSE_NAME];

	return name_of(scope, who, name) ? find(a, name) : NULL;
}

struct purse *purse_get(struct purses *a, enum scope scope, const char *who)
{
	char name[PURSE_NAME];

	return name_of(scope, who, name) ? get(a, name) : NULL;
}

/* Whose purse is it? False: no such scope. */
static bool whose(const char *name, enum scope *scope, const char **who)
{
	const char *slash = strchr(name, '/');

	if (!slash)
		return false;
	*who = slash + 1;
	for (size_t i = 0; i < N_SCOPES; i++) {
		*scope = (enum scope)i;
		if (strlen(scopes[i]) == (size_t)(slash - name) &&
		    !strncmp(scopes[i], name, (size_t)(slash - name)))
			return true;
	}
	return false;
}

struct purse *purse_load(struct purses *a, const char *name)
{
	enum scope scope;
	const char *who;

	return strlen(name) < PURSE_NAME && whose(name, &scope, &who)
		       ? get(a, name)
		       : NULL;
}

void purses_each(const struct purses *a, purse_fn fn, void *ctx)
{
	struct node *n, *next;
	enum scope scope;
	const char *who;

	HASH_ITER(hh, a->by_name, n, next)
	if (whose(n->purse.name, &scope, &who))
		fn(ctx, scope, who, &n->purse);
}

static void add(struct amount *to, const struct amount *more)
{
	to->seconds += more->seconds;
	to->milli += more->milli;
}

/* The period as it is now. */
static struct spent rolled(const struct spent *s, uint64_t start_ms)
{
	struct spent now = { .start_ms = start_ms };

	if (start_ms == s->start_ms)
		return *s;
	if (start_ms > s->start_ms) {
		now.before_ms = s->start_ms;
		now.before = s->used;
		return now;
	}
	/* The clock went back. */
	now.used = s->used;
	if (s->before_ms >= start_ms)
		add(&now.used, &s->before);
	return now;
}

struct amount purse_used(const struct purse *a, enum period period,
			 const struct period_starts *now)
{
	return rolled(&a->spent[period], now->at_ms[period]).used;
}

void purse_add(struct purse *a, const struct amount *use,
	       const struct period_starts *now)
{
	for (size_t p = 0; p < N_PERIODS; p++) {
		a->spent[p] = rolled(&a->spent[p], now->at_ms[p]);
		add(&a->spent[p].used, use);
	}
}

static uint8_t *put_be64(uint8_t *p, uint64_t value)
{
	for (size_t i = 0; i < 8; i++)
		p[i] = (uint8_t)(value >> (56 - 8 * i));
	return p + 8;
}

static const uint8_t *get_be64(const uint8_t *p, uint64_t *value)
{
	*value = 0;
	for (size_t i = 0; i < 8; i++)
		*value = *value << 8 | p[i];
	return p + 8;
}

void purse_encode(const struct purse *a, uint8_t buf[PURSE_BYTES])
{
	uint8_t *p = buf;

	*p++ = VERSION;
	for (const struct spent *s = a->spent; s < a->spent + N_PERIODS; s++) {
		p = put_be64(p, s->start_ms);
		p = put_be64(p, s->used.seconds);
		p = put_be64(p, s->used.milli);
		p = put_be64(p, s->before_ms);
		p = put_be64(p, s->before.seconds);
		p = put_be64(p, s->before.milli);
	}
}

int purse_decode(struct purse *a, const uint8_t *buf, size_t n)
{
	const uint8_t *p = buf;

	if (n != PURSE_BYTES || *p++ != VERSION)
		return -EBADMSG;
	for (struct spent *s = a->spent; s < a->spent + N_PERIODS; s++) {
		p = get_be64(p, &s->start_ms);
		p = get_be64(p, &s->used.seconds);
		p = get_be64(p, &s->used.milli);
		p = get_be64(p, &s->before_ms);
		p = get_be64(p, &s->before.seconds);
		p = get_be64(p, &s->before.milli);
	}
	return 0;
}

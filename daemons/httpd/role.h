/*
 * Who may do what: every path of the API with the roles that may call it. What
 * is not in these tables does not exist. Pure data and pure functions.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http.h"
#include "records.h"

struct bus_iface;
struct httpd;

enum role_set {
	ROLE_NONE = 0,
	ROLE_ADMIN = 1 << SESSION_ROLE_ADMIN,
	ROLE_READER = 1 << SESSION_ROLE_READER,
	ROLE_OPERATOR = 1 << SESSION_ROLE_OPERATOR,
	ROLE_EXTENSION = 1 << SESSION_ROLE_EXTENSION,
	ROLE_LOOK = ROLE_ADMIN | ROLE_READER,
	ROLE_STAFF = ROLE_LOOK | ROLE_OPERATOR,
	ROLE_ALL = ROLE_STAFF | ROLE_EXTENSION,
};

enum { BODY_SMALL = 4096, BODY_PART = 256 * 1024, ROUTE_PARTS = 6 };

struct route {
	enum http_method method;
	const char *pattern; /* below /api/v1; "*" is any one segment */
	enum role_set roles;
	bool open;       /* without a session, too */
	bool first;      /* before the first password was replaced, too */
	size_t body_max; /* 0: takes no body */
	void (*run)(struct httpd *h, struct request *r);
};

/* The table; *n is its length (api.c). */
const struct route *route_table(size_t *n);

/*
 * Finds the route of seg[0..n) (what follows /api/v1). NULL: none; *methods
 * then holds the methods that this path has.
 */
const struct route *route_find(const char *const *seg, size_t n,
			       enum http_method method, unsigned *methods);

/* Who may read and write a table. */
enum role_set role_may_read(const struct record *table);
enum role_set role_may_write(const struct record *table);

/* A table (or live table) of a daemon, by the names in the path. */
const struct record *role_table(const char *daemon, const char *name);

/* A bus method that the pages may call. */
struct role_method {
	const struct bus_iface *iface;
	size_t method;
	enum role_set roles;
	bool changes; /* POST; else GET */
};

const struct role_method *role_method(const char *daemon, const char *name);
const struct role_method *role_method_table(size_t *n);

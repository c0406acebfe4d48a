/*
 * One question to another daemon on a browser's behalf: it outlives the
 * request when the browser goes away, and forgets it.
 */
#pragma once

#include <jansson.h>

#include "record.h"

struct bus_error;
struct httpd;
struct request;

struct errand {
	struct httpd *h;
	struct request *req; /* NULL: nobody waits any more */
	const struct record *record;
	const char *daemon;
	json_t *rows;    /* collected so far */
	unsigned status; /* of the answer when all is well */
	char key[128];
};

/* Ties a new one to r; NULL: answered with "no memory". */
struct errand *errand_new(struct httpd *h, struct request *r,
			  const struct record *record, const char *daemon);

/* Ends it: with the error, or with body (taken; NULL: no memory). */
void errand_end(struct errand *e, const struct bus_error *error, json_t *body);

/* The call could not even be made: answers and ends. */
void errand_fail(struct errand *e, int err);

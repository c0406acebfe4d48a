/* The files of the pages, built into the program by embed.py. */
#pragma once

#include <stddef.h>

struct request;

struct asset {
	const char *name; /* "index.html", "assets/app-3f2a.js" */
	const char *type;
	const char *etag; /* with its quotes */
	const unsigned char *bytes;
	const unsigned char *gzip; /* NULL: not smaller */
	size_t n_bytes;
	size_t n_gzip;
};

extern const struct asset static_assets[]; /* name NULL ends it */
extern const struct asset static_forms;

/* Answers a path outside the API, or 404. */
void static_reply(struct request *r);

/* Answers with one asset; honours If-None-Match and gzip. cache: the value of
   Cache-Control. */
void static_send(struct request *r, const struct asset *a, const char *cache);

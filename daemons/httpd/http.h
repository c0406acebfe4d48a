/*
 * HTTP/1.1 behind a connection: requests in, replies and event streams out.
 * The grammar is libmicrohttpd's; what it lets pass and we do not is refused
 * here. http.c is the only file that knows the library.
 *
 * A request is answered exactly once, at once or later. It is owned by
 * struct http; the user's `gone` says that it ends (answered or not), and from
 * then on nobody may touch it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "addr.h"

struct asset;
struct conn;
struct evbuffer;
struct event_base;
struct http;
struct MHD_Connection;
struct MHD_Response;
struct request;

enum http_method {
	HTTP_GET = 1, /* HEAD, too */
	HTTP_POST = 2,
	HTTP_PATCH = 4,
	HTTP_DELETE = 8,
};

enum {
	HTTP_SEGMENTS = 8,
	HTTP_ARGS = 8,
	HTTP_URI = 2048,
	HTTP_HEAD_MAX = 16384,
	HTTP_BODY_MAX = 1 << 20,
	HTTP_HEADERS_OUT = 4,
	HTTP_STREAM_MAX = 65536, /* waiting bytes that end a slow reader */
};

struct http_arg {
	const char *name;
	const char *value;
};

struct http_header {
	const char *name;
	char value[192];
};

struct request {
	struct http *http;
	struct conn *conn; /* NULL: the peer has gone */
	struct MHD_Connection *mhd;
	enum http_method method; /* 0: one we do not know */
	char uri[HTTP_URI]; /* decoded in place; seg and args point into it */
	const char *seg[HTTP_SEGMENTS]; /* of the path, decoded */
	size_t n_seg;
	struct http_arg args[HTTP_ARGS];
	size_t n_args;
	char *body; /* body_n bytes and a NUL */
	size_t body_n;
	size_t body_max; /* set by begin(); 0: no body is taken */
	void *user;
	void (*gone)(struct request *r); /* may be NULL */
	void (*more)(struct request *r); /* http_file()'s */
	void *session;      /* struct login, valid during begin and run only */
	const void *target; /* begin's, for run */

	/* http.c's own */
	struct http_header out[HTTP_HEADERS_OUT];
	size_t n_out;
	struct MHD_Response *reply;
	struct evbuffer *stream;
	unsigned status;
	bool uri_bad;
	bool head_only;
	bool begun, running, queued, suspended, ended, failed, asked;
};

struct http_config {
	struct event_base *base;
	/* The head is there: may answer at once, or set r->body_max. */
	void (*begin)(void *ctx, struct request *r);
	/* The body is there: answer now or later. */
	void (*run)(void *ctx, struct request *r);
	void *ctx;
};

struct http *http_new(const struct http_config *config);
/* After all connections have gone. */
void http_free(struct http *h);

/* For struct conns_config. */
int http_attach(void *http, struct conn *c, int fd);
void http_gone(void *http, struct conn *c);

/* A request's header, or NULL. Lives as long as the request. */
const char *http_header_in(const struct request *r, const char *name);
/* A cookie's value, or NULL. */
const char *http_cookie(const struct request *r, const char *name);
const char *http_arg(const struct request *r, const char *name);

/* Adds a header to the reply to come; name must be a constant. */
void http_header_out(struct request *r, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Answers with JSON; takes `body` (NULL: "no memory", or 204's nothing). */
void http_reply_json(struct request *r, unsigned status, json_t *body);

/* Answers {"error", "field"?, "message"}. */
void http_reply_error(struct request *r, unsigned status, const char *error,
		      const char *field, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/* Answers with constant bytes. */
void http_reply_const(struct request *r, unsigned status, const char *type,
		      const void *bytes, size_t n);

/* Closes the connection without an answer. */
void http_drop(struct request *r);

/* Answers with a stream of events; then send until gone. */
void http_stream(struct request *r);
/* 0, -ENOMEM, or -ENOBUFS: too slow, is being dropped. */
int http_stream_send(struct request *r, const char *bytes, size_t n);
void http_stream_end(struct request *r);

/*
 * Answers with a file that is made as it is read. more() is called when all
 * that was sent is on its way to the peer, once for each http_file_send(), not
 * from inside of it; then send, http_stream_end(), or http_drop(): a file that
 * was dropped reaches nobody as a whole one.
 */
void http_file(struct request *r, const char *type,
	       void (*more)(struct request *r));
/* Takes all of `part`. 0, or -ENOMEM. */
int http_file_send(struct request *r, struct evbuffer *part);

/*
 * Connections: a listening socket, TLS in front, and behind it one end of a
 * socketpair whose other end the HTTP library serves. Each connection holds 20
 * KiB of buffers, no more, and one deadline, set by what it is doing.
 *
 * struct conns owns every struct conn. A conn ends by itself; gone() says so.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"

struct conn;
struct conns;
struct event_base;
struct tls_server;

/* What a connection is doing, and how long it may (conn.c has the table). */
enum conn_phase {
	CONN_HANDSHAKE,
	CONN_IDLE, /* between requests */
	CONN_HEAD, /* the first byte of a request has come */
	CONN_BODY,
	CONN_WORK, /* we are thinking */
	CONN_REPLY,
	CONN_STREAM, /* events: no deadline but while the peer does not read */
	CONN_LINGER, /* ended by us; waits for the peer to have read it all */
};

struct conns_config {
	struct event_base *base;
	struct tls_server *tls; /* NULL: plain text (unit tests and fuzzers) */
	/* Takes `fd`, the other end of the pair, also when it fails. 0 or
	   a negative errno. */
	int (*attach)(void *ctx, struct conn *c, int fd);
	unsigned hurry; /* tests: deadlines are this many times shorter */
	/* c is about to be freed; its pair is closed. */
	void (*gone)(void *ctx, struct conn *c);
	void *ctx;
	/* Does the ban of a source that is about to be turned away still
	   stand? NULL: it does. */
	bool (*banned)(void *ctx, const struct prefix *source);
	void *banned_ctx;
	/* Does the house know this address (known.h)? NULL: none. */
	bool (*known)(void *ctx, const struct addr *source);
	void *known_ctx;
};

struct conns *conns_new(const struct conns_config *config);
void conns_free(struct conns *s);

/*
 * Listens on every address. The port listened on before is let go of when one
 * of the staff has come in by the new one (conn_trust()), so that a firewall
 * that knows the old one only shuts nobody out. 0, or a negative errno and one
 * line in why; then all stays.
 */
int conns_listen(struct conns *s, uint16_t port, char *why, size_t why_size);

/* Takes a connected, non-blocking socket, as accept does. 0 or negative. */
int conns_add(struct conns *s, int fd, const struct addr *peer);

/* Closes, without a word, all connections of a source; one whose answer is on
   its way, after that answer. */
void conns_close_source(struct conns *s, const struct prefix *source);
/* From now on (true) a source is not even accepted. Bounded: the oldest are
   forgotten, for the packet filter is the true wall. until_ms: wall clock. */
void conns_ban(struct conns *s, const struct prefix *source, bool banned,
	       uint64_t until_ms);
size_t conns_count(const struct conns *s);

void conn_phase(struct conn *c, enum conn_phase phase);
/* Somebody of the staff: does not go when all places are taken. */
void conn_trust(struct conn *c);
/* Its source was shut out: no new request may be served. */
bool conn_doomed(const struct conn *c);
/* Ends it without a word, soon (not from inside the call). */
void conn_drop(struct conn *c);
const struct addr *conn_peer(const struct conn *c);
/* When it was opened; the monotonic clock. */
uint64_t conn_opened_ms(const struct conn *c);

/* A pointer of the layer behind. */
void conn_set_user(struct conn *c, void *user);
void *conn_user(const struct conn *c);

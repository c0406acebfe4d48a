/*
 * TLS 1.2 and later on a connected, non-blocking socket (mbedtls, server side).
 * The only place that knows the library, with cert.c and digest.c.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct tls_server; /* key, certificate, tickets: one a process */
struct tls;        /* one connection */

/*
 * Reads STATE/tls.crt and STATE/tls.key; makes them when they are not there or
 * end within 30 days. NULL, and one line in why that says what to do.
 */
struct tls_server *tls_server_new(const char *state_dir, char *why,
				  size_t why_size);
void tls_server_free(struct tls_server *s);

/* Does not own fd. NULL: no memory. */
struct tls *tls_new(struct tls_server *s, int fd);
void tls_free(struct tls *t);

enum {
	TLS_READ = -11,  /* again when fd is readable */
	TLS_WRITE = -12, /* again when fd is writable, with the same bytes */
	TLS_GONE = -13,  /* ended, or broken */
};

/* 0 when done, else one of the above. */
int tls_handshake(struct tls *t);
/* Bytes (more than 0), or one of the above. */
int tls_read(struct tls *t, void *buf, size_t n);
int tls_write(struct tls *t, const void *buf, size_t n);
/* Tells the peer that nothing more comes. */
void tls_end(struct tls *t);

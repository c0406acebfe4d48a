/*
 * Digest authentication as the one who is asked (RFC 2617, 7616, 8760; RFC 3261
 * section 22): reads a provider's challenge, writes our credentials. MD5,
 * SHA-256 and SHA-512-256, qop=auth or none. Pure.
 *
 * A challenge is kept and answered again with the next nonce count, so that a
 * dialog's later requests need no second round trip.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	CHALLENGE_REALM = 65,
	CHALLENGE_NONCE = 384,
	CHALLENGE_OPAQUE = 256,
	CREDENTIALS_HEADER = 1800,
	CREDENTIALS_CNONCE = 17, /* 8 bytes as hexadecimal */
};

enum challenge_hash { CHALLENGE_MD5, CHALLENGE_SHA256, CHALLENGE_SHA512_256 };

struct challenge {
	char realm[CHALLENGE_REALM];
	char nonce[CHALLENGE_NONCE]; /* "": there is no challenge */
	char opaque[CHALLENGE_OPAQUE];
	enum challenge_hash hash;
	bool session; /* the -sess variant */
	bool qop;     /* qop=auth was offered */
	bool stale;   /* only the nonce was too old */
	bool proxy;   /* 407: Proxy-Authorization answers it */
	uint32_t nc;  /* used so often */
};

/*
 * Takes the strongest challenge that we manage out of `n` lists of parameters.
 * `realm` is the only one that may be answered; "": any. Returns 0 and writes
 * *c; -ENOENT: none that we manage; -EPERM: only others' realms, the first of
 * which stands in c->realm. proxy is the caller's to set.
 */
int challenge_read(const char *const *const *lists, size_t n, const char *realm,
		   struct challenge *c);

/*
 * Writes "Authorization: Digest ..." or "Proxy-Authorization: ..." with CRLF
 * for the next request, and counts. `uri` is the Request-URI as it is sent,
 * cnonce a random token of the caller's (secret_token).
 * Returns 0 or -ENOSPC (header is "" then).
 */
int credentials_write(struct challenge *c, const char *user, const char *secret,
		      const char *method, const char *uri, const char *cnonce,
		      char *header, size_t size);

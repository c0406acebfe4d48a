/*
 * Digest authentication (RFC 2617, 7616, 8760; RFC 3261 section 22) with MD5
 * and SHA-256, qop=auth only. Nothing is kept for a challenge: a nonce proves
 * itself, and that it was given to this source address not long ago.
 *
 *	12 hex  time of issue, milliseconds from a random day
 *	 8 hex  a running number
 *	32 hex  HMAC-SHA256 over both and the source address, first 128 bits
 *
 * Only nonces that authenticated are remembered, with the last nonce count, in
 * a table of fixed size. What falls out of it counts as expired from then on,
 * so that a replay finds no gap.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"

struct digest;

enum { DIGEST_OFFER_MD5 = 1, DIGEST_OFFER_SHA256 = 2 };
enum { DIGEST_HEADERS = 512, DIGEST_TEXT = 256 };

enum digest_state {
	DIGEST_NONE,  /* no credentials that we could check: challenge */
	DIGEST_STALE, /* not our nonce, or too old, or used up: again */
	DIGEST_CLAIM, /* check it */
};

/* What a peer claims, unquoted. */
struct digest_claim {
	char user[DIGEST_TEXT];
	char uri[DIGEST_TEXT];
	char cnonce[DIGEST_TEXT];
	char nonce[64];
	char nc_text[9];
	char response[65];
	uint64_t nonce_ms;
	uint32_t nonce_number;
	uint32_t nc;
	bool sha256;
	bool again; /* the very same was accepted before: a retransmission */
};

/* Where the credentials came from and what must fit. */
struct digest_context {
	const char *realm;
	const char *method;
	const struct addr *source;
	uint64_t now_ms; /* CLOCK_MONOTONIC */
	uint32_t nonce_s;
};

/* A new key each time. NULL: no memory. */
struct digest *digest_new(void);
void digest_free(struct digest *d);

/*
 * Reads the first credentials for our realm among `n` lists of parameters
 * ("name=value", NULL-terminated). Writes *claim for DIGEST_CLAIM.
 */
enum digest_state digest_read(struct digest *d,
			      const struct digest_context *context,
			      const char *const *const *credentials, size_t n,
			      struct digest_claim *claim);

/* Does the claim follow from this secret? The time does not tell how far it
   is off. */
bool digest_verify(struct digest *d, const struct digest_context *context,
		   const struct digest_claim *claim, const char *secret);

/* The claim was accepted: its nonce count is used up. */
void digest_used(struct digest *d, const struct digest_context *context,
		 const struct digest_claim *claim);

/* One or two WWW-Authenticate lines with CRLF. */
void digest_challenge(struct digest *d, const struct digest_context *context,
		      unsigned offer, bool stale, char headers[DIGEST_HEADERS]);

/* DIGEST_OFFER_* for the setting "auto": by the phone's User-Agent. */
unsigned digest_offer_for(const char *user_agent);

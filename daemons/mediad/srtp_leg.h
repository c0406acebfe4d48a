/*
 * One leg's SRTP (RFC 3711): what it sends is opened, what it is sent is
 * sealed. The two directions have a key each; a key that stays goes on where it
 * was (roll-over counter, replay list), a new one begins at zero.
 *
 * libsrtp2 is seen by srtp_leg.c alone. Owned by the leg, used by its media
 * thread; nothing is locked.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct srtp_keys;
struct srtp_leg;

enum {
	SRTP_MORE = 64, /* room that sealing needs behind a packet */
	/* A phone has one stream at a time, and its RTCP may have another. */
	SRTP_SSRCS = 16,
};

/*
 * Makes the library ready, in 1 to 15 ms; again: nothing. By the control thread
 * before the first leg. Returns 0 or -EIO.
 */
int srtp_start(void **library);
/* After the last leg. NULL is allowed. */
void srtp_stop(void *library);

/* NULL: no memory. Without keys nothing passes. */
struct srtp_leg *srtp_leg_new(void);
void srtp_leg_free(struct srtp_leg *s);

/*
 * The keys that signalling agreed on. What the phone still sends with the key
 * before is taken for two seconds more. When a context cannot be made nothing
 * passes in its direction.
 */
void srtp_leg_set(struct srtp_leg *s, const struct srtp_keys *keys,
		  uint64_t now_ms);

/* In place, *n becomes smaller. -EBADMSG: not the phone's, or a replay; p is
   of no use then. */
int srtp_leg_open(struct srtp_leg *s, uint8_t *p, size_t *n, bool rtcp,
		  uint64_t now_ms);

/* In place, with SRTP_MORE bytes of room behind; *n grows. -EBADMSG: its
   number was sent before, or is far behind: it must not go out. */
int srtp_leg_seal(struct srtp_leg *s, uint8_t *p, size_t *n, bool rtcp);

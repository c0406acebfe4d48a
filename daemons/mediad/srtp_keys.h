/*
 * The keys of one end of a call: which of an offer is taken, what we offer,
 * what both sides then use (RFC 4568 section 5.1). Pure, but for the making of
 * our own keys.
 *
 * A key in SDP is no secret where SIP is none: what a leg may do is told by
 * who knows its transport. Each end has keys of its own, one for each suite,
 * made when they are first needed and never changed: a phone that repeats what
 * it said goes on where it was.
 */
#pragma once

#include "sdes.h"

struct refusal;
struct sdp;

/* The same numbers as the `srtp` of the messages. */
enum srtp_mode {
	SRTP_MODE_OFF,
	SRTP_MODE_MAY,   /* offered; taken when it is offered */
	SRTP_MODE_MUST,  /* and nothing else */
	SRTP_MODE_NEVER, /* it must, and cannot: no sound at all */
};

/* Ours; by suite, SRTP_NONE where none was made yet. The tag is that of our
   offer which may still be answered; 0: it is not in it. */
struct own_keys {
	struct sdes made[SRTP_SUITES];
};

/* Of one leg, for the packets. rx is what it sends with. */
struct srtp_keys {
	struct sdes rx;
	struct sdes tx;
};

/*
 * Leaves in the leg's offer the one key that we take; none: plain RTP. Returns
 * 0, or a negative errno and why: the leg must have it and offers none (or the
 * other way round).
 */
int srtp_keys_take(struct sdp *offer, enum srtp_mode mode, struct refusal *why);

/* May a leg be offered anything? Returns 0, or -EINVAL and why. */
int srtp_keys_may(enum srtp_mode mode, struct refusal *why);

/*
 * Puts into ours what is offered to a leg that may have an offer. theirs: what
 * it last agreed to, NULL for the first time; from then on it is offered what
 * it has. May choose the stream's profile, so ours has its streams.
 */
void srtp_keys_offer(struct own_keys *own, enum srtp_mode mode,
		     const struct sdp *theirs, struct sdp *ours);

/* Puts into ours the answer to the offer's key, or none. */
void srtp_keys_answer(struct own_keys *own, const struct sdp *offer,
		      struct sdp *ours);

/* Leaves in the answer to `asked` the key that fits one of ours, or none. */
int srtp_keys_check(const struct own_keys *own, struct sdp *answer,
		    const struct sdp *asked, enum srtp_mode mode,
		    struct refusal *why);

/* What the packets are sealed with; theirs: what was taken or checked of it.
   Both SRTP_NONE: plain RTP. */
void srtp_keys_agreed(const struct own_keys *own, const struct sdp *theirs,
		      struct srtp_keys *out);

/*
 * theirs is agreed on finally: forgets all keys but the one in use. Whoever
 * goes to another suite, or to plain RTP, and comes back has a new key: a
 * counter that began again under the old one would seal two packets alike.
 */
void srtp_keys_settle(struct own_keys *own, const struct sdp *theirs);

/* Wipes what a description holds. */
void srtp_keys_clear(struct sdp *s);

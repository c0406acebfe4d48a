/*
 * A leg: one SIP dialog of a call, with one phone or a trunk's provider. It
 * knows transactions, 100rel (RFC 3262), session timers (RFC 4028), UPDATE (RFC
 * 3311) and glare; it knows nothing of the other leg, of mediad, or of routed.
 *
 * The call owns a leg from leg_incoming() or leg_outgoing() until
 * leg_hangup(), which ends the dialog in the way its state asks for (final
 * response, CANCEL, ACK and BYE) and finishes on its own. Events come through
 * the function given; a leg may be hung up from inside its own event.
 *
 * SDP passes unread. sofia_leg*.c implement this on Sofia's NTA; unit tests of
 * the call put their own implementation behind this header.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "peer.h"

struct event_base;
struct leg;
struct legs;
struct msg_s;
struct sip_s;
struct sip_settings;
struct sofia;
struct target;
struct trunks;

enum { LEG_SDP_MAX = 8192, LEG_REASON = 96, LEG_NUMBER = 65 };

enum leg_event_kind {
	LEG_TRYING,    /* 100: the peer has our INVITE */
	LEG_RINGING,   /* 1xx without SDP */
	LEG_EARLY,     /* 1xx with SDP */
	LEG_ANSWERED,  /* 2xx: SDP is the answer, or the offer if none was made
			*/
	LEG_FAILED,    /* final response of 300 or more, or none came: code, and
			  `silent` if nobody was there */
	LEG_CANCELLED, /* by the caller; the 487 is the leg's business */
	LEG_ACKED,     /* our answer arrived; SDP if we had made the offer */
	LEG_OFFER, /* re-INVITE or UPDATE with SDP: leg_accept or leg_reject */
	LEG_OFFER_WANTED,  /* re-INVITE without SDP: the same, with an offer */
	LEG_OFFER_ANSWER,  /* the SDP answer to the offer that was wanted */
	LEG_OFFER_DROPPED, /* the offer was cancelled */
	LEG_REANSWERED,    /* our leg_offer() was accepted */
	LEG_REFUSED,       /* our leg_offer() was refused: code */
	LEG_INFO,          /* DTMF in an INFO: type and body */
	LEG_GONE,          /* BYE, or the dialog is dead: code says why */
};

struct leg_event {
	enum leg_event_kind kind;
	bool update; /* OFFER: by UPDATE, else by re-INVITE */
	uint32_t code;
	bool silent; /* FAILED: no answer at all, or no way to send */
	uint32_t retry_after_s;
	char reason[LEG_REASON]; /* printable */
	const uint8_t *body;     /* SDP, or the INFO's body */
	size_t body_bytes;
	const char *type; /* INFO: content type */
};

typedef void (*leg_event_fn)(void *ctx, struct leg *leg,
			     const struct leg_event *ev);

/* Who calls, as the called phone shall see it. Copied where needed. */
struct leg_identity {
	const char *number;
	const char *name;   /* "" for none */
	const char *callee; /* for the To header */
	bool hide; /* to a trunk: the called party must not learn who */
};

struct legs_config {
	struct event_base *base;
	struct sofia *sofia;
	const struct sip_settings *settings; /* its contents follow changes */
	struct trunks *trunks;
};

/* All legs, the ending ones included. NULL: no memory. */
struct legs *legs_new(const struct legs_config *config);
/* Ends what is left without a word on the wire. */
void legs_free(struct legs *l);

/* Is any leg left, ending ones included? They hold on to Sofia's agent. */
bool legs_any(const struct legs *l);

/*
 * Takes an INVITE outside a dialog (and msg), answers 100. Returns NULL when
 * it has been refused here: unsupported extension, short session timer,
 * foreign content, no memory.
 */
struct leg *leg_incoming(struct legs *l, struct msg_s *msg, struct sip_s *sip,
			 const struct peer *peer, leg_event_fn fn, void *ctx);

/* A leg to a registered phone, or to the server of the trunk that the target's
   peer names; nothing is sent yet. NULL: no memory, or the trunk is gone. */
struct leg *leg_outgoing(struct legs *l, const struct target *target,
			 const struct leg_identity *id, leg_event_fn fn,
			 void *ctx);

/* Hands the leg to another owner. */
void leg_bind(struct leg *leg, leg_event_fn fn, void *ctx);

/* The number the caller dialled (unescaped), its SDP offer, if any. */
const char *leg_dialled(const struct leg *leg);
/* Who calls, as a trunk's provider says; "" when none did. */
const char *leg_caller(const struct leg *leg);
const char *leg_caller_name(const struct leg *leg);
const uint8_t *leg_remote_sdp(const struct leg *leg, size_t *n);
/* What we last told this peer; n 0: nothing. */
const uint8_t *leg_local_sdp(const struct leg *leg, size_t *n);
const struct peer *leg_peer(const struct leg *leg);
/* Our address as this peer shall see it in SDP. */
void leg_advertise(const struct leg *leg, char *host, size_t size);

/* Sends the INVITE; n 0: the peer shall make the offer. 0 or -EIO. */
int leg_invite(struct leg *leg, const uint8_t *sdp, size_t n);

/*
 * To the caller: 180, 183 with SDP (reliably where the peer can), 200, refusal.
 * leg_answer() with SDP equal to what a reliable 183 told sends none.
 */
void leg_ring(struct leg *leg);
void leg_early(struct leg *leg, const uint8_t *sdp, size_t n);
void leg_answer(struct leg *leg, const uint8_t *sdp, size_t n);

/* Acknowledges the peer's 2xx (first INVITE, or a re-INVITE that wanted its
   offer), with an SDP answer if it made the offer. */
void leg_ack(struct leg *leg, const uint8_t *sdp, size_t n);

/* May an offer go to this leg now? Up, and no other offer open. */
bool leg_can_offer(const struct leg *leg);

/* Offers to an established leg; n 0: asks for its offer. By UPDATE where asked
   for and allowed, else by re-INVITE. 0, -EBUSY, -EIO. */
int leg_offer(struct leg *leg, bool update, const uint8_t *sdp, size_t n);

/* Answers LEG_OFFER or LEG_OFFER_WANTED. */
void leg_accept(struct leg *leg, const uint8_t *sdp, size_t n);
void leg_reject(struct leg *leg, uint32_t code);

void leg_info(struct leg *leg, const char *type, const uint8_t *body, size_t n);

/* How to end: a code for a caller that was not answered (and retry_after_s),
   the Reason of RFC 3326 for BYE and CANCEL. */
struct leg_end {
	uint32_t code;
	const char *text;
	uint32_t retry_after_s;
};

/* Ends the dialog and gives the leg away; NULL is allowed. */
void leg_hangup(struct leg *leg, const struct leg_end *end);

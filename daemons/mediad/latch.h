/*
 * Whose sound is it? The rule of SPEC 4 against RTP bleed: a leg accepts the
 * packets of one address, port and SSRC, found so:
 *
 * - A packet from exactly the address and port in SDP locks at once.
 * - Otherwise only a sender at the address that SIP came from (or in the
 *   leg's Permit IP networks) is listened to: four packets in sequence, with
 *   one SSRC and a negotiated payload type, over at least 60 ms.
 * - Once locked only new SDP opens the lock. SDP that repeats or names the
 *   locked address keeps it, but for a moment the SSRC may change (the far end
 *   replaces its stream while the last packets of the old one still fly), and
 *   a sender that passes the rules above takes it over (its NAT has given the
 *   phone another port, as happens during hold).
 * - What SRTP has proved to be the leg's may do the same at any time: whoever
 *   took the place of the phone could only make it deaf, and must stand where
 *   SIP came from.
 *
 * Pure: no clock, no socket. Owned by the leg that it guards.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "addr.h"

enum { LATCH_PACKETS = 4, LATCH_MS = 60, LATCH_RELEARN_MS = 2000 };

enum latch_verdict {
	LATCH_PASS,   /* the leg's own sound */
	LATCH_LOCKED, /* the same, and it is now known where to */
	LATCH_WAIT,   /* perhaps: not passed on */
	LATCH_FOREIGN,
};

/* What signalling knows of the leg. */
struct latch_conf {
	struct addr sdp; /* family 0: none (hold of old) */
	uint16_t sdp_port;
	struct addr source;  /* where SIP came from */
	char permit_ip[513]; /* networks, ';' between them */
	bool local;          /* the source is; sdp is not the box itself */
};

struct latch_sender {
	struct addr addr;
	uint16_t port;
	uint32_t ssrc;
	uint16_t seq;
	uint8_t count; /* in sequence */
	uint64_t since_ms;
};

struct latch {
	struct latch_conf conf;
	bool locked;
	struct latch_sender own;       /* when locked */
	struct latch_sender candidate; /* on probation; count 0: nobody */
	uint64_t relearn_until_ms;
};

struct latch_packet {
	struct addr from;
	uint16_t port;
	uint32_t ssrc;
	uint16_t seq;
	bool negotiated; /* the payload type is one that we offered */
	bool authentic;  /* SRTP proved that the phone made it */
};

/* New SDP. The lock stays when it names the locked address and port again, or
   when nothing at all changed. */
void latch_set(struct latch *l, const struct latch_conf *conf, uint64_t now_ms);

enum latch_verdict latch_packet(struct latch *l, const struct latch_packet *p,
				uint64_t now_ms);

/* Is it the locked address? For RTCP, whose port may differ. */
bool latch_same_host(const struct latch *l, const struct addr *from);

/*
 * Where to send. Before the lock only to an SDP address that is the SIP
 * source, permitted, or (for a local leg) local: nobody can make us shell a
 * third party by naming it in SDP. False: nowhere yet.
 */
bool latch_target(const struct latch *l, struct addr *to, uint16_t *port);

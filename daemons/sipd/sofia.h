/*
 * Sofia-SIP's agent as the rest of sipd sees it: transports, the guest loop,
 * and the addresses we give. Only sofia*.c include Sofia's headers.
 *
 * Requests inside a dialog reach their nta leg by themselves (sofia_leg.c);
 * all others come to the gate, and from there to the registrar or calls.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "peer.h"

struct event_base;
struct msg_s;
struct nta_agent_s;
struct request;
struct sip_s;
struct sofia;
struct su_root_s;

enum { SOFIA_HOST = 64, SOFIA_CONTACT = 160 };

/* For nta_leg_tcreate() and friends. */
struct nta_agent_s *sofia_agent(struct sofia *s);
struct su_root_s *sofia_root(struct sofia *s);

/*
 * Call once after nta_* was used from a callback that Sofia did not make (the
 * bus, a timer of libevent): its timers may have moved. Cheap; may be called
 * more than once.
 */
void sofia_kick(struct sofia *s);

/* The source of a message: all of *peer but extension and old_secret. */
void sofia_peer(struct sofia *s, struct msg_s *msg, struct peer *peer);

/* Is this address trusted (SPEC 1)? */
bool sofia_local(const struct sofia *s, const struct addr *addr);

/* Is it one that we are found at: of the box, or what stands for it outside? */
bool sofia_ours(const struct sofia *s, const struct addr *addr);

/*
 * Our address as `peer` must see it: to local peers the address of ours that
 * faces them, to others the configured external address if there is one.
 */
void sofia_host(struct sofia *s, const struct peer *peer,
		char host[SOFIA_HOST]);

/*
 * A Contact for `peer`: "<sip:user@host:port;transport=tcp>". user may be ""
 * and must be safe in a URI.
 */
void sofia_contact(struct sofia *s, const struct peer *peer, const char *user,
		   char contact[SOFIA_CONTACT]);

/* The socket of ours that faces an address, for a peer that is not here now.
   NULL: no route, or TLS is off. */
struct tport_s *sofia_tport_facing(struct sofia *s, const struct addr *addr,
				   enum peer_transport transport);

/* Is a connection lost? (UDP sockets are not.) */
bool sofia_tport_lost(struct tport_s *tport);
struct tport_s *sofia_tport_ref(struct tport_s *tport);
void sofia_tport_unref(struct tport_s *tport);

/* "sip:host:port;transport=udp" of where a peer was seen. */
void sofia_route(const struct peer *peer, char *route, size_t size);

/*
 * Ends a request. headers: further header lines, each with CRLF, or NULL; they
 * must hold no peer's bytes that were not checked.
 */
void sofia_reply(struct sofia *s, struct request *r, unsigned code,
		 const char *phrase, const char *headers);
void sofia_drop(struct sofia *s, struct request *r);

/* What a request has to do with the dialog that it names (sofia_leg_owner.c) */
enum sofia_claim {
	SOFIA_CLAIM_FAIR,  /* it is its peer's, or names none */
	SOFIA_CLAIM_OTHER, /* the peer of that dialog, or of the INVITE that it
			      is about, has another address than `from` */
	SOFIA_CLAIM_FLOOD, /* its peer asks too much: each would be kept 32 s */
};
enum sofia_claim sofia_leg_claim(struct sofia *s, const struct sip_s *sip,
				 const struct addr *from);

/* Does this response answer a request of ours that went to another address? */
bool sofia_answer_of_other(struct sofia *s, const struct msg_s *msg,
			   const struct sip_s *sip, const struct addr *from);

/* Keeps a request beyond the callback that brought it. */
void sofia_hold(struct request *r);

/* How many transactions there are, ours and theirs. Most are over: one over UDP
   is kept for 32 s (RFC 3261 section 17), whatever its call did. */
size_t sofia_transactions(const struct sofia *s);

/* How late the event loop runs, in milliseconds (a moving measure). */
uint32_t sofia_lag_ms(const struct sofia *s);

/*
 * Who sent us a request: the transport's source address and nothing that the
 * message claims (SPEC 1). A value, copied by assignment; `tport` is borrowed
 * and only good until the event loop turns, unless its owner says otherwise.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "addr.h"

struct tport_s; /* Sofia's transport object */

enum { PEER_EXTENSION = 9, PEER_TRUNK = 33 }; /* 8 digits, a name; NUL */

/* The same numbers as enum binding_transport and enum report_transport. */
enum peer_transport { PEER_UDP, PEER_TCP, PEER_TLS };

struct peer {
	struct addr addr;
	uint16_t port; /* host order */
	enum peer_transport transport;
	bool local;  /* trusted: loopback or a local network (SPEC 1) */
	bool proven; /* the source is no forgery: connected, or knew our nonce
		      */
	bool old_secret; /* it still uses the previous password */
	char extension[PEER_EXTENSION]; /* authenticated as; "" is nobody */
	char trunk[PEER_TRUNK]; /* it is this trunk's provider; "" is none */
	struct tport_s *tport;  /* it came by: the connection, or for UDP the
				   socket. For NTATAG_TPORT; may be NULL */
};

/*
 * Where the requests of a dialog over a trunk go next (RFC 3261 section
 * 12.2.1.1): what the first Route, or the remote target, says, and whether we
 * may send there. Pure.
 *
 * A provider may name any server of its network, and whoever speaks for it any
 * machine at all: ours, one of the LAN, a service that takes SIP for something
 * else. What may not be followed is passed by: the request goes to the server
 * that the dialog began with, its Route and Request-URI as they should be.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "where.h"

struct trunk;

enum { NEXT_HOP_HOST = 129 };

struct next_hop {
	char host[NEXT_HOP_HOST]; /* a name, or an address without brackets */
	uint16_t port;            /* 0: none was said */
	enum peer_transport transport;
};

/* The parts of a URI as they stand there, NULL for what does not. */
struct next_hop_uri {
	bool secure; /* sips: */
	const char *host;
	const char *port;
	const char *transport;
};

/* usual: the transport where none is said. -EINVAL: no host, port or transport
   that we know. */
int next_hop_read(const struct next_hop_uri *uri, enum peer_transport usual,
		  struct next_hop *out);

/* Is it the trunk itself by its own name, and so the server that was asked? */
bool next_hop_is_trunk(const struct next_hop *hop, const struct trunk *row);

struct next_hop_facts {
	const struct peer *asked; /* the server the dialog began with */
	bool own;   /* the address is asked's, or among the trunk's networks */
	bool local; /* it is of a local network */
	bool ours;  /* it is one of the box itself */
	bool known; /* over TLS: a server of the trunk, and proves it */
};

/* NULL: requests may go there; else why they may not. */
const char *next_hop_refused(const struct trunk_place *place,
			     const struct next_hop_facts *facts);

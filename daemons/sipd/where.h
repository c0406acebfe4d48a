/*
 * Where a provider's servers are (RFC 3263): from its name to addresses in the
 * order in which to try them. A fixed transport or port leaves less to ask:
 *
 *	auto		NAPTR, SRV of what it names, addresses
 *	udp, tcp, tls	SRV, addresses
 *	a port		addresses
 *
 * One struct where is one finding out; bounded in questions and places.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "peer.h"

struct dns;
struct where;

/* A server of the provider. */
struct trunk_place {
	struct addr addr;
	uint16_t port; /* host order */
	enum peer_transport transport;
};

enum { TRUNK_PLACES = 8 };

enum where_transport { WHERE_UDP, WHERE_TCP, WHERE_TLS, WHERE_AUTO };

struct where_question {
	const char *host;
	uint16_t port; /* 0: none was said */
	enum where_transport transport;
};

struct where_answer {
	int err; /* 0; -ENOENT: DNS knows no such server; -EAGAIN: nobody could
		    be asked */
	const struct trunk_place *places;
	size_t n;
	uint32_t ttl_s; /* the shortest on the way */
};

/* done comes once, never from inside; the struct is gone then. NULL: no
   memory. */
typedef void (*where_done_fn)(void *ctx, const struct where_answer *answer);
struct where *where_ask(struct dns *dns, const struct where_question *q,
			where_done_fn done, void *ctx);
/* Nobody wants to know any more; NULL is allowed. */
void where_drop(struct where *w);

/* The place of a host that is an address. false: it is a name. */
bool where_is_address(const struct where_question *q, struct trunk_place *out);

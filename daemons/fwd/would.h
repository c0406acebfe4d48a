/*
 * What a ruleset does to a packet: the same list of rules that goes into the
 * kernel, walked here (SPEC 7: Would). Pure; tests/unit/fwd_would.c holds it
 * against the kernel with random rules and random packets.
 */
#pragma once

#include "addr.h"
#include "ruleset.h"

struct packet {
	struct addr source;
	uint8_t protocol; /* IPPROTO_* */
	uint16_t source_port;
	uint16_t port; /* its destination */
	uint8_t icmp_type;
	uint8_t mac[6];
	bool has_mac;     /* came over Ethernet */
	bool loopback;    /* came in by lo */
	bool no_way_back; /* no route to the source by that interface */
	bool own_source;
	uint32_t ct;     /* CT_* */
	bool ct_reply;   /* an answer to what the box itself began */
	bool same_rules; /* accepted under this version of them */
	bool has_socket;
};

struct would_world {
	/* Is the source in this set of the kernel? */
	bool (*in_set)(void *ctx, const char *set, const struct addr *source);
	/* A counter that it moves; may be NULL. */
	void (*count)(void *ctx, const char *counter);
	void *ctx;
};

struct would {
	bool accept;
	const struct rule *rule; /* that decided; NULL: none did, accepted */
};

void would(const struct ruleset *rs, const struct packet *p,
	   const struct would_world *world, struct would *out);

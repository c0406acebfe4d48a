/*
 * The whole of `inet sallyport` as data: which sets, maps, counters, chains and
 * rules there are. A pure function of the settings, so that it stands in golden
 * files; nft*.c bring it into the kernel, would.c says what it does to a
 * packet.
 *
 * Sets, chains and counters that are there keep what is in them; rules, the
 * maps from ports to services and the local networks are replaced together in
 * one transaction, and what no ruleset names any more goes. Bans and allowed
 * addresses are elements of sets, not rules.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "intervals.h"
#include "records.h"

/* Changes with the shape of the sets and base chains in ruleset.c: a table of
   another layout is replaced whole. */
#define RULESET_LAYOUT "layout_2"
#define RULESET_TABLE "sallyport"
/* The set of both protocols that have ports, for rules that are of both. */
#define RULESET_TCP_UDP "tcp_udp"

enum wall_service {
	WALL_ALL,
	WALL_SIP,
	WALL_IAX2,
	WALL_HTTPS,
	WALL_SSH,
	WALL_AMI,
	WALL_N_SERVICES
};

const char *wall_service_name(enum wall_service s);
/* The service, or -EINVAL. */
int wall_service_find(const char *name);

enum {
	RULESET_NAME = 64, /* of a set, chain or counter */
	RULESET_OPS = 8,
	RULESET_PORTS = 16,
	/* Upper half of the connection mark; the lower is left to others. */
	RULESET_MARK_SHIFT = 16,
};

struct ruleset_port {
	uint8_t protocol; /* IPPROTO_UDP or IPPROTO_TCP */
	uint16_t port;
	enum wall_service service;
};

struct ruleset_input {
	bool enabled;
	bool ping;
	bool drop_all;
	uint16_t generation; /* another one each time: running flows walk again
			      */
	uint16_t rtp_min;    /* 0: no RTP */
	uint16_t rtp_max;
	struct ruleset_port ports[RULESET_PORTS];
	size_t n_ports;
	const struct interval *local; /* merged; the caller's */
	size_t n_local;
	const struct common_rule *common; /* in order; the caller's */
	size_t n_common;
	const struct auto_defense *defense; /* the caller's */
	size_t n_defense;
};

enum set_key {
	SET_IPV4,
	SET_IPV6,
	SET_PORTS,     /* map: protocol . port -> jump to a chain */
	SET_IPV4_PORT, /* source . destination port */
	SET_IPV6_PORT,
	SET_PROTOCOL,
	SET_FLOW, /* a tracked connection */
};

enum set_use {
	SET_PLAIN,
	SET_INTERVAL,
	SET_BANS,    /* elements end, and count their packets */
	SET_DYNAMIC, /* rules add to it; elements end */
	SET_CONNS,   /* rules add to it; elements end with their connections */
};

struct ruleset_set {
	char name[RULESET_NAME];
	enum set_key key;
	enum set_use use;
	uint32_t most; /* elements; 0: as many as there are */
};

/* A rate of its own that rules share; a full bucket is `burst`. */
struct ruleset_limit {
	char name[RULESET_NAME];
	uint32_t packets;
	uint32_t seconds;
	uint32_t burst;
	bool within; /* rules with it fit until it is used up; else: from then
			on */
};

enum chain_hook { CHAIN_PLAIN, CHAIN_PREROUTING, CHAIN_INPUT };

struct ruleset_chain {
	char name[RULESET_NAME];
	enum chain_hook hook;
};

struct ruleset_counter {
	char name[RULESET_NAME];
};

/* What a rule looks at, and at last does; read left to right. */
enum op_kind {
	OP_LOOPBACK, /* came in by lo */
	OP_IPV4,
	OP_IPV6,
	OP_SOURCE4_IN,     /* name: an IPv4 set */
	OP_SOURCE6_IN,     /* name: an IPv6 set */
	OP_SOURCE64_IN,    /* the same, by the source's /64 */
	OP_SOURCE4_NOT_IN, /* name: an IPv4 set */
	OP_SOURCE64_NOT_IN,
	OP_SOURCE4_NET, /* addr, a: a network and its length */
	OP_SOURCE6_NET,
	OP_MAC,            /* addr: of the sender */
	OP_LINK_LOCAL,     /* IPv6 source fe80::/10 */
	OP_NO_WAY_BACK,    /* no route to the source by this interface */
	OP_OWN_SOURCE,     /* from an address of this box to this box */
	OP_PROTOCOL,       /* a */
	OP_PROTOCOL_NOT,   /* a */
	OP_PROTOCOL_IN,    /* name: the set of TCP and UDP */
	OP_SOURCE_PORT,    /* a */
	OP_PORT,           /* a..b */
	OP_PORT_NOT,       /* a..b */
	OP_TCP_ACK,        /* an acknowledgement, nothing else */
	OP_ICMP_TYPE,      /* a..b */
	OP_CT_STATE,       /* a: any of these CT_* */
	OP_CT_REPLY,       /* answers to what the box itself began */
	OP_CT_GENERATION,  /* a: accepted under this one */
	OP_SET_GENERATION, /* a */
	OP_HAS_SOCKET,     /* somebody here waits for it */
	/* More than a packets in b seconds, c at once; by source (IPv6: its
	   /64) in the set `name`. A full set: no. */
	OP_OVER4,
	OP_OVER6,
	OP_OVER4_PORT, /* the same by source and port */
	OP_OVER6_PORT,
	OP_WITHIN4, /* not more than that; a full set: no, again */
	OP_WITHIN6,
	OP_FIRST,  /* the first packet of its connection to come here within b
		      seconds (a and c are 1); name: a set of flows */
	OP_CONNS4, /* more than a connections of the source; name: a set */
	OP_CONNS6,
	OP_NOTE4, /* puts the source into the set `name`, for a seconds */
	OP_NOTE6,
	OP_LIMIT,   /* name: a limit that is used up */
	OP_COUNT,   /* name: a counter */
	OP_SERVICE, /* name: a map of ports */
	OP_ACCEPT,
	OP_DROP,
	OP_RETURN,
	OP_JUMP, /* name: a chain */
	OP_GOTO, /* name: a chain */
};

/* As the kernel's own bits (NF_CT_STATE_BIT). */
enum { CT_ESTABLISHED = 2, CT_RELATED = 4, CT_NEW = 8 };

struct rule_op {
	enum op_kind kind;
	uint32_t a;
	uint32_t b;
	uint32_t c;
	uint8_t addr[16];
	char name[RULESET_NAME];
};

struct rule {
	char chain[RULESET_NAME];
	const char *why; /* constant text: what it is, for people */
	char row[33];    /* of which row of a table; empty: built in */
	struct rule_op op[RULESET_OPS];
	size_t n;
};

struct ruleset {
	struct ruleset_set *sets;
	struct ruleset_chain *chains;
	struct ruleset_counter *counters;
	struct ruleset_limit *limits;
	struct rule *rules;
	size_t n_sets;
	size_t n_chains;
	size_t n_counters;
	size_t n_limits;
	size_t n_rules;
	/* Ports and local networks become elements; rows are rules by now. */
	struct ruleset_input in;
	struct rule spare; /* written to for want of memory */
	bool failed;
};

/*
 * Fills rs, which the caller ends with ruleset_fini(), also after an error; it
 * keeps in->local. 0 or -ENOMEM; any input will do.
 */
int ruleset_build(struct ruleset *rs, const struct ruleset_input *in);
void ruleset_fini(struct ruleset *rs);

/* The set that holds bans (or allowed addresses) of a family for a service. */
void ruleset_set_name(char name[RULESET_NAME], const char *what, int family,
		      enum wall_service service);

/* As people read it, in nft's words where it has them; malloc'd, or NULL. */
char *ruleset_text(const struct ruleset *rs);

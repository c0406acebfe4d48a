/*
 * The whole of `inet sallyport` as data: which sets, maps, counters, chains and
 * rules there are. A pure function of the settings, so that it stands in golden
 * files; nft*.c bring it into the kernel.
 *
 * Sets and chains are made once and keep what is in them; rules, the maps from
 * ports to services and the local networks are replaced together in one
 * transaction. Bans and allowed addresses are elements of sets, not rules.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "intervals.h"

/* Changes with the sets and base chains below: the mark of the layout that
   stands in the kernel. A table of another layout is replaced whole. */
#define RULESET_LAYOUT "layout_1"
#define RULESET_TABLE "sallyport"

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
	RULESET_NAME = 20,
	RULESET_OPS = 8,
	RULESET_SETS = 40,
	RULESET_CHAINS = 24,
	RULESET_COUNTERS = 12,
	RULESET_RULES = 96,
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
	uint16_t generation; /* another one each time: running flows walk again
			      */
	uint16_t rtp_min;    /* 0: no RTP */
	uint16_t rtp_max;
	struct ruleset_port ports[RULESET_PORTS];
	size_t n_ports;
	const struct interval *local; /* merged; the caller's */
	size_t n_local;
};

enum set_kind {
	SET_IPV4,
	SET_IPV6,
	SET_PORTS, /* map: protocol . port -> jump to a chain */
};

struct ruleset_set {
	char name[RULESET_NAME];
	enum set_kind kind;
	bool interval;
	bool timeout; /* elements end, and count their packets */
};

enum chain_hook { CHAIN_PLAIN, CHAIN_PREROUTING, CHAIN_INPUT };

struct ruleset_chain {
	char name[RULESET_NAME];
	enum chain_hook hook;
};

/* What a rule looks at, and at last does; read left to right. */
enum op_kind {
	OP_LOOPBACK, /* came in by lo */
	OP_IPV4,
	OP_IPV6,
	OP_SOURCE4_IN,     /* name: an IPv4 set */
	OP_SOURCE6_IN,     /* name: an IPv6 set */
	OP_SOURCE64_IN,    /* the same, by the source's /64 */
	OP_LINK_LOCAL,     /* IPv6 source fe80::/10 */
	OP_NO_WAY_BACK,    /* no route to the source by this interface */
	OP_OWN_SOURCE,     /* from an address of this box to this box */
	OP_PROTOCOL,       /* a */
	OP_SOURCE_PORT,    /* a */
	OP_PORT,           /* a..b */
	OP_ICMP_TYPE,      /* a..b */
	OP_CT_STATE,       /* a: any of these CT_* */
	OP_CT_REPLY,       /* answers to what the box itself began */
	OP_CT_GENERATION,  /* a: accepted under this one */
	OP_SET_GENERATION, /* a */
	OP_HAS_SOCKET,     /* somebody here waits for it */
	OP_COUNT,          /* name: a counter */
	OP_SERVICE,        /* name: a map of ports */
	OP_ACCEPT,
	OP_DROP,
	OP_JUMP, /* name: a chain */
	OP_GOTO, /* name: a chain */
};

enum { CT_ESTABLISHED = 2, CT_RELATED = 4 };

struct rule_op {
	enum op_kind kind;
	uint32_t a;
	uint32_t b;
	char name[RULESET_NAME];
};

struct rule {
	char chain[RULESET_NAME];
	const char *why; /* constant text: the rule's name for people */
	struct rule_op op[RULESET_OPS];
	size_t n;
};

struct ruleset {
	struct ruleset_set sets[RULESET_SETS];
	struct ruleset_chain chains[RULESET_CHAINS];
	char counters[RULESET_COUNTERS][RULESET_NAME];
	struct rule rules[RULESET_RULES];
	struct ruleset_input in; /* ports and local networks become elements */
	size_t n_sets;
	size_t n_chains;
	size_t n_counters;
	size_t n_rules;
	bool full; /* a limit above was too small: our fault */
};

/* Fills rs; rs keeps in->local. Never fails for any input. */
void ruleset_build(struct ruleset *rs, const struct ruleset_input *in);

/* The set that holds bans (or allowed addresses) of a family for a service. */
void ruleset_set_name(char name[RULESET_NAME], const char *what, int family,
		      enum wall_service service);

/* As people read it, in nft's words where it has them; malloc'd, or NULL. */
char *ruleset_text(const struct ruleset *rs);

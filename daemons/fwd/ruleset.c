#include "ruleset.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common.h"
#include "defense.h"
#include "flood.h"
#include "measure.h"
#include "ruleset_put.h"

static const char *const service_names[WALL_N_SERVICES] = {
	[WALL_ALL] = "all",     [WALL_SIP] = "sip", [WALL_IAX2] = "iax2",
	[WALL_HTTPS] = "https", [WALL_SSH] = "ssh", [WALL_AMI] = "ami",
};

const char *wall_service_name(enum wall_service s)
{
	assert(s < WALL_N_SERVICES);
	return service_names[s];
}

int wall_service_find(const char *name)
{
	for (int s = 0; s < WALL_N_SERVICES; s++)
		if (strcmp(name, service_names[s]) == 0)
			return s;
	return -EINVAL;
}

void ruleset_set_name(char name[RULESET_NAME], const char *what, int family,
		      enum wall_service service)
{
	snprintf(name, RULESET_NAME, "%s%c_%s", what,
		 family == AF_INET ? '4' : '6', wall_service_name(service));
}

/* source in set `what`<family>_<service>: one rule a family */
static struct rule *source_rule(struct ruleset *rs, const char *chain,
				const char *why, const char *what, int family,
				enum wall_service service)
{
	struct rule *r = put_rule(rs, chain, why);
	char set[RULESET_NAME];
	bool v4 = family == AF_INET;
	/* Bans of IPv6 are of the source's /64 (SPEC 6). */
	bool by_64 = strcmp(what, "ban") == 0;

	ruleset_set_name(set, what, family, service);
	put_op(r, v4 ? OP_IPV4 : OP_IPV6);
	put_op_name(r,
		    v4      ? OP_SOURCE4_IN
		    : by_64 ? OP_SOURCE64_IN
			    : OP_SOURCE6_IN,
		    set);
	return r;
}

static void pass_allowed(struct ruleset *rs, const char *chain,
			 enum wall_service service, bool mark)
{
	static const int families[] = { AF_INET, AF_INET6 };

	for (size_t i = 0; i < 2; i++) {
		struct rule *r = source_rule(rs, chain, "allowed address",
					     "allow", families[i], service);
		if (mark)
			put_op_name(r, OP_GOTO, "accepted");
		else
			put_op(r, OP_ACCEPT);
	}
}

static void drop_banned(struct ruleset *rs, const char *chain,
			enum wall_service service)
{
	static const int families[] = { AF_INET, AF_INET6 };

	for (size_t i = 0; i < 2; i++) {
		struct rule *r = source_rule(rs, chain, "rejected address",
					     "ban", families[i], service);
		char counter[RULESET_NAME];

		snprintf(counter, sizeof(counter), "banned_%s",
			 wall_service_name(service));
		put_op_name(r, OP_COUNT, counter);
		put_op(r, OP_DROP);
	}
}

/* Sets, maps, chains and counters: the same whatever the settings are. */
static void build_skeleton(struct ruleset *rs)
{
	char name[RULESET_NAME];

	put_counter(rs, "forged");
	put_counter(rs, "ping_dropped");
	put_counter(rs, "rtp_dropped");
	put_counter(rs, "drop_all");
	put_set(rs, "local4", SET_IPV4, SET_INTERVAL);
	put_set(rs, "local6", SET_IPV6, SET_INTERVAL);
	put_set(rs, RULESET_TCP_UDP, SET_PROTOCOL, SET_PLAIN);
	for (enum wall_service s = 0; s < WALL_N_SERVICES; s++) {
		ruleset_set_name(name, "allow", AF_INET, s);
		put_set(rs, name, SET_IPV4, SET_INTERVAL);
		ruleset_set_name(name, "allow", AF_INET6, s);
		put_set(rs, name, SET_IPV6, SET_INTERVAL);
		ruleset_set_name(name, "ban", AF_INET, s);
		put_set(rs, name, SET_IPV4, SET_BANS);
		ruleset_set_name(name, "ban", AF_INET6, s);
		put_set(rs, name, SET_IPV6, SET_BANS);
		snprintf(name, sizeof(name), "banned_%s", wall_service_name(s));
		put_counter(rs, name);
	}
	put_chain(rs, RULESET_LAYOUT, CHAIN_PLAIN);
	for (enum wall_service s = WALL_ALL + 1; s < WALL_N_SERVICES; s++) {
		snprintf(name, sizeof(name), "guard_%s", wall_service_name(s));
		put_chain(rs, name, CHAIN_PLAIN);
		snprintf(name, sizeof(name), "pass_%s", wall_service_name(s));
		put_chain(rs, name, CHAIN_PLAIN);
	}
	put_set(rs, "guard_ports", SET_PORTS, SET_PLAIN);
	put_set(rs, "pass_ports", SET_PORTS, SET_PLAIN);
	put_chain(rs, "measure", CHAIN_PLAIN);
	put_chain(rs, "defense", CHAIN_PLAIN);
	put_chain(rs, "flood", CHAIN_PLAIN);
	put_chain(rs, "rtp", CHAIN_PLAIN);
	put_chain(rs, "rtp_call", CHAIN_PLAIN);
	put_chain(rs, "common", CHAIN_PLAIN);
	put_chain(rs, "accepted", CHAIN_PLAIN);
	put_chain(rs, "prerouting", CHAIN_PREROUTING);
	put_chain(rs, "input", CHAIN_INPUT);
	common_put_counters(rs);
	defense_put_sets(rs);
	measure_put_sets(rs);
	flood_put_sets(rs);
}

/*
 * Before connection tracking: forged sources, then allowed beats rejected
 * (SPEC 7), so that flows which are already open are cut, too.
 */
static void build_prerouting(struct ruleset *rs)
{
	static const char *const c = "prerouting";
	const struct ruleset_input *in = &rs->in;
	struct rule *r;

	r = put_rule(rs, c, "loopback");
	put_op(r, OP_LOOPBACK);
	put_op(r, OP_ACCEPT);
	for (int v = 0; v < 2; v++) {
		r = put_rule(rs, c, "forged local source");
		put_op(r, v ? OP_IPV6 : OP_IPV4);
		put_op_name(r, v ? OP_SOURCE6_IN : OP_SOURCE4_IN,
			    v ? "local6" : "local4");
		put_op(r, OP_NO_WAY_BACK);
		put_op_name(r, OP_COUNT, "forged");
		put_op(r, OP_DROP);
	}
	r = put_rule(rs, c, "the box's own address as source");
	put_op(r, OP_OWN_SOURCE);
	put_op_name(r, OP_COUNT, "forged");
	put_op(r, OP_DROP);
	pass_allowed(rs, c, WALL_ALL, false);
	r = put_rule(rs, c, "to the service's chain");
	put_op_name(r, OP_SERVICE, "guard_ports");
	if (in->rtp_min > 0) {
		/* An address allowed for SIP may be heard, too, even where
		   all of its other packets are rejected. */
		for (int v = 0; v < 2; v++) {
			r = put_rule(rs, c, "sound of an allowed address");
			put_op_number(r, OP_PROTOCOL, IPPROTO_UDP);
			put_op_range(r, OP_PORT, in->rtp_min, in->rtp_max);
			put_op(r, v ? OP_IPV6 : OP_IPV4);
			put_op_name(r, v ? OP_SOURCE6_IN : OP_SOURCE4_IN,
				    v ? "allow6_sip" : "allow4_sip");
			put_op(r, OP_ACCEPT);
		}
	}
	drop_banned(rs, c, WALL_ALL);
	for (enum wall_service s = WALL_ALL + 1; s < WALL_N_SERVICES; s++) {
		char name[RULESET_NAME];

		snprintf(name, sizeof(name), "guard_%s", wall_service_name(s));
		pass_allowed(rs, name, s, false);
		drop_banned(rs, name, s);
	}
}

static void icmp_rule(struct ruleset *rs, const char *why, uint8_t protocol,
		      uint32_t first, uint32_t last)
{
	struct rule *r = put_rule(rs, "input", why);

	put_op_number(r, OP_PROTOCOL, protocol);
	put_op_range(r, OP_ICMP_TYPE, first, last);
	put_op(r, OP_ACCEPT);
}

/* What no rule may cut, or the box loses its network. */
static void build_always(struct ruleset *rs)
{
	struct rule *r;

	/* RFC 1191: fragmentation needed; RFC 8201: packet too big */
	icmp_rule(rs, "ICMP errors", IPPROTO_ICMP, 3, 3);
	icmp_rule(rs, "ICMP errors", IPPROTO_ICMP, 11, 12);
	icmp_rule(rs, "ICMPv6 errors", IPPROTO_ICMPV6, 1, 4);
	/* RFC 2710, RFC 4861, RFC 3810 */
	icmp_rule(rs, "multicast listeners", IPPROTO_ICMPV6, 130, 132);
	icmp_rule(rs, "neighbour discovery", IPPROTO_ICMPV6, 133, 137);
	icmp_rule(rs, "multicast listeners", IPPROTO_ICMPV6, 143, 143);
	r = put_rule(rs, "input", "DHCP client");
	put_op(r, OP_IPV4);
	put_op_number(r, OP_PROTOCOL, IPPROTO_UDP);
	put_op_number(r, OP_SOURCE_PORT, 67);
	put_op_number(r, OP_PORT, 68);
	put_op(r, OP_ACCEPT);
	r = put_rule(rs, "input", "DHCPv6 client");
	put_op(r, OP_IPV6);
	put_op(r, OP_LINK_LOCAL);
	put_op_number(r, OP_PROTOCOL, IPPROTO_UDP);
	put_op_number(r, OP_PORT, 546);
	put_op(r, OP_ACCEPT);
}

static struct rule *put_reply(struct ruleset *rs)
{
	struct rule *r = put_rule(rs, "input", "replies to the box");

	put_op_number(r, OP_CT_STATE, CT_ESTABLISHED | CT_RELATED);
	put_op(r, OP_CT_REPLY);
	return r;
}

/* Not of sound: who sends first in a call is chance, and a new rule must cut
   it either way. */
static void build_replies(struct ruleset *rs)
{
	struct rule *r = put_reply(rs);

	if (rs->in.rtp_min > 0) {
		put_op_number(r, OP_PROTOCOL_NOT, IPPROTO_UDP);
		put_op(r, OP_ACCEPT);
		r = put_reply(rs);
		put_op_number(r, OP_PROTOCOL, IPPROTO_UDP);
		put_op_range(r, OP_PORT_NOT, rs->in.rtp_min, rs->in.rtp_max);
	}
	put_op(r, OP_ACCEPT);
}

static void build_running_flows(struct ruleset *rs)
{
	struct rule *r = put_rule(rs, "input", "accepted under these rules");

	put_op_number(r, OP_CT_STATE, CT_ESTABLISHED);
	put_op_number(r, OP_CT_GENERATION, rs->in.generation);
	put_op(r, OP_ACCEPT);
}

static void build_ping(struct ruleset *rs)
{
	static const struct {
		uint8_t protocol;
		uint8_t type;
	} echo[] = { { IPPROTO_ICMP, 8 }, { IPPROTO_ICMPV6, 128 } };

	for (size_t i = 0; i < 2 && !rs->in.ping; i++) {
		struct rule *r = put_rule(rs, "input", "ping is off");

		put_op_number(r, OP_PROTOCOL, echo[i].protocol);
		put_op_number(r, OP_ICMP_TYPE, echo[i].type);
		put_op_name(r, OP_COUNT, "ping_dropped");
		put_op(r, OP_DROP);
	}
}

/*
 * RTP ports admit only what has an open socket, whatever the rules say; an
 * address that is allowed for SIP may be heard as well.
 */
static void build_rtp(struct ruleset *rs)
{
	struct rule *r;

	if (rs->in.rtp_min == 0)
		return;
	r = put_rule(rs, "rtp", "sound of a call");
	put_op(r, OP_HAS_SOCKET);
	put_op_name(r, OP_GOTO, "rtp_call");
	r = put_rule(rs, "rtp", "sound without a call");
	put_op_name(r, OP_COUNT, "rtp_dropped");
	put_op(r, OP_DROP);
	pass_allowed(rs, "rtp_call", WALL_SIP, true);
}

static void build_to_rtp(struct ruleset *rs, bool new_only)
{
	const struct ruleset_input *in = &rs->in;
	struct rule *r;

	if (in->rtp_min == 0)
		return;
	r = put_rule(rs, "input", "to a port of calls");
	put_op_number(r, OP_PROTOCOL, IPPROTO_UDP);
	put_op_range(r, OP_PORT, in->rtp_min, in->rtp_max);
	if (new_only)
		put_op_number(r, OP_CT_STATE, CT_NEW);
	put_op_name(r, OP_JUMP, "rtp");
}

static void build_input(struct ruleset *rs)
{
	struct rule *r = put_rule(rs, "input", "loopback");

	put_op(r, OP_LOOPBACK);
	put_op(r, OP_ACCEPT);
	build_always(rs);
	r = put_rule(rs, "input", "allowed for the service");
	put_op_name(r, OP_SERVICE, "pass_ports");
	pass_allowed(rs, "input", WALL_ALL, true);
	r = put_rule(rs, "input", "rates");
	put_op_name(r, OP_JUMP, "measure");
	measure_put(rs);
	r = put_rule(rs, "input", "auto defense");
	put_op_name(r, OP_JUMP, "defense");
	defense_put(rs);
	build_replies(rs);
	/* What goes to shut ports must not use up the limits of open ones. */
	build_to_rtp(rs, true);
	r = put_rule(rs, "input", "floods");
	put_op_name(r, OP_JUMP, "flood");
	flood_put(rs);
	build_running_flows(rs);
	build_ping(rs);
	build_to_rtp(rs, false);
	build_rtp(rs);
	r = put_rule(rs, "input", "common rules");
	put_op_name(r, OP_JUMP, "common");
	common_put(rs);
	if (rs->in.drop_all) {
		r = put_rule(rs, "input", "drop all");
		put_op_name(r, OP_COUNT, "drop_all");
		put_op(r, OP_DROP);
	} else {
		r = put_rule(rs, "input", "no rule");
		put_op_name(r, OP_GOTO, "accepted");
	}
	for (enum wall_service s = WALL_ALL + 1; s < WALL_N_SERVICES; s++) {
		char name[RULESET_NAME];

		snprintf(name, sizeof(name), "pass_%s", wall_service_name(s));
		pass_allowed(rs, name, s, true);
	}
	/* What is not tracked (a stray segment) has no mark to set, and the
	   rule ends there. */
	r = put_rule(rs, "accepted", "remember the flow");
	put_op_number(r, OP_SET_GENERATION, rs->in.generation);
	r = put_rule(rs, "accepted", "accepted");
	put_op(r, OP_ACCEPT);
}

int ruleset_build(struct ruleset *rs, const struct ruleset_input *in)
{
	memset(rs, 0, sizeof(*rs));
	rs->in = *in;
	build_skeleton(rs);
	if (in->enabled) {
		build_prerouting(rs);
		build_input(rs);
	}
	rs->in.common = NULL;
	rs->in.n_common = 0;
	rs->in.defense = NULL;
	rs->in.n_defense = 0;
	return rs->failed ? -ENOMEM : 0;
}

void ruleset_fini(struct ruleset *rs)
{
	free(rs->sets);
	free(rs->chains);
	free(rs->counters);
	free(rs->limits);
	free(rs->rules);
	memset(rs, 0, sizeof(*rs));
}

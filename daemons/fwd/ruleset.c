#include "ruleset.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

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

static void add_set(struct ruleset *rs, const char *name, enum set_kind kind,
		    bool interval, bool timeout)
{
	struct ruleset_set *set;

	if (rs->n_sets == RULESET_SETS) {
		rs->full = true;
		return;
	}
	set = &rs->sets[rs->n_sets++];
	*set = (struct ruleset_set){
		.kind = kind,
		.interval = interval,
		.timeout = timeout,
	};
	snprintf(set->name, sizeof(set->name), "%s", name);
}

static void add_chain(struct ruleset *rs, const char *name,
		      enum chain_hook hook)
{
	struct ruleset_chain *chain;

	if (rs->n_chains == RULESET_CHAINS) {
		rs->full = true;
		return;
	}
	chain = &rs->chains[rs->n_chains++];
	chain->hook = hook;
	snprintf(chain->name, sizeof(chain->name), "%s", name);
}

static void add_counter(struct ruleset *rs, const char *name)
{
	if (rs->n_counters == RULESET_COUNTERS) {
		rs->full = true;
		return;
	}
	snprintf(rs->counters[rs->n_counters++], RULESET_NAME, "%s", name);
}

static struct rule *add_rule(struct ruleset *rs, const char *chain,
			     const char *why)
{
	struct rule *r;

	if (rs->n_rules == RULESET_RULES) {
		rs->full = true;
		rs->n_rules--;
	}
	r = &rs->rules[rs->n_rules++];
	memset(r, 0, sizeof(*r));
	snprintf(r->chain, sizeof(r->chain), "%s", chain);
	r->why = why;
	return r;
}

static struct rule_op *add_op(struct rule *r, enum op_kind kind)
{
	assert(r->n < RULESET_OPS);
	r->op[r->n].kind = kind;
	return &r->op[r->n++];
}

static void op_name(struct rule *r, enum op_kind kind, const char *name)
{
	struct rule_op *op = add_op(r, kind);

	snprintf(op->name, sizeof(op->name), "%s", name);
}

static void op_range(struct rule *r, enum op_kind kind, uint32_t a, uint32_t b)
{
	struct rule_op *op = add_op(r, kind);

	op->a = a;
	op->b = b;
}

static void op_number(struct rule *r, enum op_kind kind, uint32_t a)
{
	op_range(r, kind, a, a);
}

/* source in set `what`<family>_<service>: one rule a family */
static struct rule *source_rule(struct ruleset *rs, const char *chain,
				const char *why, const char *what, int family,
				enum wall_service service)
{
	struct rule *r = add_rule(rs, chain, why);
	char set[RULESET_NAME];
	bool v4 = family == AF_INET;
	/* Bans of IPv6 are of the source's /64 (SPEC 6). */
	bool by_64 = strcmp(what, "ban") == 0;

	ruleset_set_name(set, what, family, service);
	add_op(r, v4 ? OP_IPV4 : OP_IPV6);
	op_name(r,
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
			op_name(r, OP_GOTO, "accepted");
		else
			add_op(r, OP_ACCEPT);
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
		op_name(r, OP_COUNT, counter);
		add_op(r, OP_DROP);
	}
}

/* Sets, maps, chains and counters: the same whatever the settings are. */
static void build_skeleton(struct ruleset *rs)
{
	char name[RULESET_NAME];

	add_counter(rs, "forged");
	add_counter(rs, "ping_dropped");
	add_counter(rs, "rtp_dropped");
	add_set(rs, "local4", SET_IPV4, true, false);
	add_set(rs, "local6", SET_IPV6, true, false);
	for (enum wall_service s = 0; s < WALL_N_SERVICES; s++) {
		ruleset_set_name(name, "allow", AF_INET, s);
		add_set(rs, name, SET_IPV4, true, false);
		ruleset_set_name(name, "allow", AF_INET6, s);
		add_set(rs, name, SET_IPV6, true, false);
		ruleset_set_name(name, "ban", AF_INET, s);
		add_set(rs, name, SET_IPV4, false, true);
		ruleset_set_name(name, "ban", AF_INET6, s);
		add_set(rs, name, SET_IPV6, false, true);
		snprintf(name, sizeof(name), "banned_%s", wall_service_name(s));
		add_counter(rs, name);
	}
	add_chain(rs, RULESET_LAYOUT, CHAIN_PLAIN);
	for (enum wall_service s = WALL_ALL + 1; s < WALL_N_SERVICES; s++) {
		snprintf(name, sizeof(name), "guard_%s", wall_service_name(s));
		add_chain(rs, name, CHAIN_PLAIN);
		snprintf(name, sizeof(name), "pass_%s", wall_service_name(s));
		add_chain(rs, name, CHAIN_PLAIN);
	}
	add_set(rs, "guard_ports", SET_PORTS, false, false);
	add_set(rs, "pass_ports", SET_PORTS, false, false);
	/* Empty until they get their rules: auto defense, common rules. */
	add_chain(rs, "defense", CHAIN_PLAIN);
	add_chain(rs, "common", CHAIN_PLAIN);
	add_chain(rs, "accepted", CHAIN_PLAIN);
	add_chain(rs, "prerouting", CHAIN_PREROUTING);
	add_chain(rs, "input", CHAIN_INPUT);
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

	r = add_rule(rs, c, "loopback");
	add_op(r, OP_LOOPBACK);
	add_op(r, OP_ACCEPT);
	for (int v = 0; v < 2; v++) {
		r = add_rule(rs, c, "forged local source");
		add_op(r, v ? OP_IPV6 : OP_IPV4);
		op_name(r, v ? OP_SOURCE6_IN : OP_SOURCE4_IN,
			v ? "local6" : "local4");
		add_op(r, OP_NO_WAY_BACK);
		op_name(r, OP_COUNT, "forged");
		add_op(r, OP_DROP);
	}
	r = add_rule(rs, c, "the box's own address as source");
	add_op(r, OP_OWN_SOURCE);
	op_name(r, OP_COUNT, "forged");
	add_op(r, OP_DROP);
	pass_allowed(rs, c, WALL_ALL, false);
	r = add_rule(rs, c, "to the service's chain");
	op_name(r, OP_SERVICE, "guard_ports");
	if (in->rtp_min > 0) {
		/* An address allowed for SIP may be heard, too, even where
		   all of its other packets are rejected. */
		for (int v = 0; v < 2; v++) {
			r = add_rule(rs, c, "sound of an allowed address");
			op_number(r, OP_PROTOCOL, IPPROTO_UDP);
			op_range(r, OP_PORT, in->rtp_min, in->rtp_max);
			add_op(r, v ? OP_IPV6 : OP_IPV4);
			op_name(r, v ? OP_SOURCE6_IN : OP_SOURCE4_IN,
				v ? "allow6_sip" : "allow4_sip");
			add_op(r, OP_ACCEPT);
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
	struct rule *r = add_rule(rs, "input", why);

	op_number(r, OP_PROTOCOL, protocol);
	op_range(r, OP_ICMP_TYPE, first, last);
	add_op(r, OP_ACCEPT);
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
	r = add_rule(rs, "input", "DHCP client");
	add_op(r, OP_IPV4);
	op_number(r, OP_PROTOCOL, IPPROTO_UDP);
	op_number(r, OP_SOURCE_PORT, 67);
	op_number(r, OP_PORT, 68);
	add_op(r, OP_ACCEPT);
	r = add_rule(rs, "input", "DHCPv6 client");
	add_op(r, OP_IPV6);
	add_op(r, OP_LINK_LOCAL);
	op_number(r, OP_PROTOCOL, IPPROTO_UDP);
	op_number(r, OP_PORT, 546);
	add_op(r, OP_ACCEPT);
}

static void build_running_flows(struct ruleset *rs)
{
	struct rule *r = add_rule(rs, "input", "replies to the box");

	op_number(r, OP_CT_STATE, CT_ESTABLISHED | CT_RELATED);
	add_op(r, OP_CT_REPLY);
	add_op(r, OP_ACCEPT);
	r = add_rule(rs, "input", "accepted under these rules");
	op_number(r, OP_CT_STATE, CT_ESTABLISHED);
	op_number(r, OP_CT_GENERATION, rs->in.generation);
	add_op(r, OP_ACCEPT);
}

static void build_ping(struct ruleset *rs)
{
	static const struct {
		uint8_t protocol;
		uint8_t type;
	} echo[] = { { IPPROTO_ICMP, 8 }, { IPPROTO_ICMPV6, 128 } };

	for (size_t i = 0; i < 2 && !rs->in.ping; i++) {
		struct rule *r = add_rule(rs, "input", "ping is off");

		op_number(r, OP_PROTOCOL, echo[i].protocol);
		op_number(r, OP_ICMP_TYPE, echo[i].type);
		op_name(r, OP_COUNT, "ping_dropped");
		add_op(r, OP_DROP);
	}
}

/* RTP ports admit only what has an open socket. */
static void build_rtp(struct ruleset *rs)
{
	const struct ruleset_input *in = &rs->in;
	struct rule *r;

	if (in->rtp_min == 0)
		return;
	r = add_rule(rs, "input", "sound of a call");
	op_number(r, OP_PROTOCOL, IPPROTO_UDP);
	op_range(r, OP_PORT, in->rtp_min, in->rtp_max);
	add_op(r, OP_HAS_SOCKET);
	op_name(r, OP_GOTO, "accepted");
	r = add_rule(rs, "input", "sound without a call");
	op_number(r, OP_PROTOCOL, IPPROTO_UDP);
	op_range(r, OP_PORT, in->rtp_min, in->rtp_max);
	op_name(r, OP_COUNT, "rtp_dropped");
	add_op(r, OP_DROP);
}

static void build_input(struct ruleset *rs)
{
	struct rule *r = add_rule(rs, "input", "loopback");

	add_op(r, OP_LOOPBACK);
	add_op(r, OP_ACCEPT);
	build_always(rs);
	r = add_rule(rs, "input", "allowed for the service");
	op_name(r, OP_SERVICE, "pass_ports");
	pass_allowed(rs, "input", WALL_ALL, true);
	r = add_rule(rs, "input", "auto defense");
	op_name(r, OP_JUMP, "defense");
	build_running_flows(rs);
	build_ping(rs);
	r = add_rule(rs, "input", "common rules");
	op_name(r, OP_JUMP, "common");
	build_rtp(rs);
	r = add_rule(rs, "input", "the rest");
	op_name(r, OP_GOTO, "accepted");
	for (enum wall_service s = WALL_ALL + 1; s < WALL_N_SERVICES; s++) {
		char name[RULESET_NAME];

		snprintf(name, sizeof(name), "pass_%s", wall_service_name(s));
		pass_allowed(rs, name, s, true);
	}
	r = add_rule(rs, "accepted", "remember the flow");
	op_number(r, OP_SET_GENERATION, rs->in.generation);
	add_op(r, OP_ACCEPT);
}

void ruleset_build(struct ruleset *rs, const struct ruleset_input *in)
{
	memset(rs, 0, sizeof(*rs));
	rs->in = *in;
	build_skeleton(rs);
	if (in->enabled) {
		build_prerouting(rs);
		build_input(rs);
	}
	assert(!rs->full);
}

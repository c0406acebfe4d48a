#include "common.h"

#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "networks.h"
#include "ports.h"
#include "ruleset_put.h"

enum {
	TARGETS_MAX = RULESET_PORTS + 2,
	MAC_BYTES = 6,
	ANY_PROTOCOL = 0,
	BOTH_PROTOCOLS = 255, /* TCP and UDP: one rule, half the walk */
};

#define RTP "rtp"

void common_counter(char name[RULESET_NAME], const char *row)
{
	snprintf(name, RULESET_NAME, "common_%s", row);
}

/* ---- what is wrong with a row ---- */

static bool has_port(const struct common_rule *row)
{
	return row->protocol == COMMON_RULE_PROTOCOL_UDP ||
	       row->protocol == COMMON_RULE_PROTOCOL_TCP ||
	       row->protocol == COMMON_RULE_PROTOCOL_BOTH;
}

static int check_port(const struct common_rule *row, struct issue *issue)
{
	bool tcp = row->protocol != COMMON_RULE_PROTOCOL_UDP;
	bool udp = row->protocol != COMMON_RULE_PROTOCOL_TCP;
	struct ports p;
	int service;

	if (!row->port[0])
		return 0;
	if (!has_port(row))
		return issue_set(
			issue, "port",
			row->protocol == COMMON_RULE_PROTOCOL_ICMP
				? "icmp has no ports: leave it empty"
				: "only udp and tcp have ports: choose "
				  "udp, tcp or both, or leave it "
				  "empty");
	if (ports_parse(&p, row->port) == 0)
		return 0;
	if (strcmp(row->port, RTP) == 0)
		return udp ? 0
			   : issue_set(issue, "protocol",
				       "rtp is udp: choose udp or both");
	service = wall_service_find(row->port);
	if (service <= WALL_ALL)
		return issue_set(issue, "port",
				 "must be a port from 1 to 65535, a range as "
				 "10000-10500, or one of sip, rtp, https, ssh, "
				 "iax2, ami");
	if (service == WALL_IAX2 && !udp)
		return issue_set(issue, "protocol",
				 "iax2 is udp: choose udp or both");
	if (service != WALL_IAX2 && service != WALL_SIP && !tcp)
		return issue_set(issue, "protocol",
				 "%s is tcp: choose tcp or both", row->port);
	return 0;
}

int common_mac(uint8_t mac[MAC_BYTES], const char *text)
{
	for (int i = 0; i < MAC_BYTES; i++, text += 3) {
		char pair[3] = { text[0], text[0] ? text[1] : '\0' };
		bool last = i + 1 == MAC_BYTES;

		if (!isxdigit((unsigned char)pair[0]) ||
		    !isxdigit((unsigned char)pair[1]))
			return -EINVAL;
		if (last ? text[2] != '\0' : text[2] != ':' && text[2] != '-')
			return -EINVAL;
		mac[i] = (uint8_t)strtoul(pair, NULL, 16);
	}
	return 0;
}

/* Does the network lie in one of these? */
static bool is_local(const struct networks *locals, const struct prefix *p)
{
	for (size_t i = 0; i < locals->n; i++)
		if (locals->list[i].prefix.len <= p->len &&
		    prefix_contains(&locals->list[i].prefix, &p->addr))
			return true;
	return false;
}

static int check_mac(struct common_rule *row, const struct networks *locals,
		     struct issue *issue)
{
	uint8_t mac[MAC_BYTES];
	struct prefix p;
	char why[100];

	if (!row->mac[0])
		return 0;
	if (common_mac(mac, row->mac) < 0)
		return issue_set(issue, "mac",
				 "must look like 00:1a:2b:3c:4d:5e");
	if (mac[0] & 1)
		return issue_set(issue, "mac",
				 "is a group's address, no sender's");
	snprintf(row->mac, sizeof(row->mac), "%02x:%02x:%02x:%02x:%02x:%02x",
		 mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
	if (row->source[0] &&
	    prefix_parse(&p, row->source, why, sizeof(why)) == 0 &&
	    !is_local(locals, &p))
		return issue_set(issue, "mac",
				 "the box sees a MAC address of local senders "
				 "only, and %s is not in a local network",
				 row->source);
	return 0;
}

int common_check(struct common_rule *row, bool is_new,
		 const struct networks *locals, struct issue *issue)
{
	int err;

	if (is_new && strcmp(row->name, COMMON_AMI) == 0 && !row->port[0]) {
		row->protocol = COMMON_RULE_PROTOCOL_TCP;
		snprintf(row->port, sizeof(row->port), "ami");
	}
	err = check_port(row, issue);
	return err < 0 ? err : check_mac(row, locals, issue);
}

/* ---- rows to rules ---- */

struct target {
	uint8_t protocol;   /* ANY_PROTOCOL, BOTH_PROTOCOLS, or one */
	struct ports ports; /* first 0: all */
};

struct targets {
	struct target list[TARGETS_MAX];
	size_t n;
};

/* The same ports of the other protocol are one target with these. */
static void add(struct targets *t, uint8_t protocol, uint16_t first,
		uint16_t last)
{
	for (size_t i = 0; i < t->n; i++) {
		struct target *old = &t->list[i];

		if (old->ports.first != first || old->ports.last != last)
			continue;
		if ((old->protocol == IPPROTO_TCP && protocol == IPPROTO_UDP) ||
		    (old->protocol == IPPROTO_UDP && protocol == IPPROTO_TCP)) {
			old->protocol = BOTH_PROTOCOLS;
			return;
		}
	}
	if (t->n < TARGETS_MAX)
		t->list[t->n++] = (struct target){ protocol, { first, last } };
}

static bool takes(const struct common_rule *row, uint8_t protocol)
{
	return row->protocol == COMMON_RULE_PROTOCOL_BOTH ||
	       row->protocol == (protocol == IPPROTO_UDP
					 ? COMMON_RULE_PROTOCOL_UDP
					 : COMMON_RULE_PROTOCOL_TCP);
}

static void add_service(struct targets *t, const struct ruleset_input *in,
			const struct common_rule *row)
{
	int service = wall_service_find(row->port);

	if (strcmp(row->port, RTP) == 0) {
		if (in->rtp_min > 0 && takes(row, IPPROTO_UDP))
			add(t, IPPROTO_UDP, in->rtp_min, in->rtp_max);
		return;
	}
	for (size_t i = 0; i < in->n_ports; i++) {
		const struct ruleset_port *p = &in->ports[i];

		if ((int)p->service == service && takes(row, p->protocol))
			add(t, p->protocol, p->port, p->port);
	}
}

static void find_targets(struct targets *t, const struct ruleset_input *in,
			 const struct common_rule *row)
{
	struct ports p = { 0 };

	if (row->protocol == COMMON_RULE_PROTOCOL_ANY) {
		add(t, ANY_PROTOCOL, 0, 0);
		return;
	}
	if (row->protocol == COMMON_RULE_PROTOCOL_ICMP) {
		add(t, IPPROTO_ICMP, 0, 0);
		add(t, IPPROTO_ICMPV6, 0, 0);
		return;
	}
	if (row->port[0] && ports_parse(&p, row->port) < 0) {
		add_service(t, in, row);
		return;
	}
	if (takes(row, IPPROTO_TCP))
		add(t, IPPROTO_TCP, p.first, p.last);
	if (takes(row, IPPROTO_UDP))
		add(t, IPPROTO_UDP, p.first, p.last);
}

/* family 0: both. */
static void put_one(struct ruleset *rs, const struct common_rule *row,
		    const struct target *t, int family,
		    const struct prefix *source)
{
	struct rule *r = put_rule(rs, "common", "common rule");
	char counter[RULESET_NAME];
	uint8_t mac[MAC_BYTES];
	bool v4 = family == AF_INET;

	snprintf(r->row, sizeof(r->row), "%s", row->name);
	if (family)
		put_op(r, v4 ? OP_IPV4 : OP_IPV6);
	if (source) {
		struct rule_op *op =
			put_op(r, v4 ? OP_SOURCE4_NET : OP_SOURCE6_NET);

		op->a = source->len;
		memcpy(op->addr, source->addr.bytes, sizeof(op->addr));
	} else if (family) {
		put_op_name(r, v4 ? OP_SOURCE4_IN : OP_SOURCE6_IN,
			    v4 ? "local4" : "local6");
	}
	if (row->mac[0] && common_mac(mac, row->mac) == 0)
		memcpy(put_op(r, OP_MAC)->addr, mac, sizeof(mac));
	if (t->protocol == BOTH_PROTOCOLS)
		put_op_name(r, OP_PROTOCOL_IN, RULESET_TCP_UDP);
	else if (t->protocol != ANY_PROTOCOL)
		put_op_number(r, OP_PROTOCOL, t->protocol);
	if (t->ports.first > 0)
		put_op_range(r, OP_PORT, t->ports.first, t->ports.last);
	common_counter(counter, row->name);
	put_op_name(r, OP_COUNT, counter);
	if (row->action == COMMON_RULE_ACTION_ACCEPT)
		put_op_name(r, OP_GOTO, "accepted");
	else
		put_op(r, OP_DROP);
}

/* Each family has an ICMP of its own. */
static bool fits(const struct target *t, int family)
{
	if (t->protocol == IPPROTO_ICMP)
		return family == AF_INET;
	return t->protocol != IPPROTO_ICMPV6 || family == AF_INET6;
}

static void put_target(struct ruleset *rs, const struct common_rule *row,
		       const struct target *t)
{
	struct prefix source;
	char why[100];

	if (row->source[0]) {
		/* What does not read as a network lets nobody in. */
		if (prefix_parse(&source, row->source, why, sizeof(why)) == 0 &&
		    fits(t, source.addr.family))
			put_one(rs, row, t, source.addr.family, &source);
	} else if (row->mac[0]) {
		if (fits(t, AF_INET))
			put_one(rs, row, t, AF_INET, NULL);
		if (fits(t, AF_INET6))
			put_one(rs, row, t, AF_INET6, NULL);
	} else {
		put_one(rs, row, t, 0, NULL);
	}
}

void common_put_counters(struct ruleset *rs)
{
	char counter[RULESET_NAME];

	for (size_t i = 0; i < rs->in.n_common; i++) {
		common_counter(counter, rs->in.common[i].name);
		put_counter(rs, counter);
	}
}

void common_put(struct ruleset *rs)
{
	for (size_t i = 0; i < rs->in.n_common; i++) {
		const struct common_rule *row = &rs->in.common[i];
		struct targets targets = { .n = 0 };

		if (!row->enabled)
			continue;
		find_targets(&targets, &rs->in, row);
		for (size_t k = 0; k < targets.n; k++)
			put_target(rs, row, &targets.list[k]);
	}
}

/* A ruleset as text: golden files and people read it. */
#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ruleset.h"

static const char *protocol_name(uint32_t protocol)
{
	switch (protocol) {
	case IPPROTO_UDP:
		return "udp";
	case IPPROTO_TCP:
		return "tcp";
	case IPPROTO_ICMP:
		return "icmp";
	case IPPROTO_ICMPV6:
		return "icmpv6";
	}
	return "?";
}

static void print_set(FILE *f, const struct ruleset_set *set)
{
	static const char *const keys[] = {
		[SET_IPV4] = "ipv4",
		[SET_IPV6] = "ipv6",
		[SET_PORTS] = "protocol . port : jump",
		[SET_IPV4_PORT] = "ipv4 . port",
		[SET_IPV6_PORT] = "ipv6 . port",
		[SET_PROTOCOL] = "protocol",
		[SET_FLOW] = "ct id",
	};

	static const char *const uses[] = {
		[SET_PLAIN] = "",
		[SET_INTERVAL] = " interval",
		[SET_BANS] = " timeout counter",
		[SET_DYNAMIC] = " dynamic timeout",
		[SET_CONNS] = " dynamic",
	};

	fprintf(f, "set %s %s%s\n", set->name, keys[set->key], uses[set->use]);
}

static void print_chain(FILE *f, const struct ruleset_chain *chain)
{
	static const char *const hooks[] = {
		[CHAIN_PLAIN] = "",
		[CHAIN_PREROUTING] = " hook prerouting priority -300",
		[CHAIN_INPUT] = " hook input priority 0",
	};

	fprintf(f, "chain %s%s\n", chain->name, hooks[chain->hook]);
}

static void print_range(FILE *f, const char *what, const struct rule_op *op)
{
	if (op->a == op->b)
		fprintf(f, " %s %u", what, op->a);
	else
		fprintf(f, " %s %u-%u", what, op->a, op->b);
}

static void print_net(FILE *f, const struct rule_op *op)
{
	bool v4 = op->kind == OP_SOURCE4_NET;
	char text[INET6_ADDRSTRLEN];

	inet_ntop(v4 ? AF_INET : AF_INET6, op->addr, text, sizeof(text));
	fprintf(f, " %s saddr %s/%u", v4 ? "ip" : "ip6", text, op->a);
}

static void print_mac(FILE *f, const uint8_t *mac)
{
	fprintf(f, " ether saddr %02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1],
		mac[2], mac[3], mac[4], mac[5]);
}

/* False: none of these. */
static bool print_rate(FILE *f, const struct rule_op *op)
{
	static const char *const keys[] = {
		[OP_OVER4] = "ip saddr",
		[OP_OVER6] = "ip6 saddr/64",
		[OP_OVER4_PORT] = "ip saddr . dport",
		[OP_OVER6_PORT] = "ip6 saddr/64 . dport",
		[OP_WITHIN4] = "ip saddr",
		[OP_WITHIN6] = "ip6 saddr/64",
		[OP_FIRST] = "ct id",
		[OP_CONNS4] = "ip saddr",
		[OP_CONNS6] = "ip6 saddr/64",
		[OP_NOTE4] = "ip saddr",
		[OP_NOTE6] = "ip6 saddr/64",
	};

	if (op->kind < OP_OVER4 || op->kind > OP_NOTE6)
		return false;
	if (op->kind >= OP_NOTE4)
		fprintf(f, " add @%s { %s timeout %us counter }", op->name,
			keys[op->kind], op->a);
	else if (op->kind >= OP_CONNS4)
		fprintf(f, " add @%s { %s ct count over %u }", op->name,
			keys[op->kind], op->a);
	else
		fprintf(f, " update @%s { %s limit %s %u/%us burst %u }",
			op->name, keys[op->kind],
			op->kind < OP_WITHIN4 ? "over" : "within", op->a, op->b,
			op->c);
	return true;
}

static void print_op(FILE *f, const struct rule_op *op)
{
	/* A word alone, or a word before a name. */
	static const char *const words[] = {
		[OP_LOOPBACK] = " iifname lo",
		[OP_IPV4] = " ipv4",
		[OP_IPV6] = " ipv6",
		[OP_SOURCE4_IN] = " ip saddr @",
		[OP_SOURCE6_IN] = " ip6 saddr @",
		[OP_SOURCE64_IN] = " ip6 saddr/64 @",
		[OP_SOURCE4_NOT_IN] = " ip saddr != @",
		[OP_SOURCE64_NOT_IN] = " ip6 saddr/64 != @",
		[OP_LINK_LOCAL] = " ip6 saddr fe80::/10",
		[OP_NO_WAY_BACK] = " fib saddr . iif oif missing",
		[OP_OWN_SOURCE] = " fib saddr type local fib daddr type local",
		[OP_CT_REPLY] = " ct direction reply",
		[OP_HAS_SOCKET] = " socket exists",
		[OP_COUNT] = " counter ",
		[OP_PROTOCOL_IN] = " protocol @",
		[OP_SERVICE] = " protocol . port vmap @",
		[OP_ACCEPT] = " accept",
		[OP_RETURN] = " return",
		[OP_TCP_ACK] = " flags fin,syn,rst,ack == ack",
		[OP_LIMIT] = " limit ",
		[OP_DROP] = " drop",
		[OP_JUMP] = " jump ",
		[OP_GOTO] = " goto ",
	};

	/* A word before a number or a range. */
	static const char *const ranges[] = {
		[OP_SOURCE_PORT] = "sport",
		[OP_PORT] = "dport",
		[OP_PORT_NOT] = "dport !=",
		[OP_ICMP_TYPE] = "type",
		[OP_CT_GENERATION] = "ct generation",
		[OP_SET_GENERATION] = "ct generation set",
	};

	if (print_rate(f, op))
		return;
	if (op->kind == OP_SOURCE4_NET || op->kind == OP_SOURCE6_NET)
		print_net(f, op);
	else if (op->kind == OP_MAC)
		print_mac(f, op->addr);
	else if (op->kind == OP_PROTOCOL_NOT)
		fprintf(f, " protocol != %s", protocol_name(op->a));
	else if (op->kind == OP_PROTOCOL)
		fprintf(f, " %s", protocol_name(op->a));
	else if (op->kind == OP_CT_STATE)
		fprintf(f, " ct state%s%s%s",
			op->a & CT_ESTABLISHED ? " established" : "",
			op->a & CT_RELATED ? " related" : "",
			op->a & CT_NEW ? " new" : "");
	else if (words[op->kind])
		fprintf(f, "%s%s", words[op->kind], op->name);
	else
		print_range(f, ranges[op->kind], op);
}

static void print_elements(FILE *f, const struct ruleset_input *in)
{
	char first[INET6_ADDRSTRLEN], last[INET6_ADDRSTRLEN];

	for (size_t i = 0; i < in->n_local; i++) {
		const struct interval *iv = &in->local[i];

		inet_ntop(iv->family, iv->first, first, sizeof(first));
		inet_ntop(iv->family, iv->last, last, sizeof(last));
		fprintf(f, "element local%c %s-%s\n",
			iv->family == AF_INET ? '4' : '6', first, last);
	}
	fprintf(f, "element %s tcp, udp\n", RULESET_TCP_UDP);
	for (size_t i = 0; i < in->n_ports; i++) {
		const struct ruleset_port *p = &in->ports[i];

		fprintf(f, "element guard_ports, pass_ports %s %u : %s\n",
			protocol_name(p->protocol), p->port,
			wall_service_name(p->service));
	}
}

char *ruleset_text(const struct ruleset *rs)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	bool failed;

	if (!f)
		return NULL;
	fprintf(f, "table inet %s\n", RULESET_TABLE);
	for (size_t i = 0; i < rs->n_counters; i++)
		fprintf(f, "counter %s\n", rs->counters[i].name);
	for (size_t i = 0; i < rs->n_limits; i++)
		fprintf(f, "limit %s %s %u/%us burst %u\n", rs->limits[i].name,
			rs->limits[i].within ? "within" : "over",
			rs->limits[i].packets, rs->limits[i].seconds,
			rs->limits[i].burst);
	for (size_t i = 0; i < rs->n_sets; i++)
		print_set(f, &rs->sets[i]);
	print_elements(f, &rs->in);
	for (size_t i = 0; i < rs->n_chains; i++) {
		print_chain(f, &rs->chains[i]);
		for (size_t k = 0; k < rs->n_rules; k++) {
			const struct rule *r = &rs->rules[k];

			if (strcmp(r->chain, rs->chains[i].name) != 0)
				continue;
			fprintf(f, "\t# %s%s%s\n\t", r->why,
				r->row[0] ? " " : "", r->row);
			for (size_t j = 0; j < r->n; j++)
				print_op(f, &r->op[j]);
			fprintf(f, "\n");
		}
	}
	failed = ferror(f) != 0;
	if (fclose(f) != 0 || failed) {
		free(text);
		return NULL;
	}
	return text;
}

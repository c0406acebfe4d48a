#include "flood.h"

#include <netinet/in.h>
#include <stdio.h>

#include "ruleset_put.h"

/* What is measured by source; the counters have the same names. */
static const char connections[] = "flood_connections";
static const char tcp[] = "flood_tcp";
static const char udp[] = "flood_udp";
static const char rtp[] = "flood_rtp";
static const char port[] = "flood_port";

static void set_name(char name[RULESET_NAME], const char *what, bool v4)
{
	snprintf(name, RULESET_NAME, "%s%c", what, v4 ? '4' : '6');
}

/* protocol 0: the ports of calls */
static void limit_name(char name[RULESET_NAME], uint8_t protocol,
		       uint32_t number)
{
	snprintf(name, RULESET_NAME, "flood_%s_%u_%d_%d",
		 protocol == IPPROTO_TCP   ? "tcp"
		 : protocol == IPPROTO_UDP ? "udp"
					   : "rtp",
		 number, FLOOD_PORT_S, FLOOD_PORT_BURST);
}

static void put_port_limit(struct ruleset *rs, uint8_t protocol,
			   uint32_t number)
{
	struct ruleset_limit l = { .packets = FLOOD_PORT_S,
				   .seconds = 1,
				   .burst = FLOOD_PORT_BURST };

	limit_name(l.name, protocol, number);
	put_limit(rs, &l);
}

static void others_name(char name[RULESET_NAME])
{
	snprintf(name, RULESET_NAME, "flood_others_%d_%d", FLOOD_OTHERS_S,
		 FLOOD_OTHERS_BURST);
}

static void put_others_limit(struct ruleset *rs)
{
	struct ruleset_limit l = { .packets = FLOOD_OTHERS_S,
				   .seconds = 1,
				   .burst = FLOOD_OTHERS_BURST };

	others_name(l.name);
	put_limit(rs, &l);
}

void flood_put_sets(struct ruleset *rs)
{
	static const struct {
		const char *name;
		enum set_use use;
		bool by_port;
	} sets[] = {
		{ connections, SET_CONNS, false },
		{ tcp, SET_DYNAMIC, false },
		{ udp, SET_DYNAMIC, false },
		{ rtp, SET_DYNAMIC, true },
	};
	char name[RULESET_NAME];

	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		put_counter(rs, sets[i].name);
		set_name(name, sets[i].name, true);
		put_set_of(rs, name, sets[i].by_port ? SET_IPV4_PORT : SET_IPV4,
			   sets[i].use, FLOOD_SOURCES);
		set_name(name, sets[i].name, false);
		put_set_of(rs, name, sets[i].by_port ? SET_IPV6_PORT : SET_IPV6,
			   sets[i].use, FLOOD_SOURCES);
		put_chain(rs, sets[i].name, CHAIN_PLAIN);
	}
	put_counter(rs, port);
	put_chain(rs, port, CHAIN_PLAIN);
	for (size_t i = 0; i < rs->in.n_ports; i++)
		put_port_limit(rs, rs->in.ports[i].protocol,
			       rs->in.ports[i].port);
	if (rs->in.rtp_min > 0)
		put_port_limit(rs, 0, rs->in.rtp_min);
	put_others_limit(rs);
}

/* Each limit ends in a chain of its own, which counts. */
static void put_ends(struct ruleset *rs)
{
	static const struct {
		const char *name;
		const char *why;
	} ends[] = {
		{ connections, "too many connections of a source" },
		{ tcp, "too many new connections of a source" },
		{ udp, "too many packets of a source" },
		{ rtp, "too many packets to a port of a call" },
		{ port, "too many new strangers at a port" },
	};

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		struct rule *r = put_rule(rs, ends[i].name, ends[i].why);

		put_op_name(r, OP_COUNT, ends[i].name);
		put_op(r, OP_DROP);
	}
}

struct match {
	uint8_t protocol;
	uint16_t first; /* 0: all ports */
	uint16_t last;
	bool new_only;
};

static struct rule *put_match(struct ruleset *rs, const struct match *m)
{
	struct rule *r = put_rule(rs, "flood", "floods");

	put_op_number(r, OP_PROTOCOL, m->protocol);
	if (m->first > 0)
		put_op_range(r, OP_PORT, m->first, m->last);
	if (m->new_only)
		put_op_number(r, OP_CT_STATE, CT_NEW);
	return r;
}

/* Both families; kind4 and the op behind it. */
static void put_by_source(struct ruleset *rs, const struct match *m,
			  enum op_kind kind4, const char *what,
			  const struct ruleset_limit *rate)
{
	char set[RULESET_NAME];

	for (int v6 = 0; v6 < 2; v6++) {
		struct rule *r = put_match(rs, m);

		put_op(r, v6 ? OP_IPV6 : OP_IPV4);
		set_name(set, what, !v6);
		put_op_rate(r, (enum op_kind)((int)kind4 + v6), set, rate);
		put_op_name(r, OP_GOTO, what);
	}
}

static void put_all_new(struct ruleset *rs, const struct match *m,
			uint8_t protocol, uint32_t number)
{
	struct rule *r = put_match(rs, m);
	char name[RULESET_NAME];

	limit_name(name, protocol, number);
	put_op_name(r, OP_LIMIT, name);
	put_op_name(r, OP_GOTO, port);
}

static void put_local(struct ruleset *rs)
{
	for (int v6 = 0; v6 < 2; v6++) {
		struct rule *r = put_rule(rs, "flood", "local");

		put_op(r, v6 ? OP_IPV6 : OP_IPV4);
		put_op_name(r, v6 ? OP_SOURCE6_IN : OP_SOURCE4_IN,
			    v6 ? "local6" : "local4");
		put_op(r, OP_RETURN);
	}
}

static void put_port(struct ruleset *rs, const struct ruleset_port *p)
{
	static const struct ruleset_limit rate = { .packets = FLOOD_UDP_S,
						   .seconds = 1,
						   .burst = FLOOD_UDP_BURST };
	struct match m = { p->protocol, p->port, p->port, false };

	if (p->protocol == IPPROTO_UDP)
		put_by_source(rs, &m, OP_OVER4, udp, &rate);
	m.new_only = true;
	put_all_new(rs, &m, p->protocol, p->port);
}

static void put_calls(struct ruleset *rs)
{
	static const struct ruleset_limit rate = { .packets = FLOOD_RTP_S,
						   .seconds = 1,
						   .burst = FLOOD_RTP_BURST };
	const struct ruleset_input *in = &rs->in;
	struct match m = { IPPROTO_UDP, in->rtp_min, in->rtp_max, false };

	if (in->rtp_min == 0)
		return;
	put_by_source(rs, &m, OP_OVER4_PORT, rtp, &rate);
	m.new_only = true;
	put_all_new(rs, &m, 0, in->rtp_min);
}

/* What goes to no service has been within no limit so far. */
static void put_others(struct ruleset *rs)
{
	const struct ruleset_input *in = &rs->in;
	char name[RULESET_NAME];
	struct rule *r;

	for (size_t i = 0; i < in->n_ports; i++) {
		const struct ruleset_port *p = &in->ports[i];
		struct match m = { p->protocol, p->port, p->port, true };

		put_op(put_match(rs, &m), OP_RETURN);
	}
	if (in->rtp_min > 0) {
		struct match m = { IPPROTO_UDP, in->rtp_min, in->rtp_max,
				   true };

		put_op(put_match(rs, &m), OP_RETURN);
	}
	r = put_rule(rs, "flood", "floods");
	put_op_number(r, OP_CT_STATE, CT_NEW);
	others_name(name);
	put_op_name(r, OP_LIMIT, name);
	put_op_name(r, OP_GOTO, port);
}

void flood_put(struct ruleset *rs)
{
	static const struct ruleset_limit most = { .packets =
							   FLOOD_CONNECTIONS };
	static const struct ruleset_limit rate = { .packets = FLOOD_TCP_S,
						   .seconds = 1,
						   .burst = FLOOD_TCP_BURST };
	static const struct match new_tcp = { IPPROTO_TCP, 0, 0, true };

	put_by_source(rs, &new_tcp, OP_CONNS4, connections, &most);
	put_local(rs);
	put_by_source(rs, &new_tcp, OP_OVER4, tcp, &rate);
	for (size_t i = 0; i < rs->in.n_ports; i++)
		put_port(rs, &rs->in.ports[i]);
	put_calls(rs);
	put_others(rs);
	put_ends(rs);
}

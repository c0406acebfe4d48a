#include "would.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

/* Deeper than any jump of ruleset.c. */
enum { DEPTH_MAX = 8 };

enum step { STEP_ON, STEP_NEXT_RULE, STEP_RETURN, STEP_ACCEPT, STEP_DROP };

struct walk {
	const struct ruleset *rs;
	const struct packet *p;
	const struct would_world *world;
	struct would *out;
	int depth;
};

static enum step walk_chain(struct walk *w, const char *chain);

static bool in_net(const struct packet *p, const struct rule_op *op)
{
	struct prefix net = { .len = (uint8_t)op->a };

	net.addr.family = op->kind == OP_SOURCE4_NET ? AF_INET : AF_INET6;
	memcpy(net.addr.bytes, op->addr, sizeof(op->addr));
	return prefix_contains(&net, &p->source);
}

static bool in_set(const struct walk *w, const struct rule_op *op)
{
	return w->world->in_set(w->world->ctx, op->name, &w->p->source);
}

static bool between(uint32_t x, const struct rule_op *op)
{
	return x >= op->a && x <= op->b;
}

static bool is_link_local(const struct addr *a)
{
	return a->family == AF_INET6 && a->bytes[0] == 0xfe &&
	       (a->bytes[1] & 0xc0) == 0x80;
}

static bool is_icmp(const struct packet *p)
{
	return p->protocol == IPPROTO_ICMP || p->protocol == IPPROTO_ICMPV6;
}

/* Of what the packet is: does it fit? */
static bool fits(const struct walk *w, const struct rule_op *op)
{
	const struct packet *p = w->p;

	switch (op->kind) {
	case OP_LOOPBACK:
		return p->loopback;
	case OP_IPV4:
		return p->source.family == AF_INET;
	case OP_IPV6:
		return p->source.family == AF_INET6;
	case OP_SOURCE4_IN:
	case OP_SOURCE6_IN:
	case OP_SOURCE64_IN:
		return in_set(w, op);
	case OP_SOURCE4_NOT_IN:
	case OP_SOURCE64_NOT_IN:
		return !in_set(w, op);
	case OP_SOURCE4_NET:
	case OP_SOURCE6_NET:
		return in_net(p, op);
	case OP_MAC:
		return p->has_mac && memcmp(p->mac, op->addr, 6) == 0;
	case OP_LINK_LOCAL:
		return is_link_local(&p->source);
	case OP_NO_WAY_BACK:
		return p->no_way_back;
	case OP_OWN_SOURCE:
		return p->own_source;
	case OP_PROTOCOL:
		return p->protocol == op->a;
	case OP_PROTOCOL_IN:
		return p->protocol == IPPROTO_TCP || p->protocol == IPPROTO_UDP;
	case OP_PROTOCOL_NOT:
		return p->protocol != op->a;
	case OP_PORT_NOT:
		return !is_icmp(p) && !between(p->port, op);
	case OP_TCP_ACK:
		return (p->ct & CT_NEW) == 0;
	case OP_SOURCE_PORT:
		return !is_icmp(p) && between(p->source_port, op);
	case OP_PORT:
		return !is_icmp(p) && between(p->port, op);
	case OP_ICMP_TYPE:
		return between(p->icmp_type, op);
	case OP_CT_STATE:
		return (p->ct & op->a) != 0;
	case OP_CT_REPLY:
		return p->ct_reply;
	case OP_CT_GENERATION:
		return p->same_rules;
	case OP_HAS_SOCKET:
		return p->has_socket;
	case OP_OVER4:
	case OP_OVER6:
	case OP_OVER4_PORT:
	case OP_OVER6_PORT:
	case OP_CONNS4:
	case OP_CONNS6:
	case OP_LIMIT:
		/* One packet is within every limit. */
		return false;
	case OP_WITHIN4:
	case OP_WITHIN6:
	case OP_FIRST:
	case OP_SET_GENERATION:
	case OP_NOTE4:
	case OP_NOTE6:
	case OP_COUNT:
	case OP_SERVICE:
	case OP_ACCEPT:
	case OP_DROP:
	case OP_RETURN:
	case OP_JUMP:
	case OP_GOTO:
		return true;
	}
	return false;
}

static enum step decided(struct walk *w, const struct rule *r, bool accept)
{
	/* Rules of `accepted` carry out what the one before them decided. */
	if (strcmp(r->chain, "accepted") != 0)
		w->out->rule = r;
	w->out->accept = accept;
	return accept ? STEP_ACCEPT : STEP_DROP;
}

/* The verdict of a chain that was jumped to, seen from the jumping rule. */
static enum step jump(struct walk *w, const char *chain, bool go_to)
{
	enum step s = walk_chain(w, chain);

	if (s == STEP_ACCEPT || s == STEP_DROP)
		return s;
	return go_to ? STEP_RETURN : STEP_ON;
}

static enum step by_service(struct walk *w, const char *map)
{
	const char *prefix =
		strcmp(map, "guard_ports") == 0 ? "guard_" : "pass_";
	const struct ruleset_input *in = &w->rs->in;
	char chain[RULESET_NAME];

	for (size_t i = 0; i < in->n_ports; i++) {
		if (in->ports[i].protocol != w->p->protocol ||
		    in->ports[i].port != w->p->port)
			continue;
		snprintf(chain, sizeof(chain), "%s%s", prefix,
			 wall_service_name(in->ports[i].service));
		return jump(w, chain, false);
	}
	return STEP_NEXT_RULE;
}

static enum step act_count(struct walk *w, const struct rule *r,
			   const struct rule_op *op)
{
	(void)r;
	if (w->world->count)
		w->world->count(w->world->ctx, op->name);
	return STEP_ON;
}

static enum step act_service(struct walk *w, const struct rule *r,
			     const struct rule_op *op)
{
	(void)r;
	return by_service(w, op->name);
}

static enum step act_accept(struct walk *w, const struct rule *r,
			    const struct rule_op *op)
{
	(void)op;
	return decided(w, r, true);
}

static enum step act_drop(struct walk *w, const struct rule *r,
			  const struct rule_op *op)
{
	(void)op;
	return decided(w, r, false);
}

static enum step act_jump(struct walk *w, const struct rule *r,
			  const struct rule_op *op)
{
	(void)r;
	return jump(w, op->name, false);
}

static enum step act_goto(struct walk *w, const struct rule *r,
			  const struct rule_op *op)
{
	if (strcmp(op->name, "accepted") == 0)
		w->out->rule = r;
	return jump(w, op->name, true);
}

static enum step act_return(struct walk *w, const struct rule *r,
			    const struct rule_op *op)
{
	(void)w;
	(void)r;
	(void)op;
	return STEP_RETURN;
}

typedef enum step (*act_fn)(struct walk *w, const struct rule *r,
			    const struct rule_op *op);

/* What does something; all others look at the packet. */
static const act_fn acts[] = {
	[OP_COUNT] = act_count,   [OP_SERVICE] = act_service,
	[OP_ACCEPT] = act_accept, [OP_DROP] = act_drop,
	[OP_JUMP] = act_jump,     [OP_GOTO] = act_goto,
	[OP_RETURN] = act_return,
};

static enum step act(struct walk *w, const struct rule *r,
		     const struct rule_op *op)
{
	if (acts[op->kind])
		return acts[op->kind](w, r, op);
	return fits(w, op) ? STEP_ON : STEP_NEXT_RULE;
}

static enum step walk_rule(struct walk *w, const struct rule *r)
{
	enum step s = STEP_ON;

	for (size_t i = 0; i < r->n && s == STEP_ON; i++)
		s = act(w, r, &r->op[i]);
	return s == STEP_NEXT_RULE ? STEP_ON : s;
}

static enum step walk_chain(struct walk *w, const char *chain)
{
	enum step s = STEP_ON;

	if (++w->depth <= DEPTH_MAX)
		for (size_t i = 0; i < w->rs->n_rules && s == STEP_ON; i++)
			if (strcmp(w->rs->rules[i].chain, chain) == 0)
				s = walk_rule(w, &w->rs->rules[i]);
	w->depth--;
	return s;
}

void would(const struct ruleset *rs, const struct packet *p,
	   const struct would_world *world, struct would *out)
{
	struct walk w = { rs, p, world, out, 0 };

	*out = (struct would){ .accept = true };
	if (walk_chain(&w, "prerouting") == STEP_DROP)
		return;
	/* Accepted before connection tracking: the rules come after it. */
	*out = (struct would){ .accept = true };
	(void)walk_chain(&w, "input");
}

#include "nft_expr.h"

#include <linux/if_arp.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <string.h>

/*
 * One register does for nearly all: 16 bytes at NFT_REG32_00. The map of ports
 * is looked up by two 4-byte registers side by side.
 */
enum {
	REG = NFT_REG32_00,
	REG_SECOND = NFT_REG32_01,
	REG_FIFTH = NFT_REG32_04, /* behind an IPv6 address */
	MARK_BITS = 16,
};

void nft_put_verdict(struct batch *b, int attr, int code, const char *chain)
{
	struct nlattr *data = batch_nest(b, attr);
	struct nlattr *verdict = batch_nest(b, NFTA_DATA_VERDICT);

	batch_u32(b, NFTA_VERDICT_CODE, (uint32_t)code);
	if (chain)
		batch_str(b, NFTA_VERDICT_CHAIN, chain);
	batch_nest_end(b, verdict);
	batch_nest_end(b, data);
}

void nft_put_value(struct batch *b, int attr, const void *data, size_t n)
{
	struct nlattr *nest = batch_nest(b, attr);

	batch_raw(b, NFTA_DATA_VALUE, data, n);
	batch_nest_end(b, nest);
}

struct expr {
	struct nlattr *elem;
	struct nlattr *data;
};

static struct expr expr_begin(struct batch *b, const char *name)
{
	struct expr x;

	x.elem = batch_nest(b, NFTA_LIST_ELEM);
	batch_str(b, NFTA_EXPR_NAME, name);
	x.data = batch_nest(b, NFTA_EXPR_DATA);
	return x;
}

static void expr_end(struct batch *b, struct expr x)
{
	batch_nest_end(b, x.data);
	batch_nest_end(b, x.elem);
}

static void load_meta(struct batch *b, uint32_t key)
{
	struct expr x = expr_begin(b, "meta");

	batch_u32(b, NFTA_META_KEY, key);
	batch_u32(b, NFTA_META_DREG, REG);
	expr_end(b, x);
}

static void load_payload(struct batch *b, uint32_t reg, uint32_t base,
			 uint32_t off, uint32_t len)
{
	struct expr x = expr_begin(b, "payload");

	batch_u32(b, NFTA_PAYLOAD_DREG, reg);
	batch_u32(b, NFTA_PAYLOAD_BASE, base);
	batch_u32(b, NFTA_PAYLOAD_OFFSET, off);
	batch_u32(b, NFTA_PAYLOAD_LEN, len);
	expr_end(b, x);
}

static void load_ct(struct batch *b, uint32_t key)
{
	struct expr x = expr_begin(b, "ct");

	batch_u32(b, NFTA_CT_KEY, key);
	batch_u32(b, NFTA_CT_DREG, REG);
	expr_end(b, x);
}

static void load_fib(struct batch *b, uint32_t result, uint32_t flags)
{
	struct expr x = expr_begin(b, "fib");

	batch_u32(b, NFTA_FIB_RESULT, result);
	batch_u32(b, NFTA_FIB_FLAGS, flags);
	batch_u32(b, NFTA_FIB_DREG, REG);
	expr_end(b, x);
}

static void compare(struct batch *b, uint32_t op, const void *data, size_t n)
{
	struct expr x = expr_begin(b, "cmp");

	batch_u32(b, NFTA_CMP_SREG, REG);
	batch_u32(b, NFTA_CMP_OP, op);
	nft_put_value(b, NFTA_CMP_DATA, data, n);
	expr_end(b, x);
}

static void compare8(struct batch *b, uint8_t value)
{
	compare(b, NFT_CMP_EQ, &value, 1);
}

static void compare32(struct batch *b, uint32_t op, uint32_t value)
{
	compare(b, op, &value, sizeof(value));
}

/* REG = (REG & mask) ^ flip */
static void mask(struct batch *b, const void *bits, const void *flip, size_t n)
{
	struct expr x = expr_begin(b, "bitwise");

	batch_u32(b, NFTA_BITWISE_SREG, REG);
	batch_u32(b, NFTA_BITWISE_DREG, REG);
	batch_u32(b, NFTA_BITWISE_LEN, (uint32_t)n);
	nft_put_value(b, NFTA_BITWISE_MASK, bits, n);
	nft_put_value(b, NFTA_BITWISE_XOR, flip, n);
	expr_end(b, x);
}

static void mask32(struct batch *b, uint32_t bits, uint32_t flip)
{
	mask(b, &bits, &flip, sizeof(bits));
}

enum lookup { LOOKUP_SET, LOOKUP_NOT_IN, LOOKUP_MAP };

static void lookup(struct batch *b, const char *set, enum lookup how)
{
	struct expr x = expr_begin(b, "lookup");

	batch_str(b, NFTA_LOOKUP_SET, set);
	batch_u32(b, NFTA_LOOKUP_SREG, REG);
	if (how == LOOKUP_MAP)
		batch_u32(b, NFTA_LOOKUP_DREG, NFT_REG_VERDICT);
	if (how == LOOKUP_NOT_IN)
		batch_u32(b, NFTA_LOOKUP_FLAGS, NFT_LOOKUP_F_INV);
	expr_end(b, x);
}

static void verdict(struct batch *b, int code, const char *chain)
{
	struct expr x = expr_begin(b, "immediate");

	batch_u32(b, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	nft_put_verdict(b, NFTA_IMMEDIATE_DATA, code, chain);
	expr_end(b, x);
}

static void count(struct batch *b, const char *name)
{
	struct expr x = expr_begin(b, "objref");

	batch_u32(b, NFTA_OBJREF_IMM_TYPE, NFT_OBJECT_COUNTER);
	batch_str(b, NFTA_OBJREF_IMM_NAME, name);
	expr_end(b, x);
}

/* ---- what the ops mean ---- */

static const uint8_t zeros[16];

static void match_loopback(struct batch *b)
{
	static const char lo[16] = "lo";

	load_meta(b, NFT_META_IIFNAME);
	compare(b, NFT_CMP_EQ, lo, sizeof(lo));
}

static void match_family(struct batch *b, uint8_t family)
{
	load_meta(b, NFT_META_NFPROTO);
	compare8(b, family);
}

/* RFC 791 section 3.1: source at 12; RFC 8200 section 3: source at 8 */
static void load_source(struct batch *b, bool v4)
{
	load_payload(b, REG, NFT_PAYLOAD_NETWORK_HEADER, v4 ? 12 : 8,
		     v4 ? 4 : 16);
}

/* The upper half, which is one subscriber (SPEC 6). */
static void load_source64(struct batch *b)
{
	static const uint8_t net[16] = {
		255, 255, 255, 255, 255, 255, 255, 255
	};

	load_source(b, false);
	mask(b, net, zeros, sizeof(net));
}

static void match_source_net(struct batch *b, const struct rule_op *op)
{
	bool v4 = op->kind == OP_SOURCE4_NET;
	size_t width = v4 ? 4 : 16;
	uint8_t bits[16] = { 0 };

	for (uint32_t i = 0; i < op->a; i++)
		bits[i / 8] |= (uint8_t)(0x80 >> i % 8);
	load_source(b, v4);
	if (op->a < width * 8)
		mask(b, bits, zeros, width);
	compare(b, NFT_CMP_EQ, op->addr, width);
}

/* Ethernet's frame (IEEE 802.3): destination, then source, six bytes each. */
static void match_mac(struct batch *b, const uint8_t *mac)
{
	uint16_t ethernet = ARPHRD_ETHER;

	load_meta(b, NFT_META_IIFTYPE);
	compare(b, NFT_CMP_EQ, &ethernet, sizeof(ethernet));
	load_payload(b, REG, NFT_PAYLOAD_LL_HEADER, 6, 6);
	compare(b, NFT_CMP_EQ, mac, 6);
}

static void match_link_local(struct batch *b)
{
	static const uint8_t bits[16] = { 0xff, 0xc0 };
	static const uint8_t net[16] = { 0xfe, 0x80 };

	load_source(b, false);
	mask(b, bits, zeros, sizeof(bits));
	compare(b, NFT_CMP_EQ, net, sizeof(net));
}

static void match_no_way_back(struct batch *b)
{
	load_fib(b, NFT_FIB_RESULT_OIF, NFTA_FIB_F_SADDR | NFTA_FIB_F_IIF);
	compare32(b, NFT_CMP_EQ, 0);
}

/*
 * To this box as well: a multicast of our own that comes back to us is no
 * forgery.
 */
static void match_own_source(struct batch *b)
{
	load_fib(b, NFT_FIB_RESULT_ADDRTYPE, NFTA_FIB_F_SADDR);
	compare32(b, NFT_CMP_EQ, RTN_LOCAL);
	load_fib(b, NFT_FIB_RESULT_ADDRTYPE, NFTA_FIB_F_DADDR);
	compare32(b, NFT_CMP_EQ, RTN_LOCAL);
}

static void match_range(struct batch *b, uint32_t off, uint32_t width,
			const struct rule_op *op)
{
	uint8_t a[2] = { (uint8_t)(op->a >> 8), (uint8_t)op->a };
	uint8_t z[2] = { (uint8_t)(op->b >> 8), (uint8_t)op->b };
	size_t skip = 2 - width; /* network order: the last bytes count */

	load_payload(b, REG, NFT_PAYLOAD_TRANSPORT_HEADER, off, width);
	if (op->a == op->b) {
		compare(b, NFT_CMP_EQ, a + skip, width);
		return;
	}
	compare(b, NFT_CMP_GTE, a + skip, width);
	compare(b, NFT_CMP_LTE, z + skip, width);
}

static void match_socket(struct batch *b)
{
	struct expr x = expr_begin(b, "socket");

	/* The value does not matter: without a socket the rule ends here. */
	batch_u32(b, NFTA_SOCKET_KEY, NFT_SOCKET_WILDCARD);
	batch_u32(b, NFTA_SOCKET_DREG, REG);
	expr_end(b, x);
}

static void set_generation(struct batch *b, uint32_t generation)
{
	struct expr x;

	load_ct(b, NFT_CT_MARK);
	mask32(b, (1u << MARK_BITS) - 1, generation << RULESET_MARK_SHIFT);
	x = expr_begin(b, "ct");
	batch_u32(b, NFTA_CT_KEY, NFT_CT_MARK);
	batch_u32(b, NFTA_CT_SREG, REG);
	expr_end(b, x);
}

static void match_generation(struct batch *b, uint32_t generation)
{
	load_ct(b, NFT_CT_MARK);
	mask32(b, ~((1u << MARK_BITS) - 1), 0);
	compare32(b, NFT_CMP_EQ, generation << RULESET_MARK_SHIFT);
}

static void match_service(struct batch *b, const char *map)
{
	load_meta(b, NFT_META_L4PROTO);
	load_payload(b, REG_SECOND, NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2);
	lookup(b, map, LOOKUP_MAP);
}

/* ---- one function an op ---- */

static void op_loopback(struct batch *b, const struct rule_op *op)
{
	(void)op;
	match_loopback(b);
}

static void op_family(struct batch *b, const struct rule_op *op)
{
	match_family(b, op->kind == OP_IPV4 ? NFPROTO_IPV4 : NFPROTO_IPV6);
}

static void op_source_in(struct batch *b, const struct rule_op *op)
{
	load_source(b, op->kind == OP_SOURCE4_IN);
	lookup(b, op->name, LOOKUP_SET);
}

static void op_source64_in(struct batch *b, const struct rule_op *op)
{
	load_source64(b);
	lookup(b, op->name, LOOKUP_SET);
}

static void op_not_in(struct batch *b, const struct rule_op *op)
{
	if (op->kind == OP_SOURCE4_NOT_IN)
		load_source(b, true);
	else
		load_source64(b);
	lookup(b, op->name, LOOKUP_NOT_IN);
}

static void op_mac(struct batch *b, const struct rule_op *op)
{
	match_mac(b, op->addr);
}

static void op_link_local(struct batch *b, const struct rule_op *op)
{
	(void)op;
	match_link_local(b);
}

static void op_no_way_back(struct batch *b, const struct rule_op *op)
{
	(void)op;
	match_no_way_back(b);
}

static void op_own_source(struct batch *b, const struct rule_op *op)
{
	(void)op;
	match_own_source(b);
}

static void op_protocol(struct batch *b, const struct rule_op *op)
{
	load_meta(b, NFT_META_L4PROTO);
	compare8(b, (uint8_t)op->a);
}

static void op_protocol_not(struct batch *b, const struct rule_op *op)
{
	uint8_t protocol = (uint8_t)op->a;

	load_meta(b, NFT_META_L4PROTO);
	compare(b, NFT_CMP_NEQ, &protocol, 1);
}

static void op_protocol_in(struct batch *b, const struct rule_op *op)
{
	load_meta(b, NFT_META_L4PROTO);
	lookup(b, op->name, LOOKUP_SET);
}

static void op_port_not(struct batch *b, const struct rule_op *op)
{
	uint8_t a[2] = { (uint8_t)(op->a >> 8), (uint8_t)op->a };
	uint8_t z[2] = { (uint8_t)(op->b >> 8), (uint8_t)op->b };
	struct expr x;

	load_payload(b, REG, NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2);
	x = expr_begin(b, "range");
	batch_u32(b, NFTA_RANGE_SREG, REG);
	batch_u32(b, NFTA_RANGE_OP, NFT_RANGE_NEQ);
	nft_put_value(b, NFTA_RANGE_FROM_DATA, a, sizeof(a));
	nft_put_value(b, NFTA_RANGE_TO_DATA, z, sizeof(z));
	expr_end(b, x);
}

/* RFC 793 section 3.1: the flags stand at 13: FIN 1, SYN 2, RST 4, ACK 16 */
static void op_tcp_ack(struct batch *b, const struct rule_op *op)
{
	static const uint8_t bits = 1 | 2 | 4 | 16, ack = 16;

	(void)op;
	load_payload(b, REG, NFT_PAYLOAD_TRANSPORT_HEADER, 13, 1);
	mask(b, &bits, zeros, 1);
	compare(b, NFT_CMP_EQ, &ack, 1);
}

static void op_source_port(struct batch *b, const struct rule_op *op)
{
	match_range(b, 0, 2, op);
}

static void op_port(struct batch *b, const struct rule_op *op)
{
	match_range(b, 2, 2, op);
}

static void op_icmp_type(struct batch *b, const struct rule_op *op)
{
	match_range(b, 0, 1, op);
}

static void op_ct_state(struct batch *b, const struct rule_op *op)
{
	load_ct(b, NFT_CT_STATE);
	mask32(b, op->a, 0);
	compare32(b, NFT_CMP_NEQ, 0);
}

static void op_ct_reply(struct batch *b, const struct rule_op *op)
{
	(void)op;
	load_ct(b, NFT_CT_DIRECTION);
	compare8(b, 1);
}

static void op_ct_generation(struct batch *b, const struct rule_op *op)
{
	match_generation(b, op->a);
}

static void op_set_generation(struct batch *b, const struct rule_op *op)
{
	set_generation(b, op->a);
}

static void op_has_socket(struct batch *b, const struct rule_op *op)
{
	(void)op;
	match_socket(b);
}

/* ---- rates ---- */

void nft_put_limit_data(struct batch *b, const struct ruleset_limit *limit)
{
	batch_u64(b, NFTA_LIMIT_RATE, limit->packets);
	batch_u64(b, NFTA_LIMIT_UNIT, limit->seconds);
	batch_u32(b, NFTA_LIMIT_BURST, limit->burst);
	batch_u32(b, NFTA_LIMIT_TYPE, NFT_LIMIT_PKTS);
	batch_u32(b, NFTA_LIMIT_FLAGS, limit->within ? 0 : NFT_LIMIT_F_INV);
}

/* An element of a set for what stands in the register, and its expression. */
static struct expr dynset_begin(struct batch *b, const char *set, uint32_t how,
				uint64_t timeout_ms)
{
	struct expr x = expr_begin(b, "dynset");

	batch_str(b, NFTA_DYNSET_SET_NAME, set);
	batch_u32(b, NFTA_DYNSET_OP, how);
	batch_u32(b, NFTA_DYNSET_SREG_KEY, REG);
	if (timeout_ms > 0)
		batch_u64(b, NFTA_DYNSET_TIMEOUT, timeout_ms);
	return x;
}

static struct expr inner_begin(struct batch *b, const char *name)
{
	struct expr x;

	x.elem = batch_nest(b, NFTA_DYNSET_EXPR);
	batch_str(b, NFTA_EXPR_NAME, name);
	x.data = batch_nest(b, NFTA_EXPR_DATA);
	return x;
}

static void put_rate(struct batch *b, const struct rule_op *op, bool within)
{
	const struct ruleset_limit limit = { .packets = op->a,
					     .seconds = op->b,
					     .burst = op->c,
					     .within = within };

	/* Kept until the bucket would be full again, whatever comes. */
	struct expr x = dynset_begin(b, op->name, NFT_DYNSET_OP_UPDATE,
				     (uint64_t)op->b * 1000);
	struct expr inner = inner_begin(b, "limit");

	nft_put_limit_data(b, &limit);
	expr_end(b, inner);
	expr_end(b, x);
}

static void load_key(struct batch *b, bool v4)
{
	if (v4)
		load_source(b, true);
	else
		load_source64(b);
}

static void op_over(struct batch *b, const struct rule_op *op)
{
	load_key(b, op->kind == OP_OVER4);
	put_rate(b, op, false);
}

static void op_within(struct batch *b, const struct rule_op *op)
{
	load_key(b, op->kind == OP_WITHIN4);
	put_rate(b, op, true);
}

static void op_over_port(struct batch *b, const struct rule_op *op)
{
	bool v4 = op->kind == OP_OVER4_PORT;

	load_key(b, v4);
	load_payload(b, v4 ? REG_SECOND : REG_FIFTH,
		     NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2);
	put_rate(b, op, false);
}

static void op_first(struct batch *b, const struct rule_op *op)
{
	load_ct(b, NFT_CT_ID);
	put_rate(b, op, true);
}

static void op_conns(struct batch *b, const struct rule_op *op)
{
	struct expr x, inner;

	load_key(b, op->kind == OP_CONNS4);
	x = dynset_begin(b, op->name, NFT_DYNSET_OP_ADD, 0);
	inner = inner_begin(b, "connlimit");
	batch_u32(b, NFTA_CONNLIMIT_COUNT, op->a);
	batch_u32(b, NFTA_CONNLIMIT_FLAGS, NFT_CONNLIMIT_F_INV);
	expr_end(b, inner);
	expr_end(b, x);
}

static void op_note(struct batch *b, const struct rule_op *op)
{
	struct expr x, inner;

	load_key(b, op->kind == OP_NOTE4);
	x = dynset_begin(b, op->name, NFT_DYNSET_OP_ADD,
			 (uint64_t)op->a * 1000);
	inner = inner_begin(b, "counter");
	expr_end(b, inner);
	expr_end(b, x);
}

static void op_limit(struct batch *b, const struct rule_op *op)
{
	struct expr x = expr_begin(b, "objref");

	batch_u32(b, NFTA_OBJREF_IMM_TYPE, NFT_OBJECT_LIMIT);
	batch_str(b, NFTA_OBJREF_IMM_NAME, op->name);
	expr_end(b, x);
}

static void op_count(struct batch *b, const struct rule_op *op)
{
	count(b, op->name);
}

static void op_service(struct batch *b, const struct rule_op *op)
{
	match_service(b, op->name);
}

static void op_verdict(struct batch *b, const struct rule_op *op)
{
	static const int codes[] = {
		[OP_ACCEPT] = NF_ACCEPT,  [OP_DROP] = NF_DROP,
		[OP_RETURN] = NFT_RETURN, [OP_JUMP] = NFT_JUMP,
		[OP_GOTO] = NFT_GOTO,
	};

	verdict(b, codes[op->kind], op->name[0] ? op->name : NULL);
}

typedef void (*op_fn)(struct batch *b, const struct rule_op *op);

static const op_fn op_fns[] = {
	[OP_LOOPBACK] = op_loopback,
	[OP_IPV4] = op_family,
	[OP_IPV6] = op_family,
	[OP_SOURCE4_IN] = op_source_in,
	[OP_SOURCE6_IN] = op_source_in,
	[OP_SOURCE64_IN] = op_source64_in,
	[OP_SOURCE4_NOT_IN] = op_not_in,
	[OP_SOURCE64_NOT_IN] = op_not_in,
	[OP_SOURCE4_NET] = match_source_net,
	[OP_SOURCE6_NET] = match_source_net,
	[OP_MAC] = op_mac,
	[OP_LINK_LOCAL] = op_link_local,
	[OP_NO_WAY_BACK] = op_no_way_back,
	[OP_OWN_SOURCE] = op_own_source,
	[OP_PROTOCOL] = op_protocol,
	[OP_PROTOCOL_NOT] = op_protocol_not,
	[OP_PROTOCOL_IN] = op_protocol_in,
	[OP_PORT_NOT] = op_port_not,
	[OP_TCP_ACK] = op_tcp_ack,
	[OP_SOURCE_PORT] = op_source_port,
	[OP_PORT] = op_port,
	[OP_ICMP_TYPE] = op_icmp_type,
	[OP_CT_STATE] = op_ct_state,
	[OP_CT_REPLY] = op_ct_reply,
	[OP_CT_GENERATION] = op_ct_generation,
	[OP_SET_GENERATION] = op_set_generation,
	[OP_HAS_SOCKET] = op_has_socket,
	[OP_OVER4] = op_over,
	[OP_OVER6] = op_over,
	[OP_OVER4_PORT] = op_over_port,
	[OP_OVER6_PORT] = op_over_port,
	[OP_WITHIN4] = op_within,
	[OP_WITHIN6] = op_within,
	[OP_FIRST] = op_first,
	[OP_CONNS4] = op_conns,
	[OP_CONNS6] = op_conns,
	[OP_NOTE4] = op_note,
	[OP_NOTE6] = op_note,
	[OP_LIMIT] = op_limit,
	[OP_COUNT] = op_count,
	[OP_SERVICE] = op_service,
	[OP_ACCEPT] = op_verdict,
	[OP_DROP] = op_verdict,
	[OP_RETURN] = op_verdict,
	[OP_JUMP] = op_verdict,
	[OP_GOTO] = op_verdict,
};

void nft_put_op(struct batch *b, const struct rule_op *op)
{
	op_fns[op->kind](b, op);
}

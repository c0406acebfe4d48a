#include "nft_rules.h"

#include <assert.h>
#include <linux/if_arp.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <stdio.h>
#include <string.h>

/*
 * One register does for nearly all: 16 bytes at NFT_REG32_00. The map of ports
 * is looked up by two 4-byte registers side by side.
 */
enum {
	REG = NFT_REG32_00,
	REG_SECOND = NFT_REG32_01,
	/* nft's own numbers of types: only `nft list` reads them. */
	TYPE_IPV4 = 7,
	TYPE_IPV6 = 8,
	TYPE_PROTOCOL_PORT = 12 << 6 | 13,
	/* the verdict as the data of a map */
	TYPE_VERDICT = (int)0xffffff00,
	BAN_MAX = 262144,
	HOOK_PRIORITY_RAW = -300,
	MARK_BITS = 16,
};

uint32_t nft_put_table(struct batch *b, int type)
{
	int flags = type == NFT_MSG_NEWTABLE ? NLM_F_CREATE : 0;
	uint32_t seq = batch_open(b, type, flags, 256);

	batch_str(b, NFTA_TABLE_NAME, RULESET_TABLE);
	batch_close(b);
	return seq;
}

uint32_t nft_put_counter(struct batch *b, const char *name)
{
	uint32_t seq = batch_open(b, NFT_MSG_NEWOBJ, NLM_F_CREATE, 256);
	struct nlattr *data;

	batch_str(b, NFTA_OBJ_TABLE, RULESET_TABLE);
	batch_str(b, NFTA_OBJ_NAME, name);
	batch_u32(b, NFTA_OBJ_TYPE, NFT_OBJECT_COUNTER);
	data = batch_nest(b, NFTA_OBJ_DATA);
	batch_nest_end(b, data);
	batch_close(b);
	return seq;
}

static void put_set_shape(struct batch *b, const struct ruleset_set *set)
{
	uint32_t flags = 0;

	if (set->use == SET_INTERVAL)
		flags |= NFT_SET_INTERVAL;
	if (set->use == SET_BANS)
		flags |= NFT_SET_TIMEOUT;
	if (set->key == SET_PORTS)
		flags |= NFT_SET_MAP;
	batch_u32(b, NFTA_SET_FLAGS, flags);
	switch (set->key) {
	case SET_IPV4:
		batch_u32(b, NFTA_SET_KEY_TYPE, TYPE_IPV4);
		batch_u32(b, NFTA_SET_KEY_LEN, 4);
		break;
	case SET_IPV6:
		batch_u32(b, NFTA_SET_KEY_TYPE, TYPE_IPV6);
		batch_u32(b, NFTA_SET_KEY_LEN, 16);
		break;
	case SET_PORTS:
		batch_u32(b, NFTA_SET_KEY_TYPE, TYPE_PROTOCOL_PORT);
		batch_u32(b, NFTA_SET_KEY_LEN, 8);
		batch_u32(b, NFTA_SET_DATA_TYPE, (uint32_t)TYPE_VERDICT);
		batch_u32(b, NFTA_SET_DATA_LEN, 0);
		break;
	}
}

uint32_t nft_put_set(struct batch *b, const struct ruleset_set *set)
{
	uint32_t seq = batch_open(b, NFT_MSG_NEWSET, NLM_F_CREATE, 512);
	struct nlattr *nest, *data;

	batch_str(b, NFTA_SET_TABLE, RULESET_TABLE);
	batch_str(b, NFTA_SET_NAME, set->name);
	put_set_shape(b, set);
	batch_u32(b, NFTA_SET_ID, seq); /* any number of its own in the batch */
	if (set->use == SET_BANS) {
		nest = batch_nest(b, NFTA_SET_DESC);
		batch_u32(b, NFTA_SET_DESC_SIZE, BAN_MAX);
		batch_nest_end(b, nest);
		nest = batch_nest(b, NFTA_SET_EXPR);
		batch_str(b, NFTA_EXPR_NAME, "counter");
		data = batch_nest(b, NFTA_EXPR_DATA);
		batch_nest_end(b, data);
		batch_nest_end(b, nest);
	}
	batch_close(b);
	return seq;
}

uint32_t nft_put_chain(struct batch *b, const struct ruleset_chain *chain)
{
	uint32_t seq = batch_open(b, NFT_MSG_NEWCHAIN, NLM_F_CREATE, 256);
	bool raw = chain->hook == CHAIN_PREROUTING;
	struct nlattr *hook;

	batch_str(b, NFTA_CHAIN_TABLE, RULESET_TABLE);
	batch_str(b, NFTA_CHAIN_NAME, chain->name);
	if (chain->hook != CHAIN_PLAIN) {
		batch_str(b, NFTA_CHAIN_TYPE, "filter");
		hook = batch_nest(b, NFTA_CHAIN_HOOK);
		batch_u32(b, NFTA_HOOK_HOOKNUM,
			  raw ? NF_INET_PRE_ROUTING : NF_INET_LOCAL_IN);
		batch_u32(b, NFTA_HOOK_PRIORITY,
			  raw ? (uint32_t)HOOK_PRIORITY_RAW : 0);
		batch_nest_end(b, hook);
		batch_u32(b, NFTA_CHAIN_POLICY, NF_ACCEPT);
	}
	batch_close(b);
	return seq;
}

uint32_t nft_put_flush_rules(struct batch *b, const char *chain)
{
	uint32_t seq = batch_open(b, NFT_MSG_DELRULE, 0, 256);

	batch_str(b, NFTA_RULE_TABLE, RULESET_TABLE);
	batch_str(b, NFTA_RULE_CHAIN, chain);
	batch_close(b);
	return seq;
}

uint32_t nft_put_flush_set(struct batch *b, const char *set)
{
	uint32_t seq = batch_open(b, NFT_MSG_DELSETELEM, 0, 256);

	batch_str(b, NFTA_SET_ELEM_LIST_TABLE, RULESET_TABLE);
	batch_str(b, NFTA_SET_ELEM_LIST_SET, set);
	batch_close(b);
	return seq;
}

static void put_verdict(struct batch *b, int attr, int code, const char *chain)
{
	struct nlattr *data = batch_nest(b, attr);
	struct nlattr *verdict = batch_nest(b, NFTA_DATA_VERDICT);

	batch_u32(b, NFTA_VERDICT_CODE, (uint32_t)code);
	if (chain)
		batch_str(b, NFTA_VERDICT_CHAIN, chain);
	batch_nest_end(b, verdict);
	batch_nest_end(b, data);
}

static void put_value(struct batch *b, int attr, const void *data, size_t n)
{
	struct nlattr *nest = batch_nest(b, attr);

	batch_raw(b, NFTA_DATA_VALUE, data, n);
	batch_nest_end(b, nest);
}

uint32_t nft_put_elems(struct batch *b, int type, int flags, const char *set,
		       const struct nft_elem *e, size_t n)
{
	uint32_t seq = batch_open(b, type, flags, 256 + n * 64);
	struct nlattr *list, *elem;

	assert(n <= NFT_ELEMS_A_MESSAGE);
	batch_str(b, NFTA_SET_ELEM_LIST_TABLE, RULESET_TABLE);
	batch_str(b, NFTA_SET_ELEM_LIST_SET, set);
	list = batch_nest(b, NFTA_SET_ELEM_LIST_ELEMENTS);
	for (; n > 0; n--, e++) {
		elem = batch_nest(b, NFTA_LIST_ELEM);
		put_value(b, NFTA_SET_ELEM_KEY, e->key, e->width);
		if (e->interval_end)
			batch_u32(b, NFTA_SET_ELEM_FLAGS,
				  NFT_SET_ELEM_INTERVAL_END);
		if (e->timeout_ms > 0)
			batch_u64(b, NFTA_SET_ELEM_TIMEOUT, e->timeout_ms);
		if (e->chain)
			put_verdict(b, NFTA_SET_ELEM_DATA, NFT_JUMP, e->chain);
		batch_nest_end(b, elem);
	}
	batch_nest_end(b, list);
	batch_close(b);
	return seq;
}

/* ---- expressions ---- */

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
	put_value(b, NFTA_CMP_DATA, data, n);
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
	put_value(b, NFTA_BITWISE_MASK, bits, n);
	put_value(b, NFTA_BITWISE_XOR, flip, n);
	expr_end(b, x);
}

static void mask32(struct batch *b, uint32_t bits, uint32_t flip)
{
	mask(b, &bits, &flip, sizeof(bits));
}

static void lookup(struct batch *b, const char *set, bool map)
{
	struct expr x = expr_begin(b, "lookup");

	batch_str(b, NFTA_LOOKUP_SET, set);
	batch_u32(b, NFTA_LOOKUP_SREG, REG);
	if (map)
		batch_u32(b, NFTA_LOOKUP_DREG, NFT_REG_VERDICT);
	expr_end(b, x);
}

static void verdict(struct batch *b, int code, const char *chain)
{
	struct expr x = expr_begin(b, "immediate");

	batch_u32(b, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	put_verdict(b, NFTA_IMMEDIATE_DATA, code, chain);
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

static void match_source64(struct batch *b, const char *set)
{
	static const uint8_t net[16] = {
		255, 255, 255, 255, 255, 255, 255, 255
	};

	load_source(b, false);
	mask(b, net, zeros, sizeof(net));
	lookup(b, set, false);
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
	lookup(b, map, true);
}

static void put_op(struct batch *b, const struct rule_op *op)
{
	switch (op->kind) {
	case OP_LOOPBACK:
		match_loopback(b);
		return;
	case OP_IPV4:
		match_family(b, NFPROTO_IPV4);
		return;
	case OP_IPV6:
		match_family(b, NFPROTO_IPV6);
		return;
	case OP_SOURCE4_IN:
	case OP_SOURCE6_IN:
		load_source(b, op->kind == OP_SOURCE4_IN);
		lookup(b, op->name, false);
		return;
	case OP_SOURCE64_IN:
		match_source64(b, op->name);
		return;
	case OP_SOURCE4_NET:
	case OP_SOURCE6_NET:
		match_source_net(b, op);
		return;
	case OP_MAC:
		match_mac(b, op->addr);
		return;
	case OP_LINK_LOCAL:
		match_link_local(b);
		return;
	case OP_NO_WAY_BACK:
		match_no_way_back(b);
		return;
	case OP_OWN_SOURCE:
		match_own_source(b);
		return;
	case OP_PROTOCOL:
		load_meta(b, NFT_META_L4PROTO);
		compare8(b, (uint8_t)op->a);
		return;
	case OP_SOURCE_PORT:
		match_range(b, 0, 2, op);
		return;
	case OP_PORT:
		match_range(b, 2, 2, op);
		return;
	case OP_ICMP_TYPE:
		match_range(b, 0, 1, op);
		return;
	case OP_CT_STATE:
		load_ct(b, NFT_CT_STATE);
		mask32(b, op->a, 0);
		compare32(b, NFT_CMP_NEQ, 0);
		return;
	case OP_CT_REPLY:
		load_ct(b, NFT_CT_DIRECTION);
		compare8(b, 1);
		return;
	case OP_CT_GENERATION:
		match_generation(b, op->a);
		return;
	case OP_SET_GENERATION:
		set_generation(b, op->a);
		return;
	case OP_HAS_SOCKET:
		match_socket(b);
		return;
	case OP_COUNT:
		count(b, op->name);
		return;
	case OP_SERVICE:
		match_service(b, op->name);
		return;
	case OP_ACCEPT:
		verdict(b, NF_ACCEPT, NULL);
		return;
	case OP_DROP:
		verdict(b, NF_DROP, NULL);
		return;
	case OP_JUMP:
		verdict(b, NFT_JUMP, op->name);
		return;
	case OP_GOTO:
		verdict(b, NFT_GOTO, op->name);
		return;
	}
}

uint32_t nft_put_rule(struct batch *b, const struct rule *r)
{
	uint32_t seq = batch_open(b, NFT_MSG_NEWRULE,
				  NLM_F_CREATE | NLM_F_APPEND, 4096);
	/* nft's comment: type 0, length, text with its NUL */
	char comment[2 + 100] = { 0 };
	size_t room = sizeof(comment) - 2, n;
	struct nlattr *list;

	snprintf(comment + 2, room, "%s%s%s", r->why, r->row[0] ? " " : "",
		 r->row);
	n = strlen(comment + 2);
	comment[1] = (char)(n + 1);
	batch_str(b, NFTA_RULE_TABLE, RULESET_TABLE);
	batch_str(b, NFTA_RULE_CHAIN, r->chain);
	batch_raw(b, NFTA_RULE_USERDATA, comment, n + 3);
	list = batch_nest(b, NFTA_RULE_EXPRESSIONS);
	for (size_t i = 0; i < r->n; i++)
		put_op(b, &r->op[i]);
	batch_nest_end(b, list);
	batch_close(b);
	return seq;
}

#include "nft_rules.h"

#include <assert.h>
#include <netlink/attr.h>
#include <stdio.h>
#include <string.h>

#include "nft_expr.h"

enum {
	/* nft's own numbers of types: only `nft list` reads them. */
	TYPE_IPV4 = 7,
	TYPE_IPV6 = 8,
	TYPE_PROTOCOL = 12,
	TYPE_PORT = 13,
	TYPE_MARK = 19, /* nft has no word for the number of a connection */
	TYPE_PROTOCOL_PORT = TYPE_PROTOCOL << 6 | TYPE_PORT,
	/* the verdict as the data of a map */
	TYPE_VERDICT = (int)0xffffff00,
	BAN_MAX = 262144,
	HOOK_PRIORITY_RAW = -300,
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

uint32_t nft_put_limit(struct batch *b, const struct ruleset_limit *limit)
{
	uint32_t seq = batch_open(b, NFT_MSG_NEWOBJ, NLM_F_CREATE, 256);
	struct nlattr *data;

	batch_str(b, NFTA_OBJ_TABLE, RULESET_TABLE);
	batch_str(b, NFTA_OBJ_NAME, limit->name);
	batch_u32(b, NFTA_OBJ_TYPE, NFT_OBJECT_LIMIT);
	data = batch_nest(b, NFTA_OBJ_DATA);
	nft_put_limit_data(b, limit);
	batch_nest_end(b, data);
	batch_close(b);
	return seq;
}

static void put_set_shape(struct batch *b, const struct ruleset_set *set)
{
	uint32_t flags = 0;

	if (set->use == SET_INTERVAL)
		flags |= NFT_SET_INTERVAL;
	if (set->use == SET_BANS || set->use == SET_DYNAMIC)
		flags |= NFT_SET_TIMEOUT;
	if (set->use == SET_DYNAMIC || set->use == SET_CONNS)
		flags |= NFT_SET_EVAL;
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
	case SET_IPV4_PORT:
		batch_u32(b, NFTA_SET_KEY_TYPE, TYPE_IPV4 << 6 | TYPE_PORT);
		batch_u32(b, NFTA_SET_KEY_LEN, 4 + 4);
		break;
	case SET_IPV6_PORT:
		batch_u32(b, NFTA_SET_KEY_TYPE, TYPE_IPV6 << 6 | TYPE_PORT);
		batch_u32(b, NFTA_SET_KEY_LEN, 16 + 4);
		break;
	case SET_PROTOCOL:
		batch_u32(b, NFTA_SET_KEY_TYPE, TYPE_PROTOCOL);
		batch_u32(b, NFTA_SET_KEY_LEN, 1);
		break;
	case SET_FLOW:
		batch_u32(b, NFTA_SET_KEY_TYPE, TYPE_MARK);
		batch_u32(b, NFTA_SET_KEY_LEN, 4);
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
	if (set->use == SET_BANS || set->most > 0) {
		nest = batch_nest(b, NFTA_SET_DESC);
		batch_u32(b, NFTA_SET_DESC_SIZE,
			  set->most > 0 ? set->most : BAN_MAX);
		batch_nest_end(b, nest);
	}
	if (set->use == SET_BANS) {
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
		nft_put_value(b, NFTA_SET_ELEM_KEY, e->key, e->width);
		if (e->interval_end)
			batch_u32(b, NFTA_SET_ELEM_FLAGS,
				  NFT_SET_ELEM_INTERVAL_END);
		if (e->timeout_ms > 0)
			batch_u64(b, NFTA_SET_ELEM_TIMEOUT, e->timeout_ms);
		if (e->chain)
			nft_put_verdict(b, NFTA_SET_ELEM_DATA, NFT_JUMP,
					e->chain);
		batch_nest_end(b, elem);
	}
	batch_nest_end(b, list);
	batch_close(b);
	return seq;
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
		nft_put_op(b, &r->op[i]);
	batch_nest_end(b, list);
	batch_close(b);
	return seq;
}

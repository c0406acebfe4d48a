/* What the kernel says: elements, counters, names. */
#include <endian.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <string.h>

#include "addr.h"
#include "nft_impl.h"
#include "nft_rules.h"

static uint64_t be64_of(const struct nlattr *a)
{
	uint64_t value = 0;

	if (a && nla_len(a) == (int)sizeof(value))
		memcpy(&value, nla_data(a), sizeof(value));
	return be64toh(value);
}

static void read_counter(struct nlattr *data, struct nft_count *c)
{
	struct nlattr *tb[NFTA_COUNTER_MAX + 1];

	if (!data || nla_parse_nested(tb, NFTA_COUNTER_MAX, data, NULL) < 0)
		return;
	c->packets = be64_of(tb[NFTA_COUNTER_PACKETS]);
	c->bytes = be64_of(tb[NFTA_COUNTER_BYTES]);
}

static uint64_t elem_packets(struct nlattr *expr)
{
	struct nlattr *tb[NFTA_EXPR_MAX + 1];

	struct nft_count c = { 0 };

	if (expr && nla_parse_nested(tb, NFTA_EXPR_MAX, expr, NULL) == 0)
		read_counter(tb[NFTA_EXPR_DATA], &c);
	return c.packets;
}

static bool hand_elem(const struct nft_elems *d, struct nlattr *elem)
{
	struct nlattr *tb[NFTA_SET_ELEM_MAX + 1];
	struct nlattr *key[NFTA_DATA_MAX + 1];
	bool v4 = d->family == AF_INET;
	struct nft_ban ban = { .service = d->service };

	if (nla_parse_nested(tb, NFTA_SET_ELEM_MAX, elem, NULL) < 0 ||
	    !tb[NFTA_SET_ELEM_KEY] ||
	    nla_parse_nested(key, NFTA_DATA_MAX, tb[NFTA_SET_ELEM_KEY], NULL) <
		    0 ||
	    !key[NFTA_DATA_VALUE] ||
	    nla_len(key[NFTA_DATA_VALUE]) != (v4 ? 4 : 16))
		return true;
	ban.source.addr.family = d->family;
	ban.source.len = v4 ? 32 : 64;
	memcpy(ban.source.addr.bytes, nla_data(key[NFTA_DATA_VALUE]),
	       v4 ? 4 : 16);
	ban.timeout_ms = be64_of(tb[NFTA_SET_ELEM_EXPIRATION]);
	return d->fn(d->ctx, &ban, elem_packets(tb[NFTA_SET_ELEM_EXPR]));
}

static bool on_elems(void *ctx, struct nlmsghdr *h)
{
	const struct nft_elems *d = ctx;
	struct nlattr *tb[NFTA_SET_ELEM_LIST_MAX + 1];
	struct nlattr *elem;
	int left;

	if (nlmsg_parse(h, sizeof(struct nfgenmsg), tb, NFTA_SET_ELEM_LIST_MAX,
			NULL) < 0 ||
	    !tb[NFTA_SET_ELEM_LIST_ELEMENTS])
		return true;
	nla_for_each_nested(elem, tb[NFTA_SET_ELEM_LIST_ELEMENTS], left)
	{
		if (!hand_elem(d, elem))
			return false;
	}
	return true;
}

static void fill_elems(void *ctx, struct batch *b)
{
	const struct nft_elems *d = ctx;

	batch_str(b, NFTA_SET_ELEM_LIST_TABLE, RULESET_TABLE);
	batch_str(b, NFTA_SET_ELEM_LIST_SET, d->name);
}

int nft_ask_elems(struct nl_sock *sk, struct batch *b, struct nft_elems *elems,
		  struct batch_question *q)
{
	return batch_send_question(sk, b, NFT_MSG_GETSETELEM, true, fill_elems,
				   elems, q);
}

int nft_next_elems(struct nl_sock *sk, struct nft_elems *elems,
		   struct batch_question *q)
{
	return batch_read_answers(sk, q, on_elems, elems);
}

int nft_each_ban(struct nft *n, nft_ban_fn fn, void *ctx)
{
	static const uint8_t families[] = { AF_INET, AF_INET6 };
	int err = 0;

	for (int i = 0; i < 2 * WALL_N_SERVICES && err == 0; i++) {
		char set[RULESET_NAME];
		struct nft_elems d = {
			.name = set,
			.family = families[i % 2],
			.service = (enum wall_service)(i / 2),
			.fn = fn,
			.ctx = ctx,
		};

		ruleset_set_name(set, "ban", d.family, d.service);
		err = batch_ask(n->sk, &n->batch, NFT_MSG_GETSETELEM, true,
				fill_elems, on_elems, &d);
	}
	return err;
}

/* ---- names and counters ---- */

struct listing {
	enum nft_kind kind;
	nft_name_fn name;
	nft_counter_fn counter;
	void *ctx;
};

struct kind {
	int get;   /* the question */
	int take;  /* NFT_MSG_DEL* */
	int table; /* attributes of both */
	int name;
	uint32_t type; /* of an object; 0: is none */
};

static const struct kind kinds[NFT_N_KINDS] = {
	[NFT_KIND_CHAIN] = { NFT_MSG_GETCHAIN, NFT_MSG_DELCHAIN,
			     NFTA_CHAIN_TABLE, NFTA_CHAIN_NAME },
	[NFT_KIND_SET] = { NFT_MSG_GETSET, NFT_MSG_DELSET, NFTA_SET_TABLE,
			   NFTA_SET_NAME },
	[NFT_KIND_COUNTER] = { NFT_MSG_GETOBJ, NFT_MSG_DELOBJ, NFTA_OBJ_TABLE,
			       NFTA_OBJ_NAME, NFT_OBJECT_COUNTER },
	[NFT_KIND_LIMIT] = { NFT_MSG_GETOBJ, NFT_MSG_DELOBJ, NFTA_OBJ_TABLE,
			     NFTA_OBJ_NAME, NFT_OBJECT_LIMIT },
};

static bool on_listed(void *ctx, struct nlmsghdr *h)
{
	enum { ATTR_MAX = 32 };
	const struct listing *l = ctx;
	const struct kind *k = &kinds[l->kind];
	struct nlattr *tb[ATTR_MAX + 1];
	struct nft_count c = { 0 };

	/* Not every kernel leaves other people's tables out. */
	if (nlmsg_parse(h, sizeof(struct nfgenmsg), tb, ATTR_MAX, NULL) < 0 ||
	    !tb[k->table] || !tb[k->name] ||
	    strcmp(nla_get_string(tb[k->table]), RULESET_TABLE) != 0 ||
	    ((const struct nfgenmsg *)nlmsg_data(h))->nfgen_family !=
		    NFPROTO_INET)
		return true;
	if (l->name)
		l->name(l->ctx, nla_get_string(tb[k->name]));
	if (l->counter) {
		read_counter(tb[NFTA_OBJ_DATA], &c);
		l->counter(l->ctx, nla_get_string(tb[k->name]), &c);
	}
	return true;
}

static void fill_listing(void *ctx, struct batch *b)
{
	const struct listing *l = ctx;

	batch_str(b, kinds[l->kind].table, RULESET_TABLE);
	if (kinds[l->kind].type > 0)
		batch_u32(b, NFTA_OBJ_TYPE, kinds[l->kind].type);
}

static int list(struct nft *n, struct listing *l)
{
	int err = batch_ask(n->sk, &n->batch, kinds[l->kind].get, true,
			    fill_listing, on_listed, l);

	return err == -ENOENT ? 0 : err;
}

int nft_each_name(struct nft *n, enum nft_kind kind, nft_name_fn fn, void *ctx)
{
	return list(n, &(struct listing){ kind, fn, NULL, ctx });
}

int nft_each_counter(struct nft *n, nft_counter_fn fn, void *ctx)
{
	return list(n, &(struct listing){ NFT_KIND_COUNTER, NULL, fn, ctx });
}

uint32_t nft_put_away(struct batch *b, enum nft_kind kind, const char *name)
{
	uint32_t seq = batch_open(b, kinds[kind].take, 0, 256);

	batch_str(b, kinds[kind].table, RULESET_TABLE);
	batch_str(b, kinds[kind].name, name);
	if (kinds[kind].type > 0)
		batch_u32(b, NFTA_OBJ_TYPE, kinds[kind].type);
	batch_close(b);
	return seq;
}

/* ---- one element ---- */

struct lookup {
	const char *set;
	const struct addr *source;
};

static void fill_lookup(void *ctx, struct batch *b)
{
	const struct lookup *l = ctx;
	bool v4 = l->source->family == AF_INET;
	uint8_t key[16] = { 0 };
	struct nlattr *list, *elem, *value;

	/* As the set holds it: an address, or a /64. */
	memcpy(key, l->source->bytes, v4 ? 4 : 8);
	batch_str(b, NFTA_SET_ELEM_LIST_TABLE, RULESET_TABLE);
	batch_str(b, NFTA_SET_ELEM_LIST_SET, l->set);
	list = batch_nest(b, NFTA_SET_ELEM_LIST_ELEMENTS);
	elem = batch_nest(b, NFTA_LIST_ELEM);
	value = batch_nest(b, NFTA_SET_ELEM_KEY);
	batch_raw(b, NFTA_DATA_VALUE, key, v4 ? 4 : 16);
	batch_nest_end(b, value);
	batch_nest_end(b, elem);
	batch_nest_end(b, list);
}

static bool ignore(void *ctx, struct nlmsghdr *h)
{
	(void)ctx;
	(void)h;
	return true;
}

bool nft_in_set(struct nft *n, const char *set, const struct addr *source)
{
	struct lookup l = { set, source };

	return batch_ask(n->sk, &n->batch, NFT_MSG_GETSETELEM, false,
			 fill_lookup, ignore, &l) == 0;
}

bool nft_is_banned(struct nft *n, enum wall_service service,
		   const struct addr *source)
{
	char set[RULESET_NAME];

	ruleset_set_name(set, "ban", source->family, service);
	return nft_in_set(n, set, source);
}

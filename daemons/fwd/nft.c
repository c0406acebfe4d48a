#include "nft.h"

#include <endian.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/socket.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "nft_batch.h"
#include "nft_rules.h"

enum { NOTES_MAX = 320 };

/* Which message of the batch is what, to name the one that was refused. */
struct note {
	uint32_t seq;
	const char *kind;
	const char *name;
};

struct nft {
	struct nl_sock *sk;
	struct batch batch;
	struct note notes[NOTES_MAX];
	size_t n_notes;
};

static const char *in_words(int err)
{
	switch (-err) {
	case EPERM:
		return "no right to change the packet filter: "
		       "needs root or CAP_NET_ADMIN";
	case EOPNOTSUPP:
	case EPROTONOSUPPORT:
	case EAFNOSUPPORT:
		return "this kernel has no nf_tables: load the module "
		       "nf_tables "
		       "(Linux 5.12 or later)";
	case ENOENT:
		return "the kernel lacks it: load nf_tables, nft_ct, "
		       "nft_fib_inet "
		       "and nft_socket (Linux 5.12 or later)";
	case ENFILE:
		return "the set is full";
	case ETIMEDOUT:
		return "the kernel did not answer";
	case EMSGSIZE:
		return "too large for one transaction";
	}
	return strerror(-err);
}

struct nft *nft_open(char *why, size_t why_size)
{
	struct nft *n = calloc(1, sizeof(*n));
	int err = -ENOMEM;

	if (n) {
		n->sk = batch_socket();
		if (n->sk) {
			n->batch.seq = 1;
			return n;
		}
		err = -errno;
		free(n);
	}
	snprintf(why, why_size, "packet filter: %s", in_words(err));
	return NULL;
}

void nft_close(struct nft *n)
{
	if (!n)
		return;
	nl_socket_free(n->sk);
	batch_free(&n->batch);
	free(n);
}

/* ---- the ruleset ---- */

static void note(struct nft *n, uint32_t seq, const char *kind,
		 const char *name)
{
	if (n->n_notes < NOTES_MAX)
		n->notes[n->n_notes++] = (struct note){ seq, kind, name };
}

static int explain(struct nft *n, int err, uint32_t bad, char *why,
		   size_t why_size)
{
	if (err == 0)
		return 0;
	for (size_t i = 0; i < n->n_notes; i++) {
		if (n->notes[i].seq != bad || err == -EPERM)
			continue;
		snprintf(why, why_size, "packet filter: %s \"%s\": %s",
			 n->notes[i].kind, n->notes[i].name, in_words(err));
		return err;
	}
	snprintf(why, why_size, "packet filter: %s", in_words(err));
	return err;
}

static void fill_layout(void *ctx, struct batch *b)
{
	(void)ctx;
	batch_str(b, NFTA_CHAIN_TABLE, RULESET_TABLE);
	batch_str(b, NFTA_CHAIN_NAME, RULESET_LAYOUT);
}

static bool ignore_answer(void *ctx, struct nlmsghdr *h)
{
	(void)ctx;
	(void)h;
	return true;
}

static bool layout_stands(struct nft *n)
{
	return batch_ask(n->sk, &n->batch, NFT_MSG_GETCHAIN, false, fill_layout,
			 ignore_answer, NULL) == 0;
}

static void put_skeleton(struct nft *n, const struct ruleset *rs, bool fresh)
{
	struct batch *b = &n->batch;

	note(n, nft_put_table(b, NFT_MSG_NEWTABLE), "table", RULESET_TABLE);
	if (fresh) {
		nft_put_table(b, NFT_MSG_DELTABLE);
		nft_put_table(b, NFT_MSG_NEWTABLE);
	}
	for (size_t i = 0; i < rs->n_counters; i++)
		note(n, nft_put_counter(b, rs->counters[i]), "counter",
		     rs->counters[i]);
	for (size_t i = 0; i < rs->n_sets; i++)
		note(n, nft_put_set(b, &rs->sets[i]), "set", rs->sets[i].name);
	for (size_t i = 0; i < rs->n_chains; i++)
		note(n, nft_put_chain(b, &rs->chains[i]), "chain",
		     rs->chains[i].name);
}

/* Two elements a range: where it begins, and the first address behind it. */
static size_t range_elems(struct nft_elem e[2], const struct interval *iv)
{
	uint8_t width = (uint8_t)interval_width(iv);

	memset(e, 0, 2 * sizeof(*e));
	e[0].width = width;
	memcpy(e[0].key, iv->first, width);
	if (interval_end(iv, e[1].key) < 0)
		return 1;
	e[1].width = width;
	e[1].interval_end = true;
	return 2;
}

/* The ranges of one family into one set, a thousand elements a message. */
static void put_ranges(struct batch *b, const char *set, uint8_t family,
		       const struct interval *list, size_t n)
{
	struct nft_elem e[NFT_ELEMS_A_MESSAGE];
	size_t k = 0;

	for (size_t i = 0; i < n; i++) {
		if (list[i].family != family)
			continue;
		k += range_elems(&e[k], &list[i]);
		if (k + 2 > NFT_ELEMS_A_MESSAGE) {
			nft_put_elems(b, NFT_MSG_NEWSETELEM, NLM_F_CREATE, set,
				      e, k);
			k = 0;
		}
	}
	if (k > 0)
		nft_put_elems(b, NFT_MSG_NEWSETELEM, NLM_F_CREATE, set, e, k);
}

static void put_ports(struct nft *n, const struct ruleset *rs, const char *map,
		      const char *prefix)
{
	char chains[RULESET_PORTS][RULESET_NAME];
	struct nft_elem e[RULESET_PORTS];

	memset(e, 0, sizeof(e));
	for (size_t i = 0; i < rs->in.n_ports; i++) {
		const struct ruleset_port *p = &rs->in.ports[i];

		/* two registers of 4 bytes: protocol, port (network order) */
		e[i].width = 8;
		e[i].key[0] = p->protocol;
		e[i].key[4] = (uint8_t)(p->port >> 8);
		e[i].key[5] = (uint8_t)p->port;
		snprintf(chains[i], sizeof(chains[i]), "%s%s", prefix,
			 wall_service_name(p->service));
		e[i].chain = chains[i];
	}
	if (rs->in.n_ports > 0)
		note(n,
		     nft_put_elems(&n->batch, NFT_MSG_NEWSETELEM, NLM_F_CREATE,
				   map, e, rs->in.n_ports),
		     "ports", map);
}

int nft_apply(struct nft *n, const struct ruleset *rs, char *why,
	      size_t why_size)
{
	struct batch *b = &n->batch;
	const struct ruleset_input *in = &rs->in;
	bool fresh = !layout_stands(n);
	uint32_t bad = 0;
	int err;

	n->n_notes = 0;
	batch_begin(b);
	put_skeleton(n, rs, fresh);
	for (size_t i = 0; i < rs->n_chains; i++)
		nft_put_flush_rules(b, rs->chains[i].name);
	nft_put_flush_set(b, "local4");
	nft_put_flush_set(b, "local6");
	nft_put_flush_set(b, "guard_ports");
	nft_put_flush_set(b, "pass_ports");
	put_ranges(b, "local4", AF_INET, in->local, in->n_local);
	put_ranges(b, "local6", AF_INET6, in->local, in->n_local);
	put_ports(n, rs, "guard_ports", "guard_");
	put_ports(n, rs, "pass_ports", "pass_");
	for (size_t i = 0; i < rs->n_rules; i++)
		note(n, nft_put_rule(b, &rs->rules[i]), "rule",
		     rs->rules[i].why);
	err = batch_commit(n->sk, b, &bad);
	return explain(n, err, bad, why, why_size);
}

int nft_remove(struct nft *n, char *why, size_t why_size)
{
	uint32_t bad = 0;
	int err;

	n->n_notes = 0;
	batch_begin(&n->batch);
	nft_put_table(&n->batch, NFT_MSG_DELTABLE);
	err = batch_commit(n->sk, &n->batch, &bad);
	if (err == -ENOENT)
		return 0;
	return explain(n, err, bad, why, why_size);
}

/* ---- elements ---- */

/* -EINVAL when it is neither an IPv4 address nor an IPv6 /64. */
static int ban_elem(char set[RULESET_NAME], struct nft_elem *e,
		    const struct nft_ban *ban)
{
	bool v4 = ban->source.addr.family == AF_INET;

	if (ban->source.len != (v4 ? 32 : 64))
		return -EINVAL;
	memset(e, 0, sizeof(*e));
	e->width = v4 ? 4 : 16;
	memcpy(e->key, ban->source.addr.bytes, v4 ? 4 : 8);
	e->timeout_ms = ban->timeout_ms;
	ruleset_set_name(set, "ban", ban->source.addr.family, ban->service);
	return 0;
}

static int change_one(struct nft *n, const char *set, const struct nft_elem *e,
		      bool take, bool add, int flags)
{
	struct nft_elem key = *e;

	key.timeout_ms = 0;
	batch_begin(&n->batch);
	if (take)
		nft_put_elems(&n->batch, NFT_MSG_DELSETELEM, 0, set, &key, 1);
	if (add)
		nft_put_elems(&n->batch, NFT_MSG_NEWSETELEM,
			      NLM_F_CREATE | flags, set, e, 1);
	return batch_commit(n->sk, &n->batch, NULL);
}

int nft_ban(struct nft *n, const struct nft_ban *ban)
{
	char set[RULESET_NAME];
	struct nft_elem e;
	int err = ban_elem(set, &e, ban);

	/*
	 * Older kernels leave the old end in place when an element is added
	 * again, so it is taken and added in one transaction. Between two
	 * tries an old element may just end by itself.
	 */
	for (int i = 0; i < 3 && err == 0; i++) {
		err = change_one(n, set, &e, false, true, NLM_F_EXCL);
		if (err != -EEXIST)
			return err;
		err = change_one(n, set, &e, true, true, 0);
		if (err != -ENOENT)
			return err;
		err = 0;
	}
	return err ? err : -EAGAIN;
}

int nft_unban(struct nft *n, const struct nft_ban *ban)
{
	char set[RULESET_NAME];
	struct nft_elem e;
	int err = ban_elem(set, &e, ban);

	if (err == 0)
		err = change_one(n, set, &e, true, false, 0);
	return err == -ENOENT ? 0 : err;
}

static void put_allowed(struct batch *b, enum wall_service service,
			const struct nft_allowed *allowed)
{
	static const uint8_t families[] = { AF_INET, AF_INET6 };
	char set[RULESET_NAME];

	for (size_t i = 0; i < 2; i++) {
		ruleset_set_name(set, "allow", families[i], service);
		nft_put_flush_set(b, set);
		put_ranges(b, set, families[i], allowed->list, allowed->n);
	}
}

int nft_allow(struct nft *n, enum wall_service service,
	      const struct nft_allowed *allowed)
{
	batch_begin(&n->batch);
	put_allowed(&n->batch, service, allowed);
	return batch_commit(n->sk, &n->batch, NULL);
}

/* Those that belong into this set, a thousand a message. */
static void put_bans(struct batch *b, const char *set, bool add,
		     const struct nft_bans *bans)
{
	int type = add ? NFT_MSG_NEWSETELEM : NFT_MSG_DELSETELEM;
	int flags = add ? NLM_F_CREATE : 0;
	struct nft_elem e[NFT_ELEMS_A_MESSAGE];
	char own[RULESET_NAME];
	size_t k = 0;

	for (size_t i = 0; i < bans->n; i++) {
		if (ban_elem(own, &e[k], &bans->list[i]) < 0 ||
		    strcmp(own, set) != 0)
			continue;
		if (!add)
			e[k].timeout_ms = 0;
		if (++k == NFT_ELEMS_A_MESSAGE) {
			nft_put_elems(b, type, flags, set, e, k);
			k = 0;
		}
	}
	if (k > 0)
		nft_put_elems(b, type, flags, set, e, k);
}

int nft_change(struct nft *n, const struct nft_bans *take,
	       const struct nft_bans *add,
	       const struct nft_allowed allowed[WALL_N_SERVICES])
{
	static const uint8_t families[] = { AF_INET, AF_INET6 };
	char set[RULESET_NAME];

	batch_begin(&n->batch);
	for (enum wall_service s = 0; s < WALL_N_SERVICES; s++) {
		put_allowed(&n->batch, s, &allowed[s]);
		for (size_t i = 0; i < 2; i++) {
			ruleset_set_name(set, "ban", families[i], s);
			put_bans(&n->batch, set, false, take);
			put_bans(&n->batch, set, true, add);
		}
	}
	return batch_commit(n->sk, &n->batch, NULL);
}

/* ---- reading back ---- */

struct dump {
	const char *name;
	uint8_t family;
	enum wall_service service;
	nft_ban_fn fn;
	void *ctx;
	uint64_t packets;
};

static uint64_t be64_of(const struct nlattr *a)
{
	uint64_t value = 0;

	if (a && nla_len(a) == (int)sizeof(value))
		memcpy(&value, nla_data(a), sizeof(value));
	return be64toh(value);
}

static uint64_t counter_packets(struct nlattr *data)
{
	struct nlattr *tb[NFTA_COUNTER_MAX + 1];

	if (!data || nla_parse_nested(tb, NFTA_COUNTER_MAX, data, NULL) < 0)
		return 0;
	return be64_of(tb[NFTA_COUNTER_PACKETS]);
}

static uint64_t elem_packets(struct nlattr *expr)
{
	struct nlattr *tb[NFTA_EXPR_MAX + 1];

	if (!expr || nla_parse_nested(tb, NFTA_EXPR_MAX, expr, NULL) < 0)
		return 0;
	return counter_packets(tb[NFTA_EXPR_DATA]);
}

static bool hand_elem(const struct dump *d, struct nlattr *elem)
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
	const struct dump *d = ctx;
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
	const struct dump *d = ctx;

	batch_str(b, NFTA_SET_ELEM_LIST_TABLE, RULESET_TABLE);
	batch_str(b, NFTA_SET_ELEM_LIST_SET, d->name);
}

int nft_each_ban(struct nft *n, nft_ban_fn fn, void *ctx)
{
	static const uint8_t families[] = { AF_INET, AF_INET6 };
	int err = 0;

	for (int i = 0; i < 2 * WALL_N_SERVICES && err == 0; i++) {
		char set[RULESET_NAME];
		struct dump d = {
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

static void fill_counter(void *ctx, struct batch *b)
{
	const struct dump *d = ctx;

	batch_str(b, NFTA_OBJ_TABLE, RULESET_TABLE);
	batch_str(b, NFTA_OBJ_NAME, d->name);
	batch_u32(b, NFTA_OBJ_TYPE, NFT_OBJECT_COUNTER);
}

static bool on_counter(void *ctx, struct nlmsghdr *h)
{
	struct dump *d = ctx;
	struct nlattr *tb[NFTA_OBJ_MAX + 1];

	if (nlmsg_parse(h, sizeof(struct nfgenmsg), tb, NFTA_OBJ_MAX, NULL) < 0)
		return true;
	d->packets = counter_packets(tb[NFTA_OBJ_DATA]);
	return true;
}

int nft_counter(struct nft *n, const char *name, uint64_t *packets)
{
	struct dump d = { .name = name };
	int err = batch_ask(n->sk, &n->batch, NFT_MSG_GETOBJ, false,
			    fill_counter, on_counter, &d);

	if (err == 0)
		*packets = d.packets;
	return err;
}

#include "nft.h"

#include <endian.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <netinet/in.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/socket.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "nft_impl.h"
#include "nft_rules.h"

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
	free(n->notes);
	free(n);
}

/* ---- the ruleset ---- */

static void note(struct nft *n, uint32_t seq, const char *kind,
		 const char *name)
{
	/* Without memory the error is told without a name. */
	if (n->n_notes == n->notes_room) {
		size_t room = n->notes_room ? n->notes_room * 2 : 256;
		struct note *more = realloc(n->notes, room * sizeof(*more));

		if (!more)
			return;
		n->notes = more;
		n->notes_room = room;
	}
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
		note(n, nft_put_counter(b, rs->counters[i].name), "counter",
		     rs->counters[i].name);
	for (size_t i = 0; i < rs->n_limits; i++)
		note(n, nft_put_limit(b, &rs->limits[i]), "limit",
		     rs->limits[i].name);
	for (size_t i = 0; i < rs->n_sets; i++)
		note(n, nft_put_set(b, &rs->sets[i]), "set", rs->sets[i].name);
	for (size_t i = 0; i < rs->n_chains; i++)
		note(n, nft_put_chain(b, &rs->chains[i]), "chain",
		     rs->chains[i].name);
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

static void put_protocols(struct batch *b)
{
	static const struct nft_elem both[] = {
		{ .width = 1, .key = { IPPROTO_TCP } },
		{ .width = 1, .key = { IPPROTO_UDP } },
	};

	nft_put_elems(b, NFT_MSG_NEWSETELEM, NLM_F_CREATE, RULESET_TCP_UDP,
		      both, 2);
}

/* ---- what no ruleset names any more ---- */

struct names {
	char (*list)[RULESET_NAME];
	size_t n;
	const char **wanted; /* sorted */
	size_t n_wanted;
	int err;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void keep_stale(void *ctx, const char *name)
{
	struct names *s = ctx;
	void *more;

	if (s->err < 0 ||
	    (s->n_wanted > 0 && bsearch(&name, s->wanted, s->n_wanted,
					sizeof(*s->wanted), by_name)))
		return;
	more = realloc(s->list, (s->n + 1) * sizeof(*s->list));
	if (!more) {
		s->err = -ENOMEM;
		return;
	}
	s->list = more;
	snprintf(s->list[s->n++], sizeof(*s->list), "%s", name);
}

static const char *name_of(const struct ruleset *rs, enum nft_kind kind,
			   size_t i)
{
	switch (kind) {
	case NFT_KIND_SET:
		return i < rs->n_sets ? rs->sets[i].name : NULL;
	case NFT_KIND_CHAIN:
		return i < rs->n_chains ? rs->chains[i].name : NULL;
	case NFT_KIND_COUNTER:
		return i < rs->n_counters ? rs->counters[i].name : NULL;
	case NFT_KIND_LIMIT:
		return i < rs->n_limits ? rs->limits[i].name : NULL;
	}
	return NULL;
}

/* Those of a kind that stand in the kernel and not in rs. */
static int find_stale(struct nft *n, const struct ruleset *rs,
		      enum nft_kind kind, struct names *s)
{
	size_t most = rs->n_sets + rs->n_chains + rs->n_counters + rs->n_limits;
	const char *name;
	int err;

	s->wanted = calloc(most + 1, sizeof(*s->wanted));
	if (!s->wanted)
		return -ENOMEM;
	while ((name = name_of(rs, kind, s->n_wanted)))
		s->wanted[s->n_wanted++] = name;
	if (s->n_wanted > 1)
		qsort(s->wanted, s->n_wanted, sizeof(*s->wanted), by_name);
	err = nft_each_name(n, kind, keep_stale, s);
	free(s->wanted);
	s->wanted = NULL;
	return err ? err : s->err;
}

static int find_all_stale(struct nft *n, const struct ruleset *rs,
			  struct names stale[NFT_N_KINDS])
{
	int err = 0;

	for (int k = 0; k < NFT_N_KINDS && err == 0; k++)
		err = find_stale(n, rs, (enum nft_kind)k, &stale[k]);
	return err;
}

/* Chains first: they may name the others. */
static void put_stale_away(struct nft *n, struct names stale[NFT_N_KINDS])
{
	for (int k = 0; k < NFT_N_KINDS; k++)
		for (size_t i = 0; i < stale[k].n; i++)
			note(n,
			     nft_put_away(&n->batch, (enum nft_kind)k,
					  stale[k].list[i]),
			     "unused", stale[k].list[i]);
}

static void free_stale(struct names stale[NFT_N_KINDS])
{
	for (int k = 0; k < NFT_N_KINDS; k++)
		free(stale[k].list);
}

static void put_rules(struct nft *n, const struct ruleset *rs)
{
	const struct ruleset_input *in = &rs->in;
	struct batch *b = &n->batch;

	for (size_t i = 0; i < rs->n_chains; i++)
		nft_put_flush_rules(b, rs->chains[i].name);
	nft_put_flush_set(b, "local4");
	nft_put_flush_set(b, "local6");
	nft_put_flush_set(b, "guard_ports");
	nft_put_flush_set(b, "pass_ports");
	put_protocols(b);
	nft_put_ranges(b, "local4", AF_INET, in->local, in->n_local);
	nft_put_ranges(b, "local6", AF_INET6, in->local, in->n_local);
	put_ports(n, rs, "guard_ports", "guard_");
	put_ports(n, rs, "pass_ports", "pass_");
	for (size_t i = 0; i < rs->n_rules; i++)
		note(n, nft_put_rule(b, &rs->rules[i]), "rule",
		     rs->rules[i].row[0] ? rs->rules[i].row : rs->rules[i].why);
}

int nft_apply(struct nft *n, const struct ruleset *rs, char *why,
	      size_t why_size)
{
	struct names stale[NFT_N_KINDS] = { 0 };
	bool fresh = !layout_stands(n);
	uint32_t bad = 0;
	int err = fresh ? 0 : find_all_stale(n, rs, stale);

	n->n_notes = 0;
	if (err == 0) {
		batch_begin(&n->batch);
		put_skeleton(n, rs, fresh);
		/* A chain that goes may be jumped to until then. */
		for (size_t i = 0; i < stale[NFT_KIND_CHAIN].n; i++)
			nft_put_flush_rules(&n->batch,
					    stale[NFT_KIND_CHAIN].list[i]);
		put_rules(n, rs);
		put_stale_away(n, stale);
		err = batch_commit(n->sk, &n->batch, &bad);
	}
	err = explain(n, err, bad, why, why_size);
	free_stale(stale);
	return err;
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

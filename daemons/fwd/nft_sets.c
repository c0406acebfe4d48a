/* What is in the sets: bans, allowed addresses, ranges. */
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <string.h>

#include "addr.h"
#include "nft_impl.h"
#include "nft_rules.h"

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

void nft_put_ranges(struct batch *b, const char *set, uint8_t family,
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
		nft_put_ranges(b, set, families[i], allowed->list, allowed->n);
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

/*
 * From the bans that stand to those that shall: only what differs is changed,
 * so that counters live on.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "nft.h"

enum {
	SAME_END_MS = 2000, /* the kernel counts in its own ticks */
	TRIES = 3,          /* a ban may end between looking and changing */
};

struct ban_list {
	struct nft_ban *list;
	size_t n;
	size_t room;
	int err;
};

static void push(struct ban_list *l, const struct nft_ban *ban)
{
	if (l->err == 0 && l->n == l->room) {
		size_t room = l->room ? l->room * 2 : 64;
		struct nft_ban *list = realloc(l->list, room * sizeof(*list));

		if (list) {
			l->list = list;
			l->room = room;
		} else {
			l->err = -ENOMEM;
		}
	}
	if (l->err == 0)
		l->list[l->n++] = *ban;
}

static bool on_ban(void *ctx, const struct nft_ban *ban, uint64_t packets)
{
	struct ban_list *l = ctx;

	(void)packets;
	push(l, ban);
	return l->err == 0;
}

static int by_key(const void *va, const void *vb)
{
	const struct nft_ban *a = va, *b = vb;

	if (a->service != b->service)
		return a->service < b->service ? -1 : 1;
	if (a->source.addr.family != b->source.addr.family)
		return a->source.addr.family < b->source.addr.family ? -1 : 1;
	return memcmp(a->source.addr.bytes, b->source.addr.bytes,
		      sizeof(a->source.addr.bytes));
}

static bool same_end(const struct nft_ban *a, const struct nft_ban *b)
{
	uint64_t x = a->timeout_ms, y = b->timeout_ms;

	if (x == 0 || y == 0)
		return x == y;
	return x > y ? x - y < SAME_END_MS : y - x < SAME_END_MS;
}

/* Both sorted: what is in one only, or ends at another time. */
static void differ(const struct ban_list *have, const struct ban_list *want,
		   struct ban_list *take, struct ban_list *add)
{
	size_t h = 0, w = 0;

	while (h < have->n || w < want->n) {
		int order = 1;

		if (h < have->n && w == want->n)
			order = -1;
		else if (h < have->n)
			order = by_key(&have->list[h], &want->list[w]);
		if (order < 0) {
			push(take, &have->list[h++]);
		} else if (order > 0) {
			push(add, &want->list[w++]);
		} else {
			if (!same_end(&have->list[h], &want->list[w])) {
				push(take, &have->list[h]);
				push(add, &want->list[w]);
			}
			h++;
			w++;
		}
	}
}

static int once(struct nft *n, const struct ban_list *want,
		const struct nft_allowed allowed[WALL_N_SERVICES])
{
	struct ban_list have = { 0 }, take = { 0 }, add = { 0 };
	int err = nft_each_ban(n, on_ban, &have);

	if (err == 0)
		err = have.err;
	if (err == 0) {
		if (have.n > 0)
			qsort(have.list, have.n, sizeof(*have.list), by_key);
		differ(&have, want, &take, &add);
		err = take.err ? take.err : add.err;
	}
	if (err == 0)
		err = nft_change(n, &(struct nft_bans){ take.list, take.n },
				 &(struct nft_bans){ add.list, add.n },
				 allowed);
	free(have.list);
	free(take.list);
	free(add.list);
	return err;
}

int nft_restore(struct nft *n, const struct nft_ban *bans, size_t n_bans,
		const struct nft_allowed allowed[WALL_N_SERVICES])
{
	struct ban_list want = { 0 };
	int err = 0;

	for (size_t i = 0; i < n_bans; i++)
		push(&want, &bans[i]);
	err = want.err;
	if (err == 0 && want.n > 0)
		qsort(want.list, want.n, sizeof(*want.list), by_key);
	for (int i = 0; i < TRIES && err == 0; i++) {
		err = once(n, &want, allowed);
		if (err != -ENOENT)
			break;
		err = i + 1 < TRIES ? 0 : -EAGAIN;
	}
	free(want.list);
	return err;
}

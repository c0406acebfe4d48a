#include "nft_take.h"

#include <errno.h>
#include <netlink/socket.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "nft_impl.h"
#include "nft_rules.h"

/* As many as the kernel tells in one piece; it takes them in half a ms. */
enum { TAKE_AT_ONCE = 400, FEW = 100 };

struct key {
	uint8_t bytes[16];
};

struct nft_take {
	struct nl_sock *sk;
	struct batch batch;
	char set[RULESET_NAME];
	uint8_t family;
	struct batch_question question;
	bool reading;
	struct key *keys; /* of what was read; to be taken out */
	size_t n_keys;
	size_t room;
	size_t taken;
	/* During a step. */
	nft_source_fn fn;
	void *ctx;
};

struct nft_take *nft_take_new(void)
{
	struct nft_take *t = calloc(1, sizeof(*t));

	if (!t) {
		errno = ENOMEM;
		return NULL;
	}
	t->sk = batch_socket();
	if (!t->sk) {
		int err = errno;

		free(t);
		errno = err;
		return NULL;
	}
	t->batch.seq = 1;
	return t;
}

void nft_take_free(struct nft_take *t)
{
	if (!t)
		return;
	nl_socket_free(t->sk);
	batch_free(&t->batch);
	free(t->keys);
	free(t);
}

static void forget(struct nft_take *t)
{
	t->reading = false;
	t->n_keys = 0;
	t->taken = 0;
}

int nft_take_begin(struct nft_take *t, const char *set, int family)
{
	struct nft_elems elems = { .name = set };
	int err;

	if (t->reading)
		batch_drop_answers(t->sk);
	forget(t);
	snprintf(t->set, sizeof(t->set), "%s", set);
	t->family = (uint8_t)family;
	err = nft_ask_elems(t->sk, &t->batch, &elems, &t->question);
	t->reading = err == 0;
	return err;
}

static bool on_source(void *ctx, const struct nft_ban *source, uint64_t packets)
{
	struct nft_take *t = ctx;

	if (t->n_keys == t->room) {
		size_t room = t->room ? t->room * 2 : TAKE_AT_ONCE;
		struct key *keys = realloc(t->keys, room * sizeof(*keys));

		/* It stays, and is told the next time. */
		if (!keys)
			return false;
		t->keys = keys;
		t->room = room;
	}
	memcpy(t->keys[t->n_keys++].bytes, source->source.addr.bytes,
	       sizeof(t->keys->bytes));
	t->fn(t->ctx, &source->source, packets);
	return true;
}

/* The end is an answer of its own, which a few do not wait for. */
static int read_piece(struct nft_take *t)
{
	size_t before = t->n_keys;
	struct nft_elems elems = {
		.name = t->set, .family = t->family, .fn = on_source, .ctx = t
	};
	int rc;

	do {
		rc = nft_next_elems(t->sk, &elems, &t->question);
	} while (rc > 0 && t->n_keys - before < FEW);
	t->reading = rc > 0;
	return rc;
}

static int take_piece(struct nft_take *t)
{
	size_t n = t->n_keys - t->taken;
	struct nft_elem e[TAKE_AT_ONCE];
	int err;

	if (n > TAKE_AT_ONCE)
		n = TAKE_AT_ONCE;
	memset(e, 0, sizeof(e));
	for (size_t i = 0; i < n; i++) {
		e[i].width = t->family == AF_INET ? 4 : 16;
		memcpy(e[i].key, t->keys[t->taken + i].bytes, e[i].width);
	}
	batch_begin(&t->batch);
	nft_put_elems(&t->batch, NFT_MSG_DELSETELEM, 0, t->set, e, n);
	err = batch_commit(t->sk, &t->batch, NULL);
	if (err == -ENOENT) {
		/* One has just ended by itself: all of them, then. */
		batch_begin(&t->batch);
		nft_put_flush_set(&t->batch, t->set);
		n = t->n_keys - t->taken;
		err = batch_commit(t->sk, &t->batch, NULL);
	}
	t->taken += n;
	return err;
}

int nft_take_step(struct nft_take *t, nft_source_fn fn, void *ctx)
{
	int rc = 0;

	t->fn = fn;
	t->ctx = ctx;
	if (t->reading)
		rc = read_piece(t);
	if (rc > 0)
		return rc;
	if (rc == 0 && t->taken < t->n_keys)
		rc = take_piece(t);
	if (rc < 0) {
		forget(t);
		return rc;
	}
	return t->taken < t->n_keys;
}

/* Inside of nft*.c only: the connection to the kernel, and what is under way.
 */
#pragma once

#include "nft.h"
#include "nft_batch.h"

struct nl_sock;

/* Which message of the batch is what, to name the one that was refused. */
struct note {
	uint32_t seq;
	const char *kind;
	const char *name;
};

struct nft {
	struct nl_sock *sk;
	struct batch batch;
	struct note *notes;
	size_t n_notes;
	size_t notes_room;
};

/* Ranges of one family into one set, a thousand elements a message. */
void nft_put_ranges(struct batch *b, const char *set, uint8_t family,
		    const struct interval *list, size_t n);

/* The elements of a set, each to fn: the question, and the next of its answers
   as batch_send_question() and batch_read_answers() have it. */
struct nft_elems {
	const char *name;
	uint8_t family;
	enum wall_service service;
	nft_ban_fn fn;
	void *ctx;
};
int nft_ask_elems(struct nl_sock *sk, struct batch *b, struct nft_elems *elems,
		  struct batch_question *q);
int nft_next_elems(struct nl_sock *sk, struct nft_elems *elems,
		   struct batch_question *q);

/* Sets, chains and counters that stand in the table; 0 as well when there is
   no table. fn's name is good during the call. */
enum nft_kind {
	NFT_KIND_CHAIN,
	NFT_KIND_SET,
	NFT_KIND_COUNTER,
	NFT_KIND_LIMIT
};
enum { NFT_N_KINDS = NFT_KIND_LIMIT + 1 };
typedef void (*nft_name_fn)(void *ctx, const char *name);
int nft_each_name(struct nft *n, enum nft_kind kind, nft_name_fn fn, void *ctx);
/* Takes one away; returns the message's number in the batch. */
uint32_t nft_put_away(struct batch *b, enum nft_kind kind, const char *name);

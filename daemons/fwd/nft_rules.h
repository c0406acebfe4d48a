/* A ruleset's pieces as nf_tables messages. Only fwd/nft*.c include this. */
#pragma once

#include "nft_batch.h"
#include "ruleset.h"

/* Each appends one message and returns its number in the batch. */
uint32_t nft_put_table(struct batch *b, int type);
uint32_t nft_put_counter(struct batch *b, const char *name);
uint32_t nft_put_limit(struct batch *b, const struct ruleset_limit *limit);
uint32_t nft_put_set(struct batch *b, const struct ruleset_set *set);
uint32_t nft_put_chain(struct batch *b, const struct ruleset_chain *chain);
uint32_t nft_put_flush_rules(struct batch *b, const char *chain);
uint32_t nft_put_flush_set(struct batch *b, const char *set);
uint32_t nft_put_rule(struct batch *b, const struct rule *r);

/* An element of a set; a message takes at most 1000 of them. */
struct nft_elem {
	uint8_t key[16];
	uint8_t width;
	bool interval_end;
	uint64_t timeout_ms; /* 0: for ever */
	const char *chain;   /* maps: where to jump */
};

enum { NFT_ELEMS_A_MESSAGE = 1000 };

uint32_t nft_put_elems(struct batch *b, int type, int flags, const char *set,
		       const struct nft_elem *e, size_t n);

/* The ops of a rule as nf_tables expressions. Only fwd/nft*.c include this. */
#pragma once

#include "nft_batch.h"
#include "ruleset.h"

void nft_put_op(struct batch *b, const struct rule_op *op);

/* Parts of an element, too. code: NF_* or NFT_*; chain NULL where it has none.
 */
void nft_put_verdict(struct batch *b, int attr, int code, const char *chain);
void nft_put_value(struct batch *b, int attr, const void *data, size_t n);

/* The data of a limit. */
void nft_put_limit_data(struct batch *b, const struct ruleset_limit *limit);

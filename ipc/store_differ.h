/*
 * In what the truth's copy of a live db differs from the view: both are walked
 * side by side in the order of their keys, some rows at a time, so that no
 * 100,000 rows are held, written or waited for at once. Whatever the walk has
 * passed is a good row of its own, so a power cut in the middle does no harm.
 */
#pragma once

#include "store_batch.h"

enum {
	DIFFER_ROWS = 1000, /* of the view in a step, and as many deletes */
	DIFFER_KEY = 511,   /* LMDB's longest */
};

struct differ {
	size_t at_size; /* 0: at the beginning */
	uint8_t at[DIFFER_KEY];
};

/* Will the walk come to this key? */
bool differ_ahead(const struct differ *d, struct bytes key);

/*
 * Adds to `out` what makes the next rows of the truth those of the view, and
 * goes on; at the end d is at the beginning again. 0, or a negative errno and
 * then d has not moved.
 */
int differ_step(struct differ *d, struct store *s, const char *db,
		struct store_batch *out);

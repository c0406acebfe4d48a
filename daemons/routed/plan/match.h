/*
 * Many patterns at once: which of them fit a number, in their order of choice.
 * A tree over the items of the patterns; a branch is entered only if its item
 * takes the character and a better rank than the best so far may be in it. So
 * the cost follows the length of the number, not how many patterns there are.
 * Immutable once made.
 */
#pragma once

#include "pattern.h"

struct matcher;

/*
 * patterns[i] has the rank i: the smaller, the earlier it is chosen. They are
 * not kept. NULL for want of memory.
 */
struct matcher *matcher_new(const struct pattern *const *patterns, size_t n);
void matcher_free(struct matcher *m);

/* The smallest rank from `from` on whose pattern fits; SIZE_MAX: none. */
size_t matcher_next(const struct matcher *m, const char *number, size_t from);

/*
 * Sources out of the sets that rules note them in, a piece at a time: to read
 * and empty a set that a flood has filled takes the kernel milliseconds, in
 * which nobody could be banned. It has a connection to the kernel of its own,
 * for a reading that goes on holds it.
 */
#pragma once

#include <stdint.h>

struct nft_take;
struct prefix;

typedef void (*nft_source_fn)(void *ctx, const struct prefix *source,
			      uint64_t packets);

/* NULL: no memory, or no connection (errno). */
struct nft_take *nft_take_new(void);
void nft_take_free(struct nft_take *t);

/* Begins with the set of that name and family; what was begun before ends. 0
   or a negative errno. */
int nft_take_begin(struct nft_take *t, const char *set, int family);

/*
 * The next piece: 1 when there is more, 0 when the set was read and emptied, or
 * a negative errno; then it ends as well. fn gets each source that was noted
 * since it was taken last, and how many packets; it must not ask the kernel
 * through this `t`.
 */
int nft_take_step(struct nft_take *t, nft_source_fn fn, void *ctx);

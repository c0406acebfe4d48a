/*
 * Takes sources out of the kernel's sets, one set after the other, a piece in
 * each turn of the loop: between two pieces fwd hears who is to be banned.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "nft_take.h"

struct event_base;
struct taker;

/* The set was read and emptied, or could not be: what is in it comes the next
   time. */
typedef void (*taker_done_fn)(void *ctx);

/* NULL, and one line in why. */
struct taker *taker_new(struct event_base *base, char *why, size_t why_size);
/* Nobody is told any more. */
void taker_free(struct taker *t);

/* Behind those that were asked for before; fn as in nft_take_step(), then done,
   never from within. false: no memory; nothing will be called. */
bool taker_ask(struct taker *t, const char *set, int family, nft_source_fn fn,
	       taker_done_fn done, void *ctx);

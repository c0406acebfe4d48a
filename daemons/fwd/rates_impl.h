/*
 * Inside of rates*.c only: what was measured (rates.c), asked by rates_ask.c.
 */
#pragma once

#include <uthash.h>

#include "addr.h"
#include "ladder.h"
#include "rates.h"

struct live;
struct view;

struct rates_key {
	struct meter meter;
	struct addr source; /* of IPv6 the /64 */
};

struct rates_entry {
	struct rates_key key;
	struct ladder ladder;
	uint32_t asked; /* the question in which it was looked at last */
	bool saved;
	UT_hash_handle hh;
};

/* A meter that stands in the kernel. */
struct rates_meter {
	struct rates *rates;
	struct meter meter;
	uint64_t since_ms;
	uint64_t packets; /* its counter, when we looked last */
};

struct rates {
	struct fwd *f;
	struct live *live;
	struct view *sip;
	struct rates_entry *entries;
	struct rates_meter known[MEASURE_MAX];
	size_t n_known;
	uint32_t period; /* four days each, since 1970 */
	uint32_t questions;
	uint16_t generation; /* of the rules that `known` is of */
	uint64_t looked_s;
	uint64_t saved_s;
	/* While looking. */
	size_t sets; /* that are still to be read */
	uint64_t now_s;
	uint32_t weakest; /* newcomers must bring more; 0: not known */
	bool baseline;    /* what stood there before us is nobody's second */
};

/* NULL: not measured. */
const struct rates_meter *rates_meter(const struct rates *r,
				      const struct meter *m);
/* NULL: nothing came from there. */
struct rates_entry *rates_find(struct rates *r, const struct meter *m,
			       const struct addr *source);

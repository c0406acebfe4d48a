/*
 * The counters of the rules, and when each moved last: the kernel keeps the
 * numbers, hits.c looks every second.
 */
#pragma once

#include <stdint.h>

#include "day.h"
#include "nft.h"

struct counts;

/* NULL: no memory. nft is the caller's. */
struct counts *counts_new(struct nft *nft);
void counts_free(struct counts *c);

/* Looks now. 0 or a negative errno. */
int counts_read(struct counts *c);

struct count {
	char name[RULESET_NAME];
	struct nft_count now;
	uint64_t last_ms; /* wall clock; 0: not since our start */
	struct day day;
};

/* In the kernel's order; valid until the next reading. */
const struct count *counts_at(const struct counts *c, size_t i);
/* Packets of one; 0: there is no such counter. */
uint64_t counts_packets(const struct counts *c, const char *name);

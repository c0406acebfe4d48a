/*
 * Networks as ranges of addresses. The kernel's interval sets refuse ranges
 * that overlap, people's lists do overlap: merged here. Pure.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "addr.h"

struct interval {
	uint8_t family;    /* AF_INET or AF_INET6 */
	uint8_t first[16]; /* network order; IPv4 uses the first four */
	uint8_t last[16];  /* the last one that belongs to it */
};

void interval_of_prefix(struct interval *iv, const struct prefix *p);

/* Bytes of an address of this family: 4 or 16. */
size_t interval_width(const struct interval *iv);

/*
 * Sorts (IPv4 first) and joins what overlaps or touches, in place. Returns how
 * many are left.
 */
size_t intervals_merge(struct interval *list, size_t n);

/*
 * The first address behind the range, as the kernel wants its end; -ERANGE
 * when the range reaches the last address there is.
 */
int interval_end(const struct interval *iv, uint8_t end[16]);

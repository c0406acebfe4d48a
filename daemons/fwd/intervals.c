#include "intervals.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

size_t interval_width(const struct interval *iv)
{
	return iv->family == AF_INET ? 4 : 16;
}

void interval_of_prefix(struct interval *iv, const struct prefix *p)
{
	size_t width;

	memset(iv, 0, sizeof(*iv));
	iv->family = p->addr.family;
	width = interval_width(iv);
	for (size_t i = 0; i < width; i++) {
		unsigned int bits = p->len > i * 8 ? p->len - i * 8 : 0;
		uint8_t host = bits >= 8 ? 0 : (uint8_t)(0xff >> bits);

		iv->first[i] = p->addr.bytes[i] & (uint8_t)~host;
		iv->last[i] = p->addr.bytes[i] | host;
	}
}

int interval_end(const struct interval *iv, uint8_t end[16])
{
	uint8_t next[16];

	memcpy(next, iv->last, sizeof(next));
	for (size_t i = interval_width(iv); i > 0; i--) {
		next[i - 1]++;
		if (next[i - 1] != 0) {
			memcpy(end, next, sizeof(next));
			return 0;
		}
	}
	return -ERANGE;
}

static int by_first(const void *va, const void *vb)
{
	const struct interval *a = va, *b = vb;

	if (a->family != b->family)
		return a->family == AF_INET ? -1 : 1;
	return memcmp(a->first, b->first, sizeof(a->first));
}

/* Does b begin inside a, or right behind it? Both sorted. */
static int joins(const struct interval *a, const struct interval *b)
{
	uint8_t end[16];

	if (a->family != b->family)
		return 0;
	if (interval_end(a, end) < 0)
		return 1;
	return memcmp(b->first, end, sizeof(end)) <= 0;
}

size_t intervals_merge(struct interval *list, size_t n)
{
	size_t kept = 0;

	if (n == 0)
		return 0;
	qsort(list, n, sizeof(*list), by_first);
	for (size_t i = 1; i < n; i++) {
		struct interval *top = &list[kept];

		if (!joins(top, &list[i]))
			list[++kept] = list[i];
		else if (memcmp(list[i].last, top->last, 16) > 0)
			memcpy(top->last, list[i].last, 16);
	}
	return kept + 1;
}

#include "networks.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

/* RFC 1918, RFC 3927; RFC 4193, RFC 4291 section 2.5.6 */
static const struct prefix private_ranges[] = {
	{ { AF_INET, { 10 } }, 8 },        { { AF_INET, { 172, 16 } }, 12 },
	{ { AF_INET, { 192, 168 } }, 16 }, { { AF_INET, { 169, 254 } }, 16 },
	{ { AF_INET6, { 0xfc } }, 7 },     { { AF_INET6, { 0xfe, 0x80 } }, 10 },
};

static const struct prefix loopbacks[] = {
	{ { AF_INET, { 127 } }, 8 },
	{ { AF_INET6, { [15] = 1 } }, 128 },
};

static void add(struct networks *ns, const char *interface,
		const struct prefix *p)
{
	struct local_net *n;
	struct interval iv;

	if (ns->n == NETWORKS_MAX) {
		ns->full = true;
		return;
	}
	n = &ns->list[ns->n];
	memset(n, 0, sizeof(*n));
	/* Without host bits: an interface's address is one of its network. */
	interval_of_prefix(&iv, p);
	n->prefix = *p;
	memset(n->prefix.addr.bytes, 0, sizeof(n->prefix.addr.bytes));
	memcpy(n->prefix.addr.bytes, iv.first, interval_width(&iv));
	snprintf(n->interface, sizeof(n->interface), "%s", interface);
	for (size_t i = 0; i < ns->n; i++)
		if (memcmp(&ns->list[i], n, sizeof(*n)) == 0)
			return;
	ns->n++;
}

void networks_init(struct networks *ns)
{
	memset(ns, 0, sizeof(*ns));
	for (size_t i = 0; i < sizeof(loopbacks) / sizeof(loopbacks[0]); i++)
		add(ns, "lo", &loopbacks[i]);
}

void networks_learn(struct networks *ns, const char *interface,
		    const struct prefix *p)
{
	size_t n = sizeof(private_ranges) / sizeof(private_ranges[0]);

	for (size_t i = 0; i < n; i++) {
		const struct prefix *range = &private_ranges[i];

		if (!prefix_contains(range, &p->addr))
			continue;
		if (ns->n >= NETWORKS_LEARNED)
			ns->full = true;
		else
			add(ns, interface, p->len < range->len ? range : p);
		return;
	}
}

void networks_list(struct networks *ns, const struct prefix *p)
{
	add(ns, "", p);
}

bool networks_equal(const struct networks *a, const struct networks *b)
{
	return a->n == b->n &&
	       memcmp(a->list, b->list, a->n * sizeof(a->list[0])) == 0;
}

size_t networks_intervals(const struct networks *ns,
			  struct interval out[NETWORKS_MAX])
{
	for (size_t i = 0; i < ns->n; i++)
		interval_of_prefix(&out[i], &ns->list[i].prefix);
	return intervals_merge(out, ns->n);
}

/*
 * Which networks count as local (SPEC 1): loopback, the private networks of
 * the box's own interfaces, and those listed in the settings. Pure; where the
 * interfaces come from is interfaces.h.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "addr.h"
#include "intervals.h"

enum {
	NETWORKS_MAX = 192, /* 64 listed, the rest learned */
	NETWORKS_LEARNED = 120,
	NETWORK_INTERFACE = 16,
};

struct local_net {
	struct prefix prefix;
	char interface[NETWORK_INTERFACE]; /* empty: listed */
};

struct networks {
	struct local_net list[NETWORKS_MAX];
	size_t n;
	bool full; /* there are more than we keep */
};

/* Loopback alone. */
void networks_init(struct networks *ns);

/*
 * An address of an interface with its length. Public ones are left out; of one
 * whose network is wider than the private range it lies in, that range.
 */
void networks_learn(struct networks *ns, const char *interface,
		    const struct prefix *p);

/* A network from the settings. */
void networks_list(struct networks *ns, const struct prefix *p);

bool networks_equal(const struct networks *a, const struct networks *b);

/* As merged ranges; out has room for NETWORKS_MAX. */
size_t networks_intervals(const struct networks *ns,
			  struct interval out[NETWORKS_MAX]);

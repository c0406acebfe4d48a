/* Inside of a matcher; for match.c and shadow.c. */
#pragma once

#include "match.h"

/* An item of patterns, and what comes behind it. */
struct match_edge {
	uint16_t set;
	uint32_t node;
};

/* The patterns that begin alike; those that end here are in `ranks`. */
struct match_node {
	uint32_t first; /* ranks[first] ... rising */
	uint32_t n_ranks;
	uint32_t first_edge;
	uint32_t n_edges;
	uint32_t best, worst; /* ranks here and below */
};

struct matcher {
	struct match_node *nodes; /* the root is nodes[0] */
	struct match_edge *edges;
	uint32_t *ranks;
	size_t n;
};

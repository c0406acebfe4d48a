/*
 * What the kernel counts by source, so that a limit can be held against what
 * really comes: the ports of the services, those of calls, and what rows of
 * auto defense name (on or off). Counted where auto defense counts: who is
 * allowed or rejected does not appear, what it discards does. Pure: ports and
 * rows to sets, chains and rules.
 *
 * fwd empties the sets each second (rates.c); should it be gone, their elements
 * end by themselves.
 */
#pragma once

#include "ruleset.h"

enum {
	MEASURE_ROWS = 100,
	MEASURE_MAX = RULESET_PORTS + 1 + MEASURE_ROWS,
	/* Sources of a meter within a second; more of them are not counted. */
	MEASURE_SOURCES = 2048,
};

struct meter {
	uint8_t protocol; /* IPPROTO_UDP or IPPROTO_TCP */
	uint8_t by_connection;
	uint16_t first;
	uint16_t last;
};

/* What there is to measure; each once. Returns how many. */
size_t measure_list(const struct ruleset_input *in,
		    struct meter list[MEASURE_MAX]);

/* What a row of auto defense counts. 0, or -EINVAL: no ports. */
int measure_of_row(struct meter *m, const struct auto_defense *row);
bool meter_equal(const struct meter *a, const struct meter *b);

/* The set of a family (AF_INET, AF_INET6: the /64), and the counter that says
   that there is something in one of them. */
void measure_set(char name[RULESET_NAME], int family, const struct meter *m);
void measure_counter(char name[RULESET_NAME], const struct meter *m);

/* Only ruleset.c calls these. */
void measure_put_sets(struct ruleset *rs);
void measure_put(struct ruleset *rs);

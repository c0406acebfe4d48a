/*
 * Which incidents somebody wants to see, as words:
 *
 *   kind=pin,pin_lock;source=203.0.113.0/24;since_ms=1700000000000;before=812
 *
 * Any field of the record by its text, or one of several, separated by commas;
 * source: an address, or all of a network; text: what any text of the row
 * holds, in either case; since_ms, until_ms: last seen then or later, before
 * then; before: an id, to go on from.
 */
#pragma once

#include "addr.h"
#include "records.h"

enum { INCIDENT_QUERY_WORDS = 8, INCIDENT_QUERY_TEXT = 257 };

struct incident_query {
	const struct field *fields[INCIDENT_QUERY_WORDS];
	size_t values[INCIDENT_QUERY_WORDS]; /* where they begin in text */
	size_t n;
	struct prefix networks[INCIDENT_QUERY_WORDS];
	size_t n_networks;
	size_t holds; /* where the text begins; 0: any */
	uint64_t since_ms;
	uint64_t until_ms; /* 0: none */
	uint64_t before;
	char text[INCIDENT_QUERY_TEXT];
};

/* 0, or -EINVAL and *issue. An empty filter matches all. */
int incident_query_parse(struct incident_query *q, const char *filter,
			 struct issue *issue);
bool incident_query_matches(const struct incident_query *q,
			    const struct incident *row);

/*
 * Auto defense (SPEC 6): what a single source may send to a port. Pure: rows
 * of guardd's table to sets, chains and rules.
 *
 * Each row has a set with a bucket for each source; a source that finds no
 * place in a full set shares one bucket with all others like it, so that a
 * flood of forged sources opens nothing and shuts out nobody who was there
 * before. What is discarded counts in defense_<name>, its source is noted in
 * hits4_<name> and hits6_<name> (IPv6: the /64).
 */
#pragma once

#include "ruleset.h"

enum {
	/* Sources that a row remembers; some 5 MB when full. */
	DEFENSE_SOURCES = 32768,
	DEFENSE_HITS = 1024,
	/* All sources without a place have as much as so many with one. */
	DEFENSE_OTHERS = 32,
};

/* Counters of all rows; the rest of those that are on. */
void defense_put_sets(struct ruleset *rs);
void defense_put(struct ruleset *rs);

/* The counter of a row; the set of a family (AF_INET or AF_INET6) that has the
   sources of what was discarded. */
void defense_counter(char name[RULESET_NAME], const char *row);
void defense_hits(char name[RULESET_NAME], int family, const char *row);

/* The set of a family that has the sources that finished as many handshakes as
   a row admits (of one that counts packets: sent as many within connections),
   of rows that ban. A ban may not follow a forged source (SPEC 6); and who was
   here a moment ago is no proof that the SYNs that came since are his. */
void defense_proven(char name[RULESET_NAME], int family, const char *row);
bool defense_proves(const struct auto_defense *row);

/* Are new connections counted, or packets? */
bool defense_by_connection(const struct auto_defense *row);

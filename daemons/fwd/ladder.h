/*
 * The most that one source has sent within 1, 2, 4 ... 65536 seconds, and from
 * that which limits would have cut it off. Pure; 700 bytes a source.
 *
 * Kept as two periods, of which the older goes when one ends: a week's peaks
 * are forgotten within the next.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum {
	LADDER_RUNGS = 17, /* the longest is 18 hours */
	LADDER_PARTS = 8,  /* of a rung; it moves on by one of them */
	LADDER_TEXT = 200,
};

enum ladder_period { LADDER_NOW, LADDER_BEFORE, LADDER_PERIODS };

struct ladder {
	uint64_t at_s; /* of what came last */
	uint32_t part[LADDER_RUNGS][LADDER_PARTS];
	uint32_t peak[LADDER_PERIODS][LADDER_RUNGS];
};

/* n more came in the second now_s (any clock that only goes forward). */
void ladder_add(struct ladder *l, uint64_t now_s, uint32_t n);

/* The period is over. */
void ladder_turn(struct ladder *l);

/* The most within the longest time; 0: nothing came in either period. */
uint32_t ladder_most(const struct ladder *l);

/*
 * The fewest packets in so many seconds that a limit of auto defense must let
 * through not to cut this source off. Such a limit is a bucket: so many at
 * once, and as many more over each time of `seconds`. Who sends c in w seconds
 * is within it when c <= packets * (1 + w / seconds); what came in one second
 * counts as at once. Between two rungs a source can be over by a little and
 * not be seen.
 */
uint32_t ladder_need(const struct ladder *l, uint32_t seconds);

/* The peaks of a period as "3;3;7;..." and back; what does not read is 0. */
void ladder_print(const struct ladder *l, enum ladder_period p,
		  char text[LADDER_TEXT]);
void ladder_read(struct ladder *l, enum ladder_period p, const char *text);

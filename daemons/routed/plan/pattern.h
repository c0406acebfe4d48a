/*
 * Patterns of dialled numbers (SPEC 5):
 *
 *   0-9 * #    that character          + the same, in front only
 *   X 0-9   Z 1-9   N 2-9              in either case
 *   [1-35]     one of a set: characters and ranges of digits
 *   .          one or more of any      ! zero or more of any; the last
 *   -          outside of brackets: nothing
 *   _          in front: nothing
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	PATTERN_ITEMS = 64,
	PATTERN_SOME = 1 << 13, /* . */
	PATTERN_ANY = 1 << 14,  /* ! */
};

/* Each item is a set of characters, one bit each: 0-9, *, #, +. */
struct pattern {
	uint8_t n;
	uint16_t items[PATTERN_ITEMS];
};

/* Returns 0, or -EINVAL and one line in `why` that names the column; then *p is
   as it was. */
int pattern_parse(struct pattern *p, const char *text, char *why,
		  size_t why_size);

/* The bit of a character that can be dialled; 0: it cannot. */
uint16_t pattern_bit(char c);

/* How many characters of the number fit, from the front; all of them do not yet
   mean that the pattern takes the number. */
size_t pattern_fits(const struct pattern *p, const char *number);

bool pattern_matches(const struct pattern *p, const char *number);

/*
 * Negative: a is more specific. Left to right, the smaller set of characters
 * wins, of two as large the one with the smaller characters (both as in
 * Asterisk); the end of a pattern beats `.`, which beats `!`. 0: equal.
 */
int pattern_compare(const struct pattern *a, const struct pattern *b);

/* Characters of the shortest number that it takes. */
size_t pattern_shortest(const struct pattern *p);

/*
 * How far a call to the outside is: the words of a verdict's step. sipd keeps
 * them and asks with them again; it reads nothing into them.
 *
 *   "rule=NAME after=TRUNK pin=NAME entry=N"    each word may be missing
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct plan_step {
	char rule[33];  /* the dial rule that was chosen */
	char after[33]; /* the trunk that failed: go on behind it */
	char pin[33];   /* the row of the PIN that was right */
	uint32_t entry; /* which entry of a PIN is awaited; 0: none */
};

/* Words that it does not know are skipped. */
void step_read(struct plan_step *s, const char *text);
void step_write(const struct plan_step *s, char *text, size_t size);

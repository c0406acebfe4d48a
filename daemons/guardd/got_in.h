/*
 * Somebody was let in: had the same source been refused before, and as whom?
 * That is what became of an attack that was not shut out in time. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "records.h"

struct incidents;

enum {
	GOT_IN_WITHIN_S = 3600,
	GOT_IN_TRIES = 3,    /* as the account that was let in: a warning */
	GOT_IN_ACCOUNTS = 3, /* that were tried: an alarm */
};

/* What a source was refused at a service within the last hour. */
struct got_in {
	uint32_t tries;
	uint32_t own;      /* of them as the account that was let in */
	uint32_t accounts; /* at most GOT_IN_ACCOUNTS are told apart */
};

/* `r` is a checked report of kind accepted; IPv6 is looked at by its /64. What
   was told once is not counted again. */
void got_in_look(struct got_in *out, const struct incidents *is,
		 const struct report *r, uint64_t wall_ms);

/* Is it worth telling? Then sets the level and the words of `row`. */
bool got_in_tell(const struct got_in *g, struct incident *row);

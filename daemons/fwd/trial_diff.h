/*
 * What a trial changes, in words. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "records.h"

struct common_rows {
	struct common_rule *list; /* in order */
	size_t n;
};

/* All that is on trial: the switches, and the common rules with their order. */
struct wall_state {
	struct firewall settings;
	struct common_rows common;
};

/* A copy in the place of what `to` had. 0 or -ENOMEM. */
int common_rows_copy(struct common_rows *to, const struct common_rows *from);

void wall_state_fini(struct wall_state *s);

bool wall_state_equal(const struct wall_state *a, const struct wall_state *b);

/* "drop all: on; rule logger: new; the order": cut at size. */
void wall_state_diff(const struct wall_state *old, const struct wall_state *new,
		     char *text, size_t size);

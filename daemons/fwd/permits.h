/*
 * The allowed addresses as they were given, service by service: the kernel's
 * sets hold them merged, so what is taken back is looked up here. Pure.
 */
#pragma once

#include <stddef.h>

#include "intervals.h"
#include "ruleset.h"

enum { PERMITS_MAX = 8192 };

struct permitted {
	struct prefix source;
	enum wall_service service;
};

struct permits {
	struct permitted *list;
	size_t n;
	size_t room;
};

void permits_fini(struct permits *ps);
void permits_clear(struct permits *ps);

/* 0 (as well when it is there), -ENOMEM, -ENOSPC. */
int permits_add(struct permits *ps, enum wall_service service,
		const struct prefix *source);
/* Returns whether it was there. */
bool permits_take(struct permits *ps, enum wall_service service,
		  const struct prefix *source);

/* Merged ranges of one service, malloc'd; NULL: no memory. */
struct interval *permits_ranges(const struct permits *ps,
				enum wall_service service, size_t *n);

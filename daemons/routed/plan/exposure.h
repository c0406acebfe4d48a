/*
 * Exposure: what a thief with an extension's password could do, and the most it
 * could cost until a cap stops it. He knows no PIN, has all the time and all
 * numbers of the world, and calls whatever costs most.
 *
 * An upper bound, and a safe one: money is bounded by caps in money alone (a
 * call of no second has a price, too), talk by caps in seconds and by how many
 * calls may go on at once while a rule is open. Brakes do not count: they limit
 * how often, and one patient call may reach the caps all the same.
 */
#pragma once

#include <stdbool.h>

#include "plan.h"

struct exposure_span {
	uint32_t kind; /* enum exposure_line_span */
	uint64_t from_ms, until_ms;
};

enum { EXPOSURE_SPANS = 3 };

/* From a moment on: 24 hours; the weekend that is or comes, from Friday 18:00
   to Monday 08:00 of the box's zone; 31 days. */
void exposure_spans(const struct plan *p, uint64_t from_ms,
		    struct exposure_span spans[EXPOSURE_SPANS]);

/* What caps leave within a span. */
struct exposure_limit {
	uint64_t amount; /* UINT64_MAX: no cap */
	char by[65];     /* which one */
};

struct exposure_question {
	const char *extension;
	struct exposure_span span;
	/* The tightest cap of one; money: in thousandths, else in seconds. */
	void (*limit)(void *ctx, enum usage_of of, const char *who, bool money,
		      const struct exposure_span *span,
		      struct exposure_limit *out);
	/* Each row: first all rules together, then rule by rule, not more than
	   50 of them. */
	void (*line)(void *ctx, const struct exposure_line *line);
	void *ctx;
};

/* 0, -ENOENT: no such extension, or -ENOMEM. */
int exposure(const struct plan *p, const struct exposure_question *q);

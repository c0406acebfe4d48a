/*
 * The plan: all that decides a call, compiled from the tables, immutable,
 * swapped whole when one of them changes. Deciding is a pure function of
 * (plan, ask, now); what a call has used so far comes from the books.
 *
 * The order of decision (SPEC 5): emergency number, feature code, extension,
 * dial rule.
 */
#pragma once

#include <stdint.h>

#include "records.h"

/* Where the rows come from: the owner's tables and the followed views. */
struct plan_rows {
	const void *(*at)(const void *from, size_t i);
	const void *from;
	size_t n;
};

struct plan_input {
	struct plan_rows extensions;  /* struct extension, without secrets */
	struct plan_rows profiles;    /* struct call_profile */
	struct plan_rows emergencies; /* struct emergency */
};

struct plan;

/* Copies what it needs. NULL for want of memory. */
struct plan *plan_new(const struct plan_input *input);
void plan_free(struct plan *p);

/* Hears each step of a decision, in order; for Explain. */
struct plan_trace {
	void (*line)(void *ctx, const struct explain_line *line);
	void *ctx;
};

/*
 * Decides. `now_ms` is the wall clock. `trace` may be NULL. Always writes a
 * whole verdict; what is wrong with an ask is a verdict "refuse" with the
 * reason in words and, where there is one, a prompt that says it.
 */
void plan_decide(const struct plan *p, const struct ask *ask, uint64_t now_ms,
		 const struct plan_trace *trace, struct verdict *out);

/*
 * The plan: all that decides a call, compiled from the tables, immutable,
 * swapped whole when one of them changes. Deciding is a pure function of
 * (plan, ask, now, usage).
 *
 * The order of decision (SPEC 5): emergency number, feature code, extension,
 * dial rule.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "records.h"
#include "rows.h"
#include "usage.h"

struct plan_input {
	struct plan_rows extensions;    /* struct extension, without secrets */
	struct plan_rows trunks;        /* struct trunk, without secrets */
	struct plan_rows profiles;      /* struct call_profile */
	struct plan_rows settings;      /* struct route_settings, at most one */
	struct plan_rows emergencies;   /* struct emergency */
	struct plan_rows dial_plans;    /* struct dial_plan */
	struct plan_rows dial_rules;    /* struct dial_rule */
	struct plan_rows inbound_rules; /* struct inbound_rule */
	struct plan_rows pin_sets;      /* struct pin_set */
	struct plan_rows pins;          /* struct pin, with the digits */
	struct plan_rows time_rules;    /* struct time_rule */
	struct plan_rows holidays;      /* struct holiday */
	uint64_t clock_from_ms;         /* an earlier clock was never set */
};

struct plan;

/* Copies what it needs, the PINs too. NULL for want of memory. */
struct plan *plan_new(const struct plan_input *input);
void plan_free(struct plan *p);

/* Hears each step of a decision, in order; for Explain. */
struct plan_trace {
	void (*line)(void *ctx, const struct explain_line *line);
	void *ctx;
};

struct plan_question {
	const struct ask *ask;
	uint64_t now_ms;                /* wall clock */
	const struct plan_usage *usage; /* NULL: nothing was used yet */
	const struct plan_trace *trace; /* NULL: nobody wants to hear */
	bool suppose_pin;               /* go on as if a right PIN were given */
};

/*
 * Decides. Always writes a whole verdict; what is wrong with an ask is a
 * verdict "refuse" with the reason in words and, where there is one, a prompt
 * that says it. *choice is what the books must know of a call that goes out.
 */
void plan_decide(const struct plan *p, const struct plan_question *q,
		 struct verdict *out, struct plan_choice *choice);

/* By the box's own clock and zone: does a call count as a night call (the hours
   of route_settings), is the day a holiday. */
bool plan_is_night(const struct plan *p, uint64_t now_ms);
bool plan_is_holiday(const struct plan *p, uint64_t now_ms);

/* Each time rule: is it open, and until when. */
typedef void (*plan_hours_fn)(void *ctx, const struct hours_line *line);
void plan_hours(const struct plan *p, uint64_t now_ms, plan_hours_fn fn,
		void *ctx);

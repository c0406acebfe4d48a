/* Inside of the brakes; for brake*.c only. */
#pragma once

#include <uthash.h>

#include "brake.h"

enum { COUNTRIES_MAX = 300 };

/* A call over a trunk that goes on. */
struct brake_open {
	char id[41];
	char extension[33];
	char dial_rule[33];
	char number[65];
	char pin[33];
	uint32_t missed;
	UT_hash_handle hh;
};

struct brakes {
	struct brake rows[BRAKES_MAX];
	size_t n_rows;
	char own[5]; /* country code */
	struct brakes_when when;
	struct brakes_store store;
	struct tallies *tallies;
	struct brake_open *open; /* uthash, by id */
	struct country_seen seen[COUNTRIES_MAX];
};

/* What a brake says of a call; count 0: it has nothing to say. */
struct brake_says {
	uint32_t count;
	enum brake_told level;
	char whose[65];
};

/* brake_count.c: how each kind counts. */
void brake_count(struct brakes *b, const struct brake *row,
		 const struct plan_call *call, struct brake_says *says);
/* Counts a call that went out; false: nothing new is to be told. */
bool brake_add(struct brakes *b, const struct brake *row,
	       const struct plan_call *call, const struct brake_says *says);
void brake_text(const struct brake *row, const struct brake_says *says,
		char text[201]);
/* It is not the box's own country, and nobody called it for long. */
bool brake_is_new(const struct brakes *b, const struct plan_call *call);
/* The call's country is known from now on. */
void brake_see(struct brakes *b, const struct plan_call *call);

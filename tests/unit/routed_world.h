/* A plan of rows in words, for tests of decisions. */
#pragma once

#include "plan.h"

enum { WORLD_TABLES = 12 };

/* 2026-01-01: an earlier clock was never set. */
#define WORLD_CLOCK_FROM_MS 1767225600000

struct world_table {
	const struct record *record;
	char *rows;
	size_t n;
};

struct world {
	struct world_table tables[WORLD_TABLES];
	struct plan *plan; /* world_plan() makes it */
};

/* Empty, but for the general settings and the dial plan "default". */
void world_init(struct world *w);
void world_fini(struct world *w);

/*
 * Adds a row, as "dial_rule name=abroad pattern=00X. trunks=a;b", or changes
 * the one with that key. A value ends at the next blank; ~ stands for a blank
 * in it. What is wrong with it ends the test.
 */
void world_add(struct world *w, const char *row);

/* Such a row by itself, which the caller frees. */
void *world_row(const char *row, const struct record **record);

/* What is compiled from the rows now. */
const struct plan *world_plan(struct world *w);

/* Asks for extension `who`, at now_ms 0, nothing used. */
void world_decide(struct world *w, const char *who, const char *number,
		  struct verdict *v, struct plan_choice *choice);
/* The same with the step of the verdict before. */
void world_again(struct world *w, const char *who, const char *number,
		 const char *step, struct verdict *v,
		 struct plan_choice *choice);

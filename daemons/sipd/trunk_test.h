/*
 * "Test now": the questions that a trunk's line asks anyway, asked at once, and
 * what came of each in words. One test of a line at a time; it ends when every
 * question it waits for is answered. Part of a line (trunk_line.c).
 */
#pragma once

#include <stdbool.h>

#include "records.h"

/* Whom a test tells: a row for each answer, then the end. The end may come
   before the test's beginning returns. */
struct trunk_tester {
	void (*row)(void *ctx, const struct trunk_tried *row);
	void (*end)(void *ctx);
	void *ctx;
};

/* All zero: none runs. */
struct trunk_test {
	struct trunk_tester teller;
	bool running;
	unsigned waits; /* a bit for each question without an answer */
};

/* False: one is running already. */
bool trunk_test_begin(struct trunk_test *t, const struct trunk_tester *teller);

/* This question is being asked; its answer is waited for. */
void trunk_test_expect(struct trunk_test *t,
		       enum trunk_tried_question question);

/* The answer to it. Nothing where no test waits for one. */
void trunk_test_say(struct trunk_test *t, enum trunk_tried_question question,
		    bool ok, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Ends the test, if one runs: what is open gets this answer. */
void trunk_test_stop(struct trunk_test *t, const char *why);

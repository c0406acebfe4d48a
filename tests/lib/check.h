/*
 * What a unit test says: CHECK and its kin print where and what, and abort, so
 * that a sanitizer or a debugger sees the stack. No framework: a test is a
 * program whose main() calls its cases and returns 0.
 */
#pragma once

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(cond)                                                            \
	do {                                                                   \
		if (!(cond)) {                                                 \
			fprintf(stderr, "%s:%d: not true: %s\n", __FILE__,     \
				__LINE__, #cond);                              \
			abort();                                               \
		}                                                              \
	} while (0)

/* Integers of any kind. */
#define CHECK_EQ(got, want)                                                    \
	do {                                                                   \
		intmax_t got_ = (intmax_t)(got);                               \
		intmax_t want_ = (intmax_t)(want);                             \
		if (got_ != want_) {                                           \
			fprintf(stderr,                                        \
				"%s:%d: %s is %" PRIdMAX ", not %" PRIdMAX     \
				"\n",                                          \
				__FILE__, __LINE__, #got, got_, want_);        \
			abort();                                               \
		}                                                              \
	} while (0)

/* Strings; NULL equals only NULL. */
#define CHECK_STR(got, want)                                                   \
	do {                                                                   \
		const char *got_ = (got);                                      \
		const char *want_ = (want);                                    \
		if (!got_ || !want_ ? got_ != want_                            \
				    : strcmp(got_, want_) != 0) {              \
			fprintf(stderr, "%s:%d: %s is \"%s\", not \"%s\"\n",   \
				__FILE__, __LINE__, #got,                      \
				got_ ? got_ : "(null)",                        \
				want_ ? want_ : "(null)");                     \
			abort();                                               \
		}                                                              \
	} while (0)

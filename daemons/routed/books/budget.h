/* What the limits of one leave to be used within a span of time, by whoever
   uses it: for Exposure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "usage.h"

struct books;

struct budget {
	uint64_t amount; /* thousandths or seconds; UINT64_MAX: no limit */
	char credit[33]; /* the tightest limit */
};

/*
 * In thousandths (money) or seconds. A period that holds now has what is left
 * of it, each further one that the span touches has its whole limit; what calls
 * hold now is given back by then.
 */
struct budget books_budget(struct books *b, enum usage_of of, const char *who,
			   bool money, uint64_t from_ms, uint64_t until_ms,
			   uint64_t now_ms);

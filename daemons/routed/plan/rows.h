/* Where the rows of a plan come from: the owner's tables, the followed views,
   or a test's arrays. */
#pragma once

#include <stddef.h>

struct plan_rows {
	const void *(*at)(const void *from, size_t i);
	const void *from;
	size_t n;
};

static inline const void *plan_row(const struct plan_rows *rows, size_t i)
{
	return rows->at(rows->from, i);
}

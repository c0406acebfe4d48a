/*
 * The rate book: what numbers cost, by price list and longest prefix.
 * Immutable; a change of the table makes a new one.
 */
#pragma once

#include <stdbool.h>

#include "price.h"
#include "records.h"
#include "rows.h"

struct rates;

/* Copies what it needs of struct call_rate rows. NULL: no memory. */
struct rates *rates_new(const struct plan_rows *rows);
void rates_free(struct rates *r);

/* The price of a number (international digits, without +) in a list; false when
   the list has no prefix of it. */
bool rates_find(const struct rates *r, const char *list, const char *number,
		struct price *out);

/* Is an id a list's name, a slash, and 1 to 15 digits? 0, or -EINVAL. */
int rates_check_id(const char *id, struct issue *issue);

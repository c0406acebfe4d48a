/*
 * A price list as CSV, read as it comes in: lines to rows of call_rate, and
 *what is wrong with them by line and column. Pure: reads no table and writes
 *none.
 *
 *	prefix,destination,price,connect,first_s,next_s
 *	49,Germany,0.012,0,60,60
 *	4916,"Germany, mobile",0.19
 *
 * The first line may name the columns, in any order; without it they are the
 * ones above. They are parted by , or ; or tab, as the first line is. Prices
 *are in the currency, a minute, with a point or (not parted by ,) a comma; less
 * than a thousandth is rounded up.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "records.h"

enum {
	RATE_CSV_ROWS = 50000, /* at most */
	RATE_CSV_NOTES = 100,  /* mistakes that are kept; the others count */
	RATE_CSV_LINE = 1000,  /* bytes */
};

struct rate_csv;

/* list: the name of the price list. NULL: no memory. */
struct rate_csv *rate_csv_new(const char *list);
void rate_csv_free(struct rate_csv *c);

/* The next bytes; a line may go on in the next call. */
void rate_csv_feed(struct rate_csv *c, const char *text, size_t n);
/* There are no more: the last line is taken, rows are sorted by id, two of one
   prefix are a mistake. */
void rate_csv_end(struct rate_csv *c);

/* Only after the end. NULL if n is 0. */
const struct call_rate *rate_csv_rows(const struct rate_csv *c, size_t *n);
/* Mistakes: how many there are, and the first RATE_CSV_NOTES of them. */
size_t rate_csv_wrong(const struct rate_csv *c);
const struct rates_note *rate_csv_note(const struct rate_csv *c, size_t i);

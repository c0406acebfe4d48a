/*
 * Pages of call records, newest first: at most ask->limit rows that pass
 * ask->filter: words "field=text" separated by ';', for any field of a record,
 * and "before=ID" to go on after a page. Returns 0, or -EINVAL and *issue. At
 * most 20,000 records are looked at for a page.
 */
#pragma once

#include "records.h"

struct store;

typedef void (*cdr_row_fn)(void *ctx, const struct cdr *row);
int cdr_page(struct store *store, const struct records_ask *ask, cdr_row_fn row,
	     void *ctx, struct issue *issue);

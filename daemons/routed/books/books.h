/*
 * The books: call records, written once and never lost. In the truth:
 *
 *   cdr      8 bytes start_ms, big endian | call id  ->  struct cdr (TLV)
 *   cdr_id   call id                                 ->  the key above
 *
 * so that a page newest first is a walk backwards, and the same call told
 * twice (sipd tells again until it is heard) is one record.
 */
#pragma once

#include "records.h"

struct books;
struct store;

struct books *books_new(struct store *store);
void books_free(struct books *b);

/*
 * Writes one ended call; ring and talk seconds are computed here. `done` comes
 * when it is on disk (0, also for one that is there already) or a negative
 * errno: then it is not, and the teller must tell again.
 */
typedef void (*books_done_fn)(void *ctx, int err);
void books_write(struct books *b, const struct cdr *facts, books_done_fn done,
		 void *ctx);

/*
 * Newest first, at most ask->limit rows that pass ask->filter: words
 * "field=text" separated by ';', for any field of a record, and "before=ID" to
 * go on after a page. Returns 0, or -EINVAL and *issue. At most 20,000 records
 * are looked at for a page.
 */
typedef void (*books_row_fn)(void *ctx, const struct cdr *row);
int books_page(struct books *b, const struct records_ask *ask, books_row_fn row,
	       void *ctx, struct issue *issue);

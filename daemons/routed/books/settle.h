/*
 * Settlement: at the end of a call its record, its real use in the purses and
 * the end of its slices go to disk in one transaction, or none of them does.
 *
 * One transaction at a time: what ends meanwhile waits and goes together in the
 * next. So a purse on disk is always the sum of the records beside it, also
 * when a transaction fails.
 */
#pragma once

#include "books.h"

struct settle;

struct settle *settle_new(struct books *b); /* NULL: no memory */
void settle_free(struct settle *s);         /* nobody is told any more */

/* As books_end(). */
void settle_end(struct settle *s, const struct cdr *facts, uint64_t now_ms,
		books_done_fn done, void *ctx);
/* Is the end of this call on its way to the disk? */
bool settle_pending(const struct settle *s, const char *call);

/*
 * Completes the facts of a call: seconds, and of a call over a trunk (NULL: of
 * none) what was chosen for it and what it cost. Pure.
 */
void settle_complete(struct cdr *row, const struct open_call *call);

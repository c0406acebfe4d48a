/*
 * Who signed in and out, and who was refused: rows of `audit` in the truth,
 * bounded. What was changed stands in the journal of the table's owner.
 *
 * truth dbs "audit" and "audit_refused" (what strangers can fill must push out
 * nothing else): key = its place (64 bit, big endian), value = the row. Ids
 * count over both.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "records.h"

struct audit_log;
struct store;

enum { AUDIT_ROWS = 10000, AUDIT_REFUSED = 2000 };

struct audit_log *audit_new(struct store *store);
void audit_free(struct audit_log *a);

/* Refusals beyond 5 a second are counted in the next row, not written each:
   outsiders cause them. */
void audit_add(struct audit_log *a, enum audit_what what, const char *account,
	       const char *source, const char *detail);

/* Newest first, at most `limit`. */
void audit_each(struct audit_log *a, uint32_t limit,
		void (*fn)(void *ctx, const struct audit *row), void *ctx);

/*
 * Another daemon's tables, asked over the bus: what httpd's API speaks. Which
 * daemon and object a table is follows from its record's owner. Stateless: each
 * call is one message; bus_forget(bus, ctx) ends the waiting.
 *
 * An answer and all it points to lives during `done` only. `done` comes exactly
 * once, never from inside the call. Errors are the owner's: Invalid ("field:
 * reason"), NoSuch, Exists, InUse, Changed, Denied, Full, Busy; or the bus's
 * (the daemon is away, the deadline passed). All calls return 0 or -ENOMEM, and
 * then done does not come.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record.h"

struct bus;
struct bus_error;

/* A field and its text. */
struct table_pair {
	const char *field;
	const char *text;
};

struct table_row {
	const char *key;
	const struct table_pair *pairs; /* in the schema's order */
	size_t n_pairs;
};

/*
 * List: all rows in the table's order. Get: one row. Apply: for each operation
 * one row with its key and what the owner made or changed by itself (a
 * generated secret: the only time that it is seen). Check: no rows. Journal:
 * one row an entry, key = its number, field "entry" = JSON.
 * seq: the table's count of commits; give it back as if_seq.
 */
struct table_answer {
	const struct table_row *rows;
	size_t n_rows;
	uint64_t seq;
};

/* error NULL: *answer is there. */
typedef void (*table_answer_fn)(void *ctx, const struct bus_error *error,
				const struct table_answer *answer);

enum table_op_kind {
	TABLE_PUT,    /* patch; creates what is not there */
	TABLE_CREATE, /* refuses a key that is there: Exists */
	TABLE_UPDATE, /* refuses a key that is not there: NoSuch */
	TABLE_DELETE,
	TABLE_MOVE, /* one pair: "position", counted from 1 */
};

struct table_op {
	enum table_op_kind kind;
	const char *key;
	const struct table_pair *pairs;
	size_t n_pairs;
};

struct table_context {
	const char *actor; /* for the journal: "admin ada from 192.168.1.2" */
	/* 0: whatever is there; else refused with Changed when one of the
	   operations' rows was changed or deleted after this commit. */
	uint64_t if_seq;
	bool force; /* the owner's warnings are overruled, never references */
	/* Nothing is changed; the answer has the rows that would be refused,
	   each with "row" (its place among the operations), "error", "field"
	   and "why". */
	bool dry;
};

int table_client_list(struct bus *bus, const struct record *r,
		      table_answer_fn done, void *ctx);
int table_client_get(struct bus *bus, const struct record *r, const char *key,
		     table_answer_fn done, void *ctx);

/* A dry run of one put. */
int table_client_check(struct bus *bus, const struct record *r, const char *key,
		       const struct table_pair *pairs, size_t n_pairs,
		       table_answer_fn done, void *ctx);

/* All or nothing, in one transaction; in force when done comes. */
int table_client_apply(struct bus *bus, const struct record *r,
		       const struct table_context *context,
		       const struct table_op *ops, size_t n_ops,
		       table_answer_fn done, void *ctx);

/* Ends a live row (a session, a call), where its owner allows it. */
int table_client_end(struct bus *bus, const struct record *r, const char *key,
		     table_answer_fn done, void *ctx);

/* The newest `most` changes of this table before entry `before` (0: from the
   newest), newest first; secrets are masked. */
int table_client_journal(struct bus *bus, const struct record *r,
			 uint64_t before, uint32_t most, table_answer_fn done,
			 void *ctx);

/* Hears the table's changes (op: put, delete, move) until
   bus_unwatch(bus, ctx). */
typedef void (*table_changed_fn)(void *ctx, const struct record *r,
				 const char *key, const char *op, uint64_t seq);
int table_client_watch(struct bus *bus, const struct record *r,
		       table_changed_fn changed, void *ctx);

/* A row as a record (secrets are empty). 0 or -EINVAL and *issue. */
int table_row_record(const struct record *r, const struct table_row *row,
		     void *rec, struct issue *issue);

/* The text of a field of a row, or NULL. */
const char *table_row_text(const struct table_row *row, const char *field);

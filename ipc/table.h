/*
 * A configuration table: rows in memory, truth on disk, a view for others, an
 * object on the bus (org.sallyport.Table1) with List, Get, Put, Set, Delete,
 * Move, Check, Apply and the signal Changed. One owner a table.
 *
 * A change goes: patch -> schema's check -> the owner's check -> commit with
 * its journal row -> the owner's apply -> answer. Changes of one daemon go one
 * at a time, in order. Secrets are sealed on disk (AES-256-GCM, bound to table,
 * row and field), masked in the journal, absent from the view; a secret that
 * the owner generated is in the answer to the Put that made it, and nowhere
 * else.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record.h"

struct bus;
struct store;
struct seal;
struct table;
struct table_change;

struct table_ops {
	/*
	 * The owner's rules, and the fields that only it sets; `row` may be
	 * changed. old: NULL for a new row. force: the caller insists. Must be
	 * pure but for randomness. 0, or -EINVAL and *issue. May be NULL.
	 */
	int (*check)(void *ctx, const void *old, void *row, bool force,
		     struct issue *issue);
	/* May this row go? May be NULL. */
	int (*check_delete)(void *ctx, const void *row, bool force,
			    struct issue *issue);
	/*
	 * Puts a committed row in force (old NULL: new; row NULL: deleted),
	 * then calls table_change_done() once, at once or later; an error takes
	 * the change back. NULL: nothing to do.
	 */
	void (*apply)(void *ctx, struct table_change *change, const void *old,
		      const void *row);
	/*
	 * May this actor change anything now? Asked before all checks, not for
	 * the owner's own changes. 0; -EBUSY or -EINVAL, and *issue. May be
	 * NULL.
	 */
	int (*admit)(void *ctx, const char *actor, struct issue *issue);
};

struct table_config {
	const struct record *record;
	const struct table_ops *ops;
	void *ctx;
	struct bus *bus; /* NULL in unit tests: no object */
	struct store *store;
	const struct seal *seal; /* needed where the record has secrets */
	/* The parent of all views: there we look who refers to our rows, and
	   whether a row exists that ours refer to. NULL: neither. */
	const char *run_dir;
};

/*
 * Loads the rows (a row that cannot be read is logged, kept on disk, and not in
 * force), adds singleton and builtin ones (with the schema's defaults, then
 * through ops->check with old NULL, which may set them by key), fills the view,
 * exports the object. apply() is not called: read the rows with table_at().
 * NULL and one line in why.
 */
struct table *table_open(const struct table_config *config, char *why,
			 size_t why_size);
void table_close(struct table *t);

/*
 * Inside of check(): what the same change makes before this row, i from 0; *row
 * is NULL for one that it deletes. False: there is no more. For rules between
 * rows, which table_at() shows as they were before the change.
 */
bool table_check_before(const struct table *t, size_t i, const void **row);

/* error NULL: in force. */
void table_change_done(struct table_change *change, const char *error);

/* Who asked for it, as it stands in the journal. */
const char *table_change_actor(const struct table_change *change);
/* Is it the owner's own (table_put, table_replace)? */
bool table_change_own(const struct table_change *change);
/* Does the caller insist? */
bool table_change_forced(const struct table_change *change);
/* Inside of check(): who asks; empty: the owner, or nobody (at the start). */
const char *table_check_actor(const struct table *t);

/* Will apply() be called again for this change? Then the owner may leave all
   to the last call, at which every row of it is in memory. Also true while a
   refused change is taken back: what was left to the last call never came. */
bool table_change_more(const struct table_change *change);

/* Rows in memory; valid until the next change. Secrets are in clear. */
const void *table_get(const struct table *t, const char *key);
size_t table_count(const struct table *t);
/* In the table's order (ordered: by place; else by key, numbers by value). */
const void *table_at(const struct table *t, size_t i);

/*
 * The owner changes its own table (first start, an old secret that lapsed).
 * row NULL deletes `key`. Of a row that is there, only the fields in which
 * `row` differs from it now are changed, so a change that waits is not undone.
 * Readonly fields are taken as they stand; what check() then makes of it is in
 * force. done may be NULL; it comes later (issue
 * NULL: in force), store_wait() waits for it. 0, -ENOMEM or -EBUSY.
 */
typedef void (*table_done_fn)(void *ctx, const struct issue *issue);
int table_put(struct table *t, const char *actor, const char *key,
	      const void *row, table_done_fn done, void *ctx);

/*
 * Makes these all the rows there are (of an ordered table: in this order), in
 * one change: check() is asked, with force; apply() comes for each row that
 * differs. `rows` is an array of the record's structs, copied. As table_put().
 */
int table_replace(struct table *t, const char *actor, const void *rows,
		  size_t n, table_done_fn done, void *ctx);

/*
 * The same for very many rows: `rows`, sorted by key, take the place of all
 * whose keys begin with `prefix`. They are checked by the schema alone: the
 * owner has looked at them. apply() does not come, done says that they are in
 * force; the journal has one entry, others hear one Changed (op replace, the
 * prefix as key). For tables without order, secrets, and references to them.
 */
int table_replace_many(struct table *t, const char *actor, const char *prefix,
		       const void *rows, size_t n, table_done_fn done,
		       void *ctx);

/* Counts commits of this daemon's tables; the If-Match of the web. */
uint64_t table_seq(const struct table *t);

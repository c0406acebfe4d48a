/*
 * Inside of a table; for ipc/table*.c only.
 *
 * All tables of one store make a set: they share the journal and its numbers,
 * and their changes go one at a time.
 */
#pragma once

#include <sys/queue.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "store.h"
#include "table.h"
#include "table_client.h"

enum {
	TABLE_KEY = 256, /* room for a key and NUL */
	TABLE_ACTOR = 160,
	TABLE_OPS_MAX = 4096,   /* operations in one change */
	TABLE_CHANGES_MAX = 64, /* changes that wait, of the bus */
	TABLE_OWN_MAX = 20000,  /* and of the owner */
	TABLE_TEXT = 8192,      /* room for any field's text */
};

/* A row in memory. */
struct row {
	UT_hash_handle hh;
	uint32_t place;               /* in an ordered table */
	uint64_t seq;                 /* of the commit that wrote it */
	struct table_change *waiting; /* the owner's, that others may join */
	void *rec;
	char key[];
};

struct table_set {
	SLIST_HEAD(, table) tables;
	struct store *store;
	uint64_t seq; /* of the newest journal entry */
	STAILQ_HEAD(, table_change) waiting;
	size_t n_waiting; /* from the bus */
	size_t n_own;     /* from the owner */
	struct table_change *running;
	bool stepping; /* inside run(): do not enter it again */
};

struct table {
	SLIST_ENTRY(table) next;
	struct table_config config;
	const struct record *r;
	struct table_set *set;
	struct row *by_key;
	struct row **order;
	size_t n;
	size_t room;
	uint64_t seq;
	struct table_bus *bus;
};

/* Why a change was refused; name NULL: it was not. */
struct refusal {
	const char *name; /* "Invalid", "NoSuch" ... without BUS_ERR */
	struct issue issue;
};

enum item_origin { ITEM_PATCH, ITEM_ROW };

/* One operation of a change. */
struct item {
	enum table_op_kind kind;
	enum item_origin origin;
	char key[TABLE_KEY];
	const struct table_pair *pairs; /* the requester's */
	size_t n_pairs;
	uint32_t position; /* TABLE_MOVE */
	void *old;         /* copies; NULL: was not there */
	void *row;         /* NULL: will not be there */
	bool *made;        /* one a field: the owner set it */
	bool *changed; /* ITEM_ROW of a row that is there: only these fields */
	uint32_t want_place; /* not 0: goes there, whatever place it has */
	uint32_t place;
	uint64_t old_seq;
	uint32_t old_place;
	uint64_t seq;
	bool same;              /* nothing changed: nothing to commit */
	struct refusal refusal; /* of a dry run of many */
};

struct move {
	struct row *row;
	uint32_t place;
	uint32_t old_place;
};

typedef void (*change_end_fn)(void *ctx, const struct table_change *change,
			      const struct refusal *refusal);

enum change_state {
	CHANGE_CHECKING,
	CHANGE_COMMITTING,
	CHANGE_APPLYING,
	CHANGE_UNDOING,     /* apply() refused: those before it go back */
	CHANGE_TAKING_BACK, /* the disk, too */
	CHANGE_ENDING,
};

struct table_change {
	STAILQ_ENTRY(table_change) next;
	struct table *table;
	char actor[TABLE_ACTOR];
	uint64_t if_seq;
	bool force;
	bool dry;          /* check only */
	bool each;         /* and say of every item what is wrong with it */
	struct bulk *bulk; /* instead of items; owned */
	bool own;          /* the owner's */
	size_t n_items;
	struct item *items;
	struct move *moves;
	size_t n_moves;
	change_end_fn end;
	void *ctx;
	enum change_state state;
	size_t at;    /* the item that is being put in force, or back */
	bool waiting; /* for the disk or the owner */
	uint64_t seq; /* of the last entry */
	struct refusal refusal;
};

/* --- table.c: rows in memory --- */

struct row *table_row(const struct table *t, const char *key);
/* Puts a copy of rec; 0 or -ENOMEM. */
int table_install(struct table *t, const char *key, const void *rec,
		  uint32_t place, uint64_t seq);
void table_remove(struct table *t, const char *key);
void table_sort(struct table *t);
uint32_t table_last_place(const struct table *t);
size_t table_index(const struct table *t, const struct row *row);
void record_wipe_free(const struct record *r, void *rec);
void *record_copy(const struct record *r, const void *rec);
/* Brings a key into its stored form; 0 or -EINVAL and *issue. */
int table_canonical(const struct record *r, const char *key,
		    char out[TABLE_KEY], struct issue *issue);

/* --- table_row.c: rows on disk and in the view --- */

/* Room for any row of the table. */
size_t row_size_max(const struct record *r);
/* Bytes, or negative. seal NULL: for the view, without secrets. */
int row_encode(const struct record *r, const struct seal *seal, const char *key,
	       const void *rec, uint32_t place, uint64_t seq, uint8_t *buf,
	       size_t size);
/* seal NULL: secrets stay empty. 0 or -EBADMSG. */
int row_decode(const struct record *r, const struct seal *seal, const char *key,
	       void *rec, uint32_t *place, uint64_t *seq, const uint8_t *buf,
	       size_t size);
/* Encodes and puts it into the batch (sealed), or into the view (NULL). */
int row_put(const struct table *t, struct store_batch *b, const char *key,
	    const void *rec, uint32_t place, uint64_t seq);
/* Keys of digits by their value, others by their bytes. */
int key_compare(const char *a, const char *b);

/* --- table_journal.c --- */

#define JOURNAL_DB "journal"
enum { JOURNAL_MAX = 100000 };

struct journal_entry {
	uint64_t seq;
	const char *actor;
	const char *table;
	const char *key;
	const char *op; /* put, delete, move, undo */
	const struct record *r;
	const void *before; /* or NULL */
	const void *after;  /* or NULL */
};

/* Adds the entry to the batch, and the end of the one that falls out. */
int journal_add(struct store_batch *b, const struct journal_entry *entry);
uint64_t journal_last(struct store *s);
/* Newest first, from before `before` (0: the newest), of one table. */
typedef bool (*journal_fn)(void *ctx, uint64_t seq, const char *json);
int journal_each(struct store *s, const char *table, uint64_t before,
		 journal_fn fn, void *ctx);

/* --- table_refs.c --- */

/* Does all that `row` refers to exist? 0 or -EINVAL. */
int refs_check(const struct table_change *c, const struct item *item,
	       struct issue *issue);
/* Refers anybody to this row, which goes? 0 or -EBUSY and *issue. */
int refs_users(const struct table_change *c, const struct item *item,
	       struct issue *issue);

/* --- table_check.c --- */

/* Fills item->old and item->row; 0, or -EINVAL and c->refusal. */
int item_check(struct table_change *c, size_t i);
/* The item before i with that key, or NULL. */
const struct item *item_before(const struct table_change *c, size_t i,
			       const char *key);

bool same_field(const struct field *f, const void *a, const void *b);
void copy_field(const struct field *f, void *to, const void *from);

/* --- table_change.c --- */

struct table_change *change_new(struct table *t, size_t n_items);
void change_free(struct table_change *c);
/* Takes c; end comes once, maybe at once. */
void change_start(struct table_change *c, change_end_fn end, void *ctx);
/* It waits no more. */
void change_leave(struct table_change *c);
void refuse(struct table_change *c, const char *name, const char *field,
	    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* --- table_bulk.c: the same for very many rows --- */

struct bulk *bulk_new(const struct table *t, const char *prefix,
		      const void *rows, size_t n);
void bulk_free(const struct table *t, struct bulk *b);
/* 0, or -EINVAL and the reason, or -ENOMEM. */
int bulk_check(struct table_change *c, bool *same);
struct store_batch *bulk_batch(struct table_change *c);
void bulk_install(struct table_change *c);
void bulk_publish(struct table_change *c);

/* --- table_force.c: memory, disk and view of a change --- */

/* One operation in memory, and back. 0 or -ENOMEM. */
int item_install(struct table_change *c, struct item *it);
void item_uninstall(struct table_change *c, struct item *it);
/* The batch for the disk; back: what was there before. NULL: no memory. */
struct store_batch *change_batch(struct table_change *c, bool back);
/* The view and the signals, once all is in force. */
void change_publish(struct table_change *c);

/* --- table_bus.c --- */

struct table_bus *table_bus_open(struct table *t);
void table_bus_close(struct table_bus *b);
void table_bus_changed(struct table_bus *b, const char *key, const char *op,
		       uint64_t seq);

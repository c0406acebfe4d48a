#include "table.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "field.h"
#include "log.h"
#include "rules.h"
#include "secret.h"
#include "table_impl.h"

enum { BAD_ROWS_LOGGED = 10 };

void record_wipe_free(const struct record *r, void *rec)
{
	if (!rec)
		return;
	secret_wipe(rec, r->size);
	free(rec);
}

void *record_copy(const struct record *r, const void *rec)
{
	void *copy = malloc(r->size);

	if (copy)
		memcpy(copy, rec, r->size);
	return copy;
}

int table_canonical(const struct record *r, const char *key,
		    char out[TABLE_KEY], struct issue *issue)
{
	const struct field *f = r->key;
	const char *wrong;
	char why[160];

	if (strlen(key) >= TABLE_KEY || strlen(key) >= f->size + 20 ||
	    (field_is_text(f) && strlen(key) >= f->size))
		return issue_set(issue, f->name, "must be at most %zu long",
				 field_is_text(f) ? f->size - 1 : (size_t)20);
	snprintf(out, TABLE_KEY, "%s", key);
	if (!field_is_text(f))
		return 0;
	wrong = rule_check(f->format, out, TABLE_KEY, why, sizeof(why));
	if (wrong)
		return issue_set(issue, f->name, "%s", wrong);
	return 0;
}

/* --- rows in memory --- */

struct row *table_row(const struct table *t, const char *key)
{
	struct row *row;

	HASH_FIND_STR(t->by_key, key, row);
	return row;
}

static int compare(const void *a, const void *b, bool ordered)
{
	const struct row *x = *(const struct row *const *)a;
	const struct row *y = *(const struct row *const *)b;

	if (ordered && x->place != y->place)
		return x->place < y->place ? -1 : 1;
	return key_compare(x->key, y->key);
}

static int by_place(const void *a, const void *b)
{
	return compare(a, b, true);
}

static int by_key(const void *a, const void *b)
{
	return compare(a, b, false);
}

void table_sort(struct table *t)
{
	if (t->n > 1)
		qsort(t->order, t->n, sizeof(struct row *),
		      t->r->ordered ? by_place : by_key);
}

size_t table_index(const struct table *t, const struct row *row)
{
	size_t i = 0;

	while (i < t->n && t->order[i] != row)
		i++;
	return i;
}

uint32_t table_last_place(const struct table *t)
{
	return t->n > 0 ? t->order[t->n - 1]->place : 0;
}

/* Where a row belongs among the others: a search in halves. */
static size_t slot(const struct table *t, const struct row *row)
{
	size_t low = 0;
	size_t high = t->n;
	size_t mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (compare(&t->order[mid], &row, t->r->ordered) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static int order_room(struct table *t)
{
	size_t room = t->room ? t->room * 2 : 16;
	struct row **order;

	if (t->n < t->room)
		return 0;
	order = realloc(t->order, room * sizeof(struct row *));
	if (!order)
		return -ENOMEM;
	t->order = order;
	t->room = room;
	return 0;
}

static void row_free(const struct table *t, struct row *row)
{
	record_wipe_free(t->r, row->rec);
	free(row);
}

static int add_row(struct table *t, const char *key, void *rec, uint32_t place,
		   uint64_t seq)
{
	size_t size = strlen(key) + 1;
	struct row *row;
	size_t at;

	if (order_room(t) < 0)
		return -ENOMEM;
	row = calloc(1, sizeof(*row) + size);
	if (!row)
		return -ENOMEM;
	memcpy(row->key, key, size);
	row->place = place;
	row->seq = seq;
	HASH_ADD_STR(t->by_key, key, row);
	if (!row->hh.tbl) {
		free(row);
		return -ENOMEM;
	}
	row->rec = rec;
	at = slot(t, row);
	memmove(&t->order[at + 1], &t->order[at],
		(t->n - at) * sizeof(struct row *));
	t->order[at] = row;
	t->n++;
	return 0;
}

int table_install(struct table *t, const char *key, const void *rec,
		  uint32_t place, uint64_t seq)
{
	struct row *row = table_row(t, key);
	void *copy = record_copy(t->r, rec);
	int rc;

	if (!copy)
		return -ENOMEM;
	if (row) {
		record_wipe_free(t->r, row->rec);
		row->rec = copy;
		row->seq = seq;
		if (row->place != place) {
			row->place = place;
			table_sort(t);
		}
		return 0;
	}
	rc = add_row(t, key, copy, place, seq);
	if (rc < 0)
		record_wipe_free(t->r, copy);
	return rc;
}

void table_remove(struct table *t, const char *key)
{
	struct row *row = table_row(t, key);
	size_t at;

	if (!row)
		return;
	at = table_index(t, row);
	HASH_DEL(t->by_key, row);
	t->n--;
	memmove(&t->order[at], &t->order[at + 1],
		(t->n - at) * sizeof(struct row *));
	row_free(t, row);
}

const void *table_get(const struct table *t, const char *key)
{
	const struct row *row = table_row(t, key);

	return row ? row->rec : NULL;
}

size_t table_count(const struct table *t)
{
	return t->n;
}

const void *table_at(const struct table *t, size_t i)
{
	return i < t->n ? t->order[i]->rec : NULL;
}

uint64_t table_seq(const struct table *t)
{
	return t->seq;
}

/* --- opening --- */

struct load {
	struct table *t;
	size_t bad;
	int rc;
};

/* A row whose key is not what its record says was tampered with. */
static bool right_key(const struct table *t, const char *key, const void *rec)
{
	char own[TABLE_KEY];

	record_key(t->r, rec, own, sizeof(own));
	return strcmp(own, key) == 0;
}

static bool load_row(void *ctx, struct bytes key, struct bytes value)
{
	struct load *l = ctx;
	struct table *t = l->t;
	char text[TABLE_KEY] = "";
	void *rec = malloc(t->r->size);
	uint32_t place;
	uint64_t seq;
	int rc = -EBADMSG;

	if (!rec) {
		l->rc = -ENOMEM;
		return false;
	}
	if (key.size < sizeof(text)) {
		memcpy(text, key.data, key.size);
		rc = row_decode(t->r, t->config.seal, text, rec, &place, &seq,
				value.data, value.size);
	}
	if (rc == 0 && !right_key(t, text, rec))
		rc = -EBADMSG;
	if (rc == 0)
		l->rc = add_row(t, text, rec, place, seq);
	if (rc == 0 && l->rc == 0)
		return true;
	if (rc < 0 && l->bad++ < BAD_ROWS_LOGGED)
		log_err("table %s: row %s cannot be read, it is not in force; "
			"set it again, or restore a backup",
			t->r->name, text);
	record_wipe_free(t->r, rec);
	return l->rc == 0;
}

static int load(struct table *t)
{
	struct load l = { .t = t };
	int rc;

	rc = store_each(t->config.store, t->r->name, (struct bytes){ 0 }, false,
			load_row, &l);
	if (l.bad > BAD_ROWS_LOGGED)
		log_err("table %s: %zu rows cannot be read", t->r->name, l.bad);
	if (rc == -ENOENT)
		rc = 0;
	if (rc == 0)
		rc = l.rc;
	table_sort(t);
	return rc;
}

static void on_saved(void *ctx, int err)
{
	const struct table *t = ctx;

	if (err < 0)
		log_err("table %s: cannot save a built-in row: %s", t->r->name,
			strerror(-err));
}

/* So that its place among the others is kept. */
static int save_builtin(struct table *t, const char *key)
{
	struct store_batch *b = store_batch_new(t->config.store);
	const struct row *row = table_row(t, key);
	int rc;

	if (!b)
		return -ENOMEM;
	rc = row_put(t, b, row->key, row->rec, row->place, row->seq);
	if (rc == 0)
		rc = store_commit(t->config.store, b, on_saved, t);
	if (rc < 0)
		store_batch_free(b);
	return rc;
}

/* A row that must exist, with its defaults. */
static int add_builtin(struct table *t, const char *key, struct issue *issue)
{
	const struct table_ops *ops = t->config.ops;
	void *rec;
	int rc;

	if (table_row(t, key))
		return 0;
	rec = malloc(t->r->size);
	if (!rec)
		return -ENOMEM;
	record_init(t->r, rec);
	rc = field_set(t->r, t->r->key, rec, key, issue);
	if (rc == 0 && ops && ops->check)
		rc = ops->check(t->config.ctx, NULL, rec, false, issue);
	if (rc == 0)
		rc = record_check(t->r, rec, issue);
	if (rc == 0)
		rc = add_row(t, key, rec, table_last_place(t) + 1, 0);
	if (rc < 0) {
		record_wipe_free(t->r, rec);
		return rc;
	}
	/* Elsewhere an untouched default needs no place on disk. */
	return t->r->ordered ? save_builtin(t, key) : 0;
}

static int add_builtins(struct table *t, char *why, size_t why_size)
{
	const char *const *keys = t->r->builtin;
	struct issue issue = { 0 };
	int rc = 0;

	if (t->r->singleton)
		rc = add_builtin(t, t->r->singleton, &issue);
	for (size_t i = 0; rc == 0 && keys && keys[i]; i++)
		rc = add_builtin(t, keys[i], &issue);
	if (rc < 0)
		snprintf(why, why_size, "table %s: %s: %s", t->r->name,
			 issue.field, rc == -ENOMEM ? "no memory" : issue.what);
	return rc;
}

static int fill_view(struct table *t)
{
	const struct row *row;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < t->n; i++) {
		row = t->order[i];
		rc = row_put(t, NULL, row->key, row->rec, row->place, row->seq);
	}
	return rc;
}

/* --- the set --- */

static struct table_set *set_of(struct store *s)
{
	struct table_set *set = store_attached(s);

	if (set)
		return set;
	set = calloc(1, sizeof(*set));
	if (!set)
		return NULL;
	SLIST_INIT(&set->tables);
	STAILQ_INIT(&set->waiting);
	set->store = s;
	set->seq = journal_last(s);
	store_attach(s, set);
	return set;
}

static void set_leave(struct table_set *set, struct table *t)
{
	SLIST_REMOVE(&set->tables, t, table, next);
	if (!SLIST_EMPTY(&set->tables))
		return;
	store_attach(set->store, NULL);
	free(set);
}

static bool has_secrets(const struct record *r)
{
	for (size_t i = 0; i < r->n_fields; i++) {
		if (r->fields[i].type == FIELD_SECRET)
			return true;
	}
	return false;
}

static int open_rows(struct table *t, char *why, size_t why_size)
{
	int rc;

	if (has_secrets(t->r) && !t->config.seal) {
		snprintf(why, why_size, "table %s: its secrets need a key",
			 t->r->name);
		return -EINVAL;
	}
	rc = add_builtins(t, why, why_size);
	if (rc < 0)
		return rc;
	rc = fill_view(t);
	if (rc < 0)
		snprintf(why, why_size, "table %s: cannot write its view: %s",
			 t->r->name, strerror(-rc));
	return rc;
}

struct table *table_open(const struct table_config *config, char *why,
			 size_t why_size)
{
	struct table *t = calloc(1, sizeof(*t));
	struct table_set *set = set_of(config->store);
	int rc;

	if (!t || !set) {
		snprintf(why, why_size, "table %s: no memory",
			 config->record->name);
		free(t);
		return NULL;
	}
	t->config = *config;
	t->r = config->record;
	t->set = set;
	t->seq = set->seq;
	SLIST_INSERT_HEAD(&set->tables, t, next);
	rc = load(t);
	if (rc < 0)
		snprintf(why, why_size, "table %s: cannot read it: %s",
			 t->r->name, strerror(-rc));
	else
		rc = open_rows(t, why, why_size);
	if (rc == 0 && config->bus) {
		t->bus = table_bus_open(t);
		if (!t->bus) {
			snprintf(why, why_size,
				 "table %s: cannot serve it on the bus",
				 t->r->name);
			rc = -ENOMEM;
		}
	}
	if (rc < 0) {
		table_close(t);
		return NULL;
	}
	return t;
}

/* The one that runs is let finish as far as the disk is concerned. */
static void end_running(struct table *t, const struct refusal *closed)
{
	struct table_set *set = t->set;
	struct table_change *c = set->running;

	if (!c || c->table != t)
		return;
	store_wait(set->store);
	if (set->running != c)
		return;
	set->running = NULL;
	c->end(c->ctx, c, closed);
	change_free(c);
}

static void end_changes(struct table *t)
{
	struct refusal closed = { .name = "Busy" };
	struct table_set *set = t->set;
	struct table_change *c;
	struct table_change *next;

	(void)issue_set(&closed.issue, "", "the daemon is ending");
	for (c = STAILQ_FIRST(&set->waiting); c; c = next) {
		next = STAILQ_NEXT(c, next);
		if (c->table != t)
			continue;
		change_leave(c);
		c->end(c->ctx, c, &closed);
		change_free(c);
	}
	end_running(t, &closed);
}

void table_close(struct table *t)
{
	struct row *row;
	struct row *next;

	if (!t)
		return;
	table_bus_close(t->bus);
	t->bus = NULL; /* what is committed from here on is told to nobody */
	end_changes(t);
	store_wait(t->config.store);
	HASH_ITER(hh, t->by_key, row, next)
	{
		HASH_DEL(t->by_key, row);
		row_free(t, row);
	}
	free(t->order);
	set_leave(t->set, t);
	free(t);
}

/*
 * Very many rows in one change: those whose keys begin alike give way to
 * others. What costs something a row in other changes (a journal entry, a
 * signal, a call of the owner) costs something a change here. All memory is
 * there before the disk is asked, so that what was committed is in force.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "table_impl.h"

struct bulk {
	char prefix[TABLE_KEY];
	size_t n;
	void *recs;         /* the new rows, sorted by key */
	struct row **fresh; /* one a new row; NULL: it is there as it is */
	struct row **gone;  /* rows of the table that give way */
	size_t n_gone;
	struct row **order; /* room for the table's */
	bool installed;     /* fresh is the table's, gone is ours */
};

static const void *rec_at(const struct table *t, const struct bulk *b, size_t i)
{
	return (const char *)b->recs + i * t->r->size;
}

struct bulk *bulk_new(const struct table *t, const char *prefix,
		      const void *rows, size_t n)
{
	struct bulk *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	b->recs = malloc(n * t->r->size + 1);
	b->fresh = calloc(n + 1, sizeof(struct row *));
	if (!b->recs || !b->fresh) {
		bulk_free(t, b);
		return NULL;
	}
	memcpy(b->recs, rows, n * t->r->size);
	b->n = n;
	snprintf(b->prefix, sizeof(b->prefix), "%s", prefix);
	return b;
}

static void row_free(const struct table *t, struct row *row)
{
	if (!row)
		return;
	record_wipe_free(t->r, row->rec);
	free(row);
}

void bulk_free(const struct table *t, struct bulk *b)
{
	if (!b)
		return;
	for (size_t i = 0; b->fresh && i < b->n && !b->installed; i++)
		row_free(t, b->fresh[i]);
	for (size_t i = 0; i < b->n_gone && b->installed; i++)
		row_free(t, b->gone[i]);
	free(b->fresh);
	free(b->gone);
	free(b->order);
	free(b->recs);
	free(b);
}

static struct row *row_new(const struct table *t, const char *key,
			   const void *rec)
{
	size_t size = strlen(key) + 1;
	struct row *row = calloc(1, sizeof(*row) + size);

	if (!row)
		return NULL;
	memcpy(row->key, key, size);
	row->rec = record_copy(t->r, rec);
	if (row->rec)
		return row;
	free(row);
	return NULL;
}

/* Its key begins as it must, after the one before; 0, -EINVAL or -ENOMEM. */
static int check_row(const struct table *t, struct bulk *b, size_t i,
		     char last[TABLE_KEY], struct issue *issue)
{
	void *rec = (char *)b->recs + i * t->r->size;
	const struct row *is;
	char key[TABLE_KEY];
	int rc = record_check(t->r, rec, issue);

	if (rc < 0)
		return rc;
	record_key(t->r, rec, key, sizeof(key));
	if (strncmp(key, b->prefix, strlen(b->prefix)) ||
	    strcmp(last, key) >= 0)
		return issue_set(issue, t->r->key->name,
				 "\"%.60s\" is in the wrong place", key);
	memcpy(last, key, sizeof(key));
	is = table_row(t, key);
	if (is && record_equal(t->r, is->rec, rec, NULL))
		return 0;
	b->fresh[i] = row_new(t, key, rec);
	return b->fresh[i] ? 0 : -ENOMEM;
}

static bool stays(const struct table *t, const struct bulk *b, const char *key)
{
	size_t low = 0, high = b->n;
	char other[TABLE_KEY];

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int rc;

		record_key(t->r, rec_at(t, b, mid), other, sizeof(other));
		rc = strcmp(other, key);
		if (rc == 0)
			return true;
		if (rc < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}

int bulk_check(struct table_change *c, bool *same)
{
	struct issue *issue = &c->refusal.issue;
	const struct table *t = c->table;
	struct bulk *b = c->bulk;
	char last[TABLE_KEY] = "";
	size_t n = t->n + b->n;
	int rc = 0;

	*same = true;
	b->gone = calloc(t->n + 1, sizeof(struct row *));
	b->order = calloc(n + 1, sizeof(struct row *));
	if (!b->gone || !b->order)
		return -ENOMEM;
	for (size_t i = 0; i < b->n && rc == 0; i++) {
		rc = check_row(t, b, i, last, issue);
		*same = *same && !b->fresh[i];
	}
	for (size_t i = 0; i < t->n && rc == 0; i++) {
		struct row *row = t->order[i];

		if (strncmp(row->key, b->prefix, strlen(b->prefix)))
			continue;
		n--;
		if (!stays(t, b, row->key))
			b->gone[b->n_gone++] = row;
	}
	*same = *same && b->n_gone == 0;
	if (rc == 0 && t->r->max_rows > 0 && n > t->r->max_rows)
		rc = issue_set(issue, t->r->key->name,
			       "there can be at most %zu rows, these would be "
			       "%zu",
			       t->r->max_rows, n);
	return rc;
}

/* Each new row, and each that goes, on disk or in the view (batch NULL). */
static int put_rows(const struct table_change *c, struct store_batch *batch)
{
	const struct table *t = c->table;
	const struct bulk *b = c->bulk;
	int rc = 0;

	for (size_t i = 0; i < b->n && rc == 0; i++)
		if (b->fresh[i])
			rc = row_put(t, batch, b->fresh[i]->key,
				     b->fresh[i]->rec, 0, b->fresh[i]->seq);
	for (size_t i = 0; i < b->n_gone && rc == 0; i++) {
		struct bytes key = { b->gone[i]->key, strlen(b->gone[i]->key) };

		rc = batch ? store_batch_del(batch, t->r->name, key)
			   : store_view_del(t->config.store, t->r->name, key);
	}
	return rc;
}

struct store_batch *bulk_batch(struct table_change *c)
{
	struct store_batch *batch = store_batch_new(c->table->config.store);
	struct bulk *b = c->bulk;
	const struct journal_entry entry = {
		.seq = c->table->set->seq + 1,
		.actor = c->actor,
		.table = c->table->r->name,
		.key = b->prefix,
		.op = "replace",
		.r = c->table->r,
	};

	if (!batch)
		return NULL;
	c->seq = entry.seq;
	for (size_t i = 0; i < b->n; i++)
		if (b->fresh[i])
			b->fresh[i]->seq = entry.seq;
	if (put_rows(c, batch) < 0 || journal_add(batch, &entry) < 0) {
		store_batch_free(batch);
		return NULL;
	}
	return batch;
}

static void install_row(struct table *t, struct row *row)
{
	struct row *old = table_row(t, row->key);

	if (old) {
		HASH_DEL(t->by_key, old);
		row_free(t, old);
	}
	HASH_ADD_STR(t->by_key, key, row);
	if (!row->hh.tbl)
		log_err("table %s: no memory for row %s; it is there again "
			"after a restart",
			t->r->name, row->key);
}

void bulk_install(struct table_change *c)
{
	struct table *t = c->table;
	struct bulk *b = c->bulk;

	for (size_t i = 0; i < b->n_gone; i++)
		HASH_DEL(t->by_key, b->gone[i]);
	for (size_t i = 0; i < b->n; i++)
		if (b->fresh[i])
			install_row(t, b->fresh[i]);
	b->installed = true;
	free(t->order);
	t->order = b->order;
	b->order = NULL;
	t->n = 0;
	for (struct row *row = t->by_key; row; row = row->hh.next)
		t->order[t->n++] = row;
	t->room = t->n;
	table_sort(t);
}

void bulk_publish(struct table_change *c)
{
	struct table *t = c->table;
	int rc = put_rows(c, NULL);

	if (store_view_flush(t->config.store) < 0 || rc < 0)
		log_err("table %s: its view is behind, others see old rows",
			t->r->name);
	if (t->bus)
		table_bus_changed(t->bus, c->bulk->prefix, "replace", c->seq);
}

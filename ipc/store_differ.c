#include "store_differ.h"

#include <errno.h>
#include <string.h>

struct step {
	const struct differ *from;
	const char *db;
	struct store_batch *page; /* rows of the view, as puts */
	struct store_batch *out;
	struct batch_op row; /* of the page, the next one */
	bool rows_left;      /* there is one */
	size_t read;         /* how far the page is read */
	bool full;           /* the view has more rows behind the page */
	struct bytes last;   /* key of the page */
	struct differ stop;  /* where deletes were enough */
	size_t deletes;
	int rc;
};

/* LMDB's order. */
static int compare(struct bytes a, struct bytes b)
{
	size_t n = a.size < b.size ? a.size : b.size;
	int rc = n > 0 ? memcmp(a.data, b.data, n) : 0;

	if (rc != 0)
		return rc;
	return (a.size > b.size) - (a.size < b.size);
}

bool differ_ahead(const struct differ *d, struct bytes key)
{
	struct bytes at = { d->at, d->at_size };

	return d->at_size == 0 || compare(key, at) > 0;
}

static void set_at(struct differ *d, struct bytes key)
{
	memcpy(d->at, key.data, key.size);
	d->at_size = key.size;
}

static bool take_row(void *ctx, struct bytes key, struct bytes value)
{
	struct step *st = ctx;

	st->rc = store_batch_put(st->page, st->db, key, value);
	st->full = st->page->n_ops == DIFFER_ROWS;
	return st->rc == 0 && !st->full;
}

static void next_row(struct step *st)
{
	st->rows_left = batch_next(st->page, &st->read, &st->row);
}

static void put_row(struct step *st)
{
	st->rc = store_batch_put(st->out, st->db, st->row.key, st->row.value);
	next_row(st);
}

static void delete_row(struct step *st, struct bytes key)
{
	st->rc = store_batch_del(st->out, st->db, key);
	if (++st->deletes == DIFFER_ROWS)
		set_at(&st->stop, key);
}

/* A row of the truth, in order. */
static bool meet(void *ctx, struct bytes key, struct bytes value)
{
	struct step *st = ctx;

	if (!differ_ahead(st->from, key))
		return true;
	if (st->full && compare(key, st->last) > 0)
		return false;
	while (st->rc == 0 && st->rows_left && compare(st->row.key, key) < 0)
		put_row(st);
	if (st->rc < 0)
		return false;
	if (!st->rows_left || compare(st->row.key, key) > 0)
		delete_row(st, key);
	else if (compare(st->row.value, value) != 0)
		put_row(st);
	else
		next_row(st);
	return st->rc == 0 && st->stop.at_size == 0;
}

static struct bytes last_key(const struct store_batch *page)
{
	struct batch_op op = { 0 };
	size_t at = 0;

	while (batch_next(page, &at, &op))
		continue;
	return op.key;
}

static int walk(struct step *st, struct store *s)
{
	struct bytes at = { st->from->at, st->from->at_size };
	int rc = store_view_after(s, st->db, at, take_row, st);

	if (rc == 0)
		rc = st->rc;
	if (rc < 0 && rc != -ENOENT)
		return rc;
	st->last = last_key(st->page);
	next_row(st);
	rc = store_each(s, st->db, at, false, meet, st);
	if (rc < 0 && rc != -ENOENT)
		return rc;
	while (st->rc == 0 && st->rows_left && st->stop.at_size == 0)
		put_row(st);
	return st->rc;
}

int differ_step(struct differ *d, struct store *s, const char *db,
		struct store_batch *out)
{
	struct step st = { .from = d, .db = db, .out = out };
	int rc;

	st.page = store_batch_new(s);
	if (!st.page)
		return -ENOMEM;
	rc = walk(&st, s);
	if (rc == 0 && st.stop.at_size > 0)
		*d = st.stop;
	else if (rc == 0 && st.full)
		set_at(d, st.last);
	else if (rc == 0)
		d->at_size = 0;
	store_batch_free(st.page);
	return rc;
}

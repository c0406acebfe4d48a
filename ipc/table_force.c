#include <errno.h>
#include <string.h>

#include "log.h"
#include "table_impl.h"

static void place_rows(struct table_change *c, bool back)
{
	for (size_t i = 0; i < c->n_moves; i++)
		c->moves[i].row->place =
			back ? c->moves[i].old_place : c->moves[i].place;
	table_sort(c->table);
}

int item_install(struct table_change *c, struct item *it)
{
	struct row *row;

	if (it->kind == TABLE_MOVE) {
		place_rows(c, false);
		row = table_row(c->table, it->key);
		row->seq = it->seq;
		return 0;
	}
	if (it->row)
		return table_install(c->table, it->key, it->row, it->place,
				     it->seq);
	table_remove(c->table, it->key);
	return 0;
}

void item_uninstall(struct table_change *c, struct item *it)
{
	struct row *row;

	if (it->kind == TABLE_MOVE) {
		place_rows(c, true);
		row = table_row(c->table, it->key);
		row->seq = it->old_seq;
	} else if (!it->old) {
		table_remove(c->table, it->key);
	} else if (table_install(c->table, it->key, it->old, it->old_place,
				 it->old_seq) < 0) {
		log_err("table %s: no memory to take row %s back; it is right "
			"again after a restart",
			c->table->r->name, it->key);
	}
}

static const char *op_of(const struct item *it)
{
	switch (it->kind) {
	case TABLE_DELETE:
		return "delete";
	case TABLE_MOVE:
		return "move";
	case TABLE_PUT:
	case TABLE_CREATE:
	case TABLE_UPDATE:
		break;
	}
	return "put";
}

static int add_moves(const struct table_change *c, const struct item *it,
		     struct store_batch *b, bool back)
{
	const struct move *m;
	uint64_t seq;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < c->n_moves; i++) {
		m = &c->moves[i];
		seq = m->row->seq;
		if (strcmp(m->row->key, it->key) == 0)
			seq = back ? it->old_seq : it->seq;
		rc = row_put(c->table, b, m->row->key, m->row->rec,
			     back ? m->old_place : m->place, seq);
	}
	return rc;
}

/* The row as it shall be on disk (or in the view: b NULL). */
static int add_row(const struct table_change *c, const struct item *it,
		   struct store_batch *b, bool back)
{
	const void *rec = back ? it->old : it->row;
	struct bytes key = { it->key, strlen(it->key) };

	if (it->kind == TABLE_MOVE)
		return add_moves(c, it, b, back);
	if (rec)
		return row_put(c->table, b, it->key, rec,
			       back ? it->old_place : it->place,
			       back ? it->old_seq : it->seq);
	return b ? store_batch_del(b, c->table->r->name, key)
		 : store_view_del(c->table->config.store, c->table->r->name,
				  key);
}

static int add_item(const struct table_change *c, const struct item *it,
		    struct store_batch *b, bool back, uint64_t seq)
{
	struct journal_entry entry = {
		.seq = seq,
		.actor = c->actor,
		.table = c->table->r->name,
		.key = it->key,
		.op = back ? "undo" : op_of(it),
		.r = c->table->r,
		.before = back ? it->row : it->old,
		.after = back ? it->old : it->row,
	};
	int rc;

	rc = add_row(c, it, b, back);
	return rc < 0 ? rc : journal_add(b, &entry);
}

struct store_batch *change_batch(struct table_change *c, bool back)
{
	struct store_batch *b = store_batch_new(c->table->config.store);
	uint64_t seq = c->table->set->seq;
	bool frees = true;
	struct item *it;
	int rc = b ? 0 : -ENOMEM;

	for (size_t i = 0; rc == 0 && i < c->n_items; i++) {
		it = &c->items[back ? c->n_items - 1 - i : i];
		if (it->same)
			continue;
		seq++;
		if (!back)
			it->seq = seq;
		frees = frees && it->kind == TABLE_DELETE;
		rc = add_item(c, it, b, back, seq);
	}
	if (rc < 0) {
		store_batch_free(b);
		return NULL;
	}
	if (frees || back)
		store_batch_frees(b);
	c->seq = seq;
	return b;
}

void change_publish(struct table_change *c)
{
	struct table *t = c->table;
	const struct item *it;
	int rc = 0;

	for (size_t i = 0; i < c->n_items; i++) {
		it = &c->items[i];
		if (!it->same && add_row(c, it, NULL, false) < 0)
			rc = -EIO;
	}
	if (store_view_flush(t->config.store) < 0 || rc < 0)
		log_err("table %s: its view is behind, others see old rows",
			t->r->name);
	for (size_t i = 0; t->bus && i < c->n_items; i++) {
		it = &c->items[i];
		if (!it->same)
			table_bus_changed(t->bus, it->key, op_of(it), it->seq);
	}
}

/* The owner's own changes of its table. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "table_impl.h"

struct own_put {
	table_done_fn done;
	void *ctx;
};

static void on_own_end(void *ctx, const struct table_change *change,
		       const struct refusal *refusal)
{
	struct own_put *p = ctx;

	(void)change;
	if (p->done)
		p->done(p->ctx, refusal->name ? &refusal->issue : NULL);
	free(p);
}

/* Which fields differ from what the owner sees now? */
static int note_changed(const struct table *t, struct item *it,
			const struct row *now)
{
	it->changed = calloc(t->r->n_fields, sizeof(bool));
	if (!it->changed)
		return -ENOMEM;
	for (size_t i = 0; i < t->r->n_fields; i++)
		it->changed[i] =
			!same_field(&t->r->fields[i], now->rec, it->row);
	it->kind = TABLE_UPDATE;
	return 0;
}

/* A change of the same row that waits already takes this one in. */
static bool join(const struct table *t, struct row *now, const void *row)
{
	struct item *it;

	if (!now || !now->waiting)
		return false;
	it = &now->waiting->items[0];
	for (size_t i = 0; i < t->r->n_fields; i++) {
		if (same_field(&t->r->fields[i], now->rec, row))
			continue;
		copy_field(&t->r->fields[i], it->row, row);
		it->changed[i] = true;
	}
	return true;
}

static int fill_item(const struct table *t, struct item *it, const char *key,
		     const void *row, const struct row *now)
{
	snprintf(it->key, sizeof(it->key), "%s", key);
	it->origin = ITEM_ROW;
	it->kind = row ? TABLE_PUT : TABLE_DELETE;
	if (!row)
		return 0;
	it->row = record_copy(t->r, row);
	if (!it->row)
		return -ENOMEM;
	return now ? note_changed(t, it, now) : 0;
}

int table_put(struct table *t, const char *actor, const char *key,
	      const void *row, table_done_fn done, void *ctx)
{
	struct row *now = table_row(t, key);
	struct table_change *c;
	struct own_put *p;

	if (row && !done && join(t, now, row))
		return 0;
	if (t->set->n_own >= TABLE_OWN_MAX)
		return -EBUSY;
	p = calloc(1, sizeof(*p));
	c = change_new(t, 1);
	if (!p || !c || fill_item(t, &c->items[0], key, row, now) < 0) {
		change_free(c);
		free(p);
		return -ENOMEM;
	}
	*p = (struct own_put){ done, ctx };
	c->own = true;
	snprintf(c->actor, sizeof(c->actor), "%s", actor);
	if (now && row && !done)
		now->waiting = c;
	change_start(c, on_own_end, p);
	return 0;
}

/* Rows of the table that are not among those, as deletes; how many they are. */
static size_t fill_deletes(struct table_change *c, const char *const *keys,
			   size_t n)
{
	const struct table *t = c->table;
	size_t gone = 0, k;

	for (size_t i = 0; i < t->n; i++) {
		for (k = 0; k < n; k++)
			if (strcmp(t->order[i]->key, keys[k]) == 0)
				break;
		if (k < n)
			continue;
		c->items[gone].kind = TABLE_DELETE;
		c->items[gone].origin = ITEM_ROW;
		snprintf(c->items[gone++].key, TABLE_KEY, "%s",
			 t->order[i]->key);
	}
	return gone;
}

static int fill_replace(struct table_change *c, const void *rows, size_t n)
{
	const struct table *t = c->table;
	char(*keys)[TABLE_KEY] = calloc(n + 1, sizeof(*keys));
	const char **list = calloc(n + 1, sizeof(*list));
	int rc = keys && list ? 0 : -ENOMEM;
	size_t gone = 0;

	for (size_t i = 0; i < n && rc == 0; i++) {
		record_key(t->r, (const char *)rows + i * t->r->size, keys[i],
			   TABLE_KEY);
		list[i] = keys[i];
	}
	if (rc == 0)
		gone = fill_deletes(c, list, n);
	for (size_t i = 0; i < n && rc == 0; i++) {
		struct item *it = &c->items[gone + i];

		rc = fill_item(t, it, keys[i],
			       (const char *)rows + i * t->r->size, NULL);
		it->want_place = t->r->ordered ? (uint32_t)i + 1 : 0;
	}
	c->n_items = gone + n;
	free(keys);
	free(list);
	return rc;
}

int table_replace(struct table *t, const char *actor, const void *rows,
		  size_t n, table_done_fn done, void *ctx)
{
	struct own_put *p = calloc(1, sizeof(*p));
	struct table_change *c = change_new(t, t->n + n);

	if (!p || !c || fill_replace(c, rows, n) < 0) {
		change_free(c);
		free(p);
		return -ENOMEM;
	}
	*p = (struct own_put){ done, ctx };
	c->own = true;
	c->force = true;
	snprintf(c->actor, sizeof(c->actor), "%s", actor);
	change_start(c, on_own_end, p);
	return 0;
}

int table_replace_many(struct table *t, const char *actor, const char *prefix,
		       const void *rows, size_t n, table_done_fn done,
		       void *ctx)
{
	struct own_put *p = calloc(1, sizeof(*p));
	struct table_change *c = change_new(t, 0);

	if (c)
		c->bulk = bulk_new(t, prefix, rows, n);
	if (!p || !c || !c->bulk) {
		change_free(c);
		free(p);
		return -ENOMEM;
	}
	*p = (struct own_put){ done, ctx };
	c->own = true;
	snprintf(c->actor, sizeof(c->actor), "%s", actor);
	change_start(c, on_own_end, p);
	return 0;
}

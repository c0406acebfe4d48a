#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "field.h"
#include "table_impl.h"

const struct item *item_before(const struct table_change *c, size_t i,
			       const char *key)
{
	while (i-- > 0) {
		if (strcmp(c->items[i].key, key) == 0)
			return &c->items[i];
	}
	return NULL;
}

/* What the row is when the items before this one are done. */
static const void *current(const struct table_change *c, size_t i)
{
	const struct item *before = item_before(c, i, c->items[i].key);

	return before ? before->row : table_get(c->table, c->items[i].key);
}

static bool must_exist(const struct record *r, const char *key)
{
	if (r->singleton && strcmp(r->singleton, key) == 0)
		return true;
	for (size_t i = 0; r->builtin && r->builtin[i]; i++) {
		if (strcmp(r->builtin[i], key) == 0)
			return true;
	}
	return false;
}

static bool is_full(const struct table_change *c, size_t i)
{
	size_t n = c->table->n;

	for (size_t k = 0; k < i; k++) {
		n += !c->items[k].old && c->items[k].row;
		n -= c->items[k].old && !c->items[k].row;
	}
	return c->table->r->max_rows > 0 && n >= c->table->r->max_rows;
}

static int invalid(struct table_change *c, int rc)
{
	if (rc == 0)
		return 0;
	c->refusal.name = rc == -EINVAL ? "Invalid" : "Failed";
	if (rc != -EINVAL)
		(void)issue_set(&c->refusal.issue, "", "%s", strerror(-rc));
	return -EINVAL;
}

/* May this kind of change be made to what is there? */
static int check_kind(struct table_change *c, const struct item *it)
{
	const struct row *row = table_row(c->table, it->key);
	const char *name = c->table->r->name;
	const char *field = c->table->r->key->name;

	if (it->kind == TABLE_CREATE && it->old)
		refuse(c, "Exists", field, "%s \"%s\" is there already", name,
		       it->key);
	else if (!it->old && it->kind != TABLE_PUT && it->kind != TABLE_CREATE)
		refuse(c, "NoSuch", field, "there is no %s \"%s\"", name,
		       it->key);
	else if (c->if_seq && ((row && row->seq > c->if_seq) ||
			       (!it->old && it->kind == TABLE_PUT)))
		refuse(c, "Changed", field,
		       "%s \"%s\" was changed by somebody else meanwhile", name,
		       it->key);
	return c->refusal.name ? -EINVAL : 0;
}

static int set_pair(const struct record *r, void *rec, const char *key,
		    const struct table_pair *pair, struct issue *issue)
{
	const struct field *f = record_field(r, pair->field);
	char given[TABLE_KEY];

	if (!f || f->hidden)
		return issue_set(issue, pair->field, "there is no such field");
	if (f == r->key) {
		if (table_canonical(r, pair->text, given, issue) == 0 &&
		    strcmp(given, key) == 0)
			return 0;
		return issue_set(issue, f->name,
				 "cannot be changed; make a new one");
	}
	if (f->readonly)
		return issue_set(issue, f->name, "is set by the box itself");
	return field_set(r, f, rec, pair->text, issue);
}

bool same_field(const struct field *f, const void *a, const void *b)
{
	if (f->type == FIELD_BYTES)
		return field_bytes(f, a) == field_bytes(f, b) &&
		       memcmp(field_text(f, a), field_text(f, b),
			      field_bytes(f, a)) == 0;
	if (field_is_text(f))
		return strcmp(field_text(f, a), field_text(f, b)) == 0;
	return field_number(f, a) == field_number(f, b);
}

void copy_field(const struct field *f, void *to, const void *from)
{
	if (f->type == FIELD_BYTES)
		field_set_bytes(f, to, field_text(f, from),
				field_bytes(f, from));
	else
		memcpy((char *)to + f->off, (const char *)from + f->off,
		       f->size);
}

/*
 * The owner made its row from what it saw then; what others changed since
 * stays.
 */
static int merge(const struct record *r, struct item *it)
{
	void *merged = record_copy(r, it->old);

	if (!merged)
		return -ENOMEM;
	for (size_t i = 0; i < r->n_fields; i++) {
		if (it->changed[i])
			copy_field(&r->fields[i], merged, it->row);
	}
	record_wipe_free(r, it->row);
	it->row = merged;
	return 0;
}

static int patch(struct table_change *c, struct item *it)
{
	const struct record *r = c->table->r;
	struct issue *issue = &c->refusal.issue;
	int rc = 0;

	if (it->origin == ITEM_PATCH) {
		it->row = malloc(r->size);
		if (!it->row)
			return -ENOMEM;
		if (it->old)
			memcpy(it->row, it->old, r->size);
		else
			record_init(r, it->row);
		if (!it->old)
			rc = field_set(r, r->key, it->row, it->key, issue);
		for (size_t i = 0; rc == 0 && i < it->n_pairs; i++)
			rc = set_pair(r, it->row, it->key, &it->pairs[i],
				      issue);
	}
	if (rc == 0 && it->changed)
		rc = merge(r, it);
	return rc < 0 ? rc : record_check(r, it->row, issue);
}

/* The owner's rules; notes which fields it set. */
static int ask_owner(struct table_change *c, struct item *it)
{
	const struct table_ops *ops = c->table->config.ops;
	const struct record *r = c->table->r;
	void *given;
	int rc;

	it->made = calloc(r->n_fields, sizeof(bool));
	given = record_copy(r, it->row);
	if (!it->made || !given) {
		free(given);
		return -ENOMEM;
	}
	rc = 0;
	if (ops && ops->check)
		rc = ops->check(c->table->config.ctx, it->old, it->row,
				c->force, &c->refusal.issue);
	for (size_t i = 0; rc == 0 && i < r->n_fields; i++)
		it->made[i] = !same_field(&r->fields[i], given, it->row);
	record_wipe_free(r, given);
	return rc;
}

/* The row's own key must be the one it is stored under. */
static int check_key(struct table_change *c, const struct item *it)
{
	const struct record *r = c->table->r;
	char own[TABLE_KEY];

	record_key(r, it->row, own, sizeof(own));
	if (strcmp(own, it->key) != 0)
		return issue_set(&c->refusal.issue, r->key->name,
				 "must be written as \"%s\"", own);
	if (r->singleton && strcmp(r->singleton, own) != 0)
		return issue_set(&c->refusal.issue, r->key->name,
				 "the only row is \"%s\"", r->singleton);
	return 0;
}

/* A table whose rows are all built in is always full. */
static int refuse_full(struct table_change *c)
{
	const struct record *r = c->table->r;
	char all[120] = "";
	size_t used = 0, n = 0;

	for (; r->builtin && r->builtin[n]; n++)
		if (used < sizeof(all))
			used += (size_t)snprintf(all + used, sizeof(all) - used,
						 "%s%s", n ? ", " : "",
						 r->builtin[n]);
	if (r->singleton)
		refuse(c, "Full", r->key->name, "the only row is \"%s\"",
		       r->singleton);
	else if (n == r->max_rows)
		refuse(c, "Full", r->key->name, "must be one of: %s", all);
	else
		refuse(c, "Full", r->key->name,
		       "there can be at most %zu rows: delete one first",
		       r->max_rows);
	return -EINVAL;
}

static int check_put(struct table_change *c, struct item *it, size_t i)
{
	int rc;

	if (!it->old && is_full(c, i))
		return refuse_full(c);
	rc = patch(c, it);
	if (rc == 0)
		rc = check_key(c, it);
	if (rc == 0)
		rc = ask_owner(c, it);
	if (rc == 0 && !c->force)
		rc = refs_check(c, it, &c->refusal.issue);
	if (rc == 0)
		it->same = it->old && it->place == it->old_place &&
			   record_equal(c->table->r, it->old, it->row, NULL);
	return invalid(c, rc);
}

static int check_delete(struct table_change *c, struct item *it)
{
	const struct table_ops *ops = c->table->config.ops;
	const struct record *r = c->table->r;
	int rc = 0;

	if (must_exist(r, it->key)) {
		refuse(c, "Invalid", r->key->name,
		       "\"%s\" is built in: it can be changed, not deleted",
		       it->key);
		return -EINVAL;
	}
	if (ops && ops->check_delete)
		rc = ops->check_delete(c->table->config.ctx, it->old, c->force,
				       &c->refusal.issue);
	if (rc == 0 && refs_users(c, it, &c->refusal.issue) < 0) {
		c->refusal.name = "InUse";
		return -EINVAL;
	}
	return invalid(c, rc);
}

/* New places for all rows; most keep theirs. */
static int check_move(struct table_change *c, struct item *it)
{
	struct table *t = c->table;
	struct row *row = table_row(t, it->key);
	size_t from = table_index(t, row);
	size_t to = it->position - 1;
	struct row *who;

	if (!t->r->ordered || c->n_items != 1 || it->position < 1) {
		refuse(c, "Invalid", "position", "%s",
		       !t->r->ordered    ? "this table has no order"
		       : c->n_items != 1 ? "a move must be the only operation"
					 : "counts from 1");
		return -EINVAL;
	}
	if (to >= t->n)
		to = t->n - 1;
	c->moves = calloc(t->n, sizeof(*c->moves));
	if (!c->moves)
		return invalid(c, -ENOMEM);
	for (size_t i = 0; i < t->n; i++) {
		who = i == to              ? row
		      : i < from && i < to ? t->order[i]
		      : i > from && i > to ? t->order[i]
		      : from < to          ? t->order[i + 1]
					   : t->order[i - 1];
		if (who->place == i + 1)
			continue;
		c->moves[c->n_moves++] =
			(struct move){ who, (uint32_t)i + 1, who->place };
	}
	it->row = record_copy(t->r, it->old);
	it->same = c->n_moves == 0;
	return it->row ? 0 : invalid(c, -ENOMEM);
}

/* Keeps what the change began with; places for new rows are at the end. */
static int take_old(struct table_change *c, size_t i)
{
	struct item *it = &c->items[i];
	const struct item *before = item_before(c, i, it->key);
	const struct row *row = table_row(c->table, it->key);
	const void *old = current(c, i);

	it->old_seq = row ? row->seq : 0;
	it->old_place = row ? row->place : 0;
	it->place =
		row ? row->place : table_last_place(c->table) + 1 + (uint32_t)i;
	if (before) {
		it->old_seq = before->seq;
		it->old_place = before->place;
		it->place = before->place;
	}
	if (it->want_place > 0)
		it->place = it->want_place;
	if (!old)
		return 0;
	it->old = record_copy(c->table->r, old);
	return it->old ? 0 : -ENOMEM;
}

int item_check(struct table_change *c, size_t i)
{
	struct item *it = &c->items[i];
	char key[TABLE_KEY];
	int rc;

	rc = table_canonical(c->table->r, it->key, key, &c->refusal.issue);
	if (rc == 0)
		memcpy(it->key, key, sizeof(key));
	else if (it->kind == TABLE_PUT || it->kind == TABLE_CREATE)
		return invalid(c, rc);
	rc = take_old(c, i);
	if (rc < 0)
		return invalid(c, rc);
	rc = check_kind(c, it);
	if (rc < 0)
		return rc;
	switch (it->kind) {
	case TABLE_PUT:
	case TABLE_CREATE:
	case TABLE_UPDATE:
		return check_put(c, it, i);
	case TABLE_DELETE:
		return check_delete(c, it);
	case TABLE_MOVE:
		return check_move(c, it);
	}
	return -EINVAL;
}

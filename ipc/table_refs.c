#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "field.h"
#include "records.h"
#include "table_impl.h"

enum { NAMED_MAX = 5 };

/* Does a field's text (one key, or several between ';') name that key? */
static bool names(const char *text, const char *key)
{
	size_t n = strlen(key);
	size_t len;

	for (;;) {
		len = strcspn(text, ";");
		if (len == n && memcmp(text, key, n) == 0)
			return true;
		if (text[len] == '\0')
			return false;
		text += len + 1;
	}
}

static const struct record *record_named(const char *name)
{
	for (size_t i = 0; all_records[i]; i++) {
		if (strcmp(all_records[i]->name, name) == 0)
			return all_records[i];
	}
	return NULL;
}

static const struct table *in_set(const struct table *t, const char *name)
{
	const struct table *other;

	SLIST_FOREACH(other, &t->set->tables, next)
	{
		if (strcmp(other->r->name, name) == 0)
			return other;
	}
	return NULL;
}

static char *view_dir(const struct table *t, const char *owner)
{
	char *dir;

	if (!t->config.run_dir ||
	    asprintf(&dir, "%s/%s", t->config.run_dir, owner) < 0)
		return NULL;
	return dir;
}

/* --- does what we refer to exist? --- */

static bool in_view(const struct table *t, const struct record *r,
		    const char *key)
{
	char *dir = view_dir(t, r->owner);
	size_t size = row_size_max(r);
	void *buf = malloc(size);
	struct view *v = dir && buf ? view_open(dir) : NULL;
	int rc = 0;

	if (v && view_exists(v))
		rc = view_get(v, r->name, (struct bytes){ key, strlen(key) },
			      buf, &size);
	view_close(v);
	free(buf);
	free(dir);
	/* An owner that is not there cannot be asked: no reason to refuse. */
	return rc != -ENOENT;
}

static bool exists(const struct table_change *c, const struct record *r,
		   const char *key)
{
	const struct table *other = in_set(c->table, r->name);
	const struct item *it;

	if (!other)
		return in_view(c->table, r, key);
	it = other == c->table ? item_before(c, c->n_items, key) : NULL;
	return it ? it->row || it->kind != TABLE_DELETE
		  : table_row(other, key) != NULL;
}

/* Each key in a field's text, but those that stood there before. */
static int check_field(const struct table_change *c, const struct item *item,
		       const struct field *f, struct issue *issue)
{
	const struct record *r = record_named(f->table);
	const char *text = field_text(f, item->row);
	const char *before = item->old ? field_text(f, item->old) : "";
	char key[TABLE_KEY];
	size_t len;

	while (r && *text) {
		len = strcspn(text, ";");
		if (len > 0 && len < sizeof(key)) {
			memcpy(key, text, len);
			key[len] = '\0';
			if (!names(before, key) && !exists(c, r, key))
				return issue_set(issue, f->name,
						 "there is no %s \"%s\"",
						 r->name, key);
		}
		text += len + (text[len] == ';');
	}
	return 0;
}

int refs_check(const struct table_change *c, const struct item *item,
	       struct issue *issue)
{
	const struct record *r = c->table->r;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < r->n_fields; i++) {
		if (r->fields[i].table && field_is_text(&r->fields[i]))
			rc = check_field(c, item, &r->fields[i], issue);
	}
	return rc;
}

/* --- who refers to us? --- */

struct users {
	const struct table_change *change;
	const struct record *r; /* whose rows are looked at */
	const char *key;        /* what they may refer to */
	void *rec;              /* room for one of them */
	char text[200];
	size_t n;
	size_t n_before; /* of those in this view, for a new walk */
	size_t text_before;
};

static void look(struct users *u, const char *key, const void *rec)
{
	const struct field *f;
	size_t used = strlen(u->text);

	for (size_t i = 0; i < u->r->n_fields; i++) {
		f = &u->r->fields[i];
		if (!f->table || !field_is_text(f) ||
		    strcmp(f->table, u->change->table->r->name) != 0 ||
		    !names(field_text(f, rec), u->key))
			continue;
		if (u->n++ < NAMED_MAX)
			snprintf(u->text + used, sizeof(u->text) - used,
				 "%s%s %s", used ? ", " : "", u->r->name, key);
		return;
	}
}

static void look_in_memory(struct users *u, const struct table *t)
{
	const struct table_change *c = u->change;
	const struct item *it;
	const void *rec;

	for (size_t i = 0; i < t->n; i++) {
		it = t == c->table
			     ? item_before(c, c->n_items, t->order[i]->key)
			     : NULL;
		rec = t->order[i]->rec;
		if (it)
			rec = it->kind == TABLE_DELETE ? NULL
			      : it->row                ? it->row
						       : rec;
		if (rec)
			look(u, t->order[i]->key, rec);
	}
}

static bool look_at_row(void *ctx, struct bytes key, struct bytes value)
{
	struct users *u = ctx;
	char text[TABLE_KEY];

	snprintf(text, sizeof(text), "%.*s", (int)key.size,
		 (const char *)key.data);
	if (record_decode(u->r, u->rec, value.data, value.size) == 0)
		look(u, text, u->rec);
	return true;
}

static void look_again(void *ctx)
{
	struct users *u = ctx;

	u->n = u->n_before;
	u->text[u->text_before] = '\0';
}

static int look_in_view(struct users *u)
{
	char *dir = view_dir(u->change->table, u->r->owner);
	struct view *v;
	int rc = -ENOMEM;

	if (!u->change->table->config.run_dir)
		return 0;
	v = dir ? view_open(dir) : NULL;
	u->rec = malloc(u->r->size);
	u->n_before = u->n;
	u->text_before = strlen(u->text);
	if (v && u->rec)
		rc = view_each(v, u->r->name, look_at_row, look_again, u);
	view_close(v);
	free(u->rec);
	free(dir);
	return rc == -ENOENT ? 0 : rc;
}

static bool refers(const struct record *r, const char *table)
{
	for (size_t i = 0; i < r->n_fields; i++) {
		if (r->fields[i].table &&
		    strcmp(r->fields[i].table, table) == 0)
			return true;
	}
	return false;
}

int refs_users(const struct table_change *c, const struct item *item,
	       struct issue *issue)
{
	struct users u = { .change = c, .key = item->key };
	const struct table *t = c->table;
	const struct table *other;
	int rc = 0;

	for (size_t i = 0; rc == 0 && all_records[i]; i++) {
		u.r = all_records[i];
		if (u.r->kind != RECORD_TABLE || !refers(u.r, t->r->name))
			continue;
		other = in_set(t, u.r->name);
		if (other)
			look_in_memory(&u, other);
		else if (strcmp(u.r->owner, t->r->owner) != 0)
			rc = look_in_view(&u);
	}
	if (rc == 0 && u.n == 0)
		return 0;
	if (rc < 0)
		(void)issue_set(issue, t->r->key->name,
				"cannot tell who uses it: %s", strerror(-rc));
	else
		(void)issue_set(issue, t->r->key->name, "is used by %s%s",
				u.text, u.n > NAMED_MAX ? " and others" : "");
	return -EBUSY;
}

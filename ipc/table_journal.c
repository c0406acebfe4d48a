#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "field.h"
#include "record_json.h"
#include "secret.h"
#include "table_impl.h"

/*
 * The journal: key = the number of the change (be64, without gaps), value =
 * JSON:
 *
 *   {"time": ms, "actor": "...", "table": "...", "key": "...", "op": "put",
 *    "before": {...}, "after": {...}, "secrets": ["secret"]}
 *
 * before and after hold what differs (all of it when one is missing); secrets
 * names the secret fields that changed and never shows them.
 */
static void put_be64(uint8_t key[8], uint64_t seq)
{
	for (int i = 7; i >= 0; i--) {
		key[i] = (uint8_t)seq;
		seq >>= 8;
	}
}

static uint64_t get_be64(const void *key)
{
	const uint8_t *p = key;
	uint64_t seq = 0;

	for (int i = 0; i < 8; i++)
		seq = seq << 8 | p[i];
	return seq;
}

/* Leaves only what differs. */
static void thin(json_t *before, json_t *after)
{
	const char *name;
	json_t *value;
	void *next;

	json_object_foreach_safe(before, next, name, value)
	{
		if (!json_equal(value, json_object_get(after, name)))
			continue;
		(void)json_object_del(after, name);
		(void)json_object_del(before, name);
	}
}

static json_t *secrets(const struct journal_entry *e)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < e->r->n_fields; i++) {
		const struct field *f = &e->r->fields[i];
		const char *old = e->before ? field_text(f, e->before) : "";
		const char *new = e->after ? field_text(f, e->after) : "";

		if (f->type != FIELD_SECRET || f->hidden ||
		    secret_equal(old, strlen(old), new, strlen(new)))
			continue;
		(void)json_array_append_new(list, json_string(f->name));
	}
	return list;
}

static json_t *side(const struct record *r, const void *rec)
{
	return rec ? record_to_json(r, rec) : json_null();
}

static char *entry_json(const struct journal_entry *e)
{
	json_t *before = side(e->r, e->before);
	json_t *after = side(e->r, e->after);
	char *text = NULL;
	json_t *o;

	if (e->before && e->after && before && after)
		thin(before, after);
	o = json_pack("{s:I, s:s, s:s, s:s, s:s, s:o, s:o, s:o}", "time",
		      (json_int_t)clock_wall_ms(), "actor", e->actor, "table",
		      e->table, "key", e->key, "op", e->op, "before", before,
		      "after", after, "secrets", secrets(e));
	if (o)
		text = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	return text;
}

int journal_add(struct store_batch *b, const struct journal_entry *entry)
{
	uint8_t key[8];
	char *text = entry_json(entry);
	int rc;

	if (!text)
		return -ENOMEM;
	put_be64(key, entry->seq);
	rc = store_batch_put(b, JOURNAL_DB, (struct bytes){ key, 8 },
			     (struct bytes){ text, strlen(text) });
	free(text);
	if (rc < 0 || entry->seq <= JOURNAL_MAX)
		return rc;
	put_be64(key, entry->seq - JOURNAL_MAX);
	return store_batch_del(b, JOURNAL_DB, (struct bytes){ key, 8 });
}

static bool take_seq(void *ctx, struct bytes key, struct bytes value)
{
	(void)value;
	if (key.size == 8)
		*(uint64_t *)ctx = get_be64(key.data);
	return false;
}

uint64_t journal_last(struct store *s)
{
	uint64_t seq = 0;

	(void)store_each(s, JOURNAL_DB, (struct bytes){ 0 }, true, take_seq,
			 &seq);
	return seq;
}

struct walk {
	const char *table;
	journal_fn fn;
	void *ctx;
	size_t looked;
};

/* Is it about that table? */
static bool about(const char *json, const char *table)
{
	json_t *o = json_loads(json, 0, NULL);
	const char *name = json_string_value(json_object_get(o, "table"));
	bool yes = name && strcmp(name, table) == 0;

	json_decref(o);
	return yes;
}

static bool on_entry(void *ctx, struct bytes key, struct bytes value)
{
	struct walk *w = ctx;
	bool more = true;
	char *json;

	if (key.size != 8)
		return true;
	json = strndup(value.data, value.size);
	if (!json)
		return false;
	if (about(json, w->table))
		more = w->fn(w->ctx, get_be64(key.data), json);
	free(json);
	/* An event must end: a table that never changed is given up on. */
	return more && ++w->looked < 5000;
}

int journal_each(struct store *s, const char *table, uint64_t before,
		 journal_fn fn, void *ctx)
{
	struct walk w = { table, fn, ctx, 0 };
	struct bytes from = { 0 };
	uint8_t key[8];
	int rc;

	if (before == 1)
		return 0;
	if (before > 1) {
		put_be64(key, before - 1);
		from = (struct bytes){ key, 8 };
	}
	rc = store_each(s, JOURNAL_DB, from, true, on_entry, &w);
	return rc == -ENOENT ? 0 : rc;
}

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "secret.h"
#include "table1_bus.h"
#include "table_args.h"
#include "table_place.h"

enum { JOURNAL_MOST = 500 };

struct table_bus {
	struct table *table;
	char path[TABLE_PATH];
};

/* A change that somebody on the bus waits for. */
struct request {
	struct bus_req *req;
	const struct method *method;
	struct pairs *pairs; /* of each operation */
	size_t n;
	struct table_pair own; /* Set: its only pair; Move: its position */
};

typedef void (*method_fn)(struct table_bus *b, struct bus_req *req,
			  DBusMessage *call, const struct method *method);

struct method {
	const char *name;
	const char *signature;
	method_fn fn;
	bool writes;
};

/* --- answers --- */

static void no_memory(struct bus_req *req)
{
	bus_reply_error(req, "Failed", "no memory");
}

static void reply_refusal(struct bus_req *req, const struct refusal *r)
{
	if (r->issue.field[0])
		bus_reply_error(req, r->name, "%s: %s", r->issue.field,
				r->issue.what);
	else
		bus_reply_error(req, r->name, "%s", r->issue.what);
}

/* What the owner made of this row, secrets included: seen this once. */
static int put_made(DBusMessageIter *it, const struct record *r,
		    const struct item *item)
{
	char text[TABLE_TEXT];
	DBusMessageIter dict;
	int rc;

	rc = bus_dict_open(it, &dict);
	for (size_t i = 0; rc == 0 && item->made && i < r->n_fields; i++) {
		const struct field *f = &r->fields[i];

		if (!item->made[i] || f->hidden || f->type == FIELD_BYTES)
			continue;
		(void)field_get(f, item->row, text, sizeof(text));
		rc = bus_dict_put(&dict, f->name, text);
	}
	secret_wipe(text, sizeof(text));
	return rc == 0 ? bus_dict_close(it, &dict) : rc;
}

static bool open_struct(DBusMessageIter *array, DBusMessageIter *row,
			const char *key)
{
	return dbus_message_iter_open_container(array, DBUS_TYPE_STRUCT, NULL,
						row) &&
	       bus_put_text(row, key) == 0;
}

static bool put_seq(DBusMessageIter *it, uint64_t seq)
{
	return dbus_message_iter_append_basic(it, DBUS_TYPE_UINT64, &seq);
}

static bool put_all_made(DBusMessageIter *it, const struct table_change *c)
{
	DBusMessageIter array;
	DBusMessageIter row;

	if (!dbus_message_iter_open_container(it, DBUS_TYPE_ARRAY, "(sa{ss})",
					      &array))
		return false;
	for (size_t i = 0; i < c->n_items; i++) {
		if (!open_struct(&array, &row, c->items[i].key) ||
		    put_made(&row, c->table->r, &c->items[i]) < 0 ||
		    !dbus_message_iter_close_container(&array, &row))
			return false;
	}
	return dbus_message_iter_close_container(it, &array);
}

/* What is wrong with one row of a dry run, and which one it is. */
static bool put_wrong(DBusMessageIter *array, const struct item *item, size_t i)
{
	const struct refusal *r = &item->refusal;
	DBusMessageIter row;
	DBusMessageIter dict;
	char number[24];

	snprintf(number, sizeof(number), "%zu", i);
	return open_struct(array, &row, item->key) &&
	       bus_dict_open(&row, &dict) == 0 &&
	       bus_dict_put(&dict, "row", number) == 0 &&
	       bus_dict_put(&dict, "error", r->name) == 0 &&
	       bus_dict_put(&dict, "field", r->issue.field) == 0 &&
	       bus_dict_put(&dict, "why", r->issue.what) == 0 &&
	       bus_dict_close(&row, &dict) == 0 &&
	       dbus_message_iter_close_container(array, &row);
}

static bool put_all_wrong(DBusMessageIter *it, const struct table_change *c)
{
	DBusMessageIter array;

	if (!dbus_message_iter_open_container(it, DBUS_TYPE_ARRAY, "(sa{ss})",
					      &array))
		return false;
	for (size_t i = 0; i < c->n_items; i++) {
		if (c->items[i].refusal.name &&
		    !put_wrong(&array, &c->items[i], i))
			return false;
	}
	return dbus_message_iter_close_container(it, &array);
}

/* --- changes --- */

static void request_free(struct request *q)
{
	if (!q)
		return;
	for (size_t i = 0; i < q->n; i++)
		free(q->pairs[i].pairs);
	free(q->pairs);
	free(q);
}

static void reply_made(struct bus_req *req, const struct method *method,
		       const struct table_change *c)
{
	DBusMessage *reply = bus_reply_new(req);
	const char *out = method->name;
	DBusMessageIter it;
	bool ok = reply != NULL;

	if (ok) {
		dbus_message_iter_init_append(reply, &it);
		if (strcmp(out, "Put") == 0 || strcmp(out, "Set") == 0)
			ok = put_made(&it, c->table->r, &c->items[0]) == 0;
		else if (strcmp(out, "Apply") == 0)
			ok = put_seq(&it, c->seq) &&
			     (c->each ? put_all_wrong(&it, c)
				      : put_all_made(&it, c));
	}
	if (!ok && reply) {
		dbus_message_unref(reply);
		reply = NULL;
	}
	bus_reply_raw(req, reply);
}

static void on_change_end(void *ctx, const struct table_change *c,
			  const struct refusal *refusal)
{
	struct request *q = ctx;

	if (refusal->name)
		reply_refusal(q->req, refusal);
	else
		reply_made(q->req, q->method, c);
	request_free(q);
}

static struct request *request_new(struct bus_req *req,
				   const struct method *method, size_t n)
{
	struct request *q = calloc(1, sizeof(*q));

	if (!q)
		return NULL;
	q->req = req;
	q->method = method;
	q->pairs = calloc(n ? n : 1, sizeof(*q->pairs));
	if (!q->pairs) {
		free(q);
		return NULL;
	}
	q->n = n;
	return q;
}

static void start(struct table_change *c, struct request *q)
{
	if (!c->actor[0])
		snprintf(c->actor, sizeof(c->actor), "%s",
			 bus_req_actor(q->req));
	for (size_t i = 0; i < c->n_items; i++) {
		if (c->items[i].pairs || c->items[i].kind == TABLE_MOVE)
			continue;
		c->items[i].pairs = q->pairs[i].pairs;
		c->items[i].n_pairs = q->pairs[i].n;
	}
	change_start(c, on_change_end, q);
}

/* One operation on one key: Put, Set, Delete, Move, Check. */
static void change_one(struct table_bus *b, struct bus_req *req,
		       DBusMessage *call, const struct method *method)
{
	struct table_change *c = change_new(b->table, 1);
	struct request *q = request_new(req, method, 1);
	DBusMessageIter it;
	struct item *item;
	const char *key;

	if (!c || !q)
		goto out;
	item = &c->items[0];
	dbus_message_iter_init(call, &it);
	dbus_message_iter_get_basic(&it, &key);
	dbus_message_iter_next(&it);
	snprintf(item->key, sizeof(item->key), "%s", key);
	if (strcmp(method->name, "Delete") == 0) {
		item->kind = TABLE_DELETE;
	} else if (strcmp(method->name, "Move") == 0) {
		item->kind = TABLE_MOVE;
		dbus_message_iter_get_basic(&it, &item->position);
	} else if (strcmp(method->name, "Set") == 0) {
		dbus_message_iter_get_basic(&it, &q->own.field);
		dbus_message_iter_next(&it);
		dbus_message_iter_get_basic(&it, &q->own.text);
		item->pairs = &q->own;
		item->n_pairs = 1;
	} else {
		c->dry = strcmp(method->name, "Check") == 0;
		if (pairs_read(&it, &q->pairs[0]) < 0) {
			bus_reply_error(req, "Invalid",
					"at most %d fields can be given",
					TABLE_PAIRS_MAX);
			change_free(c);
			request_free(q);
			return;
		}
	}
	start(c, q);
	return;
out:
	change_free(c);
	request_free(q);
	no_memory(req);
}

/* --- Apply --- */

static bool is_true(const char *text)
{
	return strcmp(text, "true") == 0 || strcmp(text, "1") == 0;
}

static int number(const char *text, uint64_t max, uint64_t *out)
{
	uint64_t value = 0;

	if (!*text || strlen(text) > 19 ||
	    text[strspn(text, "0123456789")] != '\0')
		return -EINVAL;
	for (; *text; text++)
		value = value * 10 + (uint64_t)(*text - '0');
	if (value > max)
		return -EINVAL;
	*out = value;
	return 0;
}

/* Who says in whose name it acts: httpd, for its users, and root. */
static bool may_name_actor(const struct bus_req *req)
{
	return bus_req_is(req, "httpd") ||
	       strcmp(bus_req_actor(req), "root") == 0;
}

static int read_context(struct table_change *c, const struct bus_req *req,
			DBusMessageIter *it, struct issue *issue)
{
	const char *name;
	const char *text;
	DBusMessageIter dict;

	if (bus_dict_enter(it, &dict) < 0)
		return issue_set(issue, "context", "must be a{ss}");
	while (bus_dict_next(&dict, &name, &text)) {
		if (strcmp(name, "actor") == 0) {
			if (may_name_actor(req))
				text_from_peer(c->actor, sizeof(c->actor), text,
					       strlen(text));
		} else if (strcmp(name, "if_seq") == 0) {
			if (*text && number(text, UINT64_MAX, &c->if_seq) < 0)
				return issue_set(issue, name,
						 "must be a number");
		} else if (strcmp(name, "force") == 0) {
			c->force = is_true(text);
		} else if (strcmp(name, "dry") == 0) {
			c->dry = c->each = is_true(text);
		} else {
			return issue_set(issue, "context",
					 "actor, if_seq, force and dry are "
					 "known");
		}
	}
	return 0;
}

static int read_item(struct item *item, struct pairs *pairs,
		     DBusMessageIter *array, struct issue *issue)
{
	uint64_t position = 0;
	DBusMessageIter row;
	const char *text;

	dbus_message_iter_recurse(array, &row);
	dbus_message_iter_get_basic(&row, &text);
	if (table_op_parse(text, &item->kind) < 0)
		return issue_set(issue, "op",
				 "must be put, create, update, delete or move");
	dbus_message_iter_next(&row);
	dbus_message_iter_get_basic(&row, &text);
	snprintf(item->key, sizeof(item->key), "%s", text);
	dbus_message_iter_next(&row);
	if (pairs_read(&row, pairs) < 0)
		return issue_set(issue, "", "at most %d fields can be given",
				 TABLE_PAIRS_MAX);
	if (item->kind != TABLE_MOVE)
		return 0;
	if (pairs->n != 1 || strcmp(pairs->pairs[0].field, "position") != 0 ||
	    number(pairs->pairs[0].text, UINT32_MAX, &position) < 0)
		return issue_set(issue, "position", "must be given, as number");
	item->position = (uint32_t)position;
	return 0;
}

static void on_apply(struct table_bus *b, struct bus_req *req,
		     DBusMessage *call, const struct method *method)
{
	struct table_change *c = NULL;
	struct request *q = NULL;
	struct issue issue = { 0 };
	DBusMessageIter context;
	DBusMessageIter array;
	DBusMessageIter it;
	int n;
	int rc;

	dbus_message_iter_init(call, &it);
	context = it;
	dbus_message_iter_next(&it);
	n = dbus_message_iter_get_element_count(&it);
	if (n > TABLE_OPS_MAX) {
		bus_reply_error(req, "Invalid", "at most %d operations at once",
				TABLE_OPS_MAX);
		return;
	}
	c = change_new(b->table, (size_t)n);
	q = request_new(req, method, (size_t)n);
	if (!c || !q) {
		no_memory(req);
		goto out;
	}
	rc = read_context(c, req, &context, &issue);
	dbus_message_iter_recurse(&it, &array);
	for (size_t i = 0; rc == 0 && i < c->n_items; i++) {
		rc = read_item(&c->items[i], &q->pairs[i], &array, &issue);
		dbus_message_iter_next(&array);
	}
	if (rc == 0) {
		start(c, q);
		return;
	}
	reply_refusal(req, &(struct refusal){ "Invalid", issue });
out:
	change_free(c);
	request_free(q);
}

/* --- reading --- */

static bool put_rows(DBusMessageIter *it, const struct table *t)
{
	DBusMessageIter array;
	DBusMessageIter row;

	if (!dbus_message_iter_open_container(it, DBUS_TYPE_ARRAY, "(sa{ss})",
					      &array))
		return false;
	for (size_t i = 0; i < t->n; i++) {
		if (!open_struct(&array, &row, t->order[i]->key) ||
		    bus_put_row(&row, t->r, t->order[i]->rec) < 0 ||
		    !dbus_message_iter_close_container(&array, &row))
			return false;
	}
	return dbus_message_iter_close_container(it, &array);
}

static void reply_or_not(struct bus_req *req, DBusMessage *reply, bool ok)
{
	if (!ok && reply) {
		dbus_message_unref(reply);
		reply = NULL;
	}
	bus_reply_raw(req, reply);
}

static void on_list(struct table_bus *b, struct bus_req *req, DBusMessage *call,
		    const struct method *method)
{
	DBusMessage *reply = bus_reply_new(req);
	DBusMessageIter it;

	(void)call;
	(void)method;
	if (reply)
		dbus_message_iter_init_append(reply, &it);
	reply_or_not(req, reply,
		     reply && put_rows(&it, b->table) &&
			     put_seq(&it, b->table->seq));
}

static void on_get(struct table_bus *b, struct bus_req *req, DBusMessage *call,
		   const struct method *method)
{
	const struct table *t = b->table;
	char canonical[TABLE_KEY];
	const struct row *row;
	struct issue issue;
	DBusMessage *reply;
	DBusMessageIter it;
	const char *key;

	(void)method;
	dbus_message_iter_init(call, &it);
	dbus_message_iter_get_basic(&it, &key);
	row = table_row(t, key);
	if (!row && table_canonical(t->r, key, canonical, &issue) == 0)
		row = table_row(t, canonical);
	if (!row) {
		bus_reply_error(req, "NoSuch", "%s: there is no %s \"%s\"",
				t->r->key->name, t->r->name, key);
		return;
	}
	reply = bus_reply_new(req);
	if (reply)
		dbus_message_iter_init_append(reply, &it);
	reply_or_not(req, reply,
		     reply && bus_put_row(&it, t->r, row->rec) == 0 &&
			     put_seq(&it, t->seq));
}

struct entries {
	DBusMessageIter array;
	uint32_t left;
	bool failed;
};

static bool put_entry(void *ctx, uint64_t seq, const char *json)
{
	struct entries *e = ctx;
	DBusMessageIter row;

	if (!dbus_message_iter_open_container(&e->array, DBUS_TYPE_STRUCT, NULL,
					      &row) ||
	    !put_seq(&row, seq) || bus_put_text(&row, json) < 0 ||
	    !dbus_message_iter_close_container(&e->array, &row)) {
		e->failed = true;
		return false;
	}
	return --e->left > 0;
}

static bool put_journal(DBusMessageIter *it, const struct table *t,
			uint64_t before, uint32_t most)
{
	struct entries e = { .left = most };

	if (e.left > JOURNAL_MOST)
		e.left = JOURNAL_MOST;
	if (!dbus_message_iter_open_container(it, DBUS_TYPE_ARRAY, "(ts)",
					      &e.array))
		return false;
	if (e.left > 0 && journal_each(t->config.store, t->r->name, before,
				       put_entry, &e) < 0)
		return false;
	return !e.failed && dbus_message_iter_close_container(it, &e.array);
}

static void on_journal(struct table_bus *b, struct bus_req *req,
		       DBusMessage *call, const struct method *method)
{
	DBusMessage *reply = bus_reply_new(req);
	DBusMessageIter it;
	uint64_t before;
	uint32_t most;

	(void)method;
	dbus_message_iter_init(call, &it);
	dbus_message_iter_get_basic(&it, &before);
	dbus_message_iter_next(&it);
	dbus_message_iter_get_basic(&it, &most);
	if (reply)
		dbus_message_iter_init_append(reply, &it);
	reply_or_not(req, reply,
		     reply && put_journal(&it, b->table, before, most));
}

static const struct method methods[] = {
	{ "List", "", on_list, false },
	{ "Get", "s", on_get, false },
	{ "Journal", "tu", on_journal, true },
	{ "Put", "sa{ss}", change_one, true },
	{ "Set", "sss", change_one, true },
	{ "Delete", "s", change_one, true },
	{ "Move", "su", change_one, true },
	{ "Check", "sa{ss}", change_one, true },
	{ "Apply", "a{ss}a(ssa{ss})", on_apply, true },
};

static void on_call(void *ctx, struct bus_req *req, DBusMessage *call)
{
	const char *name = dbus_message_get_member(call);
	const struct method *m = NULL;

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		if (name && strcmp(name, methods[i].name) == 0)
			m = &methods[i];
	}
	if (!m)
		bus_reply_error(req, "NoSuch", "there is no such method");
	else if (m->writes ? !bus_req_is(req, "httpd") && !bus_req_admin(req)
			   : !bus_req_ours(req))
		bus_reply_error(req, "Denied", "%s may not call %s",
				bus_req_actor(req), m->name);
	else if (strcmp(dbus_message_get_signature(call), m->signature) != 0)
		bus_reply_error(req, "Invalid",
				"the arguments of %s must be \"%s\"", m->name,
				m->signature);
	else
		m->fn(ctx, req, call, m);
}

struct table_bus *table_bus_open(struct table *t)
{
	struct table_bus *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	b->table = t;
	if (table_path(t->r, b->path) < 0 ||
	    bus_export_raw(t->config.bus, b->path, TABLE_IFACE, table1_xml,
			   on_call, b) < 0) {
		free(b);
		return NULL;
	}
	return b;
}

void table_bus_close(struct table_bus *b)
{
	if (!b)
		return;
	bus_unexport(b->table->config.bus, b);
	free(b);
}

void table_bus_changed(struct table_bus *b, const char *key, const char *op,
		       uint64_t seq)
{
	table_emit_changed(b->table->config.bus, b->path, key, op, seq);
}

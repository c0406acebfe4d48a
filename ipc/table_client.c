#include "table_client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "table_args.h"
#include "table_place.h"

enum { DEADLINE_MS = 15000, ROWS_MAX = 200000 };

/* How the reply is to be read. */
enum reply_form {
	REPLY_ROWS,    /* a(sa{ss}) t */
	REPLY_ROW,     /* a{ss} t */
	REPLY_MADE,    /* t a(sa{ss}) */
	REPLY_ENTRIES, /* a(ts) */
	REPLY_NOTHING,
};

struct call {
	table_answer_fn done;
	void *ctx;
	enum reply_form form;
	char key[TABLE_KEY];
};

/* A reply taken apart; the texts stay in the message. */
struct parsed {
	struct table_row *rows;
	size_t n_rows;
	size_t room;
	struct table_pair *pairs;
	size_t n_pairs;
	size_t pairs_room;
	char (*numbers)[24];
	uint64_t seq;
};

static void parsed_free(struct parsed *p)
{
	free(p->rows);
	free(p->pairs);
	free(p->numbers);
}

static int more(void **list, size_t n, size_t *room, size_t size)
{
	size_t want = *room ? *room * 2 : 32;
	void *grown;

	if (n < *room)
		return 0;
	grown = realloc(*list, want * size);
	if (!grown)
		return -ENOMEM;
	*list = grown;
	*room = want;
	return 0;
}

static int add_row(struct parsed *p, const char *key)
{
	void *rows = p->rows;

	if (p->n_rows >= ROWS_MAX ||
	    more(&rows, p->n_rows, &p->room, sizeof(*p->rows)) < 0)
		return -ENOMEM;
	p->rows = rows;
	p->rows[p->n_rows++] = (struct table_row){ key, NULL, 0 };
	return 0;
}

static int add_pair(struct parsed *p, const char *field, const char *text)
{
	void *pairs = p->pairs;

	if (more(&pairs, p->n_pairs, &p->pairs_room, sizeof(*p->pairs)) < 0)
		return -ENOMEM;
	p->pairs = pairs;
	p->pairs[p->n_pairs++] = (struct table_pair){ field, text };
	p->rows[p->n_rows - 1].n_pairs++;
	return 0;
}

/* The pairs' array moved while it grew: point into it at the end. */
static void point(struct parsed *p)
{
	size_t at = 0;

	for (size_t i = 0; i < p->n_rows; i++) {
		p->rows[i].pairs = p->pairs ? p->pairs + at : NULL;
		at += p->rows[i].n_pairs;
	}
}

static int read_dict(struct parsed *p, DBusMessageIter *it)
{
	DBusMessageIter dict;
	const char *field;
	const char *text;
	int rc = 0;

	if (bus_dict_enter(it, &dict) < 0)
		return -EBADMSG;
	while (rc == 0 && bus_dict_next(&dict, &field, &text))
		rc = add_pair(p, field, text);
	return rc;
}

static int read_rows(struct parsed *p, DBusMessageIter *it)
{
	DBusMessageIter array;
	DBusMessageIter row;
	const char *key;
	int rc = 0;

	dbus_message_iter_recurse(it, &array);
	while (rc == 0 &&
	       dbus_message_iter_get_arg_type(&array) == DBUS_TYPE_STRUCT) {
		dbus_message_iter_recurse(&array, &row);
		dbus_message_iter_get_basic(&row, &key);
		dbus_message_iter_next(&row);
		rc = add_row(p, key);
		if (rc == 0)
			rc = read_dict(p, &row);
		dbus_message_iter_next(&array);
	}
	dbus_message_iter_next(it);
	return rc;
}

static int read_entries(struct parsed *p, DBusMessageIter *it)
{
	int n = dbus_message_iter_get_element_count(it);
	DBusMessageIter array;
	DBusMessageIter row;
	const char *text;
	uint64_t seq;
	int rc = 0;

	p->numbers = calloc((size_t)n + 1, sizeof(*p->numbers));
	if (!p->numbers)
		return -ENOMEM;
	dbus_message_iter_recurse(it, &array);
	while (rc == 0 &&
	       dbus_message_iter_get_arg_type(&array) == DBUS_TYPE_STRUCT) {
		dbus_message_iter_recurse(&array, &row);
		dbus_message_iter_get_basic(&row, &seq);
		dbus_message_iter_next(&row);
		dbus_message_iter_get_basic(&row, &text);
		snprintf(p->numbers[p->n_rows], sizeof(*p->numbers), "%llu",
			 (unsigned long long)seq);
		rc = add_row(p, p->numbers[p->n_rows]);
		if (rc == 0)
			rc = add_pair(p, "entry", text);
		dbus_message_iter_next(&array);
	}
	return rc;
}

static void read_seq(struct parsed *p, DBusMessageIter *it)
{
	dbus_message_iter_get_basic(it, &p->seq);
	dbus_message_iter_next(it);
}

static const char *signature_of(enum reply_form form)
{
	switch (form) {
	case REPLY_ROWS:
		return "a(sa{ss})t";
	case REPLY_ROW:
		return "a{ss}t";
	case REPLY_MADE:
		return "ta(sa{ss})";
	case REPLY_ENTRIES:
		return "a(ts)";
	case REPLY_NOTHING:
		break;
	}
	return "";
}

static int parse(struct parsed *p, const struct call *call, DBusMessage *reply)
{
	DBusMessageIter it;
	int rc = 0;

	if (strcmp(dbus_message_get_signature(reply),
		   signature_of(call->form)) != 0)
		return -EBADMSG;
	dbus_message_iter_init(reply, &it);
	switch (call->form) {
	case REPLY_ROWS:
		rc = read_rows(p, &it);
		read_seq(p, &it);
		break;
	case REPLY_ROW:
		rc = add_row(p, call->key);
		if (rc == 0)
			rc = read_dict(p, &it);
		if (rc == 0)
			read_seq(p, &it);
		break;
	case REPLY_MADE:
		read_seq(p, &it);
		rc = read_rows(p, &it);
		break;
	case REPLY_ENTRIES:
		rc = read_entries(p, &it);
		break;
	case REPLY_NOTHING:
		break;
	}
	point(p);
	return rc;
}

static void on_reply(void *ctx, const struct bus_error *error,
		     DBusMessage *reply)
{
	static const struct bus_error bad = {
		BUS_ERR "Failed", "the owner's answer cannot be read"
	};
	struct call *call = ctx;
	struct parsed p = { 0 };
	struct table_answer answer;

	if (!error && parse(&p, call, reply) < 0)
		error = &bad;
	answer = (struct table_answer){ p.rows, p.n_rows, p.seq };
	call->done(call->ctx, error, error ? NULL : &answer);
	parsed_free(&p);
	free(call);
}

static DBusMessage *message(const struct record *r, const char *method)
{
	const struct bus_iface *owner = table_owner(r);
	char path[TABLE_PATH];

	if (!owner || table_path(r, path) < 0)
		return NULL;
	return dbus_message_new_method_call(owner->dest, path, TABLE_IFACE,
					    method);
}

/* Sends m (NULL: it could not be built) and lets it go. */
static int ask(struct bus *bus, DBusMessage *m, const struct call *how)
{
	struct call *call = malloc(sizeof(*call));
	int rc = -ENOMEM;

	if (m && call) {
		*call = *how;
		rc = bus_call_raw(bus, m, DEADLINE_MS, on_reply, call);
	}
	if (rc < 0)
		free(call);
	if (m)
		dbus_message_unref(m);
	return rc;
}

/* Adds to m, or lets it go. */
static DBusMessage *keep(DBusMessage *m, bool ok)
{
	if (ok)
		return m;
	dbus_message_unref(m);
	return NULL;
}

int table_client_list(struct bus *bus, const struct record *r,
		      table_answer_fn done, void *ctx)
{
	struct call how = { .done = done, .ctx = ctx, .form = REPLY_ROWS };

	return ask(bus, message(r, "List"), &how);
}

static DBusMessage *with_key(const struct record *r, const char *method,
			     const char *key, DBusMessageIter *it)
{
	DBusMessage *m = message(r, method);

	if (!m)
		return NULL;
	dbus_message_iter_init_append(m, it);
	return keep(m, bus_put_text(it, key) == 0);
}

int table_client_get(struct bus *bus, const struct record *r, const char *key,
		     table_answer_fn done, void *ctx)
{
	struct call how = { .done = done, .ctx = ctx, .form = REPLY_ROW };
	DBusMessageIter it;

	snprintf(how.key, sizeof(how.key), "%s", key);
	return ask(bus, with_key(r, "Get", key, &it), &how);
}

int table_client_end(struct bus *bus, const struct record *r, const char *key,
		     table_answer_fn done, void *ctx)
{
	struct call how = { .done = done, .ctx = ctx, .form = REPLY_NOTHING };
	DBusMessageIter it;

	return ask(bus, with_key(r, "Delete", key, &it), &how);
}

int table_client_check(struct bus *bus, const struct record *r, const char *key,
		       const struct table_pair *pairs, size_t n_pairs,
		       table_answer_fn done, void *ctx)
{
	struct call how = { .done = done, .ctx = ctx, .form = REPLY_NOTHING };
	DBusMessageIter it;
	DBusMessage *m;

	m = with_key(r, "Check", key, &it);
	if (m)
		m = keep(m, pairs_put(&it, pairs, n_pairs) == 0);
	return ask(bus, m, &how);
}

int table_client_journal(struct bus *bus, const struct record *r,
			 uint64_t before, uint32_t most, table_answer_fn done,
			 void *ctx)
{
	struct call how = { .done = done, .ctx = ctx, .form = REPLY_ENTRIES };
	DBusMessage *m = message(r, "Journal");

	if (m)
		m = keep(m, dbus_message_append_args(m, DBUS_TYPE_UINT64,
						     &before, DBUS_TYPE_UINT32,
						     &most, DBUS_TYPE_INVALID));
	return ask(bus, m, &how);
}

static bool put_context(DBusMessageIter *it,
			const struct table_context *context)
{
	struct table_pair pairs[4];
	char seq[24];

	snprintf(seq, sizeof(seq), "%llu", (unsigned long long)context->if_seq);
	pairs[0] = (struct table_pair){ "actor",
					context->actor ? context->actor : "" };
	pairs[1] = (struct table_pair){ "if_seq", seq };
	pairs[2] = (struct table_pair){ "force",
					context->force ? "true" : "false" };
	pairs[3] =
		(struct table_pair){ "dry", context->dry ? "true" : "false" };
	return pairs_put(it, pairs, 4) == 0;
}

static bool put_op(DBusMessageIter *array, const struct table_op *op)
{
	DBusMessageIter row;

	return dbus_message_iter_open_container(array, DBUS_TYPE_STRUCT, NULL,
						&row) &&
	       bus_put_text(&row, table_op_text(op->kind)) == 0 &&
	       bus_put_text(&row, op->key) == 0 &&
	       pairs_put(&row, op->pairs, op->n_pairs) == 0 &&
	       dbus_message_iter_close_container(array, &row);
}

int table_client_apply(struct bus *bus, const struct record *r,
		       const struct table_context *context,
		       const struct table_op *ops, size_t n_ops,
		       table_answer_fn done, void *ctx)
{
	struct call how = { .done = done, .ctx = ctx, .form = REPLY_MADE };
	DBusMessage *m = message(r, "Apply");
	DBusMessageIter array;
	DBusMessageIter it;
	bool ok;

	if (!m)
		return -ENOMEM;
	dbus_message_iter_init_append(m, &it);
	ok = put_context(&it, context) &&
	     dbus_message_iter_open_container(&it, DBUS_TYPE_ARRAY, "(ssa{ss})",
					      &array);
	for (size_t i = 0; ok && i < n_ops; i++)
		ok = put_op(&array, &ops[i]);
	ok = ok && dbus_message_iter_close_container(&it, &array);
	return ask(bus, keep(m, ok), &how);
}

/* --- the signal --- */

struct client_watch {
	const struct record *r;
	table_changed_fn changed;
	void *ctx;
	char path[TABLE_PATH];
};

static void on_changed(void *ctx, DBusMessage *m)
{
	const struct client_watch *w = ctx;
	const char *key;
	const char *op;
	uint64_t seq;

	if (dbus_message_get_args(m, NULL, DBUS_TYPE_STRING, &key,
				  DBUS_TYPE_STRING, &op, DBUS_TYPE_UINT64, &seq,
				  DBUS_TYPE_INVALID))
		w->changed(w->ctx, w->r, key, op, seq);
}

int table_client_watch(struct bus *bus, const struct record *r,
		       table_changed_fn changed, void *ctx)
{
	const struct bus_iface *owner = table_owner(r);
	struct client_watch *w = calloc(1, sizeof(*w));
	int rc = -ENOMEM;

	if (w && owner && table_path(r, w->path) == 0) {
		w->r = r;
		w->changed = changed;
		w->ctx = ctx;
		rc = bus_watch_own(bus, owner->dest, w->path, TABLE_IFACE,
				   "Changed", on_changed, ctx, w);
	}
	if (rc < 0)
		free(w);
	return rc;
}

/* --- rows --- */

const char *table_row_text(const struct table_row *row, const char *field)
{
	for (size_t i = 0; i < row->n_pairs; i++) {
		if (strcmp(row->pairs[i].field, field) == 0)
			return row->pairs[i].text;
	}
	return NULL;
}

int table_row_record(const struct record *r, const struct table_row *row,
		     void *rec, struct issue *issue)
{
	const struct field *f;
	int rc = 0;

	record_init(r, rec);
	for (size_t i = 0; rc == 0 && i < row->n_pairs; i++) {
		f = record_field(r, row->pairs[i].field);
		if (f)
			rc = field_set(r, f, rec, row->pairs[i].text, issue);
	}
	return rc;
}

/* Every table of every daemon, by its descriptor: SPEC 9's Table1 as JSON. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record_json.h"

#include "bus.h"
#include "table_client.h"

#include "errand.h"
#include "httpd.h"
#include "role.h"
#include "session.h"

enum { OPS_MAX = 1000, NUMBER = 24 };

/* A JSON object as field and text. */
struct patch {
	struct table_pair *pairs;
	char (*numbers)[NUMBER];
	size_t n;
};

static void patch_free(struct patch *p)
{
	free(p->pairs);
	free(p->numbers);
	*p = (struct patch){ 0 };
}

/* NULL: neither text, number, boolean nor null. */
static const char *value_text(const json_t *v, char number[NUMBER])
{
	switch (json_typeof(v)) {
	case JSON_STRING:
		return json_string_value(v);
	case JSON_INTEGER:
		(void)snprintf(number, NUMBER, "%" JSON_INTEGER_FORMAT,
			       json_integer_value(v));
		return number;
	case JSON_TRUE:
		return "true";
	case JSON_FALSE:
		return "false";
	case JSON_NULL:
		return "";
	case JSON_OBJECT:
	case JSON_ARRAY:
	case JSON_REAL:
		break;
	}
	return NULL;
}

/*
 * The texts live as long as the object. The key's member is left out: it stands
 * in the path. 0, -ENOMEM, or -EINVAL and *issue.
 */
static int patch_read(const struct record *r, const char *key, json_t *object,
		      struct patch *p, struct issue *issue)
{
	size_t n = json_object_size(object);
	const char *name, *text;
	json_t *v;

	*p = (struct patch){ 0 };
	p->pairs = calloc(n + 1, sizeof(*p->pairs));
	p->numbers = calloc(n + 1, sizeof(*p->numbers));
	if (!p->pairs || !p->numbers) {
		patch_free(p);
		return -ENOMEM;
	}
	json_object_foreach(object, name, v)
	{
		text = value_text(v, p->numbers[p->n]);
		if (!record_field(r, name)) {
			patch_free(p);
			return issue_set(issue, "", "there is no field %.32s",
					 name);
		}
		if (!text) {
			patch_free(p);
			return issue_set(issue, name,
					 "a text, a whole number, true or "
					 "false is expected");
		}
		if (!strcmp(name, r->key->name)) {
			if (!strcmp(text, key))
				continue;
			patch_free(p);
			return issue_set(issue, name,
					 "a row keeps its name: make a new "
					 "one and delete this");
		}
		p->pairs[p->n++] = (struct table_pair){ name, text };
	}
	return 0;
}

static void refuse_patch(struct request *r, int err, const struct issue *issue)
{
	if (err == -EINVAL)
		http_reply_error(r, 422, "Invalid", issue->field, "%s",
				 issue->what);
	else
		http_reply_json(r, 507, NULL);
}

/* The table of the path, if the session's role may; else it is answered. */
static const struct record *open_table(struct request *r, bool write)
{
	const struct record *t = role_table(r->seg[3], r->seg[4]);
	const struct login *l = r->session;
	unsigned may = 0;

	if (t)
		may = write ? role_may_write(t) : role_may_read(t);
	if (may & 1u << l->row.role)
		return t;
	if (t)
		http_reply_error(r, 403, "Denied", NULL,
				 "You may not do this.");
	else
		http_reply_error(r, 404, "NoSuch", NULL,
				 "There is no such table.");
	return NULL;
}

/* --- reading --- */

static json_t *row_json(const struct record *t, const struct table_row *row)
{
	void *rec = calloc(1, t->size);
	struct issue issue;
	json_t *object = NULL;

	if (!rec)
		return NULL;
	if (!table_row_record(t, row, rec, &issue))
		object = record_to_json(t, rec);
	free(rec);
	return object;
}

static void on_list(void *ctx, const struct bus_error *error,
		    const struct table_answer *answer)
{
	struct errand *e = ctx;
	json_t *rows, *body;

	if (error || !e->req) {
		errand_end(e, error, NULL);
		return;
	}
	rows = json_array();
	for (size_t i = 0; rows && i < answer->n_rows; i++) {
		json_t *row = row_json(e->record, &answer->rows[i]);

		/* a row of another version that we cannot read is left out */
		if (row)
			(void)json_array_append_new(rows, row);
	}
	http_header_out(e->req, "ETag", "\"%" PRIu64 "\"", answer->seq);
	body = json_pack("{sI so*}", "seq", (json_int_t)answer->seq, "rows",
			 rows);
	errand_end(e, NULL, body);
}

static void on_row(void *ctx, const struct bus_error *error,
		   const struct table_answer *answer)
{
	struct errand *e = ctx;
	json_t *row = NULL;

	if (!error && e->req && answer->n_rows) {
		http_header_out(e->req, "ETag", "\"%" PRIu64 "\"", answer->seq);
		row = row_json(e->record, &answer->rows[0]);
	}
	errand_end(e, error,
		   row ? json_pack("{sI so}", "seq", (json_int_t)answer->seq,
				   "row", row)
		       : NULL);
}

void api_table_list(struct httpd *h, struct request *r)
{
	const struct record *t = open_table(r, false);
	struct errand *e = t ? errand_new(h, r, t, t->owner) : NULL;
	int err;

	if (!e)
		return;
	err = table_client_list(h->service->bus, t, on_list, e);
	if (err)
		errand_fail(e, err);
}

void api_table_get(struct httpd *h, struct request *r)
{
	const struct record *t = open_table(r, false);
	struct errand *e = t ? errand_new(h, r, t, t->owner) : NULL;
	int err;

	if (!e)
		return;
	err = table_client_get(h->service->bus, t, r->seg[5], on_row, e);
	if (err)
		errand_fail(e, err);
}

static void on_journal(void *ctx, const struct bus_error *error,
		       const struct table_answer *answer)
{
	struct errand *e = ctx;
	json_t *rows;

	if (error || !e->req) {
		errand_end(e, error, NULL);
		return;
	}
	rows = json_array();
	for (size_t i = 0; rows && i < answer->n_rows; i++) {
		const char *text = table_row_text(&answer->rows[i], "entry");
		json_t *entry = text ? json_loads(text, 0, NULL) : NULL;

		if (!json_is_object(entry)) {
			json_decref(entry);
			continue;
		}
		(void)json_object_set_new(
			entry, "id",
			json_integer(strtoll(answer->rows[i].key, NULL, 10)));
		(void)json_array_append_new(rows, entry);
	}
	errand_end(e, NULL, json_pack("{so*}", "rows", rows));
}

static uint32_t arg_number(const struct request *r, const char *name,
			   uint32_t dflt, uint32_t most)
{
	const char *text = http_arg(r, name);
	char *end;
	unsigned long n;

	if (!text || text[0] < '0' || text[0] > '9')
		return dflt;
	n = strtoul(text, &end, 10);
	return *end || n > most ? most : (uint32_t)n;
}

void api_table_journal(struct httpd *h, struct request *r)
{
	const struct record *t = open_table(r, false);
	struct errand *e = t ? errand_new(h, r, t, t->owner) : NULL;
	const char *before = http_arg(r, "before");
	int err;

	if (!e)
		return;
	err = table_client_journal(
		h->service->bus, t, before ? strtoull(before, NULL, 10) : 0,
		arg_number(r, "limit", 100, 1000), on_journal, e);
	if (err)
		errand_fail(e, err);
}

void api_tables(struct httpd *h, struct request *r)
{
	const struct login *l = r->session;
	const unsigned role = 1u << l->row.role;
	json_t *all = json_array();

	(void)h;
	for (size_t i = 0; all && all_records[i]; i++) {
		const struct record *t = all_records[i];

		if ((t->kind != RECORD_TABLE && t->kind != RECORD_LIVE) ||
		    !(role_may_read(t) & role))
			continue;
		(void)json_array_append_new(
			all,
			json_pack("{ss ss ss* ss ss sb ss* sb sb}", "daemon",
				  t->owner, "table", t->name, "title", t->title,
				  "key", t->key->name, "kind",
				  t->kind == RECORD_TABLE ? "table" : "live",
				  "ordered", t->ordered, "singleton",
				  t->singleton, "read", 1, "write",
				  (role_may_write(t) & role) != 0));
	}
	http_reply_json(r, 200, json_pack("{so*}", "tables", all));
}

/* --- changing --- */

/* What the owner made, with the types that a row has. */
static json_t *made_json(const struct record *t, const struct table_row *row)
{
	json_t *made = json_object();

	for (size_t i = 0; made && i < row->n_pairs; i++) {
		const struct table_pair *p = &row->pairs[i];
		const struct field *f = record_field(t, p->field);
		json_t *v;

		if (!f || f->hidden)
			continue;
		if (f->type == FIELD_BOOL)
			v = json_boolean(!strcmp(p->text, "true"));
		else if (f->type == FIELD_U32 || f->type == FIELD_U64)
			v = json_integer(strtoll(p->text, NULL, 10));
		else
			v = json_string(p->text);
		(void)json_object_set_new(made, p->field, v);
	}
	return made;
}

static void on_one(void *ctx, const struct bus_error *error,
		   const struct table_answer *answer)
{
	struct errand *e = ctx;
	json_t *made;

	if (error || !e->req) {
		errand_end(e, error, NULL);
		return;
	}
	made = answer->n_rows ? made_json(e->record, &answer->rows[0])
			      : json_object();
	http_header_out(e->req, "ETag", "\"%" PRIu64 "\"", answer->seq);
	errand_end(e, NULL,
		   json_pack("{sI ss so*}", "seq", (json_int_t)answer->seq,
			     "key", e->key, "made", made));
}

static void on_many(void *ctx, const struct bus_error *error,
		    const struct table_answer *answer)
{
	struct errand *e = ctx;
	json_t *all;

	if (error || !e->req) {
		errand_end(e, error, NULL);
		return;
	}
	all = json_object();
	for (size_t i = 0; all && i < answer->n_rows; i++)
		(void)json_object_set_new(
			all, answer->rows[i].key,
			made_json(e->record, &answer->rows[i]));
	http_header_out(e->req, "ETag", "\"%" PRIu64 "\"", answer->seq);
	errand_end(e, NULL,
		   json_pack("{sI so*}", "seq", (json_int_t)answer->seq, "made",
			     all));
}

/* What a dry run found: [{"row", "key", "error", "field", "message"}]. */
static void on_dry(void *ctx, const struct bus_error *error,
		   const struct table_answer *answer)
{
	struct errand *e = ctx;
	json_t *wrong;

	if (error || !e->req) {
		errand_end(e, error, NULL);
		return;
	}
	wrong = json_array();
	for (size_t i = 0; wrong && i < answer->n_rows; i++) {
		const struct table_row *row = &answer->rows[i];
		const char *at = table_row_text(row, "row");
		const char *name = table_row_text(row, "error");
		const char *field = table_row_text(row, "field");
		const char *why = table_row_text(row, "why");

		(void)json_array_append_new(
			wrong,
			json_pack("{sI ss ss ss ss}", "row",
				  (json_int_t)strtoll(at ? at : "0", NULL, 10),
				  "key", row->key, "error", name ? name : "",
				  "field", field ? field : "", "message",
				  why ? why : ""));
	}
	errand_end(e, NULL,
		   json_pack("{sI so*}", "seq", (json_int_t)answer->seq,
			     "wrong", wrong));
}

/* If-Match: "17" (RFC 9110 section 13.1.1; we make strong ones only). */
static uint64_t if_match(const struct request *r)
{
	const char *text = http_header_in(r, "If-Match");
	uint64_t seq;
	char *end;

	if (!text || text[0] != '"')
		return 0;
	seq = strtoull(text + 1, &end, 10);
	return *end == '"' ? seq : 0;
}

enum how { HOW_PLAIN, HOW_FORCE, HOW_DRY };

static void send_ops(struct httpd *h, struct request *r, const struct record *t,
		     const struct table_op *ops, size_t n, enum how how,
		     unsigned status, table_answer_fn done)
{
	struct table_context context = { .if_seq = if_match(r),
					 .force = how == HOW_FORCE,
					 .dry = how == HOW_DRY };
	struct errand *e = errand_new(h, r, t, t->owner);
	char actor[ACTOR];
	int err;

	if (!e)
		return;
	api_actor(r->session, actor);
	context.actor = actor;
	e->status = status;
	(void)snprintf(e->key, sizeof(e->key), "%s", n == 1 ? ops->key : "");
	err = table_client_apply(h->service->bus, t, &context, ops, n, done, e);
	if (err)
		errand_fail(e, err);
}

static enum how how_of(const struct request *r)
{
	return http_arg(r, "force") ? HOW_FORCE : HOW_PLAIN;
}

static void send_one(struct httpd *h, struct request *r, const struct record *t,
		     enum table_op_kind kind, const char *key, json_t *row,
		     unsigned status)
{
	struct issue issue;
	struct patch p;
	int err = patch_read(t, key, row, &p, &issue);

	if (err) {
		refuse_patch(r, err, &issue);
		return;
	}
	send_ops(h, r, t,
		 &(struct table_op){ .kind = kind,
				     .key = key,
				     .pairs = p.pairs,
				     .n_pairs = p.n },
		 1, how_of(r), status, on_one);
	patch_free(&p);
}

void api_table_create(struct httpd *h, struct request *r)
{
	const struct record *t = open_table(r, true);
	json_t *body = t ? api_body(r) : NULL;
	char number[NUMBER];
	json_t *key;
	const char *text = NULL;

	if (!body)
		return;
	key = json_object_get(body, t->key->name);
	if (key)
		text = value_text(key, number);
	if (!text || !text[0])
		http_reply_error(r, 422, "Invalid", t->key->name, "is needed");
	else
		send_one(h, r, t, TABLE_CREATE, text, body, 201);
	json_decref(body);
}

void api_table_patch(struct httpd *h, struct request *r)
{
	const struct record *t = open_table(r, true);
	json_t *body = t ? api_body(r) : NULL;

	if (!body)
		return;
	send_one(h, r, t, TABLE_UPDATE, r->seg[5], body, 200);
	json_decref(body);
}

static void on_ended(void *ctx, const struct bus_error *error,
		     const struct table_answer *answer)
{
	(void)answer;
	errand_end(ctx, error,
		   error ? NULL : json_pack("{sI}", "seq", (json_int_t)0));
}

/* A live row has no journal of its owner's: who ended it stands in ours. */
static void end_live(struct httpd *h, struct request *r, const struct record *t)
{
	struct errand *e = errand_new(h, r, t, t->owner);
	int err;

	if (!e)
		return;
	api_note(h, r, "end %s/%s %s", t->owner, t->name, r->seg[5]);
	err = table_client_end(h->service->bus, t, r->seg[5], on_ended, e);
	if (err)
		errand_fail(e, err);
}

void api_table_delete(struct httpd *h, struct request *r)
{
	const struct record *t = open_table(r, true);
	const struct table_op op = { .kind = TABLE_DELETE, .key = r->seg[5] };

	if (t && t->kind == RECORD_LIVE)
		end_live(h, r, t);
	else if (t)
		send_ops(h, r, t, &op, 1, how_of(r), 200, on_one);
}

void api_table_move(struct httpd *h, struct request *r)
{
	const struct record *t = open_table(r, true);
	json_t *body = t ? api_body(r) : NULL;
	char number[NUMBER];
	const char *key, *position;
	json_t *at;

	if (!body)
		return;
	key = api_text(body, "key");
	at = json_object_get(body, "position");
	position = at ? value_text(at, number) : NULL;
	if (!key || !position)
		http_reply_error(r, 400, "BadRequest", key ? "position" : "key",
				 "Give key and position.");
	else
		send_ops(h, r, t,
			 &(struct table_op){
				 .kind = TABLE_MOVE,
				 .key = key,
				 .pairs = &(struct table_pair){ "position",
								position },
				 .n_pairs = 1 },
			 1, HOW_PLAIN, 200, on_one);
	json_decref(body);
}

static void on_check(void *ctx, const struct bus_error *error,
		     const struct table_answer *answer)
{
	(void)answer;
	errand_end(ctx, error, error ? NULL : json_pack("{sb}", "ok", 1));
}

void api_table_check(struct httpd *h, struct request *r)
{
	const struct record *t = open_table(r, true);
	json_t *body = t ? api_body(r) : NULL, *row;
	struct issue issue;
	struct patch p;
	const char *key;
	struct errand *e;
	int err;

	if (!body)
		return;
	key = api_text(body, "key");
	row = json_object_get(body, "row");
	if (!key || !json_is_object(row)) {
		http_reply_error(r, 400, "BadRequest", key ? "row" : "key",
				 "Give key and row.");
		json_decref(body);
		return;
	}
	err = patch_read(t, key, row, &p, &issue);
	if (err) {
		refuse_patch(r, err, &issue);
		json_decref(body);
		return;
	}
	e = errand_new(h, r, t, t->owner);
	err = e ? table_client_check(h->service->bus, t, key, p.pairs, p.n,
				     on_check, e)
		: 0;
	if (err)
		errand_fail(e, err);
	patch_free(&p);
	json_decref(body);
}

/* --- many rows at once --- */

static bool op_kind(const char *text, enum table_op_kind *kind)
{
	static const struct {
		const char *name;
		enum table_op_kind kind;
	} known[] = { { "create", TABLE_CREATE },
		      { "put", TABLE_PUT },
		      { "delete", TABLE_DELETE } };

	for (size_t i = 0; text && i < sizeof(known) / sizeof(known[0]); i++) {
		if (!strcmp(text, known[i].name)) {
			*kind = known[i].kind;
			return true;
		}
	}
	return false;
}

static int read_op(const struct record *t, const json_t *from,
		   struct table_op *op, struct patch *p, struct issue *issue)
{
	json_t *row = json_object_get(from, "row");
	int err;

	op->key = api_text(from, "key");
	if (!op->key || !op_kind(api_text(from, "op"), &op->kind))
		return issue_set(issue, "",
				 "op (create, put, delete) and key are "
				 "needed");
	if (op->kind == TABLE_DELETE || !row)
		return 0;
	if (!json_is_object(row))
		return issue_set(issue, "", "row is no object");
	err = patch_read(t, op->key, row, p, issue);
	op->pairs = p->pairs;
	op->n_pairs = p->n;
	return err;
}

static void reply_row_error(struct request *r, size_t row,
			    const struct issue *issue)
{
	json_t *body = json_pack("{ss ss sI}", "error", "Invalid", "message",
				 issue->what, "row", (json_int_t)row);

	if (body && issue->field[0])
		(void)json_object_set_new(body, "field",
					  json_string(issue->field));
	http_reply_json(r, 422, body);
}

static void apply_rows(struct httpd *h, struct request *r,
		       const struct record *t, json_t *rows, enum how how)
{
	size_t n = json_array_size(rows), i;
	struct table_op *ops = calloc(n + 1, sizeof(*ops));
	struct patch *patches = calloc(n + 1, sizeof(*patches));
	struct issue issue;
	int err = ops && patches ? 0 : -ENOMEM;

	for (i = 0; i < n && !err; i++)
		err = read_op(t, json_array_get(rows, i), &ops[i], &patches[i],
			      &issue);
	if (err == -EINVAL)
		reply_row_error(r, i - 1, &issue);
	else if (err)
		http_reply_json(r, 507, NULL);
	else
		send_ops(h, r, t, ops, n, how, 200,
			 how == HOW_DRY ? on_dry : on_many);
	for (i = 0; patches && i < n; i++)
		patch_free(&patches[i]);
	free(patches);
	free(ops);
}

void api_table_apply(struct httpd *h, struct request *r)
{
	const struct record *t = open_table(r, true);
	json_t *body = t ? api_body(r) : NULL, *rows;

	if (!body)
		return;
	rows = json_object_get(body, "rows");
	if (!json_array_size(rows) || json_array_size(rows) > OPS_MAX)
		http_reply_error(r, 400, "BadRequest", "rows",
				 "Give 1 to %d rows.", OPS_MAX);
	else
		apply_rows(h, r, t, rows,
			   json_is_true(json_object_get(body, "dry")) ? HOW_DRY
			   : json_is_true(json_object_get(body, "force"))
				   ? HOW_FORCE
				   : HOW_PLAIN);
	json_decref(body);
}

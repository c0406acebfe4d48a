/* The rest of the paths: session, audit, methods, status, forms, events. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"

#include "record_json.h"

#include "bus.h"

#include "audit.h"
#include "conn.h"
#include "errand.h"
#include "events.h"
#include "facts.h"
#include "httpd.h"
#include "role.h"
#include "session.h"
#include "signin.h"
#include "static.h"

/* --- session --- */

void api_session_get(struct httpd *h, struct request *r)
{
	const char *token = http_cookie(r, "__Host-sallyport");

	if (r->session)
		signin_reply(h, r, r->session, token);
	else
		http_reply_json(r, 200, json_pack("{sb}", "signed_in", 0));
}

/* Somebody signs out; req is NULL when he did not wait. */
struct signout {
	struct request *req;
};

static void on_signout_gone(struct request *r)
{
	struct signout *s = r->user;

	s->req = NULL;
}

static void on_signed_out(void *ctx, int err)
{
	struct signout *s = ctx;

	if (s->req) {
		s->req->gone = NULL;
		http_header_out(s->req, "Set-Cookie",
				"__Host-sallyport=; Path=/; Secure; HttpOnly; "
				"SameSite=Strict; Max-Age=0");
	}
	if (s->req && err)
		http_reply_error(
			s->req, 507, "Full", NULL,
			"You are signed out, but a restart would bring "
			"this session back: there is no room on the "
			"disk.");
	else if (s->req)
		http_reply_json(s->req, 204, NULL);
	free(s);
}

void api_session_delete(struct httpd *h, struct request *r)
{
	struct signout *s = calloc(1, sizeof(*s));
	struct login *l = r->session;

	if (!s) {
		http_reply_json(r, 507, NULL);
		return;
	}
	s->req = r;
	r->user = s;
	r->gone = on_signout_gone;
	audit_add(h->audit, AUDIT_WHAT_SIGNED_OUT, l->row.account,
		  l->row.source, "");
	sessions_end(h->sessions, l, "signed out", on_signed_out, s);
}

static void add_audit(void *ctx, const struct audit *row)
{
	(void)json_array_append_new(ctx, record_to_json(&audit_record, row));
}

void api_audit(struct httpd *h, struct request *r)
{
	const char *text = http_arg(r, "limit");
	unsigned long limit = text ? strtoul(text, NULL, 10) : 100;
	json_t *rows = json_array();

	if (!limit || limit > 1000)
		limit = 1000;
	if (rows)
		audit_each(h->audit, (uint32_t)limit, add_audit, rows);
	http_reply_json(r, 200, json_pack("{so*}", "rows", rows));
}

/* --- methods --- */

static void on_method_row(void *ctx, const void *row)
{
	struct errand *e = ctx;

	(void)json_array_append_new(e->rows, record_to_json(e->record, row));
}

static void on_method_done(void *ctx, const struct bus_error *error,
			   const void *out)
{
	struct errand *e = ctx;
	json_t *body = NULL;

	if (!error && e->rows)
		body = json_pack("{sO}", "rows", e->rows);
	else if (!error && e->record && out)
		body = record_to_json(e->record, out);
	else if (!error)
		body = json_object();
	errand_end(e, error, body);
}

/*
 * What no browser says of itself: who asks, and when the connection was opened
 * that it asks over. Whoever is asked for that closes it, so that the next try
 * comes over another one.
 */
static int fill_own(struct request *r, const struct record *in, void *rec,
		    struct issue *issue)
{
	const struct field *actor = record_field(in, "actor");
	const struct field *opened = record_field(in, "opened_ms");
	char text[ACTOR];
	int err = 0;

	if (actor) {
		api_actor(r->session, text);
		err = field_set(in, actor, rec, text, issue);
	}
	if (!err && opened) {
		(void)snprintf(text, sizeof(text), "%" PRIu64,
			       r->conn ? conn_opened_ms(r->conn) : 0);
		err = field_set(in, opened, rec, text, issue);
		http_header_out(r, "Connection", "close");
	}
	return err;
}

/* The arguments, from the query or the body. False: it is answered. */
static bool read_arguments(struct request *r, const struct role_method *m,
			   const struct record *in, void *rec)
{
	struct issue issue = { 0 };
	json_t *args = m->changes ? api_body(r) : json_object();
	int err;

	if (!args) {
		if (!m->changes)
			http_reply_json(r, 507, NULL);
		return false;
	}
	for (size_t i = 0; !m->changes && i < r->n_args; i++)
		(void)json_object_set_new(args, r->args[i].name,
					  json_string(r->args[i].value));
	if (in) {
		record_init(in, rec);
		err = record_from_json(in, rec, args, &issue);
		if (!err)
			err = fill_own(r, in, rec, &issue);
		if (!err)
			err = record_check(in, rec, &issue);
	} else {
		err = json_object_size(args)
			      ? issue_set(&issue, "", "no arguments are taken")
			      : 0;
	}
	json_decref(args);
	if (err)
		http_reply_error(r, 422, "Invalid", issue.field, "%s",
				 issue.what);
	return !err;
}

enum { NOTE_TEXT = 1024 };

/* "Reject source=203.0.113.9 service=sip seconds=600" */
static void note_method(struct httpd *h, const struct request *r,
			const struct role_method *m, const void *rec)
{
	const struct bus_method *method = &m->iface->methods[m->method];
	const struct record *in = method->in;
	char text[161], value[64];
	size_t n;

	n = (size_t)snprintf(text, sizeof(text), "%s", method->name);
	for (size_t i = 0; in && i < in->n_fields && n < sizeof(text); i++) {
		const struct field *f = &in->fields[i];

		/* nor whole files */
		if (f->type == FIELD_SECRET || f->type == FIELD_BYTES ||
		    (f->type == FIELD_STR && f->max > NOTE_TEXT))
			continue;
		(void)field_get(f, rec, value, sizeof(value));
		n += (size_t)snprintf(text + n, sizeof(text) - n, " %s=%s",
				      f->name, value);
	}
	api_note(h, r, "%s", text);
}

static void call_method(struct httpd *h, struct request *r,
			const struct role_method *m, const void *rec)
{
	const struct bus_method *method = &m->iface->methods[m->method];
	struct errand *e = errand_new(h, r, method->out, m->iface->daemon);
	int err;

	if (!e)
		return;
	if (method->many) {
		e->rows = json_array();
		err = e->rows ? bus_call_rows(h->service->bus, m->iface,
					      m->method, rec, 0, on_method_row,
					      on_method_done, e)
			      : -1;
	} else {
		err = bus_call(h->service->bus, m->iface, m->method, rec, 0,
			       on_method_done, e);
	}
	if (err)
		errand_fail(e, err);
}

void api_method(struct httpd *h, struct request *r)
{
	const struct role_method *m = role_method(r->seg[3], r->seg[4]);
	const struct login *l = r->session;
	const struct record *in;
	void *rec = NULL;

	if (!m) {
		http_reply_error(r, 404, "NoSuch", NULL,
				 "There is no such method.");
		return;
	}
	if (!(m->roles & 1u << l->row.role)) {
		http_reply_error(r, 403, "Denied", NULL,
				 "You may not do this.");
		return;
	}
	if (m->changes != (r->method == HTTP_POST)) {
		http_header_out(r, "Allow", m->changes ? "POST" : "GET");
		http_reply_error(r, 405, "Method", NULL, "Only %s.",
				 m->changes ? "POST" : "GET");
		return;
	}
	in = m->iface->methods[m->method].in;
	if (in) {
		rec = calloc(1, in->size);
		if (!rec) {
			http_reply_json(r, 507, NULL);
			return;
		}
	}
	if (read_arguments(r, m, in, rec)) {
		if (m->changes)
			note_method(h, r, m, rec);
		call_method(h, r, m, rec);
	}
	free(rec);
}

/* --- status, forms, events --- */

void api_status(struct httpd *h, struct request *r)
{
	http_reply_json(
		r, 200,
		json_pack("{ss sI sI so* so*}", "version", SALLYPORT_VERSION,
			  "now_ms", (json_int_t)clock_wall_ms(), "since_ms",
			  (json_int_t)h->since_ms, "live", facts_live(h->facts),
			  "daemons", facts_daemons(h->facts)));
}

void api_forms(struct httpd *h, struct request *r)
{
	(void)h;
	static_send(r, &static_forms, "no-cache, private");
}

void api_events(struct httpd *h, struct request *r)
{
	events_open(h->events, r, r->session);
}

/*
 * Call records and incidents as a file, however many there are: read from their
 * owner page by page, each when the browser has taken the one before. So httpd
 * and the bus hold one page, and nobody else waits.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/buffer.h>

#include "log.h"

#include "bus.h"
#include "guard_bus.h"
#include "route_bus.h"

#include "csv.h"
#include "httpd.h"
#include "session.h"

enum {
	AT_ONCE = 4,
	PAGE = 250,
	KEY = 128,
};

/* What can be had as a file. Each answers records_ask, newest first, and goes
   on behind a key by the word before=KEY. */
static const struct source {
	const char *name;
	const struct bus_iface *iface;
	size_t method;
} sources[] = {
	{ "cdr.csv", &route_iface, ROUTE_RECORDS },
	{ "incident.csv", &guard_iface, GUARD_INCIDENTS },
};

struct csv_file {
	struct httpd *h;
	struct request *req; /* NULL: the peer has gone */
	const struct source *source;
	const struct record *record;
	struct evbuffer *page;
	char filter[sizeof(((struct records_ask *)0)->filter)];
	char last[KEY]; /* of the page before; "" none */
	char session[sizeof(((struct session *)0)->id)];
	size_t rows; /* of this page */
	bool begun;  /* the head is out */
	bool asking; /* the owner will answer */
	int err;
};

static void export_free(struct csv_file *e)
{
	if (e->req)
		e->req->user = NULL;
	e->h->n_exports--;
	evbuffer_free(e->page);
	free(e);
}

static void on_gone(struct request *r)
{
	struct csv_file *e = r->user;

	if (!e)
		return;
	e->req = NULL;
	if (!e->asking)
		export_free(e);
}

/* A file that breaks off must not look whole. */
static void break_off(struct csv_file *e, const char *why)
{
	log_warn("%s is broken off: %s", e->source->name, why);
	http_drop(e->req);
	export_free(e);
}

static void on_row(void *ctx, const void *row)
{
	struct csv_file *e = ctx;

	e->rows++;
	record_key(e->record, row, e->last, sizeof(e->last));
	if (!e->err && e->req)
		e->err = csv_row(e->record, row, e->page);
}

static void on_page(void *ctx, const struct bus_error *error, const void *out);

static int ask_page(struct csv_file *e)
{
	struct records_ask ask = { .limit = PAGE };
	int n = snprintf(ask.filter, sizeof(ask.filter), "%s%s%s%s", e->filter,
			 *e->filter && *e->last ? ";" : "",
			 *e->last ? "before=" : "", e->last);

	if (n < 0 || (size_t)n >= sizeof(ask.filter))
		return -EINVAL;
	e->rows = 0;
	e->asking = true;
	n = bus_call_rows(e->h->service->bus, e->source->iface,
			  e->source->method, &ask, 0, on_row, on_page, e);
	if (n)
		e->asking = false;
	return n;
}

/* All that was sent is on its way. */
static void on_more(struct request *r)
{
	struct csv_file *e = r->user;

	if (!e)
		return;
	if (!sessions_by_id(e->h->sessions, e->session))
		break_off(e, "the session is over");
	else if (ask_page(e))
		break_off(e, "no memory");
}

static int begin(struct csv_file *e)
{
	http_header_out(e->req, "Content-Disposition",
			"attachment; filename=\"%s\"", e->source->name);
	http_file(e->req, "text/csv; charset=utf-8", on_more);
	e->begun = true;
	return http_file_send(e->req, e->page);
}

static void on_page(void *ctx, const struct bus_error *error, const void *out)
{
	struct csv_file *e = ctx;

	(void)out;
	e->asking = false;
	if (!e->req) {
		export_free(e);
		return;
	}
	if (error && !e->begun) {
		api_bus_error(e->req, e->source->iface->daemon, error);
		export_free(e);
		return;
	}
	if (!error && !e->err)
		e->err = e->begun ? http_file_send(e->req, e->page) : begin(e);
	if (error || e->err) {
		break_off(e, error ? error->text : strerror(-e->err));
		return;
	}
	if (e->rows == PAGE)
		return; /* on_more() goes on */
	http_stream_end(e->req);
	export_free(e);
}

static const struct source *find(const char *name)
{
	for (size_t i = 0; i < sizeof(sources) / sizeof(*sources); i++)
		if (!strcmp(sources[i].name, name))
			return &sources[i];
	return NULL;
}

/* NULL: it is answered. */
static struct csv_file *export_new(struct httpd *h, struct request *r,
				   const struct source *source)
{
	const struct login *l = r->session;
	const char *filter = http_arg(r, "filter");
	struct csv_file *e = calloc(1, sizeof(*e));

	if (e)
		e->page = evbuffer_new();
	if (!e || !e->page) {
		free(e);
		http_reply_json(r, 507, NULL);
		return NULL;
	}
	e->h = h;
	e->req = r;
	e->source = source;
	e->record = source->iface->methods[source->method].out;
	memcpy(e->session, l->row.id, sizeof(e->session));
	(void)snprintf(e->filter, sizeof(e->filter), "%s",
		       filter ? filter : "");
	e->err = csv_head(e->record, e->page);
	h->n_exports++;
	r->user = e;
	r->gone = on_gone;
	return e;
}

void api_export(struct httpd *h, struct request *r)
{
	const struct source *source = find(r->seg[3]);
	const char *filter = http_arg(r, "filter");
	struct csv_file *e;
	int err;

	if (!source) {
		http_reply_error(r, 404, "NoSuch", NULL,
				 "There is no such file.");
		return;
	}
	if (filter && strlen(filter) + KEY >= sizeof(e->filter)) {
		http_reply_error(r, 422, "Invalid", "filter",
				 "At most %zu characters.",
				 sizeof(e->filter) - KEY - 1);
		return;
	}
	if (h->n_exports >= AT_ONCE) {
		http_reply_error(r, 429, "TooMany", NULL,
				 "%d files are being made already: try again.",
				 AT_ONCE);
		return;
	}
	e = export_new(h, r, source);
	if (!e)
		return;
	err = ask_page(e);
	if (!err)
		return;
	http_reply_json(r, 507, NULL);
	export_free(e);
}

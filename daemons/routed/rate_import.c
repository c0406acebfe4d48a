#include "rate_import.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rate_csv.h"
#include "table.h"

enum { WAIT_S = 60 };

struct rate_import {
	struct table *rates;
	void (*in_force)(void *ctx);
	void *ctx;
	struct event *timer;
	struct rate_csv *csv; /* NULL: none goes on */
	char actor[160];
	char list[33];
	uint32_t part; /* that comes next */
	bool writing;
	struct rate_import_ops ops; /* who waits for the writing */
	struct rates_note summary;
};

static void drop(struct rate_import *r)
{
	rate_csv_free(r->csv);
	r->csv = NULL;
	event_del(r->timer);
}

static void on_silence(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	drop(ctx);
}

struct rate_import *rate_import_new(struct event_base *base,
				    struct table *rates,
				    void (*in_force)(void *ctx), void *ctx)
{
	struct rate_import *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->rates = rates;
	r->in_force = in_force;
	r->ctx = ctx;
	r->timer = event_new(base, -1, 0, on_silence, r);
	if (r->timer)
		return r;
	free(r);
	return NULL;
}

void rate_import_free(struct rate_import *r)
{
	if (!r)
		return;
	drop(r);
	event_free(r->timer);
	free(r);
}

static void refuse(const struct rate_import_ops *ops, const char *error,
		   const char *field, const char *what)
{
	struct issue issue;

	(void)issue_set(&issue, field, "%s", what);
	ops->done(ops->ctx, error, &issue);
}

/* What would become of the list: counts, by looking at the table. */
static void compare(struct rate_import *r)
{
	struct rates_note *s = &r->summary;
	char prefix[40];
	size_t n, there = 0;
	const struct call_rate *rows = rate_csv_rows(r->csv, &n);

	record_init(&rates_note_record, s);
	s->wrong = (uint32_t)rate_csv_wrong(r->csv);
	for (size_t i = 0; i < n; i++) {
		const struct call_rate *is = table_get(r->rates, rows[i].id);

		if (!is)
			s->new ++;
		else if (record_equal(&call_rate_record, is, &rows[i], NULL))
			s->same++;
		else
			s->changed++;
	}
	snprintf(prefix, sizeof(prefix), "%s/", r->list);
	for (size_t i = 0; i < table_count(r->rates); i++) {
		const struct call_rate *row = table_at(r->rates, i);

		there += !strncmp(row->id, prefix, strlen(prefix));
	}
	s->gone = (uint32_t)(there - s->same - s->changed);
	snprintf(s->what, sizeof(s->what),
		 "%u new, %u changed, %u as they were, %u gone, %u wrong",
		 s->new, s->changed, s->same, s->gone, s->wrong);
}

static void tell(const struct rate_import *r, const struct rate_csv *csv,
		 const struct rate_import_ops *ops)
{
	const struct rates_note *note;

	ops->note(ops->ctx, &r->summary);
	for (size_t i = 0; (note = rate_csv_note(csv, i)); i++)
		ops->note(ops->ctx, note);
	ops->done(ops->ctx, NULL, NULL);
}

static void on_written(void *ctx, const struct issue *issue)
{
	struct rate_import *r = ctx;
	const struct rate_import_ops ops = r->ops;
	struct rate_csv *csv = r->csv;

	r->writing = false;
	r->csv = NULL;
	r->summary.done = !issue;
	if (!issue)
		r->in_force(r->ctx);
	if (issue)
		ops.done(ops.ctx, "Failed", issue);
	else
		tell(r, csv, &ops);
	rate_csv_free(csv);
}

static void finish(struct rate_import *r, bool dry_run,
		   const struct rate_import_ops *ops)
{
	const struct call_rate *rows;
	char prefix[40];
	size_t n;

	event_del(r->timer);
	rate_csv_end(r->csv);
	compare(r);
	if (dry_run || rate_csv_wrong(r->csv)) {
		tell(r, r->csv, ops);
		drop(r);
		return;
	}
	rows = rate_csv_rows(r->csv, &n);
	snprintf(prefix, sizeof(prefix), "%s/", r->list);
	r->ops = *ops;
	r->writing = true;
	if (!table_replace_many(r->rates, r->actor, prefix, rows, n, on_written,
				r))
		return;
	r->writing = false;
	drop(r);
	refuse(ops, "Failed", "csv", "no memory");
}

/* 0, or the refusal is answered. */
static int begin(struct rate_import *r, const char *actor,
		 const struct rates_import *part,
		 const struct rate_import_ops *ops)
{
	bool same = r->csv && !strcmp(r->actor, actor) &&
		    !strcmp(r->list, part->list);

	if (r->writing || (r->csv && !same)) {
		refuse(ops, "Busy", "list",
		       "another import goes on; try again in a minute");
		return -EBUSY;
	}
	if (part->part == 0) {
		drop(r);
		r->csv = rate_csv_new(part->list);
		r->part = 0;
		snprintf(r->actor, sizeof(r->actor), "%s", actor);
		snprintf(r->list, sizeof(r->list), "%s", part->list);
	}
	if (!r->csv && !part->part) {
		refuse(ops, "Failed", "csv", "no memory");
		return -ENOMEM;
	}
	if (!r->csv || part->part != r->part) {
		refuse(ops, "Invalid", "part",
		       "is not the next one; begin again with 0");
		return -EINVAL;
	}
	return 0;
}

void rate_import_part(struct rate_import *r, const char *actor,
		      const struct rates_import *part,
		      const struct rate_import_ops *ops)
{
	const struct timeval wait = { WAIT_S, 0 };

	if (begin(r, actor, part, ops))
		return;
	r->part++;
	rate_csv_feed(r->csv, part->csv, strlen(part->csv));
	if (!part->more) {
		finish(r, part->dry_run, ops);
		return;
	}
	(void)event_add(r->timer, &wait);
	record_init(&rates_note_record, &r->summary);
	r->summary.wrong = (uint32_t)rate_csv_wrong(r->csv);
	snprintf(r->summary.what, sizeof(r->summary.what), "part %u is there",
		 part->part);
	tell(r, r->csv, ops);
}

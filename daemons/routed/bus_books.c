/* org.sallyport.Route1, what the books are told and asked. */
#include "bus_books.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus.h"
#include "cdr_search.h"
#include "clock.h"
#include "rate_import.h"
#include "routed.h"
#include "secret.h"

/* A verdict that waits until the books have written it down. */
struct asked {
	struct bus_req *req;
	struct verdict verdict;
};

static void on_reserved(void *ctx, int err)
{
	struct asked *a = ctx;

	if (err) {
		record_init(&verdict_record, &a->verdict);
		a->verdict.code = err == -EDQUOT ? 403 : 503;
		snprintf(a->verdict.prompts, sizeof(a->verdict.prompts),
			 "ss-noservice");
		snprintf(a->verdict.reason, sizeof(a->verdict.reason), "%s",
			 err == -EDQUOT ? "a limit was used up meanwhile"
					: "the call could not be written down");
	}
	bus_reply(a->req, &a->verdict);
	free(a);
}

void bus_books_ask(void *ctx, struct bus_req *req, const void *in)
{
	struct routed *r = ctx;
	struct plan_usage usage = routed_usage(r);
	struct plan_question q = { .ask = in,
				   .now_ms = clock_wall_ms(),
				   .usage = &usage };
	struct asked *a = calloc(1, sizeof(*a));
	struct plan_choice choice;

	if (!a) {
		bus_reply_error(req, "Failed", "no memory");
		return;
	}
	a->req = req;
	plan_decide(routed_plan(r), &q, &a->verdict, &choice);
	pin_desk_note(r->pins, in, &choice);
	brake_desk_note(r->brakes, in, &choice, &a->verdict, q.now_ms);
	books_reserve(r->books, in, &choice, q.now_ms, on_reserved, a);
	secret_wipe(&choice, sizeof(choice));
}

static void on_lease(void *ctx, int err, const struct lease *lease)
{
	if (err)
		bus_reply_error(ctx, "Full",
				"more time could not be written down (%s)",
				strerror(-err));
	else
		bus_reply(ctx, lease);
}

void bus_books_renew(void *ctx, struct bus_req *req, const void *in)
{
	struct routed *r = ctx;

	books_renew(r->books, in, clock_wall_ms(), on_lease, req);
}

static void on_written(void *ctx, int err)
{
	if (err)
		bus_reply_error(ctx, "Full",
				"the call record could not be kept (%s): "
				"free disk space, then tell it again",
				strerror(-err));
	else
		bus_reply(ctx, NULL);
}

void bus_books_ended(void *ctx, struct bus_req *req, const void *in)
{
	struct routed *r = ctx;

	pin_desk_ended(r->pins, in);
	brake_desk_ended(r->brakes, in);
	books_end(r->books, in, clock_wall_ms(), on_written, req);
}

/* --- call records --- */

static void on_record(void *ctx, const struct cdr *row)
{
	bus_reply_row(ctx, row);
}

static void unreadable(struct bus_req *req, int err)
{
	bus_reply_error(req, "Failed", "the records cannot be read: %s",
			strerror(-err));
}

static void on_all_records(void *ctx, int err)
{
	if (err)
		unreadable(ctx, err);
	else
		bus_reply_end(ctx);
}

/* False: it did not begin, and that is answered. */
static bool search(struct routed *r, struct bus_req *req,
		   const struct cdr_hunt *hunt)
{
	struct issue issue;
	int err = cdr_search(r->searches, hunt, &issue);

	if (!err)
		return true;
	if (err == -EINVAL)
		bus_reply_error(req, "Invalid", "%s: %s", issue.field,
				issue.what);
	else if (err == -EBUSY)
		bus_reply_error(req, "Busy", "too many searches go on already");
	else
		unreadable(req, err);
	return false;
}

void bus_books_records(void *ctx, struct bus_req *req, const void *in)
{
	const struct records_ask *ask = in;

	(void)search(ctx, req,
		     &(struct cdr_hunt){ .filter = ask->filter,
					 .limit = ask->limit,
					 .row = on_record,
					 .done = on_all_records,
					 .ctx = req });
}

struct totalling {
	struct bus_req *req;
	struct records_total total;
};

static void add_record(void *ctx, const struct cdr *row)
{
	struct totalling *t = ctx;

	t->total.calls++;
	t->total.answered += row->disposition == CDR_DISPOSITION_ANSWERED;
	t->total.talk_s += row->talk_s;
	t->total.cost_milli += row->cost_milli;
}

static void on_total(void *ctx, int err)
{
	struct totalling *t = ctx;

	if (err)
		unreadable(t->req, err);
	else
		bus_reply(t->req, &t->total);
	free(t);
}

void bus_books_totals(void *ctx, struct bus_req *req, const void *in)
{
	struct totalling *t = calloc(1, sizeof(*t));
	const struct filter *f = in;

	if (!t) {
		unreadable(req, -ENOMEM);
		return;
	}
	t->req = req;
	if (!search(ctx, req,
		    &(struct cdr_hunt){ .filter = f->filter,
					.limit = UINT64_MAX,
					.row = add_record,
					.done = on_total,
					.ctx = t }))
		free(t);
}

/* --- price lists --- */

static void on_note(void *ctx, const struct rates_note *note)
{
	bus_reply_row(ctx, note);
}

static void on_imported(void *ctx, const char *error, const struct issue *issue)
{
	if (error)
		bus_reply_error(ctx, error, "%s: %s", issue->field,
				issue->what);
	else
		bus_reply_end(ctx);
}

void bus_books_import_rates(void *ctx, struct bus_req *req, const void *in)
{
	struct routed *r = ctx;

	rate_import_part(
		r->rate_import, bus_req_actor(req), in,
		&(struct rate_import_ops){ on_note, on_imported, req });
}

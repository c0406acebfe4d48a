/* org.sallyport.Route1: unpacks, asks the plan or the books, packs. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bus.h"
#include "cdr_page.h"
#include "clock.h"
#include "route_bus.h"
#include "routed.h"

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

static void on_ask(void *ctx, struct bus_req *req, const void *in)
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
	books_reserve(r->books, in, &choice, q.now_ms, on_reserved, a);
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

static void on_renew(void *ctx, struct bus_req *req, const void *in)
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

static void on_ended(void *ctx, struct bus_req *req, const void *in)
{
	struct routed *r = ctx;

	pin_desk_ended(r->pins, in);
	books_end(r->books, in, clock_wall_ms(), on_written, req);
}

static void on_line(void *ctx, const struct explain_line *line)
{
	bus_reply_row(ctx, line);
}

/* "now", "2026-12-24T18:00" or "2026-12-24T18:00:00" in the box's zone. */
static int parse_time(const char *text, uint64_t *ms)
{
	struct tm tm = { .tm_isdst = -1 };
	const char *end;
	time_t t;

	if (!*text || !strcmp(text, "now")) {
		*ms = clock_wall_ms();
		return 0;
	}
	end = strptime(text, "%Y-%m-%dT%H:%M", &tm);
	if (end && *end == ':')
		end = strptime(end, ":%S", &tm);
	if (!end || *end)
		return -EINVAL;
	t = mktime(&tm);
	if (t < 0)
		return -EINVAL;
	*ms = (uint64_t)t * 1000;
	return 0;
}

static void on_explain(void *ctx, struct bus_req *req, const void *in)
{
	struct plan_trace trace = { .line = on_line, .ctx = req };
	const struct explain_ask *e = in;
	struct routed *r = ctx;
	struct plan_usage usage = routed_usage(r);
	struct plan_question q = { .trace = &trace,
				   .usage = &usage,
				   .suppose_pin = true };
	struct plan_choice choice;
	struct verdict v;
	struct ask ask;

	if (parse_time(e->time, &q.now_ms)) {
		bus_reply_error(req, "Invalid",
				"time: write now, or 2026-12-24T18:00");
		return;
	}
	record_init(&ask_record, &ask);
	memcpy(ask.who, e->extension, sizeof(ask.who));
	memcpy(ask.number, e->number, sizeof(ask.number));
	q.ask = &ask;
	plan_decide(routed_plan(r), &q, &v, &choice);
	bus_reply_end(req);
}

static void on_record(void *ctx, const struct cdr *row)
{
	bus_reply_row(ctx, row);
}

static void on_records(void *ctx, struct bus_req *req, const void *in)
{
	struct routed *r = ctx;
	struct issue issue;
	int err = cdr_page(r->service->store, in, on_record, req, &issue);

	if (err == -EINVAL)
		bus_reply_error(req, "Invalid", "%s: %s", issue.field,
				issue.what);
	else if (err)
		bus_reply_error(req, "Failed", "the records cannot be read: %s",
				strerror(-err));
	else
		bus_reply_end(req);
}

static void on_unlock(void *ctx, struct bus_req *req, const void *in)
{
	const struct extension_number *e = in;
	struct routed *r = ctx;
	int err = pin_desk_unlock(r->pins, e->extension);

	if (err == -ENOENT)
		bus_reply_error(req, "NoSuch",
				"extension: no wrong PIN is known of %s",
				e->extension);
	else if (err)
		bus_reply_error(req, "Full",
				"it cannot be written down: %s; a restart "
				"would lock it again",
				strerror(-err));
	else
		bus_reply(req, NULL);
}

int routed_bus_open(struct routed *r)
{
	static const bus_method_fn fns[ROUTE_N_METHODS] = {
		[ROUTE_ASK] = on_ask,         [ROUTE_RENEW] = on_renew,
		[ROUTE_ENDED] = on_ended,     [ROUTE_EXPLAIN] = on_explain,
		[ROUTE_RECORDS] = on_records, [ROUTE_UNLOCK] = on_unlock,
	};

	return bus_export(r->service->bus, &route_iface, fns, r);
}

/* org.sallyport.Route1: unpacks, asks the plan or the books, packs. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus.h"
#include "bus_books.h"
#include "clock.h"
#include "moment.h"
#include "route_bus.h"
#include "routed.h"

static void on_line(void *ctx, const struct explain_line *line)
{
	bus_reply_row(ctx, line);
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

	if (moment_parse(e->time, clock_wall_ms(), &q.now_ms)) {
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
		[ROUTE_ASK] = bus_books_ask,
		[ROUTE_RENEW] = bus_books_renew,
		[ROUTE_ENDED] = bus_books_ended,
		[ROUTE_EXPLAIN] = on_explain,
		[ROUTE_RECORDS] = bus_books_records,
		[ROUTE_IMPORT_RATES] = bus_books_import_rates,
		[ROUTE_TOTALS] = bus_books_totals,
		[ROUTE_UNLOCK] = on_unlock,
	};

	return bus_export(r->service->bus, &route_iface, fns, r);
}

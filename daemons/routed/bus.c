/* org.sallyport.Route1: unpacks, asks the plan or the books, packs. */
#include <errno.h>
#include <string.h>

#include "bus.h"
#include "bus_books.h"
#include "bus_plan.h"
#include "route_bus.h"
#include "routed.h"

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
		[ROUTE_EXPLAIN] = bus_plan_explain,
		[ROUTE_EXPLAIN_INBOUND] = bus_plan_explain_inbound,
		[ROUTE_EXPOSURE] = bus_plan_exposure,
		[ROUTE_SHADOWED] = bus_plan_shadowed,
		[ROUTE_RISKS] = bus_plan_risks,
		[ROUTE_HOURS] = bus_plan_hours,
		[ROUTE_RECORDS] = bus_books_records,
		[ROUTE_IMPORT_RATES] = bus_books_import_rates,
		[ROUTE_TOTALS] = bus_books_totals,
		[ROUTE_UNLOCK] = on_unlock,
	};

	return bus_export(r->service->bus, &route_iface, fns, r);
}

#include "route_client.h"

#include <stdlib.h>
#include <sys/queue.h>

#include "bus.h"
#include "records.h"
#include "route_bus.h"

enum { RENEW_MS = 1000 };

struct pending {
	LIST_ENTRY(pending) in_client;
	struct route_client *client;
	route_asked_fn asked;
	route_ended_fn ended;
	route_renewed_fn renewed;
	void *ctx;
};

struct route_client {
	struct bus *bus;
	struct route_client_ops ops;
	void *ctx;
	LIST_HEAD(, pending) pending;
};

static void on_instruct(void *arg, const void *rec)
{
	struct route_client *r = arg;

	r->ops.instruct(r->ctx, rec);
}

static void on_peer(void *arg, bool there)
{
	struct route_client *r = arg;

	r->ops.there(r->ctx, there);
}

struct route_client *route_client_new(struct bus *bus,
				      const struct route_client_ops *ops,
				      void *ctx)
{
	struct route_client *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->bus = bus;
	r->ops = *ops;
	r->ctx = ctx;
	LIST_INIT(&r->pending);
	if (bus_watch(bus, &route_iface, ROUTE_SIG_INSTRUCT, on_instruct, r) <
		    0 ||
	    bus_watch_peer(bus, route_iface.dest, on_peer, r) < 0) {
		route_client_free(r);
		return NULL;
	}
	return r;
}

static void drop(struct pending *p)
{
	LIST_REMOVE(p, in_client);
	free(p);
}

void route_client_free(struct route_client *r)
{
	struct pending *p;

	if (r == NULL)
		return;
	bus_forget(r->bus, r);
	while ((p = LIST_FIRST(&r->pending)) != NULL) {
		bus_forget(r->bus, p);
		drop(p);
	}
	free(r);
}

/* The answer, or that there is none. */
static void tell(const struct pending *p, bool ok, const void *out)
{
	if (p->asked != NULL)
		p->asked(p->ctx, ok ? out : NULL);
	else if (p->renewed != NULL)
		p->renewed(p->ctx, ok ? out : NULL);
	else
		p->ended(p->ctx, ok);
}

static void on_answer(void *arg, const struct bus_error *error, const void *out)
{
	struct pending p = *(struct pending *)arg;

	drop(arg);
	tell(&p, error == NULL, out);
}

static void call(struct route_client *r, size_t method, const void *in,
		 uint32_t deadline_ms, const struct pending *how)
{
	struct pending *p = malloc(sizeof(*p));

	if (p != NULL) {
		*p = *how;
		p->client = r;
		LIST_INSERT_HEAD(&r->pending, p, in_client);
		if (bus_call(r->bus, &route_iface, method, in, deadline_ms,
			     on_answer, p) == 0)
			return;
		drop(p);
	}
	tell(how, false, NULL);
}

void route_ask(struct route_client *r, const struct ask *ask,
	       route_asked_fn done, void *ctx)
{
	call(r, ROUTE_ASK, ask, 0,
	     &(struct pending){ .asked = done, .ctx = ctx });
}

void route_renew(struct route_client *r, const struct renew *renew,
		 route_renewed_fn done, void *ctx)
{
	call(r, ROUTE_RENEW, renew, RENEW_MS,
	     &(struct pending){ .renewed = done, .ctx = ctx });
}

void route_ended(struct route_client *r, const struct cdr *cdr,
		 route_ended_fn done, void *ctx)
{
	call(r, ROUTE_ENDED, cdr, 0,
	     &(struct pending){ .ended = done, .ctx = ctx });
}

void route_forget(struct route_client *r, void *ctx)
{
	struct pending *p = LIST_FIRST(&r->pending);

	while (p != NULL) {
		struct pending *next = LIST_NEXT(p, in_client);

		if (p->ctx == ctx) {
			bus_forget(r->bus, p);
			drop(p);
		}
		p = next;
	}
}

/* The bus dies and comes back: what waits fails, the rest goes on. */
#include <event2/event.h>

#include "bus.h"
#include "bus_world.h"
#include "check.h"
#include "route_bus.h"
#include "sip_bus.h"

struct news {
	int up;
	int down;
};

struct state {
	int done;
	int failed;
	char error[128];
	int facts;
};

static void on_news(void *ctx, bool there)
{
	struct news *n = ctx;

	if (there)
		n->up++;
	else
		n->down++;
}

/* Keeps the request; bus_close() drops it. */
static void on_ask_kept(void *ctx, struct bus_req *req, const void *in)
{
	(void)in;
	(void)req;
	(*(int *)ctx)++;
}

static void on_ended(void *ctx, struct bus_req *req, const void *in)
{
	(void)ctx;
	(void)in;
	bus_reply(req, NULL);
}

static void on_done(void *ctx, const struct bus_error *error, const void *out)
{
	struct state *s = ctx;

	(void)out;
	if (error) {
		s->failed++;
		snprintf(s->error, sizeof(s->error), "%s", error->name);
	} else {
		s->done++;
	}
}

static void on_fact(void *ctx, const void *rec)
{
	(void)rec;
	((struct state *)ctx)->facts++;
}

static void call(struct bus_world *w, size_t method, struct state *s)
{
	struct ask ask;
	struct cdr cdr;

	record_init(&ask_record, &ask);
	snprintf(ask.call, sizeof(ask.call), "c");
	snprintf(ask.who, sizeof(ask.who), "801");
	snprintf(ask.number, sizeof(ask.number), "802");
	record_init(&cdr_record, &cdr);
	snprintf(cdr.id, sizeof(cdr.id), "c1");
	CHECK_EQ(bus_call(w->sipd, &route_iface, method,
			  method == ROUTE_ASK ? (void *)&ask : (void *)&cdr,
			  10000, on_done, s),
		 0);
}

static void emit_fact(struct bus *bus)
{
	struct call_fact fact;

	record_init(&call_fact_record, &fact);
	snprintf(fact.call, sizeof(fact.call), "c1");
	CHECK_EQ(bus_emit(bus, &sip_iface, SIP_SIG_CALL_FACT, &fact), 0);
}

static void round_of(struct bus_world *w, struct state *s, int *asked)
{
	struct news sip = { 0 }, route = { 0 }, bus = { 0 };
	int before = s->facts, route_up, sip_up;

	s->done = s->failed = 0;
	CHECK_EQ(bus_watch_peer(w->sipd, NULL, on_news, &bus), 0);
	CHECK_EQ(
		bus_watch_peer(w->sipd, "org.sallyport.Route", on_news, &route),
		0);
	CHECK_EQ(bus_watch_peer(w->routed, "org.sallyport.Sip", on_news, &sip),
		 0);
	CHECK_EQ(bus.up, 1);
	loop_until(w->base, &route.up);
	loop_until(w->base, &sip.up);

	route_up = route.up;
	sip_up = sip.up;
	*asked = 0;
	call(w, ROUTE_ASK, s);
	loop_until(w->base, asked);
	bus_fixture_kill(&w->fixture);

	/* At once, not when the deadline of 10 s is over. */
	loop_until(w->base, &s->failed);
	CHECK_STR(s->error, "org.sallyport.Error.Gone");
	loop_until(w->base, &bus.down);
	loop_until(w->base, &route.down);

	call(w, ROUTE_ENDED, s);
	CHECK_EQ(s->failed, 1);
	loop_until_count(w->base, &s->failed, 2);
	emit_fact(w->sipd); /* dropped, and no harm */

	bus_fixture_again(&w->fixture);
	loop_until_count(w->base, &bus.up, 2);
	loop_until_count(w->base, &route.up, route_up + 1);
	loop_until_count(w->base, &sip.up, sip_up + 1);

	call(w, ROUTE_ENDED, s);
	loop_until(w->base, &s->done);
	emit_fact(w->sipd);
	loop_until_count(w->base, &s->facts, before + 1);
	bus_unwatch(w->sipd, &bus);
	bus_unwatch(w->sipd, &route);
	bus_unwatch(w->routed, &sip);
}

/* Somebody took the name while the bus was away: we try until it is ours. */
static void test_name_taken(struct bus_world *w)
{
	struct state s = { 0 };
	struct news route = { 0 };
	struct bus *thief;
	char why[200];

	CHECK_EQ(
		bus_watch_peer(w->sipd, "org.sallyport.Route", on_news, &route),
		0);
	CHECK_EQ(route.up, 1);
	bus_fixture_kill(&w->fixture);
	bus_fixture_again(&w->fixture);
	thief = bus_world_open(w, "routed", "org.sallyport.Route", false);
	CHECK_EQ(bus_go(thief, why, sizeof(why)), 0);
	loop_until_count(w->base, &route.up, 2); /* it is the thief's */
	bus_close(thief);

	while (!s.done) {
		int told = s.failed;

		call(w, ROUTE_ENDED, &s);
		while (!s.done && s.failed == told)
			CHECK(event_base_loop(w->base, EVLOOP_ONCE) >= 0);
		CHECK(s.failed < 1000000);
	}
	bus_unwatch(w->sipd, &route);
}

int main(void)
{
	static const bus_method_fn fns[ROUTE_N_METHODS] = {
		[ROUTE_ASK] = on_ask_kept,
		[ROUTE_ENDED] = on_ended,
	};
	struct bus_world w;
	struct state s = { 0 };
	int asked = 0;

	bus_world_start(&w, false);
	CHECK_EQ(bus_export(w.routed, &route_iface, fns, &asked), 0);
	CHECK_EQ(
		bus_watch(w.routed, &sip_iface, SIP_SIG_CALL_FACT, on_fact, &s),
		0);
	for (int i = 0; i < 2; i++)
		round_of(&w, &s, &asked);
	test_name_taken(&w);
	bus_world_stop(&w);
	return 0;
}

/* Signals: who hears them, and from whom. */
#include <errno.h>
#include <event2/event.h>

#include "bus.h"
#include "bus_raw.h"
#include "bus_record.h"
#include "bus_world.h"
#include "check.h"
#include "route_bus.h"
#include "sip_bus.h"

struct heard {
	struct instruct instruct;
	int n;
};

struct facts {
	int n; /* in order, or we abort */
};

struct presence {
	int n;
	int there;
	int gone;
};

static void on_instruct(void *ctx, const void *rec)
{
	struct heard *h = ctx;

	h->instruct = *(const struct instruct *)rec;
	h->n++;
}

static void on_fact(void *ctx, const void *rec)
{
	const struct call_fact *fact = rec;
	struct facts *f = ctx;

	CHECK_EQ(fact->at_ms, f->n);
	f->n++;
}

static void on_peer(void *ctx, bool there)
{
	struct presence *p = ctx;

	p->n++;
	if (there)
		p->there++;
	else
		p->gone++;
}

static void emit_instruct(struct bus *bus, uint32_t serial)
{
	struct instruct in;

	record_init(&instruct_record, &in);
	snprintf(in.call, sizeof(in.call), "c1");
	in.serial = serial;
	CHECK_EQ(bus_emit(bus, &route_iface, ROUTE_SIG_INSTRUCT, &in), 0);
}

static void emit_fact(struct bus *bus, uint64_t at_ms)
{
	struct call_fact fact;

	record_init(&call_fact_record, &fact);
	snprintf(fact.call, sizeof(fact.call), "c1");
	fact.at_ms = at_ms;
	CHECK_EQ(bus_emit(bus, &sip_iface, SIP_SIG_CALL_FACT, &fact), 0);
}

static void test_unicast(struct bus_world *w)
{
	struct bus *evil = bus_world_open(w, "guardd", NULL, false);
	struct bus *other = bus_world_open(w, "httpd", NULL, false);
	struct heard h = { 0 }, far = { 0 };

	CHECK_EQ(bus_watch(w->sipd, &route_iface, ROUTE_SIG_INSTRUCT,
			   on_instruct, &h),
		 0);
	CHECK_EQ(bus_watch(other, &route_iface, ROUTE_SIG_INSTRUCT, on_instruct,
			   &far),
		 0);
	bus_world_settle(w, w->sipd);
	bus_world_settle(w, other);

	emit_instruct(w->routed, 1);
	loop_until(w->base, &h.n);
	CHECK_EQ(h.instruct.serial, 1);

	/* A unicast signal passes every match rule; the sender is not routed,
	   so it is nothing. */
	emit_instruct(evil, 2);
	bus_world_settle(w, evil);
	emit_instruct(w->routed, 3);
	loop_until_count(w->base, &h.n, 2);
	CHECK_EQ(h.instruct.serial, 3);

	bus_world_settle(w, other);
	CHECK_EQ(far.n, 0); /* it is for sipd alone */

	bus_unwatch(w->sipd, &h);
	emit_instruct(w->routed, 4);
	bus_world_settle(w, w->routed);
	bus_world_settle(w, w->sipd);
	CHECK_EQ(h.n, 2);
	bus_close(evil);
	bus_close(other);
}

static void test_broadcast(struct bus_world *w)
{
	struct facts a = { 0 }, b = { 0 };
	int n = 700; /* more than a batch */

	CHECK_EQ(bus_watch(w->routed, &sip_iface, SIP_SIG_CALL_FACT, on_fact,
			   &a),
		 0);
	CHECK_EQ(bus_watch(w->routed, &sip_iface, SIP_SIG_CALL_FACT, on_fact,
			   &b),
		 0);
	bus_world_settle(w, w->routed);

	emit_fact(w->sipd, 0);
	loop_until(w->base, &a.n);
	for (int i = 1; i < n; i++)
		emit_fact(w->sipd, (uint64_t)i);
	loop_until_count(w->base, &a.n, n);
	CHECK_EQ(b.n, n);

	bus_unwatch(w->routed, &a);
	emit_fact(w->sipd, (uint64_t)n);
	loop_until_count(w->base, &b.n, n + 1);
	CHECK_EQ(a.n, n);
	bus_unwatch(w->routed, &b);
}

/* Three facts in one message; the second is out of the schema's range. */
static DBusMessage *three_facts(void)
{
	char fields[BUS_SIGNATURE], signature[BUS_SIGNATURE + 3];
	DBusMessageIter it, array;
	struct call_fact fact;
	DBusMessage *m;

	m = dbus_message_new_signal(sip_iface.path, sip_iface.name, "CallFact");
	CHECK(m);
	bus_signature(&call_fact_record, fields);
	snprintf(signature, sizeof(signature), "(%s)", fields);
	dbus_message_iter_init_append(m, &it);
	CHECK(dbus_message_iter_open_container(&it, DBUS_TYPE_ARRAY, signature,
					       &array));
	record_init(&call_fact_record, &fact);
	snprintf(fact.call, sizeof(fact.call), "c1");
	CHECK_EQ(bus_put_struct(&array, &call_fact_record, &fact), 0);
	fact.code = 70000;
	CHECK_EQ(bus_put_struct(&array, &call_fact_record, &fact), 0);
	/* What cannot be sent at all leaves the message as it was. */
	fact.state = 99;
	CHECK_EQ(bus_put_struct(&array, &call_fact_record, &fact), -EINVAL);
	fact.state = 0;
	fact.code = 0;
	fact.at_ms = 1;
	CHECK_EQ(bus_put_struct(&array, &call_fact_record, &fact), 0);
	CHECK(dbus_message_iter_close_container(&it, &array));
	return m;
}

/* Only what has the types and the range of the schema arrives. */
static void test_bad_signal(struct bus_world *w)
{
	struct facts a = { 0 };
	const char *text = "x";
	DBusMessage *m;

	CHECK_EQ(bus_watch(w->routed, &sip_iface, SIP_SIG_CALL_FACT, on_fact,
			   &a),
		 0);
	bus_world_settle(w, w->routed);

	m = dbus_message_new_signal(sip_iface.path, sip_iface.name, "CallFact");
	CHECK(m);
	CHECK(dbus_message_append_args(m, DBUS_TYPE_STRING, &text,
				       DBUS_TYPE_STRING, &text,
				       DBUS_TYPE_INVALID));
	CHECK_EQ(bus_emit_raw(w->sipd, m), 0);
	dbus_message_unref(m);

	m = three_facts();
	CHECK_EQ(bus_emit_raw(w->sipd, m), 0);
	dbus_message_unref(m);
	loop_until_count(w->base, &a.n, 2);
	emit_fact(w->sipd, 2);
	loop_until_count(w->base, &a.n, 3);
	bus_unwatch(w->routed, &a);
}

static void test_peer(struct bus_world *w)
{
	struct presence p = { 0 };
	char why[200] = "";
	struct bus *guardd =
		bus_world_open(w, "guardd", "org.sallyport.Guard", false);

	CHECK_EQ(bus_watch_peer(w->sipd, "org.sallyport.Guard", on_peer, &p),
		 0);
	CHECK_EQ(p.gone, 1); /* told at once */
	CHECK_EQ(bus_go(guardd, why, sizeof(why)), 0);
	loop_until(w->base, &p.there);
	bus_close(guardd);
	loop_until_count(w->base, &p.gone, 2);

	guardd = bus_world_open(w, "guardd", "org.sallyport.Guard", false);
	CHECK_EQ(bus_go(guardd, why, sizeof(why)), 0);
	loop_until_count(w->base, &p.there, 2);
	CHECK_EQ(p.n, 4);

	/* A second one of the same name does not start. */
	{
		struct bus *twin = bus_world_open(w, "guardd",
						  "org.sallyport.Guard", false);

		CHECK(bus_go(twin, why, sizeof(why)) < 0);
		CHECK(strstr(why, "is another guardd running"));
		bus_close(twin);
	}

	bus_unwatch(w->sipd, &p);
	bus_close(guardd);
	bus_world_settle(w, w->sipd);
	CHECK_EQ(p.n, 4);
}

int main(void)
{
	struct bus_world w;

	bus_world_start(&w, false);
	test_unicast(&w);
	test_broadcast(&w);
	test_bad_signal(&w);
	test_peer(&w);
	bus_world_stop(&w);
	return 0;
}

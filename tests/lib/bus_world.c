#include "bus_world.h"

#include <event2/event.h>

#include "bus.h"
#include "bus_raw.h"
#include "check.h"

struct bus *bus_world_open(struct bus_world *w, const char *daemon,
			   const char *name, bool run_dir)
{
	const struct bus_config config = {
		.address = w->fixture.address,
		.name = name,
		.daemon = daemon,
		.run_dir = run_dir ? w->fixture.dir : NULL,
	};
	char why[200] = "";
	struct bus *bus = bus_open(w->base, &config, why, sizeof(why));

	CHECK_STR(why, "");
	CHECK(bus);
	return bus;
}

void bus_world_start(struct bus_world *w, bool run_dir)
{
	char why[200] = "";

	bus_fixture_start(&w->fixture, NULL);
	w->base = event_base_new();
	CHECK(w->base);
	w->routed = bus_world_open(w, "routed", "org.sallyport.Route", run_dir);
	w->sipd = bus_world_open(w, "sipd", "org.sallyport.Sip", run_dir);
	CHECK_EQ(bus_go(w->routed, why, sizeof(why)), 0);
	CHECK_EQ(bus_go(w->sipd, why, sizeof(why)), 0);
}

void bus_world_stop(struct bus_world *w)
{
	bus_close(w->sipd);
	bus_close(w->routed);
	event_base_free(w->base);
	bus_fixture_stop(&w->fixture);
}

static void on_pong(void *ctx, const struct bus_error *error, DBusMessage *m)
{
	(void)error;
	(void)m;
	*(int *)ctx = 1;
}

void bus_world_settle(struct bus_world *w, struct bus *bus)
{
	DBusMessage *m;
	int done = 0;

	m = dbus_message_new_method_call(DBUS_SERVICE_DBUS, DBUS_PATH_DBUS,
					 DBUS_INTERFACE_PEER, "Ping");
	CHECK(m);
	CHECK_EQ(bus_call_raw(bus, m, 0, on_pong, &done), 0);
	dbus_message_unref(m);
	loop_until(w->base, &done);
}

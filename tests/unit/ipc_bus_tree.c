/* Introspection: well-formed on every path, and complete. */
#include <event2/event.h>

#include "bus.h"
#include "bus_raw.h"
#include "bus_world.h"
#include "check.h"
#include "firewall_bus.h"
#include "guard_bus.h"
#include "media_bus.h"
#include "route_bus.h"
#include "sip_bus.h"
#include "web_bus.h"

enum { DEEP = 8, TEXT = 1 << 17 };

struct answer {
	char xml[TEXT];
	char error[128];
	int done;
};

static void on_xml(void *ctx, const struct bus_error *error, DBusMessage *m)
{
	struct answer *a = ctx;
	const char *xml = "";

	snprintf(a->error, sizeof(a->error), "%s", error ? error->name : "");
	if (m)
		CHECK(dbus_message_get_args(m, NULL, DBUS_TYPE_STRING, &xml,
					    DBUS_TYPE_INVALID));
	CHECK(strlen(xml) < sizeof(a->xml));
	snprintf(a->xml, sizeof(a->xml), "%s", xml);
	a->done = 1;
}

static void introspect(struct bus_world *w, const char *path, struct answer *a)
{
	DBusMessage *m;

	m = dbus_message_new_method_call("org.sallyport.Route", path,
					 DBUS_INTERFACE_INTROSPECTABLE,
					 "Introspect");
	CHECK(m);
	a->done = 0;
	CHECK_EQ(bus_call_raw(w->sipd, m, 0, on_xml, a), 0);
	dbus_message_unref(m);
	loop_until(w->base, &a->done);
}

/* Every element that opens closes, in order; comments are skipped. */
static void check_well_formed(const char *p)
{
	char open[DEEP][32];
	size_t depth = 0, n;
	const char *end;

	while ((p = strchr(p, '<'))) {
		end = strchr(p, '>');
		CHECK(end);
		if (!strncmp(p, "<!--", 4)) {
			end = strstr(p, "-->");
			CHECK(end);
		} else if (p[1] == '/') {
			n = (size_t)(end - p - 2);
			CHECK(depth > 0);
			depth--;
			CHECK_EQ(n, strlen(open[depth]));
			CHECK(!strncmp(p + 2, open[depth], n));
		} else if (p[1] != '!' && end[-1] != '/') {
			n = strcspn(p + 1, " >");
			CHECK(depth < DEEP && n < sizeof(open[0]));
			memcpy(open[depth], p + 1, n);
			open[depth++][n] = '\0';
		}
		p = end;
	}
	CHECK_EQ(depth, 0);
}

static void on_raw(void *ctx, struct bus_req *req, DBusMessage *call)
{
	(void)ctx;
	(void)call;
	bus_reply_raw(req, bus_reply_new(req));
}

static void test_paths(struct bus_world *w, struct answer *a)
{
	introspect(w, "/", a);
	check_well_formed(a->xml);
	CHECK(strstr(a->xml, "<node name=\"org\"/>"));

	introspect(w, "/org/sallyport", a);
	check_well_formed(a->xml);
	CHECK(strstr(a->xml, "<node name=\"Route\"/>"));
	CHECK(!strstr(strstr(a->xml, "\"Route\"") + 1, "\"Route\""));

	introspect(w, "/org/sallyport/Route", a);
	check_well_formed(a->xml);
	CHECK(strstr(a->xml, "<interface name=\"org.sallyport.Route1\">"));
	CHECK(strstr(a->xml, "<node name=\"pin\"/>"));
	CHECK(strstr(a->xml, "<node name=\"pin_set\"/>"));

	introspect(w, "/org/sallyport/Route/pin", a);
	check_well_formed(a->xml);
	CHECK(strstr(a->xml, "<interface name=\"org.sallyport.Table1\">"));

	introspect(w, "/org/sallyport/Rout", a);
	CHECK_STR(a->error, DBUS_ERROR_UNKNOWN_OBJECT);
	introspect(w, "/org/sallyport/Route/nothing", a);
	CHECK_STR(a->error, DBUS_ERROR_UNKNOWN_OBJECT);
}

static void test_all_ifaces(void)
{
	static const struct bus_iface *const all[] = {
		&sip_iface,   &media_iface,    &route_iface,
		&guard_iface, &firewall_iface, &web_iface,
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		check_well_formed(all[i]->xml);
}

static void test_unexport(struct bus_world *w, struct answer *a, int *ctx)
{
	bus_unexport(w->routed, ctx);
	introspect(w, "/org/sallyport/Route/pin", a);
	CHECK_STR(a->error, DBUS_ERROR_UNKNOWN_OBJECT);
	introspect(w, "/org/sallyport/Route", a);
	CHECK_STR(a->error, "");
}

int main(void)
{
	static const bus_method_fn fns[ROUTE_N_METHODS];
	static const char table[] = "<interface name=\"org.sallyport.Table1\">"
				    "<method name=\"List\"/></interface>";
	static struct answer a;
	struct bus_world w;
	int ctx = 0;

	bus_world_start(&w, false);
	CHECK_EQ(bus_export(w.routed, &route_iface, fns, NULL), 0);
	CHECK_EQ(bus_export_raw(w.routed, "/org/sallyport/Route/pin",
				"org.sallyport.Table1", table, on_raw, &ctx),
		 0);
	CHECK_EQ(bus_export_raw(w.routed, "/org/sallyport/Route/pin_set",
				"org.sallyport.Table1", table, on_raw, &ctx),
		 0);
	test_paths(&w, &a);
	test_all_ifaces();
	test_unexport(&w, &a, &ctx);
	bus_world_stop(&w);
	return 0;
}

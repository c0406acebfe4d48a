/*
 * The generated bus policy on a bus like the system's: what it lets root do,
 * and that it lets nobody in. Argument: sallyport.conf.
 */
#include <event2/event.h>
#include <grp.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bus.h"
#include "bus_raw.h"
#include "bus_world.h"
#include "check.h"
#include "route_bus.h"

static void on_ended(void *ctx, struct bus_req *req, const void *in)
{
	(void)ctx;
	(void)in;
	bus_reply(req, NULL);
}

static void on_done(void *ctx, const struct bus_error *error, const void *out)
{
	(void)out;
	CHECK_STR(error ? error->text : "", "");
	*(int *)ctx = 1;
}

static void on_instruct(void *ctx, const void *rec)
{
	(void)rec;
	*(int *)ctx = 1;
}

static void test_root(struct bus_world *w)
{
	struct instruct in;
	struct cdr cdr;
	int done = 0, heard = 0;

	record_init(&cdr_record, &cdr);
	snprintf(cdr.id, sizeof(cdr.id), "c1");
	CHECK_EQ(bus_call(w->sipd, &route_iface, ROUTE_ENDED, &cdr, 0, on_done,
			  &done),
		 0);
	loop_until(w->base, &done);

	CHECK_EQ(bus_watch(w->sipd, &route_iface, ROUTE_SIG_INSTRUCT,
			   on_instruct, &heard),
		 0);
	bus_world_settle(w, w->sipd);
	record_init(&instruct_record, &in);
	snprintf(in.call, sizeof(in.call), "c1");
	CHECK_EQ(bus_emit(w->routed, &route_iface, ROUTE_SIG_INSTRUCT, &in), 0);
	bus_world_settle(w, w->routed);
	bus_world_settle(w, w->sipd);
	CHECK_EQ(heard, 0); /* unicast is for sp-sipd, not even for root */
}

static bool denied(DBusConnection *c, const char *iface, const char *member)
{
	DBusError e = DBUS_ERROR_INIT;
	DBusMessage *m = dbus_message_new_method_call(
		"org.sallyport.Route", "/org/sallyport/Route", iface, member);

	return m &&
	       !dbus_connection_send_with_reply_and_block(c, m, 5000, &e) &&
	       dbus_error_has_name(&e, DBUS_ERROR_ACCESS_DENIED);
}

/* Whatever it asks never reaches routed: this needs nobody to turn its loop. */
static void as_nobody(const char *address)
{
	DBusError e = DBUS_ERROR_INIT;
	DBusConnection *c;

	if (setgroups(0, NULL) || setgid(65534) || setuid(65534))
		_exit(2);
	c = dbus_connection_open_private(address, &e);
	if (!c || !dbus_bus_register(c, &e))
		_exit(3);
	if (!denied(c, "org.sallyport.Route1", "Ended") ||
	    !denied(c, "org.sallyport.Table1", "List") ||
	    !denied(c, NULL, "Ended"))
		_exit(4);
	if (dbus_bus_request_name(c, "org.sallyport.Guard", 0, &e) != -1)
		_exit(5);
	_exit(0);
}

static void test_nobody(const struct bus_world *w)
{
	pid_t pid = fork();
	int status;

	CHECK(pid >= 0);
	if (!pid)
		as_nobody(w->fixture.address);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

int main(int argc, char **argv)
{
	static const bus_method_fn fns[ROUTE_N_METHODS] = {
		[ROUTE_ENDED] = on_ended,
	};
	struct bus_world w;
	char why[200] = "", *policy;

	CHECK_EQ(argc, 2);
	if (geteuid())
		return 77; /* only root may own names under this policy */

	policy = realpath(argv[1], NULL);
	CHECK(policy);
	bus_fixture_start(&w.fixture, policy);
	free(policy);
	w.base = event_base_new();
	CHECK(w.base);
	w.routed = bus_world_open(&w, "routed", "org.sallyport.Route", false);
	w.sipd = bus_world_open(&w, "sipd", "org.sallyport.Sip", false);
	CHECK_EQ(bus_export(w.routed, &route_iface, fns, NULL), 0);
	CHECK_EQ(bus_go(w.routed, why, sizeof(why)), 0);
	CHECK_EQ(bus_go(w.sipd, why, sizeof(why)), 0);
	test_root(&w);
	test_nobody(&w);
	bus_world_stop(&w);
	return 0;
}

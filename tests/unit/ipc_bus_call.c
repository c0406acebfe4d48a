/* Questions and answers over the bus. */
#include <errno.h>
#include <event2/event.h>
#include <grp.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bus.h"
#include "bus_raw.h"
#include "bus_world.h"
#include "check.h"
#include "route_bus.h"

struct server {
	struct bus_req *kept; /* answered later */
	struct ask ask;       /* what came last */
	int asked;
	int ended;
	char actor[64];
};

struct answer {
	struct verdict verdict;
	char error[128];
	char text[512];
	int rows;
	int done;
};

static void on_ask(void *ctx, struct bus_req *req, const void *in)
{
	struct server *s = ctx;
	const struct ask *ask = in;
	struct verdict v;

	s->asked++;
	s->ask = *ask;
	snprintf(s->actor, sizeof(s->actor), "%s", bus_req_actor(req));
	if (!strcmp(ask->number, "later")) {
		s->kept = req;
		return;
	}
	if (!strcmp(ask->number, "no")) {
		bus_reply_error(req, "Busy", "not \xff now, %s", ask->who);
		return;
	}

	record_init(&verdict_record, &v);
	v.action = VERDICT_ACTION_DIAL;
	v.ring_s = 30;
	snprintf(v.targets, sizeof(v.targets), "%s", ask->number);
	snprintf(v.reason, sizeof(v.reason), "caf\xc3\xa9 \xff\xfe");
	if (!strcmp(ask->number, "wrong"))
		v.action = 77;
	bus_reply(req, &v);
}

static void on_ended(void *ctx, struct bus_req *req, const void *in)
{
	struct server *s = ctx;

	(void)in;
	s->ended++;
	bus_reply(req, NULL);
}

static void on_explain(void *ctx, struct bus_req *req, const void *in)
{
	const struct explain_ask *ask = in;
	struct explain_line line;
	int n = strtol(ask->number, NULL, 10);

	(void)ctx;
	record_init(&explain_line_record, &line);
	for (int i = 0; i < n; i++) {
		snprintf(line.step, sizeof(line.step), "step %d", i);
		snprintf(line.why, sizeof(line.why), "bad \xf0\x28 bytes");
		line.applies = i % 2;
		bus_reply_row(req, &line);
	}
	bus_reply_end(req);
}

static const bus_method_fn fns[ROUTE_N_METHODS] = {
	[ROUTE_ASK] = on_ask,
	[ROUTE_ENDED] = on_ended,
	[ROUTE_EXPLAIN] = on_explain,
};

static void on_done(void *ctx, const struct bus_error *error, const void *out)
{
	struct answer *a = ctx;

	a->done++;
	if (out)
		a->verdict = *(const struct verdict *)out;
	snprintf(a->error, sizeof(a->error), "%s", error ? error->name : "");
	snprintf(a->text, sizeof(a->text), "%s", error ? error->text : "");
}

static void on_row(void *ctx, const void *row)
{
	const struct explain_line *line = row;
	struct answer *a = ctx;
	char want[32];

	snprintf(want, sizeof(want), "step %d", a->rows);
	CHECK_STR(line->step, want);
	CHECK_EQ(line->applies, a->rows % 2);
	CHECK(strstr(line->why, "bad ?"));
	a->rows++;
}

static void fill_ask(struct ask *ask, const char *number)
{
	record_init(&ask_record, ask);
	snprintf(ask->call, sizeof(ask->call), "c1");
	snprintf(ask->who, sizeof(ask->who), "801");
	snprintf(ask->number, sizeof(ask->number), "%s", number);
	snprintf(ask->digits, sizeof(ask->digits), "4711");
}

static void ask(struct bus_world *w, const char *number, uint32_t deadline_ms,
		struct answer *a)
{
	struct ask in;

	fill_ask(&in, number);
	CHECK_EQ(bus_call(w->sipd, &route_iface, ROUTE_ASK, &in, deadline_ms,
			  on_done, a),
		 0);
	CHECK_EQ(a->done, 0); /* never from inside */
}

static void test_round_trip(struct bus_world *w, struct server *s)
{
	struct answer a = { 0 };

	ask(w, "802", 0, &a);
	loop_until(w->base, &a.done);
	CHECK_STR(a.error, "");
	CHECK_EQ(a.verdict.action, VERDICT_ACTION_DIAL);
	CHECK_EQ(a.verdict.ring_s, 30);
	CHECK_STR(a.verdict.targets, "802");
	CHECK_STR(a.verdict.reason, "caf\xc3\xa9 ??");
	CHECK_STR(s->ask.who, "801");
	CHECK_STR(s->ask.digits, "4711"); /* messages carry secrets */
	CHECK(s->actor[0]);
}

static void test_refused(struct bus_world *w)
{
	struct answer a = { 0 }, b = { 0 };

	ask(w, "no", 0, &a);
	loop_until(w->base, &a.done);
	CHECK_STR(a.error, "org.sallyport.Error.Busy");
	CHECK_STR(a.text, "not ? now, 801");

	/* What the server's own record cannot hold is its failure. */
	ask(w, "wrong", 0, &b);
	loop_until(w->base, &b.done);
	CHECK_STR(b.error, "org.sallyport.Error.Failed");
}

static void test_async(struct bus_world *w, struct server *s)
{
	struct answer late = { 0 }, soon = { 0 };
	struct verdict v;

	ask(w, "later", 0, &late);
	ask(w, "803", 0, &soon);
	loop_until(w->base, &soon.done);
	CHECK_EQ(late.done, 0);
	CHECK(s->kept);

	record_init(&verdict_record, &v);
	bus_reply(s->kept, &v);
	s->kept = NULL;
	loop_until(w->base, &late.done);
	CHECK_STR(late.error, "");
	CHECK_EQ(late.verdict.action, VERDICT_ACTION_REFUSE);
}

static void test_deadline(struct bus_world *w, struct server *s)
{
	struct answer a = { 0 };
	struct verdict v;

	ask(w, "later", 30, &a);
	loop_until(w->base, &a.done);
	CHECK_STR(a.error, "org.sallyport.Error.NoAnswer");
	CHECK_STR(a.text, "Ask: no answer within 30 ms");

	/* An answer that comes too late is nobody's. */
	record_init(&verdict_record, &v);
	bus_reply(s->kept, &v);
	s->kept = NULL;
	bus_world_settle(w, w->sipd);
	CHECK_EQ(a.done, 1);
}

static void test_many(struct bus_world *w)
{
	struct explain_ask in;
	struct answer a = { 0 };

	record_init(&explain_ask_record, &in);
	snprintf(in.extension, sizeof(in.extension), "801");
	for (int n = 0; n <= 1000; n += 500) {
		a = (struct answer){ 0 };
		snprintf(in.number, sizeof(in.number), "%d", n);
		CHECK_EQ(bus_call_rows(w->sipd, &route_iface, ROUTE_EXPLAIN,
				       &in, 0, on_row, on_done, &a),
			 0);
		loop_until(w->base, &a.done);
		CHECK_STR(a.error, "");
		CHECK_EQ(a.rows, n);
	}

	/* More than the bus takes is refused, not the end of the connection. */
	a = (struct answer){ 0 };
	snprintf(in.number, sizeof(in.number), "100000");
	CHECK_EQ(bus_call_rows(w->sipd, &route_iface, ROUTE_EXPLAIN, &in, 0,
			       on_row, on_done, &a),
		 0);
	loop_until(w->base, &a.done);
	CHECK_STR(a.error, "org.sallyport.Error.TooMany");
}

static void test_forget(struct bus_world *w, struct server *s)
{
	struct answer a = { 0 }, b = { 0 };

	ask(w, "later", 30, &a);
	bus_forget(w->sipd, &a);
	ask(w, "804", 0, &b);
	loop_until(w->base, &b.done);
	CHECK(s->kept);
	bus_reply_error(s->kept, "Failed", "for nobody");
	s->kept = NULL;
	bus_world_settle(w, w->sipd);
	CHECK_EQ(a.done, 0);
}

static void test_gone(struct bus_world *w)
{
	struct answer a = { 0 };
	struct ask in;
	struct bus_iface nobody = route_iface;

	nobody.dest = "org.sallyport.Guard";
	fill_ask(&in, "1");
	CHECK_EQ(bus_call(w->sipd, &nobody, ROUTE_ASK, &in, 0, on_done, &a), 0);
	CHECK_EQ(a.done, 0);
	loop_until(w->base, &a.done);
	CHECK_STR(a.error, "org.sallyport.Error.Gone");

	in.leg = 99; /* what the enum does not have never leaves us */
	CHECK_EQ(
		bus_call(w->sipd, &route_iface, ROUTE_ASK, &in, 0, on_done, &a),
		-EINVAL);
}

struct raw_answer {
	char error[128];
	char text[512];
	int done;
};

static void on_raw(void *ctx, const struct bus_error *error, DBusMessage *m)
{
	struct raw_answer *a = ctx;

	(void)m;
	a->done = 1;
	snprintf(a->error, sizeof(a->error), "%s", error ? error->name : "");
	snprintf(a->text, sizeof(a->text), "%s", error ? error->text : "");
}

/* Sends m, unrefs it, and returns the error's name. */
static const char *raw(struct bus_world *w, DBusMessage *m,
		       struct raw_answer *a)
{
	CHECK(m);
	*a = (struct raw_answer){ 0 };
	CHECK_EQ(bus_call_raw(w->sipd, m, 0, on_raw, a), 0);
	dbus_message_unref(m);
	loop_until(w->base, &a->done);
	return a->error;
}

static DBusMessage *call_of(const char *path, const char *iface,
			    const char *member)
{
	return dbus_message_new_method_call("org.sallyport.Route", path, iface,
					    member);
}

static void test_wrong_calls(struct bus_world *w, struct server *s)
{
	const char *path = "/org/sallyport/Route";
	const char *iface = "org.sallyport.Route1";
	struct raw_answer a;
	DBusMessage *m;
	int before = s->asked;

	CHECK_STR(raw(w, call_of(path, NULL, "Ask"), &a),
		  DBUS_ERROR_UNKNOWN_INTERFACE);
	CHECK_STR(raw(w, call_of(path, NULL, "Introspect"), &a),
		  DBUS_ERROR_UNKNOWN_INTERFACE);
	CHECK_STR(raw(w, call_of(path, iface, "Nothing"), &a),
		  DBUS_ERROR_UNKNOWN_METHOD);
	CHECK_STR(raw(w, call_of(path, "org.sallyport.Table1", "List"), &a),
		  DBUS_ERROR_UNKNOWN_INTERFACE);
	CHECK_STR(raw(w, call_of("/nowhere", iface, "Ask"), &a),
		  DBUS_ERROR_UNKNOWN_OBJECT);
	/* In the table, but this daemon did not say how. */
	CHECK_STR(raw(w, call_of(path, iface, "Records"), &a),
		  "org.sallyport.Error.NoSuch");

	CHECK_STR(raw(w, call_of(path, iface, "Ask"), &a),
		  "org.sallyport.Error.Invalid");
	CHECK(strstr(a.text, "types \"ss"));

	m = call_of(path, iface, "Explain");
	CHECK(dbus_message_append_args(m, DBUS_TYPE_UINT32, &(uint32_t){ 1 },
				       DBUS_TYPE_INVALID));
	CHECK_STR(raw(w, m, &a), "org.sallyport.Error.Invalid");

	m = call_of(path, "org.freedesktop.DBus.Properties", "Get");
	CHECK_STR(raw(w, m, &a), DBUS_ERROR_UNKNOWN_PROPERTY);
	m = call_of(path, "org.freedesktop.DBus.Peer", "Ping");
	CHECK_STR(raw(w, m, &a), "");
	CHECK_EQ(s->asked, before);
}

static DBusMessage *explain_of(const char *extension, const char *number)
{
	DBusMessage *m = call_of("/org/sallyport/Route", "org.sallyport.Route1",
				 "Explain");

	CHECK(m);
	CHECK(dbus_message_append_args(m, DBUS_TYPE_STRING, &extension,
				       DBUS_TYPE_STRING, &number,
				       DBUS_TYPE_INVALID));
	return m;
}

static void test_arguments(struct bus_world *w)
{
	size_t n = 4 << 20;
	char *huge = malloc(n + 1);
	const char *more = "x";
	struct raw_answer a;
	DBusMessage *m;

	/* A script may leave out what has a default. */
	CHECK_STR(raw(w, explain_of("801", "1"), &a), "");

	m = explain_of("801", "1");
	for (int i = 0; i < 3; i++)
		CHECK(dbus_message_append_args(m, DBUS_TYPE_STRING, &more,
					       DBUS_TYPE_INVALID));
	CHECK_STR(raw(w, m, &a), "org.sallyport.Error.Invalid");

	CHECK(huge);
	memset(huge, 'A', n);
	huge[n] = '\0';
	CHECK_STR(raw(w, explain_of("801", huge), &a),
		  "org.sallyport.Error.Invalid");
	CHECK(!strncmp(a.text, "number: ", 8));
	CHECK(strlen(a.text) < 300);
	free(huge);
}

/* A process of user nobody: refused by credentials, whatever the policy. */
static void as_stranger(const char *address)
{
	DBusError e = DBUS_ERROR_INIT;
	DBusConnection *c;
	DBusMessage *m, *r;

	if (setgroups(0, NULL) || setgid(65534) || setuid(65534))
		_exit(2);
	c = dbus_connection_open_private(address, &e);
	if (!c || !dbus_bus_register(c, &e))
		_exit(3);

	m = explain_of("801", "1");
	r = dbus_connection_send_with_reply_and_block(c, m, 5000, &e);
	_exit(!r && dbus_error_has_name(&e, "org.sallyport.Error.Denied") ? 0
									  : 4);
}

static void on_child(evutil_socket_t fd, short what, void *arg)
{
	char c;

	(void)what;
	CHECK_EQ(read(fd, &c, 1), 0); /* its end closes the pipe */
	*(int *)arg = 1;
}

static void test_stranger(struct bus_world *w)
{
	int ends[2], gone = 0, status;
	struct event *ev;
	pid_t pid;

	if (geteuid())
		return; /* only root can be somebody else */

	CHECK_EQ(pipe(ends), 0);
	pid = fork();
	CHECK(pid >= 0);
	if (!pid)
		as_stranger(w->fixture.address);

	close(ends[1]);
	ev = event_new(w->base, ends[0], EV_READ, on_child, &gone);
	CHECK(ev && !event_add(ev, NULL));
	loop_until(w->base, &gone);
	event_free(ev);
	close(ends[0]);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

static void test_many_waiting(struct bus_world *w, struct server *s)
{
	struct answer a = { 0 };
	struct ask in;
	int n = 5000;

	fill_ask(&in, "805");
	for (int i = 0; i < n; i++)
		CHECK_EQ(bus_call(w->sipd, &route_iface, ROUTE_ASK, &in, 5000,
				  on_done, &a),
			 0);
	loop_until_count(w->base, &a.done, n);
	CHECK_EQ(a.done, n);
	(void)s;
}

static void test_export_twice(struct bus_world *w, struct server *s)
{
	CHECK_EQ(bus_export(w->routed, &route_iface, fns, s), -EEXIST);
}

int main(void)
{
	struct bus_world w;
	struct server s = { 0 };

	bus_world_start(&w, false);
	CHECK_EQ(bus_export(w.routed, &route_iface, fns, &s), 0);

	test_export_twice(&w, &s);
	test_round_trip(&w, &s);
	test_refused(&w);
	test_async(&w, &s);
	test_deadline(&w, &s);
	test_many(&w);
	test_forget(&w, &s);
	test_gone(&w);
	test_wrong_calls(&w, &s);
	test_arguments(&w);
	test_stranger(&w);
	test_many_waiting(&w, &s);

	bus_world_stop(&w);
	return 0;
}

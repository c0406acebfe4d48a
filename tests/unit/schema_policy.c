/*
 * The generated policy in a real dbus-daemon: who may call, own, emit and hear
 * what. Each actor is a connection opened under another user's id; users that
 * every Debian has stand for ours. Needs root; else the test is skipped.
 */
#include <dbus/dbus.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <unistd.h>

#include "bus_fixture.h"
#include "check.h"
#include "temp.h"

enum { SKIPPED = 77, WAIT_MS = 10000 };

enum who { SIPD, MEDIAD, ROUTED, GUARDD, FWD, HTTPD, ADMIN, ROOT, OUTSIDER, N };

struct actor {
	const char *ours; /* as in the policy */
	const char *user; /* who stands for it */
	const char *owns; /* a part of the bus name, or NULL */
	DBusConnection *conn;
	int heard; /* signals of ours */
};

static const struct actor cast[N] = {
	[SIPD] = { "sp-sipd", "daemon", "Sip", NULL, 0 },
	[MEDIAD] = { "sp-mediad", "bin", "Media", NULL, 0 },
	[ROUTED] = { "sp-routed", "sys", "Route", NULL, 0 },
	[GUARDD] = { "sp-guardd", "games", "Guard", NULL, 0 },
	[FWD] = { "sp-fwd", "man", "Firewall", NULL, 0 },
	[HTTPD] = { "sp-httpd", "www-data", "Web", NULL, 0 },
	[ADMIN] = { "sallyport-admin", "news", NULL, NULL, 0 },
	[ROOT] = { "root", "root", NULL, NULL, 0 },
	[OUTSIDER] = { "nobody", "nobody", NULL, NULL, 0 },
};

/* Copies the policy with the stand-ins' names. */
static void write_policy(const char *from, const char *to)
{
	FILE *in = fopen(from, "r");
	FILE *out = fopen(to, "w");
	char line[512];

	CHECK(in && out);
	while (fgets(line, sizeof(line), in)) {
		char *name = NULL;
		size_t i;

		for (i = 0; i < N && !name; i++) {
			char quoted[40];

			snprintf(quoted, sizeof(quoted), "=\"%s\"",
				 cast[i].ours);
			name = strstr(line, quoted);
		}
		if (name)
			fprintf(out, "%.*s=\"%s\">\n", (int)(name - line), line,
				cast[i - 1].user);
		else
			fputs(line, out);
	}
	CHECK_EQ(fclose(in), 0);
	CHECK_EQ(fclose(out), 0);
}

/* Answers every call, counts signals of our interfaces. */
static DBusHandlerResult on_message(DBusConnection *conn, DBusMessage *m,
				    void *arg)
{
	struct actor *a = arg;
	const char *iface = dbus_message_get_interface(m);
	DBusMessage *reply;

	if (dbus_message_get_type(m) == DBUS_MESSAGE_TYPE_SIGNAL && iface &&
	    strncmp(iface, "org.sallyport.", 14) == 0)
		a->heard++;
	if (dbus_message_get_type(m) != DBUS_MESSAGE_TYPE_METHOD_CALL)
		return DBUS_HANDLER_RESULT_NOT_YET_HANDLED;

	reply = dbus_message_new_method_return(m);
	CHECK(reply && dbus_connection_send(conn, reply, NULL));
	dbus_message_unref(reply);
	return DBUS_HANDLER_RESULT_HANDLED;
}

static void join(struct actor *a, const char *address)
{
	const struct passwd *pw = getpwnam(a->user);

	CHECK(pw);
	/* The daemon sees who connects; it looks up the groups itself, or
	   takes the socket's. */
	CHECK_EQ(setgroups(1, &pw->pw_gid), 0);
	CHECK_EQ(setegid(pw->pw_gid), 0);
	CHECK_EQ(seteuid(pw->pw_uid), 0);
	a->conn = dbus_connection_open_private(address, NULL);
	CHECK(a->conn && dbus_bus_register(a->conn, NULL));
	CHECK_EQ(seteuid(0), 0);
	CHECK_EQ(setegid(0), 0);

	dbus_connection_set_exit_on_disconnect(a->conn, FALSE);
	CHECK(dbus_connection_add_filter(a->conn, on_message, a, NULL));
	dbus_bus_add_match(a->conn, "type='signal'", NULL);
}

static void pump(struct actor *actors)
{
	for (size_t i = 0; i < N; i++) {
		dbus_connection_read_write(actors[i].conn, 1);
		while (dbus_connection_dispatch(actors[i].conn) ==
		       DBUS_DISPATCH_DATA_REMAINS)
			;
	}
}

/* Whoever waited for this call has had all that was sent before it. */
static void settle(struct actor *actors)
{
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < N; i++)
			(void)dbus_bus_name_has_owner(
				actors[i].conn, "org.sallyport.Sip", NULL);
		pump(actors);
	}
}

/* Did a reply come (true), or the bus's refusal (false)? */
static bool reply_came(struct actor *actors, DBusPendingCall *pending,
		       const char *refusal)
{
	DBusMessage *reply;
	bool good;

	while (!dbus_pending_call_get_completed(pending))
		pump(actors);
	reply = dbus_pending_call_steal_reply(pending);
	good = dbus_message_get_type(reply) == DBUS_MESSAGE_TYPE_METHOD_RETURN;
	if (!good)
		CHECK_STR(dbus_message_get_error_name(reply), refusal);
	dbus_message_unref(reply);
	dbus_pending_call_unref(pending);
	return good;
}

static bool answered(struct actor *actors, DBusPendingCall *pending)
{
	return reply_came(actors, pending, DBUS_ERROR_ACCESS_DENIED);
}

static DBusPendingCall *ask(struct actor *from, const char *dest,
			    const char *iface, const char *member)
{
	DBusMessage *m = dbus_message_new_method_call(dest, "/org/sallyport",
						      iface, member);
	DBusPendingCall *pending = NULL;

	CHECK(m && dbus_connection_send_with_reply(from->conn, m, &pending,
						   WAIT_MS));
	dbus_message_unref(m);
	CHECK(pending);
	return pending;
}

struct call_row {
	enum who from;
	const char *to; /* a part of the bus name */
	const char *iface;
	const char *member;
	bool may;
};

#define TABLE "org.sallyport.Table1"
#define ROUTE "org.sallyport.Route1"
#define GUARD "org.sallyport.Guard1"
#define PEER "org.freedesktop.DBus.Peer"
#define LOOK "org.freedesktop.DBus.Introspectable"

static const struct call_row calls[] = {
	{ SIPD, "Route", ROUTE, "Ask", true },
	{ SIPD, "Route", ROUTE, "Explain", false },
	{ SIPD, "Route", ROUTE, "Erase", false },
	{ SIPD, "Route", NULL, "Ask", false },
	{ SIPD, "Route", TABLE, "List", false },
	{ SIPD, "Media", "org.sallyport.Media1", "Offer", true },
	{ SIPD, "Guard", GUARD, "Report", true },
	{ SIPD, "Guard", GUARD, "Unreject", false },
	{ SIPD, "Route", PEER, "Ping", true },
	{ HTTPD, "Route", ROUTE, "Explain", true },
	{ HTTPD, "Route", ROUTE, "Ask", false },
	{ HTTPD, "Sip", TABLE, "Put", true },
	{ HTTPD, "Firewall", TABLE, "Apply", true },
	{ HTTPD, "Firewall", "org.sallyport.Firewall1", "Ban", false },
	{ GUARDD, "Firewall", "org.sallyport.Firewall1", "Ban", true },
	{ GUARDD, "Sip", TABLE, "Put", false },
	{ ROUTED, "Media", "org.sallyport.Media1", "Delete", false },
	{ MEDIAD, "Route", ROUTE, "Ask", false },
	{ ROOT, "Web", "org.sallyport.Web1", "ResetPassword", true },
	{ ROOT, "Sip", TABLE, "Put", true },
	{ ADMIN, "Web", "org.sallyport.Web1", "ResetPassword", true },
	{ ADMIN, "Route", ROUTE, "Explain", true },
	{ ADMIN, "Route", LOOK, "Introspect", true },
	{ OUTSIDER, "Route", ROUTE, "Ask", false },
	{ OUTSIDER, "Sip", TABLE, "List", false },
	{ OUTSIDER, "Sip", LOOK, "Introspect", false },
	{ OUTSIDER, "Sip", PEER, "Ping", false },
	{ OUTSIDER, "Sip", "com.example.Other", "Go", false },
};

static void test_calls(struct actor *actors)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		const struct call_row *c = &calls[i];
		char dest[64];
		bool got;

		snprintf(dest, sizeof(dest), "org.sallyport.%s", c->to);
		got = answered(actors, ask(&actors[c->from], dest, c->iface,
					   c->member));
		if (got != c->may)
			fprintf(stderr, "%s -> %s.%s: %s\n",
				actors[c->from].ours, c->to, c->member,
				got ? "may" : "may not");
		CHECK_EQ(got, c->may);
	}
}

/* The unique name leads to the same rules. */
static void test_unique_name(struct actor *actors)
{
	const char *sip = dbus_bus_get_unique_name(actors[SIPD].conn);

	CHECK(!answered(actors, ask(&actors[OUTSIDER], sip, TABLE, "List")));
	CHECK(answered(actors, ask(&actors[HTTPD], sip, TABLE, "List")));
}

static bool owns(struct actor *a, const char *name)
{
	DBusError error = DBUS_ERROR_INIT;
	int got = dbus_bus_request_name(a->conn, name,
					DBUS_NAME_FLAG_DO_NOT_QUEUE, &error);

	if (got < 0)
		CHECK_STR(error.name, DBUS_ERROR_ACCESS_DENIED);
	dbus_error_free(&error);
	return got >= 0;
}

static void test_names(struct actor *actors)
{
	for (size_t i = 0; i < N; i++) {
		char name[64];

		snprintf(name, sizeof(name), "org.sallyport.%s",
			 actors[i].owns ? actors[i].owns : "Sip");
		CHECK_EQ(owns(&actors[i], name),
			 actors[i].owns != NULL || i == ROOT);
	}
	CHECK(!owns(&actors[HTTPD], "org.sallyport.Guard"));
}

struct signal_row {
	enum who from;
	const char *iface;
	const char *member;
	int to;            /* unicast to, or -1 */
	const char *heard; /* by whom: letters of "smrgfhaRo" */
};

/* In the order of enum who. */
static const char letters[] = "smrgfhaRo";

static const struct signal_row signals[] = {
	{ GUARDD, GUARD, "BanFact", -1, "smrgfhaR" },
	{ SIPD, "org.sallyport.Sip1", "CallFact", -1, "smrgfhaR" },
	{ SIPD, TABLE, "Changed", -1, "smrgfhaR" },
	{ ROUTED, ROUTE, "Instruct", SIPD, "s" },
	{ MEDIAD, "org.sallyport.Media1", "Event", SIPD, "s" },
	/* Digits to everybody, or to the wrong one: to nobody. */
	{ MEDIAD, "org.sallyport.Media1", "Event", -1, "" },
	{ MEDIAD, "org.sallyport.Media1", "Event", HTTPD, "" },
	/* In another's name. */
	{ OUTSIDER, GUARD, "BanFact", -1, "" },
	{ OUTSIDER, ROUTE, "Instruct", SIPD, "" },
	{ OUTSIDER, "com.example.Other", "Noise", SIPD, "" },
	{ OUTSIDER, TABLE, "Changed", -1, "" },
	{ HTTPD, ROUTE, "Instruct", SIPD, "" },
};

static void emit(struct actor *actors, const struct signal_row *row)
{
	DBusMessage *m = dbus_message_new_signal("/org/sallyport", row->iface,
						 row->member);

	CHECK(m);
	if (row->to >= 0)
		CHECK(dbus_message_set_destination(
			m, dbus_bus_get_unique_name(actors[row->to].conn)));
	CHECK(dbus_connection_send(actors[row->from].conn, m, NULL));
	dbus_message_unref(m);
	dbus_connection_flush(actors[row->from].conn);
}

static void test_signals(struct actor *actors)
{
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		const struct signal_row *row = &signals[i];

		for (size_t k = 0; k < N; k++)
			actors[k].heard = 0;
		emit(actors, row);
		settle(actors);
		for (size_t k = 0; k < N; k++) {
			bool may = strchr(row->heard, letters[k]) != NULL;

			if (actors[k].heard != may)
				fprintf(stderr, "%s from %s: %s heard %d\n",
					row->member, actors[row->from].ours,
					actors[k].ours, actors[k].heard);
			CHECK_EQ(actors[k].heard, may);
		}
	}
}

/* The fragment's limit is in force: 4096 calls wait for an answer at once. */
static void test_many_waiting(struct actor *actors)
{
	enum { LIMIT = 4096, MORE = 100 };
	DBusPendingCall **waiting = calloc(LIMIT + MORE, sizeof(*waiting));
	int good = 0;

	CHECK(waiting);
	for (size_t i = 0; i < LIMIT + MORE; i++)
		waiting[i] =
			ask(&actors[SIPD], "org.sallyport.Route", ROUTE, "Ask");
	/* Answered after all of them: the bus has them, and nobody replied. */
	(void)dbus_bus_name_has_owner(actors[SIPD].conn, "org.sallyport.Sip",
				      NULL);
	for (size_t i = 0; i < LIMIT + MORE; i++)
		good += reply_came(actors, waiting[i],
				   DBUS_ERROR_LIMITS_EXCEEDED);
	CHECK_EQ(good, LIMIT);
	free(waiting);
}

int main(int argc, char **argv)
{
	struct actor actors[N];
	struct bus_fixture bus;
	char dir[TEMP_PATH], policy[TEMP_PATH + 16];

	CHECK_EQ(argc, 2);
	if (geteuid() != 0)
		return SKIPPED;
	memcpy(actors, cast, sizeof(actors));
	for (size_t i = 0; i < N; i++)
		if (!getpwnam(actors[i].user))
			return SKIPPED;

	temp_dir(dir);
	snprintf(policy, sizeof(policy), "%s/policy.conf", dir);
	write_policy(argv[1], policy);
	bus_fixture_start(&bus, policy);
	for (size_t i = 0; i < N; i++)
		join(&actors[i], bus.address);

	test_names(actors);
	test_calls(actors);
	test_unique_name(actors);
	test_signals(actors);
	test_many_waiting(actors);

	for (size_t i = 0; i < N; i++) {
		dbus_connection_close(actors[i].conn);
		dbus_connection_unref(actors[i].conn);
	}
	bus_fixture_stop(&bus);
	temp_remove(dir);
	return 0;
}

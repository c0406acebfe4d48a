/* Questions of ours to others, with a deadline each. */
#include "bus_impl.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "secret.h"

#include "bus_record.h"

enum { DEADLINE_MS = 5000 };

struct call {
	TAILQ_ENTRY(call) entry;
	struct bus *bus;
	struct link *link;        /* sent: over this one */
	struct peer *peer;        /* whose n_calls we count in, or NULL */
	DBusPendingCall *pending; /* NULL: failed, told later */
	const struct bus_method *method; /* NULL: raw */
	bus_raw_done_fn raw;
	bus_done_fn done;
	bus_row_fn row;
	void *ctx;
	struct bus_error error; /* of a failed one */
	uint32_t deadline_ms;
	bool sent;
};

static void call_unlink(struct call *c)
{
	struct bus *bus = c->bus;

	if (c->sent)
		TAILQ_REMOVE(&bus->calls, c, entry);
	else
		TAILQ_REMOVE(&bus->failed, c, entry);
	if (c->peer)
		c->peer->n_calls--;
}

static void call_free(struct call *c)
{
	if (c->pending) {
		dbus_pending_call_cancel(c->pending);
		dbus_pending_call_unref(c->pending);
	}
	free(c);
}

static void tell(struct call *c, const struct bus_error *error)
{
	if (c->raw)
		c->raw(c->ctx, error, NULL);
	else if (c->done)
		c->done(c->ctx, error, NULL);
}

static void give_rows(struct call *c, DBusMessage *reply, void *rec)
{
	const struct record *r = c->method->out;
	struct bus_error bad = { BUS_ERR "BadReply", "rows expected" };
	DBusMessageIter it, rows;
	struct issue issue;

	if (!dbus_message_has_signature(reply, "aa{ss}")) {
		tell(c, &bad);
		return;
	}

	dbus_message_iter_init(reply, &it);
	dbus_message_iter_recurse(&it, &rows);
	while (dbus_message_iter_get_arg_type(&rows) == DBUS_TYPE_ARRAY) {
		if (bus_get_row(&rows, r, rec, &issue)) {
			bad.text = "a row is out of range";
			tell(c, &bad);
			return;
		}
		if (c->row)
			c->row(c->ctx, rec);
	}

	tell(c, NULL);
}

static void give_record(struct call *c, DBusMessage *reply, void *rec)
{
	struct bus_error bad = { BUS_ERR "BadReply", "" };
	struct issue issue = { 0 };
	char text[300] = "unexpected types";
	int err;

	err = bus_get_record(reply, c->method->out, rec, &issue);
	if (err == -EINVAL)
		snprintf(text, sizeof(text), "%s: %s", issue.field, issue.what);

	bad.text = text;
	if (err)
		tell(c, &bad);
	else if (c->done)
		c->done(c->ctx, NULL, rec);
}

static void give_reply(struct call *c, DBusMessage *reply)
{
	const struct record *r = c->raw ? NULL : c->method->out;
	static const struct bus_error no_memory = { BUS_ERR "NoMemory",
						    "out of memory" };
	void *rec = NULL;

	if (c->raw) {
		c->raw(c->ctx, NULL, reply);
		return;
	}

	if (r) {
		rec = malloc(r->size);
		if (!rec) {
			tell(c, &no_memory);
			return;
		}
	}

	if (c->method->many)
		give_rows(c, reply, rec);
	else
		give_record(c, reply, rec);

	if (rec)
		secret_wipe(rec, r->size);
	free(rec);
}

/* The bus's own errors, in our words: callers need not know both. */
static const char *our_name(const char *name)
{
	static const char *const pairs[][2] = {
		{ DBUS_ERROR_NO_REPLY, BUS_ERR "NoAnswer" },
		{ DBUS_ERROR_TIMEOUT, BUS_ERR "NoAnswer" },
		{ DBUS_ERROR_TIMED_OUT, BUS_ERR "NoAnswer" },
		{ DBUS_ERROR_SERVICE_UNKNOWN, BUS_ERR "Gone" },
		{ DBUS_ERROR_NAME_HAS_NO_OWNER, BUS_ERR "Gone" },
		{ DBUS_ERROR_DISCONNECTED, BUS_ERR "Gone" },
		{ DBUS_ERROR_ACCESS_DENIED, BUS_ERR "Denied" },
		{ DBUS_ERROR_LIMITS_EXCEEDED, BUS_ERR "Busy" },
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (!strcmp(name, pairs[i][0]))
			return pairs[i][1];

	return name;
}

static void give_error(struct call *c, DBusMessage *reply)
{
	const char *name = our_name(dbus_message_get_error_name(reply));
	const char *text = "";
	char own[160];
	struct bus_error error;

	(void)dbus_message_get_args(reply, NULL, DBUS_TYPE_STRING, &text,
				    DBUS_TYPE_INVALID);
	if (!strcmp(name, BUS_ERR "NoAnswer")) {
		snprintf(own, sizeof(own), "%s%sno answer within %u ms",
			 c->method ? c->method->name : "",
			 c->method ? ": " : "", c->deadline_ms);
		text = own;
	}

	error = (struct bus_error){ .name = name, .text = text };
	tell(c, &error);
}

static void on_reply(DBusPendingCall *pending, void *data)
{
	struct call *c = data;
	DBusMessage *reply = dbus_pending_call_steal_reply(pending);
	static const struct bus_error none = { BUS_ERR "NoAnswer", "" };

	call_unlink(c);
	if (!reply)
		tell(c, &none);
	else if (dbus_message_get_type(reply) == DBUS_MESSAGE_TYPE_ERROR)
		give_error(c, reply);
	else
		give_reply(c, reply);

	if (reply)
		dbus_message_unref(reply);
	call_free(c);
}

static void fail_later(struct call *c, const char *name, const char *text)
{
	c->error = (struct bus_error){ .name = name, .text = text };
	TAILQ_INSERT_TAIL(&c->bus->failed, c, entry);
	event_active(c->bus->later, 0, 0);
}

void calls_run_failed(evutil_socket_t fd, short what, void *arg)
{
	struct bus *bus = arg;
	struct call *c;
	size_t n = 0;

	(void)fd;
	(void)what;
	TAILQ_FOREACH(c, &bus->failed, entry)
	n++;

	/* Whoever calls again from here waits for the next turn. */
	while (n-- && (c = TAILQ_FIRST(&bus->failed))) {
		call_unlink(c);
		tell(c, &c->error);
		call_free(c);
	}
}

void calls_fail_link(struct link *l)
{
	struct call *c, *next;

	for (c = TAILQ_FIRST(&l->bus->calls); c; c = next) {
		next = TAILQ_NEXT(c, entry);
		if (c->link != l)
			continue;
		TAILQ_REMOVE(&l->bus->calls, c, entry);
		c->sent = false;
		dbus_pending_call_cancel(c->pending);
		dbus_pending_call_unref(c->pending);
		c->pending = NULL;
		fail_later(c, BUS_ERR "Gone", "the connection was lost");
	}
}

/* Sends c, which is not in a list yet; it ends in one. */
static int dispatch(struct link *l, struct call *c, DBusMessage *m)
{
	if (c->peer)
		c->peer->n_calls++;
	if (c->peer && c->peer->n_calls > BUS_CALLS_MAX) {
		fail_later(c, BUS_ERR "Busy", "too many calls are waiting");
		return 0;
	}
	if (!l->dbus || (!l->direct && l->bus->state == BUS_DOWN)) {
		fail_later(c, BUS_ERR "Gone", "no connection to the bus");
		return 0;
	}

	dbus_message_set_auto_start(m, FALSE);
	if (!dbus_connection_send_with_reply(l->dbus, m, &c->pending,
					     (int)c->deadline_ms))
		goto no_memory;
	if (!c->pending) {
		fail_later(c, BUS_ERR "Gone", "the connection was lost");
		return 0;
	}
	if (!dbus_pending_call_set_notify(c->pending, on_reply, c, NULL))
		goto no_memory;

	c->sent = true;
	c->link = l;
	TAILQ_INSERT_TAIL(&l->bus->calls, c, entry);
	return 0;
no_memory:
	if (c->peer)
		c->peer->n_calls--;
	call_free(c);
	return -ENOMEM;
}

int call_send(struct link *l, struct peer *peer, DBusMessage *m,
	      uint32_t deadline_ms, bus_raw_done_fn done, void *ctx)
{
	struct call *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;

	c->bus = l->bus;
	c->peer = peer;
	c->raw = done;
	c->ctx = ctx;
	c->deadline_ms = deadline_ms ? deadline_ms : DEADLINE_MS;
	return dispatch(l, c, m);
}

int call_driver(struct bus *bus, const char *member, const char *arg,
		bus_raw_done_fn done, void *ctx)
{
	DBusMessage *m;
	int err = -ENOMEM;

	m = dbus_message_new_method_call(DBUS_SERVICE_DBUS, DBUS_PATH_DBUS,
					 DBUS_INTERFACE_DBUS, member);
	if (m && (!arg || dbus_message_append_args(m, DBUS_TYPE_STRING, &arg,
						   DBUS_TYPE_INVALID)))
		err = call_send(&bus->main, NULL, m, BUS_HELLO_MS, done, ctx);
	if (m)
		dbus_message_unref(m);

	return err;
}

int bus_call_raw(struct bus *bus, DBusMessage *m, uint32_t deadline_ms,
		 bus_raw_done_fn done, void *ctx)
{
	const char *dest = dbus_message_get_destination(m);
	struct peer *peer = dest ? peer_get(bus, dest) : NULL;

	return call_send(&bus->main, peer, m, deadline_ms, done, ctx);
}

int bus_call_rows(struct bus *bus, const struct bus_iface *iface, size_t method,
		  const void *in, uint32_t deadline_ms, bus_row_fn row,
		  bus_done_fn done, void *ctx)
{
	const struct bus_method *bm = &iface->methods[method];
	struct peer *peer = peer_of_iface(bus, iface);
	struct link *l = peer ? direct_link(peer) : NULL;
	DBusMessage *m;
	struct call *c;
	int err = -ENOMEM;

	m = dbus_message_new_method_call(iface->dest, iface->path, iface->name,
					 bm->name);
	c = calloc(1, sizeof(*c));
	if (!peer || !m || !c)
		goto out;

	c->bus = bus;
	c->peer = peer;
	c->method = bm;
	c->done = done;
	c->row = row;
	c->ctx = ctx;
	c->deadline_ms = deadline_ms ? deadline_ms : bm->deadline_ms;
	if (!c->deadline_ms)
		c->deadline_ms = DEADLINE_MS;

	err = bm->in ? bus_put_record(&m, bm->in, in) : 0;
	if (!err)
		err = dispatch(l ? l : &bus->main, c, m);
	else
		free(c);
	c = NULL;
out:
	free(c);
	if (m)
		dbus_message_unref(m);
	return err;
}

int bus_call(struct bus *bus, const struct bus_iface *iface, size_t method,
	     const void *in, uint32_t deadline_ms, bus_done_fn done, void *ctx)
{
	return bus_call_rows(bus, iface, method, in, deadline_ms, NULL, done,
			     ctx);
}

static void forget_in(struct call_list *list, const void *ctx, bool all)
{
	struct call *c, *next;

	for (c = TAILQ_FIRST(list); c; c = next) {
		next = TAILQ_NEXT(c, entry);
		if (!all && c->ctx != ctx)
			continue;
		call_unlink(c);
		call_free(c);
	}
}

void bus_forget(struct bus *bus, void *ctx)
{
	forget_in(&bus->calls, ctx, false);
	forget_in(&bus->failed, ctx, false);
}

void calls_drop(struct bus *bus)
{
	forget_in(&bus->calls, NULL, true);
	forget_in(&bus->failed, NULL, true);
}

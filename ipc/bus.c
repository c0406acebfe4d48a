/* The connection to the bus: made, lost, made again. */
#include "bus_impl.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus_loop.h"

#define SYSTEM_BUS "unix:path=/run/dbus/system_bus_socket"

static void bus_lost(struct bus *bus);

static DBusHandlerResult on_message(DBusConnection *c, DBusMessage *m,
				    void *data)
{
	struct link *l = data;

	(void)c;
	if (l->dead)
		return DBUS_HANDLER_RESULT_HANDLED;

	/* libdbus makes this one; from the wire it takes none of that path. */
	if (dbus_message_is_signal(m, DBUS_INTERFACE_LOCAL, "Disconnected")) {
		if (l->direct)
			direct_lost(l);
		else
			bus_lost(l->bus);
		return DBUS_HANDLER_RESULT_HANDLED;
	}

	switch (dbus_message_get_type(m)) {
	case DBUS_MESSAGE_TYPE_METHOD_CALL:
		return serve_call(l, m);
	case DBUS_MESSAGE_TYPE_SIGNAL:
		hear_signal(l, m);
		return DBUS_HANDLER_RESULT_HANDLED;
	default: /* replies that nobody waits for any more */
		return DBUS_HANDLER_RESULT_HANDLED;
	}
}

int link_attach(struct link *l, struct bus *bus, DBusConnection *c)
{
	l->bus = bus;
	if (!dbus_connection_add_filter(c, on_message, l, NULL))
		return -ENOMEM;

	l->loop = bus_loop_connection(bus->base, c);
	if (!l->loop) {
		dbus_connection_remove_filter(c, on_message, l);
		return -ENOMEM;
	}

	l->dbus = c;
	return 0;
}

void link_detach(struct link *l)
{
	if (!l->dbus)
		return;

	bus_loop_free(l->loop);
	dbus_connection_remove_filter(l->dbus, on_message, l);
	dbus_connection_close(l->dbus);
	dbus_connection_unref(l->dbus);
	l->loop = NULL;
	l->dbus = NULL;
}

static void retry_later(struct bus *bus)
{
	struct timeval tv = { bus->retry_ms / 1000,
			      (bus->retry_ms % 1000) * 1000 };

	(void)event_add(bus->retry, &tv);
	bus->retry_ms *= 2;
	if (bus->retry_ms > BUS_RETRY_MAX_MS)
		bus->retry_ms = BUS_RETRY_MAX_MS;
}

/* The connection itself is taken down by the next try: we may be in it. */
static void bus_lost(struct bus *bus)
{
	enum bus_state old = bus->state;

	if (old == BUS_DOWN)
		return;

	bus->state = BUS_DOWN;
	calls_fail_link(&bus->main);
	who_forget(bus, false);
	retry_later(bus);
	hear_bus_lost(bus);
	if (old == BUS_UP)
		peer_tell_bus(bus, false);
}

static void on_named(void *ctx, const struct bus_error *error, DBusMessage *m)
{
	struct bus *bus = ctx;
	dbus_uint32_t result = 0;

	if (!error)
		(void)dbus_message_get_args(m, NULL, DBUS_TYPE_UINT32, &result,
					    DBUS_TYPE_INVALID);
	if (result != DBUS_REQUEST_NAME_REPLY_PRIMARY_OWNER &&
	    result != DBUS_REQUEST_NAME_REPLY_ALREADY_OWNER)
		bus_lost(bus); /* begin again */
	else
		bus->retry_ms = BUS_RETRY_MIN_MS;
}

static int take_name(struct bus *bus)
{
	dbus_uint32_t flags = DBUS_NAME_FLAG_DO_NOT_QUEUE;
	const char *name = bus->name;
	DBusMessage *m;
	int err = -ENOMEM;

	m = dbus_message_new_method_call(DBUS_SERVICE_DBUS, DBUS_PATH_DBUS,
					 DBUS_INTERFACE_DBUS, "RequestName");
	if (m && dbus_message_append_args(m, DBUS_TYPE_STRING, &name,
					  DBUS_TYPE_UINT32, &flags,
					  DBUS_TYPE_INVALID))
		err = call_send(&bus->main, NULL, m, BUS_HELLO_MS, on_named,
				bus);
	if (m)
		dbus_message_unref(m);

	return err;
}

/* The answer to the last of our questions: all before it is in force. */
static void on_settled(void *ctx, const struct bus_error *error, DBusMessage *m)
{
	struct bus *bus = ctx;

	(void)m;
	if (bus->state != BUS_GREETING)
		return;
	if (error) {
		bus_lost(bus);
		return;
	}

	bus->state = BUS_UP;
	peer_tell_bus(bus, true);
}

static void on_greeted(void *ctx, const struct bus_error *error, DBusMessage *m)
{
	struct bus *bus = ctx;
	const char *unique;

	if (error ||
	    !dbus_message_get_args(m, NULL, DBUS_TYPE_STRING, &unique,
				   DBUS_TYPE_INVALID) ||
	    !dbus_bus_set_unique_name(bus->main.dbus, unique) ||
	    (bus->named && take_name(bus))) {
		bus_lost(bus);
		return;
	}

	if (!bus->named)
		bus->retry_ms = BUS_RETRY_MIN_MS;
	hear_subscribe(bus);
	if (call_driver(bus, "GetId", NULL, on_settled, bus))
		bus_lost(bus);
}

static void on_retry(evutil_socket_t fd, short what, void *arg)
{
	struct bus *bus = arg;
	DBusConnection *c;

	(void)fd;
	(void)what;
	link_detach(&bus->main);

	c = dbus_connection_open_private(bus->address, NULL);
	if (c && link_attach(&bus->main, bus, c)) {
		dbus_connection_close(c);
		dbus_connection_unref(c);
		c = NULL;
	}
	if (!c) {
		retry_later(bus);
		return;
	}

	bus->state = BUS_GREETING;
	if (call_driver(bus, "Hello", NULL, on_greeted, bus))
		bus_lost(bus);
}

/* The first time we wait for the bus: without it there is no start. */
static int connect_now(struct bus *bus, DBusError *e)
{
	DBusMessage *m, *r = NULL;
	DBusConnection *c;
	const char *unique;
	int err = -EIO;

	c = dbus_connection_open_private(bus->address, e);
	if (!c)
		return -ECONNREFUSED;

	m = dbus_message_new_method_call(DBUS_SERVICE_DBUS, DBUS_PATH_DBUS,
					 DBUS_INTERFACE_DBUS, "Hello");
	if (m)
		r = dbus_connection_send_with_reply_and_block(c, m,
							      BUS_HELLO_MS, e);
	if (r &&
	    dbus_message_get_args(r, e, DBUS_TYPE_STRING, &unique,
				  DBUS_TYPE_INVALID) &&
	    dbus_bus_set_unique_name(c, unique))
		err = link_attach(&bus->main, bus, c);

	if (m)
		dbus_message_unref(m);
	if (r)
		dbus_message_unref(r);
	if (err) {
		dbus_connection_close(c);
		dbus_connection_unref(c);
	}
	return err;
}

static int copy_config(struct bus *bus, const struct bus_config *config)
{
	const char *address = config->address;

	if (!address)
		address = getenv("DBUS_SYSTEM_BUS_ADDRESS");
	if (!address)
		address = SYSTEM_BUS;

	bus->address = strdup(address);
	bus->run_dir = config->run_dir ? strdup(config->run_dir) : NULL;
	snprintf(bus->name, sizeof(bus->name), "%s",
		 config->name ? config->name : "");
	snprintf(bus->daemon, sizeof(bus->daemon), "%s",
		 config->daemon ? config->daemon : "");
	return bus->address && (bus->run_dir || !config->run_dir) ? 0 : -ENOMEM;
}

static int make_events(struct bus *bus)
{
	bus->retry_ms = BUS_RETRY_MIN_MS;
	bus->retry = evtimer_new(bus->base, on_retry, bus);
	bus->later = event_new(bus->base, -1, 0, calls_run_failed, bus);
	bus->reap = event_new(bus->base, -1, 0, on_reap, bus);
	bus->batch_end = evtimer_new(bus->base, on_batch_end, bus);
	return bus->retry && bus->later && bus->reap && bus->batch_end
		       ? 0
		       : -ENOMEM;
}

struct bus *bus_open(struct event_base *base, const struct bus_config *config,
		     char *why, size_t why_size)
{
	DBusError e = DBUS_ERROR_INIT;
	struct bus *bus = calloc(1, sizeof(*bus));

	if (!bus) {
		snprintf(why, why_size, "out of memory");
		return NULL;
	}

	bus->base = base;
	TAILQ_INIT(&bus->calls);
	TAILQ_INIT(&bus->failed);
	TAILQ_INIT(&bus->whos);
	if (copy_config(bus, config) || make_events(bus)) {
		snprintf(why, why_size, "out of memory");
		goto fail;
	}

	if (connect_now(bus, &e)) {
		snprintf(why, why_size,
			 "no bus at %s (%s): start dbus-daemon or pass --bus",
			 bus->address,
			 dbus_error_is_set(&e) ? e.message : "out of memory");
		goto fail;
	}

	bus->state = BUS_UP;
	return bus;
fail:
	dbus_error_free(&e);
	bus_close(bus);
	return NULL;
}

struct event_base *bus_base(const struct bus *bus)
{
	return bus->base;
}

int bus_go(struct bus *bus, char *why, size_t why_size)
{
	DBusError e = DBUS_ERROR_INIT;
	int result;

	result = dbus_bus_request_name(bus->main.dbus, bus->name,
				       DBUS_NAME_FLAG_DO_NOT_QUEUE, &e);
	if (result == DBUS_REQUEST_NAME_REPLY_PRIMARY_OWNER) {
		bus->named = true;
		return 0;
	}

	if (result == DBUS_REQUEST_NAME_REPLY_EXISTS)
		snprintf(why, why_size,
			 "%s is taken: is another %s running? stop it first",
			 bus->name, bus->daemon);
	else if (dbus_error_has_name(&e, DBUS_ERROR_ACCESS_DENIED))
		snprintf(why, why_size,
			 "may not own %s: install the bus policy "
			 "sallyport.conf and run as user sp-%s",
			 bus->name, bus->daemon);
	else
		snprintf(why, why_size, "cannot take %s: %s", bus->name,
			 dbus_error_is_set(&e) ? e.message : "no reason given");
	dbus_error_free(&e);
	return -EACCES;
}

static void drop_event(struct event *ev)
{
	if (ev)
		event_free(ev);
}

void bus_close(struct bus *bus)
{
	struct bus_req *req;

	if (!bus)
		return;

	signals_flush(bus);
	while ((req = LIST_FIRST(&bus->reqs)))
		req_free(req);
	direct_free(bus);
	link_detach(&bus->main);
	calls_drop(bus);
	who_forget(bus, true);
	serve_free(bus);
	hear_free(bus);
	drop_event(bus->retry);
	drop_event(bus->later);
	drop_event(bus->reap);
	drop_event(bus->batch_end);
	free(bus->run_dir);
	free(bus->address);
	free(bus);
}

#include "bus_loop.h"

#include <event2/event.h>
#include <stdlib.h>

/* Messages dispatched in one go; then other events have the loop. */
enum { BURST = 64 };

struct bus_loop {
	struct event_base *base;
	struct event *dispatch; /* connections only */
	DBusConnection *connection;
	DBusServer *server;
};

static void on_watch(evutil_socket_t fd, short what, void *arg)
{
	unsigned int flags = 0;

	(void)fd;
	if (what & EV_READ)
		flags |= DBUS_WATCH_READABLE;
	if (what & EV_WRITE)
		flags |= DBUS_WATCH_WRITABLE;

	/* epoll's HUP and ERR reach us as both; libdbus finds out by reading.
	   FALSE means no memory: the descriptor stays ready, so we come
	   again. */
	(void)dbus_watch_handle(arg, flags);
}

static void free_event(void *p)
{
	if (p)
		event_free(p);
}

static dbus_bool_t add_watch(DBusWatch *w, void *data)
{
	struct bus_loop *l = data;
	unsigned int flags = dbus_watch_get_flags(w);
	short what = EV_PERSIST;
	struct event *ev;

	if (flags & DBUS_WATCH_READABLE)
		what |= EV_READ;
	if (flags & DBUS_WATCH_WRITABLE)
		what |= EV_WRITE;

	ev = event_new(l->base, dbus_watch_get_unix_fd(w), what, on_watch, w);
	if (!ev)
		return FALSE;

	if (dbus_watch_get_enabled(w) && event_add(ev, NULL) < 0) {
		event_free(ev);
		return FALSE;
	}

	dbus_watch_set_data(w, ev, free_event);
	return TRUE;
}

static void remove_watch(DBusWatch *w, void *data)
{
	(void)data;
	dbus_watch_set_data(w, NULL, NULL); /* runs free_event */
}

static void toggle_watch(DBusWatch *w, void *data)
{
	struct event *ev = dbus_watch_get_data(w);

	(void)data;
	if (!ev)
		return;

	if (dbus_watch_get_enabled(w))
		(void)event_add(ev, NULL);
	else
		(void)event_del(ev);
}

static void on_timeout(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)dbus_timeout_handle(arg);
}

static void toggle_timeout(DBusTimeout *t, void *data)
{
	struct event *ev = dbus_timeout_get_data(t);
	int ms = dbus_timeout_get_interval(t);
	struct timeval tv = { ms / 1000, (ms % 1000) * 1000 };

	(void)data;
	if (!ev)
		return;

	if (dbus_timeout_get_enabled(t))
		(void)event_add(ev, &tv);
	else
		(void)event_del(ev);
}

/* libdbus repeats its time-outs until it switches them off. */
static dbus_bool_t add_timeout(DBusTimeout *t, void *data)
{
	struct bus_loop *l = data;
	struct event *ev;

	ev = event_new(l->base, -1, EV_PERSIST, on_timeout, t);
	if (!ev)
		return FALSE;

	dbus_timeout_set_data(t, ev, free_event);
	toggle_timeout(t, data);
	return TRUE;
}

static void remove_timeout(DBusTimeout *t, void *data)
{
	(void)data;
	dbus_timeout_set_data(t, NULL, NULL);
}

static void on_dispatch(evutil_socket_t fd, short what, void *arg)
{
	struct bus_loop *l = arg;
	DBusConnection *c = dbus_connection_ref(l->connection);
	struct event *again = l->dispatch;
	int n = 0;

	(void)fd;
	(void)what;

	/* A handler may not free the loop it runs in: owners of a connection
	   take it down from an event of their own. */
	while (dbus_connection_dispatch(c) == DBUS_DISPATCH_DATA_REMAINS) {
		if (++n == BURST) {
			event_active(again, 0, 0);
			break;
		}
	}

	dbus_connection_unref(c);
}

static void on_status(DBusConnection *c, DBusDispatchStatus s, void *data)
{
	struct bus_loop *l = data;

	(void)c;
	if (s == DBUS_DISPATCH_DATA_REMAINS)
		event_active(l->dispatch, 0, 0);
}

struct bus_loop *bus_loop_connection(struct event_base *base, DBusConnection *c)
{
	struct bus_loop *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;

	l->base = base;
	l->connection = c;
	l->dispatch = event_new(base, -1, 0, on_dispatch, l);
	if (!l->dispatch) {
		free(l);
		return NULL;
	}

	dbus_connection_set_exit_on_disconnect(c, FALSE);
	if (!dbus_connection_set_watch_functions(c, add_watch, remove_watch,
						 toggle_watch, l, NULL) ||
	    !dbus_connection_set_timeout_functions(
		    c, add_timeout, remove_timeout, toggle_timeout, l, NULL)) {
		bus_loop_free(l);
		return NULL;
	}

	dbus_connection_set_dispatch_status_function(c, on_status, l, NULL);
	/* Messages may have come before we were hung on it. */
	on_status(c, dbus_connection_get_dispatch_status(c), l);
	return l;
}

struct bus_loop *bus_loop_server(struct event_base *base, DBusServer *s)
{
	struct bus_loop *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;

	l->base = base;
	l->server = s;
	if (!dbus_server_set_watch_functions(s, add_watch, remove_watch,
					     toggle_watch, l, NULL) ||
	    !dbus_server_set_timeout_functions(s, add_timeout, remove_timeout,
					       toggle_timeout, l, NULL)) {
		bus_loop_free(l);
		return NULL;
	}

	return l;
}

void bus_loop_free(struct bus_loop *l)
{
	DBusConnection *c;

	if (!l)
		return;

	c = l->connection;
	if (c) {
		dbus_connection_set_dispatch_status_function(c, NULL, NULL,
							     NULL);
		(void)dbus_connection_set_watch_functions(c, NULL, NULL, NULL,
							  NULL, NULL);
		(void)dbus_connection_set_timeout_functions(c, NULL, NULL, NULL,
							    NULL, NULL);
		event_free(l->dispatch);
	}
	if (l->server) {
		(void)dbus_server_set_watch_functions(l->server, NULL, NULL,
						      NULL, NULL, NULL);
		(void)dbus_server_set_timeout_functions(l->server, NULL, NULL,
							NULL, NULL, NULL);
	}

	free(l);
}

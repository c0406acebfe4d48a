/*
 * Drives a libdbus connection or server from a libevent base. Each DBusWatch
 * and DBusTimeout gets its own event; messages are dispatched from an event of
 * their own and in bursts, never from inside a libdbus call.
 */
#pragma once

#include <dbus/dbus.h>

struct bus_loop;
struct event_base;

/* Attaches; the caller owns the loop and detaches it before it drops the
   connection or server. NULL: no memory. */
struct bus_loop *bus_loop_connection(struct event_base *base,
				     DBusConnection *c);
struct bus_loop *bus_loop_server(struct event_base *base, DBusServer *s);

/* Takes it off the event base; NULL is allowed. */
void bus_loop_free(struct bus_loop *l);

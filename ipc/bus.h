/*
 * The bus: who asks whom. libdbus on libevent; methods in tables, records in
 * and out. One struct bus a daemon. It serves on the system bus and, where the
 * schema says so, on a direct socket for the daemon named there; it reconnects
 * for ever when the bus or a peer died.
 *
 * Tables (struct bus_iface) are generated from schema/bus, with one typed
 * handler struct and one typed call a method (route_bus.h and so on).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record.h"

struct bus;
struct bus_req; /* a call being answered: exactly one reply ends it */
struct event_base;

struct bus_method {
	const char *name;
	const struct record *in;    /* NULL: no arguments */
	const struct record *out;   /* NULL: no result */
	const char *const *callers; /* daemons, NULL-terminated; root and
				       sallyport-admin may always */
	uint32_t deadline_ms;
	bool many; /* the reply is an array of rows: aa{ss} */
};

struct bus_signal {
	const char *name;
	const struct record *out;
	const char *to; /* unicast to this daemon, or NULL */
	bool rows;      /* the records of a window in one message */
};

struct bus_iface {
	const char *name; /* org.sallyport.Route1 */
	const char *dest; /* org.sallyport.Route */
	const char *path; /* /org/sallyport/Route */
	const char *daemon;
	const char *direct; /* the daemon that may connect directly, or NULL */
	const struct bus_method *methods;
	const struct bus_signal *signals;
	size_t n_methods;
	size_t n_signals;
	const char *xml;
};

/* Named errors: org.sallyport.Error.<name>. */
#define BUS_ERR "org.sallyport.Error."
struct bus_error {
	const char *name; /* full D-Bus name */
	const char *text;
};

typedef void (*bus_method_fn)(void *ctx, struct bus_req *req, const void *in);
typedef void (*bus_done_fn)(void *ctx, const struct bus_error *error,
			    const void *out);
typedef void (*bus_signal_fn)(void *ctx, const void *rec);
typedef void (*bus_peer_fn)(void *ctx, bool there);

struct bus_config {
	const char
		*address; /* NULL: DBUS_SYSTEM_BUS_ADDRESS or the system bus */
	const char *name; /* org.sallyport.Route */
	const char *daemon;  /* routed */
	const char *run_dir; /* direct sockets: RUN/<daemon>/direct */
};

/*
 * Connects and waits for the bus; owns no name yet. Returns NULL and writes one
 * line into why
 * ("no bus at ...: start dbus-daemon or pass --bus").
 */
struct bus *bus_open(struct event_base *base, const struct bus_config *config,
		     char *why, size_t why_size);

/* Ends every call without a word to those who wait, and drops every open
   request: answer none after this. Not from inside a callback of the bus. */
void bus_close(struct bus *bus);

/* Takes the name: from here on others find us. Call it last at start. */
int bus_go(struct bus *bus, char *why, size_t why_size);

/*
 * Serves iface; fns[i] answers methods[i], at once or later. `in` has passed
 * the schema's check and lives as long as req. A caller may leave out trailing
 * arguments that have a default. Returns 0, -EEXIST, -ENOMEM, or the errno that
 * kept us from listening for direct connections.
 */
int bus_export(struct bus *bus, const struct bus_iface *iface,
	       const bus_method_fn *fns, void *ctx);

/* Answers. `out` is the method's record, NULL where it has none. */
void bus_reply(struct bus_req *req, const void *out);

/* For methods with many rows: add rows, then end. */
void bus_reply_row(struct bus_req *req, const void *row);
void bus_reply_end(struct bus_req *req);

/* Refuses: name without BUS_ERR ("Invalid", "Denied", "Busy", "NoSuch" ...). */
void bus_reply_error(struct bus_req *req, const char *name, const char *fmt,
		     ...) __attribute__((format(printf, 3, 4)));

/* Who asks: the daemon's or the user's name, for journals. Valid with req. */
const char *bus_req_actor(const struct bus_req *req);

/*
 * Asks another daemon; over the direct connection where there is one. `done`
 * is called exactly once, never from inside bus_call(): with the answer (valid
 * during the call; for `many` methods see bus_call_rows), or with an error.
 * The peer's own refusal comes as it named it; of ours there are
 *	BUS_ERR "NoAnswer"  nothing came within the deadline, or the peer died
 *	BUS_ERR "Gone"      the peer is not running, or the connection was lost
 *	BUS_ERR "Denied"    the bus's policy
 *	BUS_ERR "Busy"      4096 calls wait for this peer
 *	BUS_ERR "BadReply"  the answer is not what the schema says
 * deadline_ms 0: the method's own. Returns 0, -ENOMEM, or -EINVAL (a field of
 * `in` holds what its type cannot); then done is not called.
 */
int bus_call(struct bus *bus, const struct bus_iface *iface, size_t method,
	     const void *in, uint32_t deadline_ms, bus_done_fn done, void *ctx);

/* The same for methods with many rows: row() for each, then done(out=NULL). */
typedef void (*bus_row_fn)(void *ctx, const void *row);
int bus_call_rows(struct bus *bus, const struct bus_iface *iface, size_t method,
		  const void *in, uint32_t deadline_ms, bus_row_fn row,
		  bus_done_fn done, void *ctx);

/* Calls ctx's owner no more: every pending call with this ctx is forgotten. */
void bus_forget(struct bus *bus, void *ctx);

/*
 * Emits a signal. Unicast ones go to their daemon only, at once and over the
 * direct connection where there is one. Others: the first goes at once, what
 * follows within 20 ms goes together. While the bus is away they are dropped.
 * Returns 0, -ENOMEM or -EINVAL.
 */
int bus_emit(struct bus *bus, const struct bus_iface *iface, size_t signal,
	     const void *rec);

/* Hears a signal; the sender is checked to own the interface's name. */
int bus_watch(struct bus *bus, const struct bus_iface *iface, size_t signal,
	      bus_signal_fn fn, void *ctx);

/*
 * Tells when a daemon (org.sallyport.Route) appears and goes; fn is called at
 * once, from inside, with what is known so far. A restart is told as gone and
 * there. Also after the bus was lost, unless the peer is connected directly.
 * name NULL: the bus itself.
 */
int bus_watch_peer(struct bus *bus, const char *name, bus_peer_fn fn,
		   void *ctx);

/* Ends every watch of this ctx, of signals and of peers. */
void bus_unwatch(struct bus *bus, void *ctx);

/*
 * Inside of the bus; only ipc/bus*.c includes this.
 *
 * A link is one connection: the bus itself, or a direct one. A peer is another
 * daemon, known by its well-known name: who owns it now, and the direct link
 * to it. A call is a question of ours that waits, a req one of theirs that we
 * answer. All hang from struct bus, which owns them.
 */
#pragma once

#include <dbus/dbus.h>
#include <event2/util.h>
#include <sys/queue.h>
#include <sys/types.h>

#include "bus_raw.h"

struct bus_loop;
struct call;
struct event;
struct export;
struct watch_entry;
struct who;

enum {
	BUS_NAME = 64,   /* room for a bus name of ours */
	BUS_UNIQUE = 64, /* and for ":1.4294967295" */
	BUS_DAEMON = 16,
	BUS_ACTOR = 64,
	BUS_PATH = 200,
	BUS_CALLS_MAX = 4096, /* waiting, by peer */
	BUS_REQS_MAX = 8192,  /* being answered */
	BUS_DIRECTS_MAX = 8,
	BUS_WHOS_MAX = 256,
	BUS_BATCH_MAX = 256, /* signals */
	BUS_BATCH_MS = 20,
	BUS_RETRY_MIN_MS = 50,
	BUS_RETRY_MAX_MS = 1000,
	BUS_HELLO_MS = 5000,
	BUS_REPLY_BYTES = 16 << 20, /* half of what dbus-daemon takes */
	BUS_DIRECT_BYTES = 1 << 20, /* a message on a direct link */
	BUS_DIRECT_QUEUE = 8 << 20, /* unread by the peer: it hangs */
};

#define BUS_DIRECT_IFACE "org.sallyport.Direct1"

/* Who a user is to us. */
struct identity {
	uid_t uid;
	bool admin; /* root, our own user, the group sallyport-admin */
	char daemon[BUS_DAEMON]; /* of user sp-<daemon>, or "" */
	char actor[BUS_ACTOR];   /* for journals */
};

struct link {
	LIST_ENTRY(link) entry; /* direct ones, in bus->directs */
	struct bus *bus;
	DBusConnection *dbus;
	struct bus_loop *loop;
	struct peer *peer;  /* direct: who is at the other end, once known */
	struct identity id; /* direct, we are the server: the peer's user */
	bool direct;
	bool server; /* it connected to us */
	bool ready;  /* direct: both said hello */
	bool dead;   /* the reaper comes */
};
LIST_HEAD(link_list, link);

struct peer {
	LIST_ENTRY(peer) entry;
	struct bus *bus;
	struct link *direct;
	struct event *retry; /* connecting directly; NULL: never tried */
	uint32_t retry_ms;
	uint32_t n_calls;
	bool told; /* what the watchers know */
	char name[BUS_NAME];
	char daemon[BUS_DAEMON];
	char owner[BUS_UNIQUE]; /* "": nobody */
};
LIST_HEAD(peer_list, peer);

struct peer_watch {
	LIST_ENTRY(peer_watch) entry;
	struct peer *peer; /* NULL: the bus itself */
	bus_peer_fn fn;
	void *ctx;
};
LIST_HEAD(peer_watch_list, peer_watch);

struct bus_req {
	LIST_ENTRY(bus_req) entry;     /* in bus->reqs */
	STAILQ_ENTRY(bus_req) waiting; /* for its sender's credentials */
	struct bus *bus;
	DBusConnection *dbus; /* a reference */
	DBusMessage *call;
	const struct bus_method *method; /* NULL: raw, or not yet run */
	void *in;
	DBusMessage *rows; /* an answer in the making */
	DBusMessageIter rows_it;
	DBusMessageIter rows_array;
	size_t rows_bytes;
	int rows_err;
	bool direct;
	struct identity id;
};
LIST_HEAD(req_list, bus_req);
STAILQ_HEAD(req_queue, bus_req);

TAILQ_HEAD(call_list, call);
TAILQ_HEAD(who_list, who);
LIST_HEAD(export_list, export);
LIST_HEAD(watch_list, watch_entry);

enum bus_state { BUS_DOWN, BUS_GREETING, BUS_UP };

struct bus {
	struct event_base *base;
	char *address;
	char *run_dir;
	char name[BUS_NAME];
	char daemon[BUS_DAEMON];
	enum bus_state state;
	bool named; /* bus_go() was called: take the name again */
	struct link main;
	struct event *retry;
	uint32_t retry_ms;

	struct export_list exports;
	struct req_list reqs;
	size_t n_reqs;
	struct who_list whos;
	size_t n_whos;

	struct call_list calls;  /* sent */
	struct call_list failed; /* `later` tells their owners */
	struct event *later;

	struct peer_list peers;
	struct peer_watch_list peer_watches;
	struct watch_list watches;
	unsigned int walking; /* lists that run callbacks: only mark */

	LIST_HEAD(, rows) rows; /* signals of many records, in the making */
	DBusMessage *batch[BUS_BATCH_MAX];
	size_t n_batch;
	struct event *batch_end; /* pending: a window is open */

	DBusServer *server; /* direct */
	struct bus_loop *server_loop;
	struct link_list directs;
	size_t n_directs;
	struct event *reap; /* frees dead links */
};

/* --- bus.c: the connection --- */
/* Puts a connection under our filter and on the event base. 0 or -ENOMEM. */
int link_attach(struct link *l, struct bus *bus, DBusConnection *c);
void link_detach(struct link *l); /* closes it, too */

/* --- bus_call.c --- */
/* At the end of the bus: nobody is told. */
void calls_drop(struct bus *bus);
/* What was sent over a lost link fails, in the next turn of the loop. */
void calls_fail_link(struct link *l);
void calls_run_failed(evutil_socket_t fd, short what, void *bus);
/* bus_call_raw() for a given link; peer may be NULL. */
int call_send(struct link *l, struct peer *peer, DBusMessage *m,
	      uint32_t deadline_ms, bus_raw_done_fn done, void *ctx);
/* To org.freedesktop.DBus, one string argument. */
int call_driver(struct bus *bus, const char *member, const char *arg,
		bus_raw_done_fn done, void *ctx);

/* --- bus_peer.c --- */
/* Finds or makes; NULL: no memory. */
struct peer *peer_get(struct bus *bus, const char *name);
struct peer *peer_of_iface(struct bus *bus, const struct bus_iface *iface);
/* By the daemon's name; NULL: no memory, or no daemon of ours. */
struct peer *peer_of_daemon(struct bus *bus, const char *daemon);
/* Tells the watchers if "there" changed. */
void peer_update(struct peer *p);
void peer_tell_bus(struct bus *bus, bool up);
/* After (re)connecting: asks for everything the bus must tell us. */
void hear_subscribe(struct bus *bus);
void hear_bus_lost(struct bus *bus);
void hear_signal(struct link *l, DBusMessage *m);
void hear_free(struct bus *bus);
void on_batch_end(evutil_socket_t fd, short what, void *bus);
/* Sends what waits: what was told before an answer arrives before it. */
void signals_flush(struct bus *bus);

/* --- bus_rows.c --- */
/* Adds one record to a signal of many. 0, -ENOMEM or -EINVAL. */
int rows_add(struct bus *bus, const struct bus_iface *iface,
	     const struct bus_signal *s, const void *rec);
void rows_flush(struct bus *bus);
void rows_drop(struct bus *bus);
/* Gives each record of a signal that came; what is wrong is left out. */
void rows_hear(DBusMessage *m, const struct record *r, bus_signal_fn fn,
	       void *ctx);

/* --- bus_direct.c --- */
/* The link to use for a peer: the direct one when it is ready. */
struct link *direct_link(struct peer *p);
/* Starts to connect to a peer that serves us directly. */
void direct_want(struct peer *p);
int direct_serve(struct bus *bus, const struct bus_iface *iface);
/* The client's first words on a direct link. */
void direct_hello(struct link *l, DBusMessage *m);
/* Takes a link out of use; it is freed in the next turn of the loop. */
void direct_lost(struct link *l);
/* Has the peer read what we sent? Else it hangs, and the link is lost. */
bool direct_flows(struct link *l);
void direct_free(struct bus *bus);
void on_reap(evutil_socket_t fd, short what, void *bus);

/* --- bus_who.c --- */
void identity_of(struct identity *id, uid_t uid, const uint32_t *groups,
		 size_t n_groups);
bool identity_is_daemon(const struct identity *id, const char *daemon);
/* Runs req when its sender is known: at once, or later. */
void who_ask(struct bus *bus, struct bus_req *req);
/* What is known goes with the bus; all: and whom nobody will answer. */
void who_forget(struct bus *bus, bool all);

/* --- bus_serve.c --- */
DBusHandlerResult serve_call(struct link *l, DBusMessage *m);
void serve_run(struct bus_req *req);
void serve_free(struct bus *bus);
struct export
{
	LIST_ENTRY(export) entry;
	const struct bus_iface *iface; /* NULL: raw */
	const char *path;
	const char *name;
	const char *xml;
	const bus_method_fn *fns;
	bus_raw_fn raw;
	void *ctx;
};

/* --- bus_req.c --- */
void req_refuse(struct link *l, DBusMessage *m, const char *name,
		const char *text);
struct bus_req *req_new(struct link *l, DBusMessage *m);
void req_free(struct bus_req *req);

/* --- bus_tree.c --- */
void tree_introspect(struct link *l, DBusMessage *m);
void tree_properties(struct link *l, DBusMessage *m);

/*
 * Direct links of the hot pairs (DESIGN 5): the server listens on
 * RUN/<daemon>/direct, the client connects when it first uses an interface
 * that the schema calls direct, and again whenever the link is lost. First it
 * says who it is:
 *
 *	org.sallyport.Direct1.Hello(s daemon)
 *
 * and only a link on which that was answered is used; until then, and after a
 * loss, everything goes over the bus.
 */
#include "bus_impl.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bus_loop.h"

/* "unix:path=..."; NULL: no memory, or no run directory. */
static char *address_of(const struct bus *bus, const char *daemon)
{
	char path[BUS_PATH], *escaped, *address = NULL;
	size_t size;

	if (!bus->run_dir || !daemon[0])
		return NULL;

	snprintf(path, sizeof(path), "%s/%s/direct", bus->run_dir, daemon);
	escaped = dbus_address_escape_value(path);
	if (!escaped)
		return NULL;

	size = strlen(escaped) + sizeof("unix:path=");
	address = malloc(size);
	if (address)
		snprintf(address, size, "unix:path=%s", escaped);
	dbus_free(escaped);
	return address;
}

static struct link *link_new(struct bus *bus, DBusConnection *c)
{
	struct link *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;

	l->direct = true;
	dbus_connection_set_max_message_size(c, BUS_DIRECT_BYTES);
	if (link_attach(l, bus, c)) {
		free(l);
		return NULL;
	}

	LIST_INSERT_HEAD(&bus->directs, l, entry);
	bus->n_directs++;
	return l;
}

static void link_free(struct link *l)
{
	bus_forget(l->bus, l);
	calls_fail_link(l);
	LIST_REMOVE(l, entry);
	l->bus->n_directs--;
	link_detach(l);
	free(l);
}

void on_reap(evutil_socket_t fd, short what, void *arg)
{
	struct bus *bus = arg;
	struct link *l, *next;

	(void)fd;
	(void)what;
	for (l = LIST_FIRST(&bus->directs); l; l = next) {
		next = LIST_NEXT(l, entry);
		if (l->dead)
			link_free(l);
	}
}

/* Tries again soon, then less often. */
static void try_again(struct peer *p)
{
	struct timeval tv = { p->retry_ms / 1000, (p->retry_ms % 1000) * 1000 };

	(void)event_add(p->retry, &tv);
	p->retry_ms *= 2;
	if (p->retry_ms > BUS_RETRY_MAX_MS)
		p->retry_ms = BUS_RETRY_MAX_MS;
}

void direct_lost(struct link *l)
{
	struct peer *p = l->peer;

	if (l->dead)
		return;

	l->dead = true;
	l->ready = false;
	event_active(l->bus->reap, 0, 0);
	bus_forget(l->bus, l);
	calls_fail_link(l);

	if (!p || p->direct != l)
		return;
	p->direct = NULL;
	if (!l->server)
		try_again(p);
	peer_update(p);
}

bool direct_flows(struct link *l)
{
	if (dbus_connection_get_outgoing_size(l->dbus) <= BUS_DIRECT_QUEUE)
		return true;

	direct_lost(l);
	return false;
}

struct link *direct_link(struct peer *p)
{
	struct link *l = p->direct;

	if (!l || !l->ready || !dbus_connection_get_is_connected(l->dbus))
		return NULL;

	return direct_flows(l) ? l : NULL;
}

/* --- the client --- */

static void on_hello(void *ctx, const struct bus_error *error, DBusMessage *m)
{
	struct link *l = ctx;

	(void)m;
	if (error) {
		direct_lost(l);
		return;
	}

	l->ready = true;
	l->peer->retry_ms = BUS_RETRY_MIN_MS;
	peer_update(l->peer);
}

/* Is the server who it should be? Its socket stands in its own directory, but
   it may be another's for all that a mistaken mode can do. */
static bool right_server(DBusConnection *c, const struct peer *p)
{
	struct identity id;
	struct ucred cred;
	socklen_t size = sizeof(cred);
	int fd;

	if (!dbus_connection_get_unix_fd(c, &fd) ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &size))
		return false;

	identity_of(&id, cred.uid, NULL, 0);
	return id.admin || identity_is_daemon(&id, p->daemon);
}

static int say_hello(struct link *l)
{
	const char *daemon = l->bus->daemon;
	DBusMessage *m;
	int err = -ENOMEM;

	m = dbus_message_new_method_call(NULL, "/", BUS_DIRECT_IFACE, "Hello");
	if (m && dbus_message_append_args(m, DBUS_TYPE_STRING, &daemon,
					  DBUS_TYPE_INVALID))
		err = call_send(l, NULL, m, BUS_HELLO_MS, on_hello, l);
	if (m)
		dbus_message_unref(m);

	return err;
}

static int dial(struct peer *p)
{
	char *address = address_of(p->bus, p->daemon);
	DBusConnection *c;
	struct link *l;

	if (!address)
		return -ENOENT;

	c = dbus_connection_open_private(address, NULL);
	free(address);
	if (!c)
		return -ECONNREFUSED;

	l = right_server(c, p) ? link_new(p->bus, c) : NULL;
	if (!l) {
		dbus_connection_close(c);
		dbus_connection_unref(c);
		return -EACCES;
	}

	l->peer = p;
	p->direct = l;
	if (say_hello(l))
		direct_lost(l); /* which tries again */
	return 0;
}

static void on_retry(evutil_socket_t fd, short what, void *arg)
{
	struct peer *p = arg;

	(void)fd;
	(void)what;
	if (!p->direct && dial(p))
		try_again(p);
}

void direct_want(struct peer *p)
{
	if (p->retry || !p->bus->run_dir)
		return;

	p->retry = evtimer_new(p->bus->base, on_retry, p);
	if (!p->retry)
		return; /* the bus will do */

	p->retry_ms = BUS_RETRY_MIN_MS;
	event_active(p->retry, 0, 0);
}

/* --- the server --- */

static bool serves(const struct bus *bus, const char *daemon)
{
	const struct export *e;

	LIST_FOREACH(e, &bus->exports, entry)
	if (e->iface && e->iface->direct && !strcmp(e->iface->direct, daemon))
		return true;

	return false;
}

static dbus_bool_t allow_user(DBusConnection *c, unsigned long uid, void *data)
{
	struct link *l = data;

	(void)c;
	identity_of(&l->id, (uid_t)uid, NULL, 0);
	return l->id.admin || (l->id.daemon[0] && serves(l->bus, l->id.daemon));
}

void direct_hello(struct link *l, DBusMessage *m)
{
	const char *daemon;
	struct peer *p = NULL;
	DBusMessage *r;

	if (dbus_message_has_member(m, "Hello") &&
	    dbus_message_get_args(m, NULL, DBUS_TYPE_STRING, &daemon,
				  DBUS_TYPE_INVALID) &&
	    serves(l->bus, daemon) &&
	    (l->id.admin || identity_is_daemon(&l->id, daemon)))
		p = peer_of_daemon(l->bus, daemon);
	if (!p || l->peer) {
		req_refuse(l, m, BUS_ERR "Denied", "not for you");
		return;
	}

	r = dbus_message_new_method_return(m);
	if (!r)
		return;
	(void)dbus_connection_send(l->dbus, r, NULL);
	dbus_message_unref(r);

	/* A peer that connects again has lost its old link. */
	if (p->direct)
		direct_lost(p->direct);
	l->peer = p;
	l->ready = true;
	p->direct = l;
	peer_update(p);
}

/* Makes room by dropping the one that has waited longest without a hello. */
static bool make_room(struct bus *bus)
{
	struct link *l, *silent = NULL;

	if (bus->n_directs < BUS_DIRECTS_MAX)
		return true;

	LIST_FOREACH(l, &bus->directs, entry)
	if (l->server && !l->ready)
		silent = l;
	if (silent)
		link_free(silent);

	return silent;
}

/* Unless we take a reference, libdbus closes the connection. */
static void on_connection(DBusServer *server, DBusConnection *c, void *data)
{
	struct bus *bus = data;
	struct link *l;

	(void)server;
	if (!make_room(bus))
		return;

	dbus_connection_ref(c);
	l = link_new(bus, c);
	if (!l) {
		dbus_connection_close(c);
		dbus_connection_unref(c);
		return;
	}

	l->server = true;
	dbus_connection_set_allow_anonymous(c, FALSE);
	dbus_connection_set_unix_user_function(c, allow_user, l, NULL);
}

/* libdbus leaves the socket open to all; the directory's group may reach it. */
static int guard_socket(const struct bus *bus)
{
	char path[BUS_PATH];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", bus->run_dir, bus->daemon);
	if (stat(path, &st))
		return -errno;

	snprintf(path, sizeof(path), "%s/%s/direct", bus->run_dir, bus->daemon);
	/* Not being in that group is no harm: then nobody of it gets in. */
	if (chown(path, (uid_t)-1, st.st_gid) && errno != EPERM)
		return -errno;
	if (chmod(path, 0660))
		return -errno;

	return 0;
}

int direct_serve(struct bus *bus, const struct bus_iface *iface)
{
	static const char *mechanisms[] = { "EXTERNAL", NULL };
	char path[BUS_PATH], *address;
	int err = -EIO;

	(void)iface;
	if (bus->server || !bus->run_dir)
		return 0;

	snprintf(path, sizeof(path), "%s/%s", bus->run_dir, bus->daemon);
	if (mkdir(path, 0750) && errno != EEXIST)
		return -errno;

	address = address_of(bus, bus->daemon);
	if (!address)
		return -ENOMEM;

	bus->server = dbus_server_listen(address, NULL);
	free(address);
	if (!bus->server)
		return -EIO;

	err = guard_socket(bus);
	if (err)
		goto fail;

	err = -ENOMEM;
	if (!dbus_server_set_auth_mechanisms(bus->server, mechanisms))
		goto fail;
	dbus_server_set_new_connection_function(bus->server, on_connection, bus,
						NULL);
	bus->server_loop = bus_loop_server(bus->base, bus->server);
	if (!bus->server_loop)
		goto fail;

	return 0;
fail:
	dbus_server_disconnect(bus->server);
	dbus_server_unref(bus->server);
	bus->server = NULL;
	return err;
}

void direct_free(struct bus *bus)
{
	struct link *l;

	bus_loop_free(bus->server_loop);
	if (bus->server) {
		dbus_server_disconnect(bus->server);
		dbus_server_unref(bus->server);
	}
	while ((l = LIST_FIRST(&bus->directs)))
		link_free(l);
}

/* Who is there, and what they tell: peers, signals in, signals out. */
#include "bus_impl.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus_record.h"

enum {
	RULE = 512,
	QUEUE_MAX = 64 << 20, /* unsent bytes: dbus-daemon hangs */
};

struct watch_entry {
	LIST_ENTRY(watch_entry) entry;
	struct peer *peer;
	const char *path;
	const char *iface;
	const char *member;
	const struct record *record; /* NULL: raw, or no arguments */
	bool rows;
	bus_signal_fn fn;
	bus_raw_signal_fn raw;
	void *ctx;
	void *own; /* given to raw instead of ctx, and freed with this */
	bool broadcast;
	bool dead;
};

static const struct {
	const char *daemon;
	const char *name;
} daemons[] = {
	{ "sipd", "org.sallyport.Sip" },
	{ "mediad", "org.sallyport.Media" },
	{ "routed", "org.sallyport.Route" },
	{ "guardd", "org.sallyport.Guard" },
	{ "fwd", "org.sallyport.Firewall" },
	{ "httpd", "org.sallyport.Web" },
};

/* --- peers --- */

static void on_owner(void *ctx, const struct bus_error *error, DBusMessage *m);

static void peer_subscribe(struct peer *p)
{
	char rule[RULE];

	if (p->bus->state == BUS_DOWN)
		return;

	snprintf(rule, sizeof(rule),
		 "type='signal',sender='" DBUS_SERVICE_DBUS
		 "',interface='" DBUS_INTERFACE_DBUS
		 "',member='NameOwnerChanged',arg0='%s'",
		 p->name);
	dbus_bus_add_match(p->bus->main.dbus, rule, NULL);
	/* Without memory we learn of the peer when it next comes or goes. */
	(void)call_driver(p->bus, "GetNameOwner", p->name, on_owner, p);
}

struct peer *peer_get(struct bus *bus, const char *name)
{
	struct peer *p;

	LIST_FOREACH(p, &bus->peers, entry)
	if (!strcmp(p->name, name))
		return p;

	if (name[0] == ':' || strlen(name) >= BUS_NAME)
		return NULL;

	p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;

	p->bus = bus;
	snprintf(p->name, sizeof(p->name), "%s", name);
	for (size_t i = 0; i < sizeof(daemons) / sizeof(daemons[0]); i++)
		if (!strcmp(daemons[i].name, name))
			snprintf(p->daemon, sizeof(p->daemon), "%s",
				 daemons[i].daemon);
	LIST_INSERT_HEAD(&bus->peers, p, entry);
	peer_subscribe(p);
	return p;
}

struct peer *peer_of_daemon(struct bus *bus, const char *daemon)
{
	for (size_t i = 0; i < sizeof(daemons) / sizeof(daemons[0]); i++)
		if (!strcmp(daemons[i].daemon, daemon))
			return peer_get(bus, daemons[i].name);

	return NULL;
}

struct peer *peer_of_iface(struct bus *bus, const struct bus_iface *iface)
{
	struct peer *p = peer_get(bus, iface->dest);

	if (p && iface->direct && !strcmp(iface->direct, bus->daemon))
		direct_want(p);

	return p;
}

static void sweep(struct bus *bus)
{
	struct peer_watch *p, *next_p;
	struct watch_entry *w, *next_w;

	if (--bus->walking)
		return;

	for (p = LIST_FIRST(&bus->peer_watches); p; p = next_p) {
		next_p = LIST_NEXT(p, entry);
		if (p->fn)
			continue;
		LIST_REMOVE(p, entry);
		free(p);
	}
	for (w = LIST_FIRST(&bus->watches); w; w = next_w) {
		next_w = LIST_NEXT(w, entry);
		if (!w->dead)
			continue;
		LIST_REMOVE(w, entry);
		free(w->own);
		free(w);
	}
}

static void tell_watchers(struct bus *bus, struct peer *peer, bool there)
{
	struct peer_watch *w;

	bus->walking++;
	LIST_FOREACH(w, &bus->peer_watches, entry)
	if (w->peer == peer && w->fn)
		w->fn(w->ctx, there);
	sweep(bus);
}

void peer_tell_bus(struct bus *bus, bool up)
{
	tell_watchers(bus, NULL, up);
}

void peer_update(struct peer *p)
{
	bool there = p->owner[0] || (p->direct && p->direct->ready);

	if (there == p->told)
		return;

	p->told = there;
	tell_watchers(p->bus, p, there);
}

static void set_owner(struct peer *p, const char *owner)
{
	if (!strcmp(p->owner, owner))
		return;

	/* Another process, or none: the old one's direct link is dead even if
	   we have not read its end yet. */
	if (p->owner[0]) {
		p->owner[0] = '\0';
		if (p->direct)
			direct_lost(p->direct);
		peer_update(p);
	}

	snprintf(p->owner, sizeof(p->owner), "%s", owner);
	peer_update(p);
}

static void on_owner(void *ctx, const struct bus_error *error, DBusMessage *m)
{
	const char *owner = "";

	if (!error && !dbus_message_get_args(m, NULL, DBUS_TYPE_STRING, &owner,
					     DBUS_TYPE_INVALID))
		owner = "";

	set_owner(ctx, owner);
}

static void on_name_owner(struct bus *bus, DBusMessage *m)
{
	const char *name, *old, *owner;
	struct peer *p;

	if (!dbus_message_get_args(m, NULL, DBUS_TYPE_STRING, &name,
				   DBUS_TYPE_STRING, &old, DBUS_TYPE_STRING,
				   &owner, DBUS_TYPE_INVALID))
		return;

	LIST_FOREACH(p, &bus->peers, entry)
	{
		if (!strcmp(p->name, name)) {
			set_owner(p, owner);
			return;
		}
	}
}

int bus_watch_peer(struct bus *bus, const char *name, bus_peer_fn fn, void *ctx)
{
	struct peer *p = name ? peer_get(bus, name) : NULL;
	struct peer_watch *w;

	if (name && !p)
		return -ENOMEM;

	w = calloc(1, sizeof(*w));
	if (!w)
		return -ENOMEM;

	w->peer = p;
	w->fn = fn;
	w->ctx = ctx;
	LIST_INSERT_HEAD(&bus->peer_watches, w, entry);
	fn(ctx, p ? p->told : bus->state == BUS_UP);
	return 0;
}

/* --- signals in --- */

static void watch_rule(const struct watch_entry *w, char rule[RULE])
{
	snprintf(rule, RULE,
		 "type='signal',sender='%s',path='%s',interface='%s',"
		 "member='%s'",
		 w->peer->name, w->path, w->iface, w->member);
}

static void watch_subscribe(struct bus *bus, const struct watch_entry *w)
{
	char rule[RULE];

	if (!w->broadcast || bus->state == BUS_DOWN)
		return;

	watch_rule(w, rule);
	dbus_bus_add_match(bus->main.dbus, rule, NULL);
}

static int watch_add(struct bus *bus, const struct watch_entry *what)
{
	struct watch_entry *w;

	if (!what->peer)
		return -ENOMEM;

	w = malloc(sizeof(*w));
	if (!w)
		return -ENOMEM;

	*w = *what;
	LIST_INSERT_HEAD(&bus->watches, w, entry);
	watch_subscribe(bus, w);
	return 0;
}

int bus_watch(struct bus *bus, const struct bus_iface *iface, size_t signal,
	      bus_signal_fn fn, void *ctx)
{
	const struct bus_signal *s = &iface->signals[signal];
	const struct watch_entry w = {
		.peer = peer_of_iface(bus, iface),
		.path = iface->path,
		.iface = iface->name,
		.member = s->name,
		.record = s->out,
		.rows = s->rows,
		.fn = fn,
		.ctx = ctx,
		.broadcast = !s->to,
	};

	return watch_add(bus, &w);
}

int bus_watch_own(struct bus *bus, const char *name, const char *path,
		  const char *iface, const char *member, bus_raw_signal_fn fn,
		  void *ctx, void *own)
{
	const struct watch_entry w = {
		.peer = peer_get(bus, name),
		.path = path,
		.iface = iface,
		.member = member,
		.raw = fn,
		.ctx = ctx,
		.own = own,
		.broadcast = true,
	};

	return watch_add(bus, &w);
}

int bus_watch_raw(struct bus *bus, const char *name, const char *path,
		  const char *iface, const char *member, bus_raw_signal_fn fn,
		  void *ctx)
{
	return bus_watch_own(bus, name, path, iface, member, fn, ctx, NULL);
}

void bus_unwatch(struct bus *bus, void *ctx)
{
	struct peer_watch *p;
	struct watch_entry *w;
	char rule[RULE];

	bus->walking++;
	LIST_FOREACH(p, &bus->peer_watches, entry)
	if (p->ctx == ctx)
		p->fn = NULL;
	LIST_FOREACH(w, &bus->watches, entry)
	{
		if (w->ctx != ctx || w->dead)
			continue;
		w->dead = true;
		watch_rule(w, rule);
		if (w->broadcast && bus->state != BUS_DOWN)
			dbus_bus_remove_match(bus->main.dbus, rule, NULL);
	}
	sweep(bus);
}

static bool from_owner(const struct link *l, DBusMessage *m,
		       const struct peer *p)
{
	const char *sender = dbus_message_get_sender(m);

	if (l->direct)
		return l->ready && l->peer == p;

	return sender && p->owner[0] && !strcmp(sender, p->owner);
}

static void give_signal(struct watch_entry *w, DBusMessage *m)
{
	struct issue issue;
	void *rec = NULL;

	if (w->raw) {
		w->raw(w->own ? w->own : w->ctx, m);
		return;
	}

	if (w->rows) {
		rows_hear(m, w->record, w->fn, w->ctx);
		return;
	}

	if (w->record) {
		rec = malloc(w->record->size);
		if (!rec)
			return; /* facts may be lost; requests are not */
	}
	if (!bus_get_record(m, w->record, rec, &issue))
		w->fn(w->ctx, rec);
	free(rec);
}

void hear_signal(struct link *l, DBusMessage *m)
{
	struct bus *bus = l->bus;
	struct watch_entry *w;

	if (!l->direct && dbus_message_has_sender(m, DBUS_SERVICE_DBUS)) {
		if (dbus_message_is_signal(m, DBUS_INTERFACE_DBUS,
					   "NameOwnerChanged"))
			on_name_owner(bus, m);
		return;
	}

	bus->walking++;
	LIST_FOREACH(w, &bus->watches, entry)
	if (!w->dead && dbus_message_is_signal(m, w->iface, w->member) &&
	    dbus_message_has_path(m, w->path) && from_owner(l, m, w->peer))
		give_signal(w, m);
	sweep(bus);
}

void hear_subscribe(struct bus *bus)
{
	struct watch_entry *w;
	struct peer *p;

	LIST_FOREACH(p, &bus->peers, entry)
	peer_subscribe(p);
	LIST_FOREACH(w, &bus->watches, entry)
	if (!w->dead)
		watch_subscribe(bus, w);
}

void hear_bus_lost(struct bus *bus)
{
	struct peer *p;

	LIST_FOREACH(p, &bus->peers, entry)
	{
		p->owner[0] = '\0';
		peer_update(p);
	}
	while (bus->n_batch)
		dbus_message_unref(bus->batch[--bus->n_batch]);
	rows_drop(bus);
}

/* --- signals out --- */

static int send_now(struct bus *bus, DBusMessage *m)
{
	if (bus->state == BUS_DOWN)
		return 0; /* whoever comes back reads what is so now */
	if (dbus_connection_get_outgoing_size(bus->main.dbus) > QUEUE_MAX)
		return -ENOMEM;

	return dbus_connection_send(bus->main.dbus, m, NULL) ? 0 : -ENOMEM;
}

void signals_flush(struct bus *bus)
{
	for (size_t i = 0; i < bus->n_batch; i++) {
		(void)send_now(bus, bus->batch[i]);
		dbus_message_unref(bus->batch[i]);
	}
	bus->n_batch = 0;
	rows_flush(bus);
}

static void open_window(struct bus *bus)
{
	static const struct timeval tv = { 0, BUS_BATCH_MS * 1000 };

	(void)event_add(bus->batch_end, &tv);
}

void on_batch_end(evutil_socket_t fd, short what, void *arg)
{
	struct bus *bus = arg;

	(void)fd;
	(void)what;
	if (bus->n_batch || !LIST_EMPTY(&bus->rows))
		open_window(bus);
	signals_flush(bus);
}

/* One of many records: it and what comes within the window go together. */
static int send_row(struct bus *bus, const struct bus_iface *iface,
		    const struct bus_signal *s, const void *rec)
{
	if (bus->state == BUS_DOWN)
		return 0;
	if (!event_pending(bus->batch_end, EV_TIMEOUT, NULL))
		open_window(bus);
	return rows_add(bus, iface, s, rec);
}

/* The first of a window goes at once, so that one alone has no delay. */
static int send_batched(struct bus *bus, DBusMessage *m)
{
	if (!event_pending(bus->batch_end, EV_TIMEOUT, NULL)) {
		open_window(bus);
		return send_now(bus, m);
	}

	if (bus->n_batch == BUS_BATCH_MAX)
		signals_flush(bus);
	bus->batch[bus->n_batch++] = dbus_message_ref(m);
	return 0;
}

static int send_unicast(struct bus *bus, DBusMessage *m, const char *to)
{
	struct peer *p = peer_of_daemon(bus, to);
	struct link *l = p ? direct_link(p) : NULL;

	if (!p)
		return -ENOMEM;
	if (l)
		return dbus_connection_send(l->dbus, m, NULL) ? 0 : -ENOMEM;
	if (!dbus_message_set_destination(m, p->name))
		return -ENOMEM;

	dbus_message_set_auto_start(m, FALSE);
	return send_now(bus, m);
}

int bus_emit(struct bus *bus, const struct bus_iface *iface, size_t signal,
	     const void *rec)
{
	const struct bus_signal *s = &iface->signals[signal];
	DBusMessage *m;
	int err = 0;

	if (s->rows)
		return send_row(bus, iface, s, rec);
	m = dbus_message_new_signal(iface->path, iface->name, s->name);
	if (!m)
		return -ENOMEM;

	if (s->out && rec)
		err = bus_put_record(&m, s->out, rec);
	if (!err)
		err = s->to ? send_unicast(bus, m, s->to)
			    : send_batched(bus, m);

	dbus_message_unref(m);
	return err;
}

int bus_emit_raw(struct bus *bus, DBusMessage *m)
{
	return send_now(bus, m);
}

void hear_free(struct bus *bus)
{
	struct peer_watch *pw;
	struct watch_entry *w;
	struct peer *p;

	while (bus->n_batch)
		dbus_message_unref(bus->batch[--bus->n_batch]);
	rows_drop(bus);
	while ((pw = LIST_FIRST(&bus->peer_watches))) {
		LIST_REMOVE(pw, entry);
		free(pw);
	}
	while ((w = LIST_FIRST(&bus->watches))) {
		LIST_REMOVE(w, entry);
		free(w->own);
		free(w);
	}
	while ((p = LIST_FIRST(&bus->peers))) {
		LIST_REMOVE(p, entry);
		if (p->retry)
			event_free(p->retry);
		free(p);
	}
}

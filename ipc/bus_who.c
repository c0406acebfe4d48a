/*
 * Who sent a message: asked of dbus-daemon once by unique name, and kept. A
 * unique name is never used again while the bus runs, so what was learned stays
 * true until the bus is lost; the oldest entries make room for new ones.
 */
#include "bus_impl.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { GROUPS_MAX = 256, NSS_ROOM = 4096 };

struct who {
	TAILQ_ENTRY(who) entry; /* the oldest first */
	struct bus *bus;
	struct req_queue waiting;
	struct identity id;
	bool known;
	char unique[BUS_UNIQUE];
};

static bool in_admin_group(const uint32_t *groups, size_t n)
{
	char room[NSS_ROOM];
	struct group gr, *found = NULL;

	if (getgrnam_r("sallyport-admin", &gr, room, sizeof(room), &found) ||
	    !found)
		return false;

	for (size_t i = 0; i < n; i++)
		if (groups[i] == found->gr_gid)
			return true;

	return false;
}

void identity_of(struct identity *id, uid_t uid, const uint32_t *groups,
		 size_t n_groups)
{
	char room[NSS_ROOM];
	struct passwd pw, *found = NULL;

	memset(id, 0, sizeof(*id));
	id->uid = uid;
	id->admin = uid == 0 || uid == geteuid() ||
		    in_admin_group(groups, n_groups);

	if (getpwuid_r(uid, &pw, room, sizeof(room), &found))
		found = NULL;

	if (found && !strncmp(found->pw_name, "sp-", 3) &&
	    strlen(found->pw_name + 3) < sizeof(id->daemon)) {
		memcpy(id->daemon, found->pw_name + 3,
		       strlen(found->pw_name + 3) + 1);
		snprintf(id->actor, sizeof(id->actor), "%s", id->daemon);
	} else if (found) {
		text_from_peer(id->actor, sizeof(id->actor), found->pw_name,
			       strlen(found->pw_name));
	} else {
		snprintf(id->actor, sizeof(id->actor), "uid %u", uid);
	}
}

bool identity_is_daemon(const struct identity *id, const char *daemon)
{
	return id->daemon[0] && !strcmp(id->daemon, daemon);
}

static struct who *find(struct bus *bus, const char *unique)
{
	struct who *w;

	TAILQ_FOREACH(w, &bus->whos, entry)
	if (!strcmp(w->unique, unique))
		return w;

	return NULL;
}

static void drop(struct who *w)
{
	TAILQ_REMOVE(&w->bus->whos, w, entry);
	w->bus->n_whos--;
	free(w);
}

static bool make_room(struct bus *bus)
{
	struct who *w;

	if (bus->n_whos < BUS_WHOS_MAX)
		return true;

	TAILQ_FOREACH(w, &bus->whos, entry)
	{
		if (w->known) {
			drop(w);
			return true;
		}
	}

	return false;
}

static struct who *add(struct bus *bus, const char *unique)
{
	struct who *w;

	if (strlen(unique) >= BUS_UNIQUE || !make_room(bus))
		return NULL;

	w = calloc(1, sizeof(*w));
	if (!w)
		return NULL;

	w->bus = bus;
	STAILQ_INIT(&w->waiting);
	snprintf(w->unique, sizeof(w->unique), "%s", unique);
	TAILQ_INSERT_TAIL(&bus->whos, w, entry);
	bus->n_whos++;
	return w;
}

struct credentials {
	uint32_t uid;
	bool has_uid;
	uint32_t groups[GROUPS_MAX];
	size_t n_groups;
};

static void read_credential(struct credentials *c, const char *key,
			    DBusMessageIter *value)
{
	DBusMessageIter array;
	const uint32_t *groups = NULL;
	int n = 0;

	if (!strcmp(key, "UnixUserID") &&
	    dbus_message_iter_get_arg_type(value) == DBUS_TYPE_UINT32) {
		dbus_message_iter_get_basic(value, &c->uid);
		c->has_uid = true;
	}

	if (!strcmp(key, "UnixGroupIDs") &&
	    dbus_message_iter_get_arg_type(value) == DBUS_TYPE_ARRAY &&
	    dbus_message_iter_get_element_type(value) == DBUS_TYPE_UINT32) {
		dbus_message_iter_recurse(value, &array);
		dbus_message_iter_get_fixed_array(&array, &groups, &n);
		for (int i = 0; i < n && c->n_groups < GROUPS_MAX; i++)
			c->groups[c->n_groups++] = groups[i];
	}
}

static bool read_credentials(struct credentials *c, DBusMessage *m)
{
	DBusMessageIter it, dict, pair, value;
	const char *key;

	if (!m || !dbus_message_has_signature(m, "a{sv}"))
		return false;

	dbus_message_iter_init(m, &it);
	dbus_message_iter_recurse(&it, &dict);
	while (dbus_message_iter_get_arg_type(&dict) == DBUS_TYPE_DICT_ENTRY) {
		dbus_message_iter_recurse(&dict, &pair);
		dbus_message_iter_get_basic(&pair, &key);
		(void)dbus_message_iter_next(&pair);
		dbus_message_iter_recurse(&pair, &value);
		read_credential(c, key, &value);
		(void)dbus_message_iter_next(&dict);
	}

	return c->has_uid;
}

static void on_credentials(void *ctx, const struct bus_error *error,
			   DBusMessage *m)
{
	struct credentials c = { 0 };
	struct who *w = ctx;
	struct req_queue waiting = STAILQ_HEAD_INITIALIZER(waiting);
	struct identity id;
	struct bus_req *req;
	bool known = !error && read_credentials(&c, m);

	STAILQ_CONCAT(&waiting, &w->waiting);
	if (known) {
		identity_of(&w->id, c.uid, c.groups, c.n_groups);
		id = w->id;
		w->known = true;
	} else {
		/* The sender has left, or the bus was lost. */
		drop(w);
	}

	/* Handlers may do anything, so w is not touched from here. */
	while ((req = STAILQ_FIRST(&waiting))) {
		STAILQ_REMOVE_HEAD(&waiting, waiting);
		if (known) {
			req->id = id;
			serve_run(req);
		} else {
			bus_reply_error(req, "Denied", "cannot tell who asks");
		}
	}
}

void who_ask(struct bus *bus, struct bus_req *req)
{
	const char *sender = dbus_message_get_sender(req->call);
	struct who *w = sender ? find(bus, sender) : NULL;

	if (w && w->known) {
		req->id = w->id;
		serve_run(req);
		return;
	}

	if (!w && sender) {
		w = add(bus, sender);
		if (w && call_driver(bus, "GetConnectionCredentials", sender,
				     on_credentials, w)) {
			drop(w);
			w = NULL;
		}
	}
	if (!w) {
		bus_reply_error(req, "Busy", "too many callers at once");
		return;
	}

	STAILQ_INSERT_TAIL(&w->waiting, req, waiting);
}

void who_forget(struct bus *bus, bool all)
{
	struct who *w, *next;

	for (w = TAILQ_FIRST(&bus->whos); w; w = next) {
		next = TAILQ_NEXT(w, entry);
		if (w->known || all)
			drop(w);
	}
}

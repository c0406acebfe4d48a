/*
 * The bus one level deeper, for objects that are no record in and record out:
 * the generic table object, and its client. Only ipc/ includes this; a
 * daemon uses bus.h. A DBusMessage belongs to who made or got it, unless a
 * function says otherwise.
 */
#pragma once

#include <dbus/dbus.h>

#include "bus.h"

/* The event base it runs on. */
struct event_base *bus_base(const struct bus *bus);

/*
 * Serves one interface at one path. on_call gets every method call with that
 * path and interface, whatever its member and arguments: it checks them and
 * the caller, and ends req with exactly one reply. `call` lives as long as
 * req. xml: the <interface> element; it and the strings must outlive the
 * export. Returns 0, -EEXIST or -ENOMEM.
 */
typedef void (*bus_raw_fn)(void *ctx, struct bus_req *req, DBusMessage *call);
int bus_export_raw(struct bus *bus, const char *path, const char *iface,
		   const char *xml, bus_raw_fn on_call, void *ctx);

/* Takes every object of ctx off the bus. Its open requests stay open. */
void bus_unexport(struct bus *bus, void *ctx);

/* The call that req answers; lives as long as req. */
DBusMessage *bus_req_message(const struct bus_req *req);

/* Is the caller this daemon ("httpd")? */
bool bus_req_is(const struct bus_req *req, const char *daemon);

/* Is it root, our own user, or a member of sallyport-admin? */
bool bus_req_admin(const struct bus_req *req);

/* Is it any of our daemons, or an admin? They may read tables. */
bool bus_req_ours(const struct bus_req *req);

/* A method return to fill; NULL: no memory. */
DBusMessage *bus_reply_new(const struct bus_req *req);

/* Answers with it and takes it; NULL answers "no memory". Ends req. */
void bus_reply_raw(struct bus_req *req, DBusMessage *reply);

/*
 * Asks over the bus; `done` is called exactly once and never from inside, with
 * a reply or an error. The reply is unref'd after done. m stays the caller's.
 * deadline_ms 0: 5000. Returns 0 or -ENOMEM. bus_forget() ends the waiting.
 */
typedef void (*bus_raw_done_fn)(void *ctx, const struct bus_error *error,
				DBusMessage *reply);
int bus_call_raw(struct bus *bus, DBusMessage *m, uint32_t deadline_ms,
		 bus_raw_done_fn done, void *ctx);

/* Sends a signal, now and over the bus; m stays the caller's. While the bus
   is away it is dropped. Returns 0 or -ENOMEM. */
int bus_emit_raw(struct bus *bus, DBusMessage *m);

/*
 * Hears a signal of the daemon that owns `name` (org.sallyport.Route); anybody
 * else's is ignored. The strings must outlive the watch.
 */
typedef void (*bus_raw_signal_fn)(void *ctx, DBusMessage *m);
int bus_watch_raw(struct bus *bus, const char *name, const char *path,
		  const char *iface, const char *member, bus_raw_signal_fn fn,
		  void *ctx);

/* The same; fn gets `own` (from malloc), which on success belongs to the watch
   and is freed with it. bus_unwatch(ctx) ends it. */
int bus_watch_own(struct bus *bus, const char *name, const char *path,
		  const char *iface, const char *member, bus_raw_signal_fn fn,
		  void *ctx, void *own);

/* --- a{ss}, and text that is safe to send --- */

/*
 * Appends text; bytes that are no UTF-8 become '?' (libdbus would abort).
 * Returns 0 or -ENOMEM, like all bus_put functions.
 */
int bus_put_text(DBusMessageIter *it, const char *text);

int bus_dict_open(DBusMessageIter *it, DBusMessageIter *dict);
int bus_dict_put(DBusMessageIter *dict, const char *key, const char *text);
int bus_dict_close(DBusMessageIter *it, DBusMessageIter *dict);

/* A record as a{ss}: every field but secrets, hidden ones and bytes. */
int bus_put_row(DBusMessageIter *it, const struct record *r, const void *rec);

/*
 * Reads an a{ss}: enter it, then take pairs until false. The texts live as
 * long as the message. bus_dict_enter returns 0 or -EBADMSG, and steps `it`
 * behind the dict.
 */
int bus_dict_enter(DBusMessageIter *it, DBusMessageIter *dict);
bool bus_dict_next(DBusMessageIter *dict, const char **key, const char **text);

/* Reads an a{ss} into a record: unknown keys are skipped, absent fields have
   their default. 0, -EBADMSG (types) or -EINVAL (*issue). Steps `it`. */
int bus_get_row(DBusMessageIter *it, const struct record *r, void *rec,
		struct issue *issue);

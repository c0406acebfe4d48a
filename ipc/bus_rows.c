/*
 * Signals of many records ("rows" in the schema): a hundred calls a second make
 * five hundred facts, and a message costs far more than what stands in it. So
 * those of a window travel in one, as an array of structs, one field each:
 *
 *	CallFact(a(sst...) rows)
 */
#include "bus_impl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "bus_record.h"

enum { ROWS_MAX = 256 }; /* in a message */

/* A message in the making. */
struct rows {
	LIST_ENTRY(rows) entry;
	const struct bus_signal *signal;
	DBusMessage *message;
	DBusMessageIter it;
	DBusMessageIter array;
	size_t n;
};

static void rows_signature(const struct record *r, char text[BUS_SIGNATURE + 3])
{
	char fields[BUS_SIGNATURE];

	bus_signature(r, fields);
	(void)snprintf(text, BUS_SIGNATURE + 3, "(%s)", fields);
}

static struct rows *rows_new(struct bus *bus, const struct bus_iface *iface,
			     const struct bus_signal *s)
{
	struct rows *w = calloc(1, sizeof(*w));
	char signature[BUS_SIGNATURE + 3];

	if (!w)
		return NULL;
	w->signal = s;
	w->message = dbus_message_new_signal(iface->path, iface->name, s->name);
	if (!w->message) {
		free(w);
		return NULL;
	}
	rows_signature(s->out, signature);
	dbus_message_iter_init_append(w->message, &w->it);
	if (!dbus_message_iter_open_container(&w->it, DBUS_TYPE_ARRAY,
					      signature, &w->array)) {
		dbus_message_unref(w->message);
		free(w);
		return NULL;
	}
	LIST_INSERT_HEAD(&bus->rows, w, entry);
	return w;
}

/* Takes it out, and sends it when it could be completed. */
static void rows_end(struct bus *bus, struct rows *w, bool send)
{
	LIST_REMOVE(w, entry);
	if (!send)
		dbus_message_iter_abandon_container(&w->it, &w->array);
	else if (dbus_message_iter_close_container(&w->it, &w->array))
		(void)bus_emit_raw(bus, w->message);
	dbus_message_unref(w->message);
	free(w);
}

int rows_add(struct bus *bus, const struct bus_iface *iface,
	     const struct bus_signal *s, const void *rec)
{
	struct rows *w;
	int err;

	LIST_FOREACH(w, &bus->rows, entry)
	if (w->signal == s)
		break;
	if (!w)
		w = rows_new(bus, iface, s);
	if (!w)
		return -ENOMEM;
	err = bus_put_struct(&w->array, s->out, rec);
	if (err == -ENOMEM)
		rows_end(bus, w, false); /* libdbus left it half written */
	else if (!err && ++w->n == ROWS_MAX)
		rows_end(bus, w, true);
	return err;
}

void rows_flush(struct bus *bus)
{
	while (!LIST_EMPTY(&bus->rows))
		rows_end(bus, LIST_FIRST(&bus->rows), true);
}

void rows_drop(struct bus *bus)
{
	while (!LIST_EMPTY(&bus->rows))
		rows_end(bus, LIST_FIRST(&bus->rows), false);
}

void rows_hear(DBusMessage *m, const struct record *r, bus_signal_fn fn,
	       void *ctx)
{
	DBusMessageIter it, array;
	struct issue issue;
	void *rec;

	if (!dbus_message_iter_init(m, &it) ||
	    dbus_message_iter_get_arg_type(&it) != DBUS_TYPE_ARRAY ||
	    dbus_message_iter_get_element_type(&it) != DBUS_TYPE_STRUCT)
		return;
	rec = malloc(r->size);
	if (!rec)
		return; /* facts may be lost; requests are not */
	dbus_message_iter_recurse(&it, &array);
	for (; dbus_message_iter_get_arg_type(&array) == DBUS_TYPE_STRUCT;
	     (void)dbus_message_iter_next(&array)) {
		if (!bus_get_struct(&array, r, rec, &issue))
			fn(ctx, rec);
	}
	free(rec);
}

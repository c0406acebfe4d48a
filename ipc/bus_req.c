/* Answers to calls of others. */
#include "bus_impl.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "secret.h"

#include "bus_record.h"

static void send_reply(DBusConnection *c, DBusMessage *call, DBusMessage *reply)
{
	if (!dbus_message_get_no_reply(call) &&
	    dbus_connection_get_is_connected(c))
		(void)dbus_connection_send(c, reply, NULL);
}

void req_refuse(struct link *l, DBusMessage *m, const char *name,
		const char *text)
{
	DBusMessage *r = dbus_message_new_error(m, name, text);

	if (!r)
		return; /* the caller meets its deadline */

	send_reply(l->dbus, m, r);
	dbus_message_unref(r);
}

struct bus_req *req_new(struct link *l, DBusMessage *m)
{
	struct bus *bus = l->bus;
	struct bus_req *req;

	if (bus->n_reqs >= BUS_REQS_MAX)
		return NULL;

	req = calloc(1, sizeof(*req));
	if (!req)
		return NULL;

	req->bus = bus;
	req->dbus = dbus_connection_ref(l->dbus);
	req->call = dbus_message_ref(m);
	req->direct = l->direct;
	req->id = l->id;
	LIST_INSERT_HEAD(&bus->reqs, req, entry);
	bus->n_reqs++;
	return req;
}

static void drop_rows(struct bus_req *req)
{
	if (!req->rows)
		return;

	dbus_message_iter_abandon_container(&req->rows_it, &req->rows_array);
	dbus_message_unref(req->rows);
	req->rows = NULL;
}

void req_free(struct bus_req *req)
{
	LIST_REMOVE(req, entry);
	req->bus->n_reqs--;
	drop_rows(req);
	if (req->in)
		secret_wipe(req->in, req->method->in->size);
	free(req->in);
	dbus_message_unref(req->call);
	dbus_connection_unref(req->dbus);
	free(req);
}

DBusMessage *bus_req_message(const struct bus_req *req)
{
	return req->call;
}

const char *bus_req_actor(const struct bus_req *req)
{
	return req->id.actor;
}

bool bus_req_is(const struct bus_req *req, const char *daemon)
{
	return identity_is_daemon(&req->id, daemon);
}

bool bus_req_admin(const struct bus_req *req)
{
	return req->id.admin;
}

bool bus_req_ours(const struct bus_req *req)
{
	return req->id.admin || req->id.daemon[0];
}

DBusMessage *bus_reply_new(const struct bus_req *req)
{
	return dbus_message_new_method_return(req->call);
}

void bus_reply_raw(struct bus_req *req, DBusMessage *reply)
{
	if (!reply) {
		bus_reply_error(req, "NoMemory", "out of memory");
		return;
	}

	if (req->dbus == req->bus->main.dbus)
		signals_flush(req->bus);
	send_reply(req->dbus, req->call, reply);
	dbus_message_unref(reply);
	req_free(req);
}

void bus_reply(struct bus_req *req, const void *out)
{
	const struct record *r = req->method ? req->method->out : NULL;
	DBusMessage *m = bus_reply_new(req);
	int err = 0;

	if (m && r && out)
		err = bus_put_record(&m, r, out);
	if (err) {
		dbus_message_unref(m);
		m = NULL;
	}
	if (err == -EINVAL) {
		bus_reply_error(req, "Failed", "the answer is out of range");
		return;
	}

	bus_reply_raw(req, m);
}

static int open_rows(struct bus_req *req)
{
	req->rows = bus_reply_new(req);
	if (!req->rows)
		return -ENOMEM;

	dbus_message_iter_init_append(req->rows, &req->rows_it);
	if (!dbus_message_iter_open_container(&req->rows_it, DBUS_TYPE_ARRAY,
					      "a{ss}", &req->rows_array)) {
		dbus_message_unref(req->rows);
		req->rows = NULL;
		return -ENOMEM;
	}

	return 0;
}

void bus_reply_row(struct bus_req *req, const void *row)
{
	const struct record *r = req->method->out;

	if (!req->rows_err && !req->rows)
		req->rows_err = open_rows(req);
	/* A row is never longer as text than three times its struct, for
	   numbers and the names of the fields. */
	req->rows_bytes += r->size + r->n_fields * 64;
	if (!req->rows_err && req->rows_bytes > BUS_REPLY_BYTES)
		req->rows_err = -EMSGSIZE;
	if (!req->rows_err)
		req->rows_err = bus_put_row(&req->rows_array, r, row);
	if (req->rows_err)
		drop_rows(req);
}

void bus_reply_end(struct bus_req *req)
{
	DBusMessage *m;

	if (!req->rows_err && !req->rows)
		req->rows_err = open_rows(req); /* no row at all */
	if (req->rows_err == -EMSGSIZE) {
		bus_reply_error(req, "TooMany", "too many rows: ask for fewer");
		return;
	}
	if (req->rows_err) {
		bus_reply_raw(req, NULL);
		return;
	}

	m = req->rows;
	if (!dbus_message_iter_close_container(&req->rows_it,
					       &req->rows_array)) {
		dbus_message_unref(m);
		m = NULL;
	}
	req->rows = NULL;
	bus_reply_raw(req, m);
}

void bus_reply_error(struct bus_req *req, const char *name, const char *fmt,
		     ...)
{
	char text[512], clean[512], full[128];
	DBusMessage *m;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	text_from_peer(clean, sizeof(clean), text, strlen(text));

	snprintf(full, sizeof(full), BUS_ERR "%s", name);
	m = dbus_message_new_error(req->call, full, clean);
	if (m) {
		send_reply(req->dbus, req->call, m);
		dbus_message_unref(m);
	}
	req_free(req);
}

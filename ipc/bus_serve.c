/* Calls of others: which object, which method, who may, what arguments. */
#include "bus_impl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus_record.h"

static struct export *find_export(const struct bus *bus, DBusMessage *m)
{
	const char *path = dbus_message_get_path(m);
	const char *name = dbus_message_get_interface(m);
	struct export *e;

	LIST_FOREACH(e, &bus->exports, entry)
	if (!strcmp(e->name, name) && !strcmp(e->path, path))
		return e;

	return NULL;
}

static int add_export(struct bus *bus, const struct export *what)
{
	struct export *e;

	LIST_FOREACH(e, &bus->exports, entry)
	if (!strcmp(e->name, what->name) && !strcmp(e->path, what->path))
		return -EEXIST;

	e = malloc(sizeof(*e));
	if (!e)
		return -ENOMEM;

	*e = *what;
	LIST_INSERT_HEAD(&bus->exports, e, entry);
	return 0;
}

int bus_export(struct bus *bus, const struct bus_iface *iface,
	       const bus_method_fn *fns, void *ctx)
{
	const struct export e = {
		.iface = iface,
		.path = iface->path,
		.name = iface->name,
		.xml = iface->xml,
		.fns = fns,
		.ctx = ctx,
	};
	int err = add_export(bus, &e);

	if (err || !iface->direct)
		return err;

	return direct_serve(bus, iface);
}

int bus_export_raw(struct bus *bus, const char *path, const char *iface,
		   const char *xml, bus_raw_fn on_call, void *ctx)
{
	const struct export e = {
		.path = path,
		.name = iface,
		.xml = xml,
		.raw = on_call,
		.ctx = ctx,
	};

	return add_export(bus, &e);
}

void bus_unexport(struct bus *bus, void *ctx)
{
	struct export *e, *next;

	for (e = LIST_FIRST(&bus->exports); e; e = next) {
		next = LIST_NEXT(e, entry);
		if (e->ctx != ctx)
			continue;
		LIST_REMOVE(e, entry);
		free(e);
	}
}

void serve_free(struct bus *bus)
{
	struct export *e;

	while ((e = LIST_FIRST(&bus->exports))) {
		LIST_REMOVE(e, entry);
		free(e);
	}
}

static const struct bus_method *find_method(const struct bus_iface *iface,
					    const char *name)
{
	for (size_t i = 0; i < iface->n_methods; i++)
		if (!strcmp(iface->methods[i].name, name))
			return &iface->methods[i];

	return NULL;
}

static bool may_call(const struct bus_method *m, const struct identity *id)
{
	if (id->admin)
		return true;

	for (size_t i = 0; m->callers && m->callers[i]; i++)
		if (identity_is_daemon(id, m->callers[i]))
			return true;

	return false;
}

/* Reads the arguments into req->in. Returns false when req was refused. */
static bool take_arguments(struct bus_req *req)
{
	const struct record *r = req->method->in;
	char signature[BUS_SIGNATURE];
	struct issue issue = { 0 };
	int err;

	if (r) {
		req->in = calloc(1, r->size);
		if (!req->in) {
			bus_reply_error(req, "NoMemory", "out of memory");
			return false;
		}
	}

	err = bus_get_record(req->call, r, req->in, &issue);
	if (!err)
		return true;

	bus_signature(r, signature);
	if (err == -EBADMSG)
		bus_reply_error(req, "Invalid",
				"%s takes arguments of types \"%s\"",
				req->method->name, signature);
	else
		bus_reply_error(req, "Invalid", "%s: %s", issue.field,
				issue.what);
	return false;
}

static void run_method(struct bus_req *req, const struct export *e)
{
	const struct bus_method *m;
	bus_method_fn fn;

	m = find_method(e->iface, dbus_message_get_member(req->call));
	fn = m ? e->fns[m - e->iface->methods] : NULL;
	if (!fn) {
		bus_reply_error(req, "NoSuch", "no such method");
		return;
	}
	if (!may_call(m, &req->id)) {
		bus_reply_error(req, "Denied", "%s may not call %s",
				req->id.actor, m->name);
		return;
	}

	req->method = m;
	if (take_arguments(req))
		fn(e->ctx, req, req->in);
}

/* The object may have gone while we asked who the sender is. */
void serve_run(struct bus_req *req)
{
	const struct export *e = find_export(req->bus, req->call);

	if (!e)
		bus_reply_error(req, "NoSuch", "no such object");
	else if (e->raw)
		e->raw(e->ctx, req, req->call);
	else
		run_method(req, e);
}

/* Policy is written by interface: a call without one would slip through. */
static bool refuse_unnamed(struct link *l, DBusMessage *m)
{
	if (dbus_message_get_interface(m) && dbus_message_get_path(m))
		return false;

	req_refuse(l, m, DBUS_ERROR_UNKNOWN_INTERFACE,
		   "name the interface of the method");
	return true;
}

static void refuse_unknown(struct link *l, DBusMessage *m)
{
	const char *path = dbus_message_get_path(m);
	const struct export *e;

	LIST_FOREACH(e, &l->bus->exports, entry)
	{
		if (!strcmp(e->path, path)) {
			req_refuse(l, m, DBUS_ERROR_UNKNOWN_INTERFACE,
				   "no such interface at this path");
			return;
		}
	}

	req_refuse(l, m, DBUS_ERROR_UNKNOWN_OBJECT, "no such object");
}

DBusHandlerResult serve_call(struct link *l, DBusMessage *m)
{
	const struct export *e;
	struct bus_req *req;

	if (refuse_unnamed(l, m) || (l->direct && !direct_flows(l)))
		return DBUS_HANDLER_RESULT_HANDLED;

	if (dbus_message_has_interface(m, DBUS_INTERFACE_INTROSPECTABLE)) {
		tree_introspect(l, m);
		return DBUS_HANDLER_RESULT_HANDLED;
	}
	if (dbus_message_has_interface(m, DBUS_INTERFACE_PROPERTIES)) {
		tree_properties(l, m);
		return DBUS_HANDLER_RESULT_HANDLED;
	}
	if (l->server && dbus_message_has_interface(m, BUS_DIRECT_IFACE)) {
		direct_hello(l, m);
		return DBUS_HANDLER_RESULT_HANDLED;
	}

	e = find_export(l->bus, m);
	if (!e) {
		refuse_unknown(l, m);
		return DBUS_HANDLER_RESULT_HANDLED;
	}
	if (e->iface && !find_method(e->iface, dbus_message_get_member(m))) {
		req_refuse(l, m, DBUS_ERROR_UNKNOWN_METHOD, "no such method");
		return DBUS_HANDLER_RESULT_HANDLED;
	}

	req = req_new(l, m);
	if (!req)
		req_refuse(l, m, BUS_ERR "Busy", "too many open requests");
	else if (l->direct)
		serve_run(req);
	else
		who_ask(l->bus, req);

	return DBUS_HANDLER_RESULT_HANDLED;
}

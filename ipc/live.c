#include "live.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bus_raw.h"
#include "table1_bus.h"
#include "table_args.h"
#include "table_place.h"

enum { PAGE_ROWS = 256, PAGE_BYTES = 65536 };

struct live {
	const struct record *r;
	struct bus *bus;
	struct store *store;
	const struct live_ops *ops;
	void *ctx;
	uint8_t *buf; /* room for one row */
	size_t size;
	void *rec; /* and one record */
	char path[TABLE_PATH];
};

static bool soon(const struct live *l)
{
	return l->ops && l->ops->soon;
}

int live_put(struct live *l, const void *row)
{
	char key[TABLE_KEY];
	int n;

	record_key(l->r, row, key, sizeof(key));
	if (!key[0])
		return -EINVAL;
	n = record_encode_live(l->r, row, l->buf, l->size);
	if (n < 0)
		return n;
	return (soon(l) ? store_view_put_soon : store_view_put)(
		l->store, l->r->name, (struct bytes){ key, strlen(key) },
		(struct bytes){ l->buf, (size_t)n });
}

int live_del(struct live *l, const char *key)
{
	return (soon(l) ? store_view_del_soon : store_view_del)(
		l->store, l->r->name, (struct bytes){ key, strlen(key) });
}

void live_tell(struct live *l, const char *key)
{
	if (!l->bus || store_view_flush(l->store) < 0)
		return;
	table_emit_changed(l->bus, l->path, key, "put", 0);
}

/*
 * fn may put and delete rows, so the rows are taken out first; a page of them,
 * for there may be 100,000.
 */
struct page {
	uint8_t *data;
	size_t used;
	size_t room;
	size_t n;
	bool failed;
	size_t key_size; /* of the last row in it */
	char key[TABLE_KEY];
};

static bool copy_row(void *ctx, struct bytes key, struct bytes value)
{
	struct page *p = ctx;
	uint32_t n = (uint32_t)value.size;
	size_t room = p->room ? p->room : PAGE_BYTES;
	uint8_t *data;

	/* Not one of ours: live_put() takes none that is longer. */
	if (key.size > sizeof(p->key))
		return true;
	while (room < p->used + sizeof(n) + n)
		room *= 2;
	if (room > p->room) {
		data = realloc(p->data, room);
		p->failed = !data;
		if (p->failed)
			return false;
		p->data = data;
		p->room = room;
	}
	memcpy(p->data + p->used, &n, sizeof(n));
	memcpy(p->data + p->used + sizeof(n), value.data, n);
	p->used += sizeof(n) + n;
	memcpy(p->key, key.data, key.size);
	p->key_size = key.size;
	return ++p->n < PAGE_ROWS;
}

static void tell_page(const struct live *l, const struct page *p, void *rec,
		      live_row_fn fn, void *ctx)
{
	uint32_t n;

	for (size_t at = 0; at < p->used; at += sizeof(n) + n) {
		memcpy(&n, p->data + at, sizeof(n));
		/* What another version wrote and we cannot read is left out. */
		if (record_decode(l->r, rec, p->data + at + sizeof(n), n) == 0)
			fn(ctx, rec);
	}
}

int live_each(struct live *l, live_row_fn fn, void *ctx)
{
	void *rec = malloc(l->r->size);
	struct page p = { 0 };
	int rc = rec ? 0 : -ENOMEM;

	while (rc == 0) {
		p.used = 0;
		p.n = 0;
		rc = store_view_after(l->store, l->r->name,
				      (struct bytes){ p.key, p.key_size },
				      copy_row, &p);
		if (rc == 0 && p.failed)
			rc = -ENOMEM;
		if (rc == 0)
			tell_page(l, &p, rec, fn, ctx);
		if (p.n < PAGE_ROWS)
			break;
	}
	free(p.data);
	free(rec);
	return rc == -ENOENT ? 0 : rc;
}

/* --- the read-only object --- */

struct listing {
	struct live *live;
	DBusMessageIter array;
	bool failed;
};

static bool list_row(void *ctx, struct bytes key, struct bytes value)
{
	struct listing *list = ctx;
	struct live *l = list->live;
	DBusMessageIter row;
	char text[TABLE_KEY];

	(void)key;
	if (record_decode(l->r, l->rec, value.data, value.size) < 0)
		return true;
	record_key(l->r, l->rec, text, sizeof(text));
	list->failed = !dbus_message_iter_open_container(
			       &list->array, DBUS_TYPE_STRUCT, NULL, &row) ||
		       bus_put_text(&row, text) < 0 ||
		       bus_put_row(&row, l->r, l->rec) < 0 ||
		       !dbus_message_iter_close_container(&list->array, &row);
	return !list->failed;
}

static bool put_rows(struct live *l, DBusMessage *reply)
{
	struct listing list = { .live = l };
	uint64_t seq = 0;
	DBusMessageIter it;
	int rc;

	dbus_message_iter_init_append(reply, &it);
	if (!dbus_message_iter_open_container(&it, DBUS_TYPE_ARRAY, "(sa{ss})",
					      &list.array))
		return false;
	rc = store_view_each(l->store, l->r->name, list_row, &list);
	if (list.failed || (rc < 0 && rc != -ENOENT))
		return false;
	return dbus_message_iter_close_container(&it, &list.array) &&
	       dbus_message_iter_append_basic(&it, DBUS_TYPE_UINT64, &seq);
}

static void finish(struct bus_req *req, DBusMessage *reply, bool ok)
{
	if (!ok && reply) {
		dbus_message_unref(reply);
		reply = NULL;
	}
	bus_reply_raw(req, reply);
}

static void on_list(struct live *l, struct bus_req *req)
{
	DBusMessage *reply = bus_reply_new(req);

	finish(req, reply, reply && put_rows(l, reply));
}

static void on_get(struct live *l, struct bus_req *req, const char *key)
{
	size_t size = l->size;
	uint64_t seq = 0;
	DBusMessage *reply;
	DBusMessageIter it;

	if (store_view_get(l->store, l->r->name,
			   (struct bytes){ key, strlen(key) }, l->buf,
			   &size) < 0 ||
	    record_decode(l->r, l->rec, l->buf, size) < 0) {
		bus_reply_error(req, "NoSuch", "%s: there is no %s \"%s\"",
				l->r->key->name, l->r->name, key);
		return;
	}
	reply = bus_reply_new(req);
	if (reply)
		dbus_message_iter_init_append(reply, &it);
	finish(req, reply,
	       reply && bus_put_row(&it, l->r, l->rec) == 0 &&
		       dbus_message_iter_append_basic(&it, DBUS_TYPE_UINT64,
						      &seq));
}

static void on_delete(struct live *l, struct bus_req *req, const char *key)
{
	if (!bus_req_is(req, "httpd") && !bus_req_admin(req))
		bus_reply_error(req, "Denied", "%s may not call Delete",
				bus_req_actor(req));
	else if (!l->ops || !l->ops->delete_row)
		bus_reply_error(req, "Denied", "rows of %s cannot be deleted",
				l->r->name);
	else
		l->ops->delete_row(l->ctx, req, key);
}

static void on_call(void *ctx, struct bus_req *req, DBusMessage *call)
{
	const char *name = dbus_message_get_member(call);
	bool get = name && strcmp(name, "Get") == 0;
	bool delete = name && strcmp(name, "Delete") == 0;
	bool list = name && strcmp(name, "List") == 0;
	struct live *l = ctx;
	const char *key = NULL;

	if (!bus_req_ours(req)) {
		bus_reply_error(req, "Denied", "%s may not read this",
				bus_req_actor(req));
		return;
	}
	if (!get && !delete &&!list) {
		bus_reply_error(req, "Denied",
				"rows of %s are made by the box: there are "
				"List, Get%s",
				l->r->name,
				l->ops && l->ops->delete_row ? " and Delete"
							     : "");
		return;
	}
	if (strcmp(dbus_message_get_signature(call), list ? "" : "s") != 0) {
		bus_reply_error(req, "Invalid",
				"the arguments of %s must be \"%s\"", name,
				list ? "" : "s");
		return;
	}
	if (!list)
		(void)dbus_message_get_args(call, NULL, DBUS_TYPE_STRING, &key,
					    DBUS_TYPE_INVALID);
	if (list)
		on_list(l, req);
	else if (get)
		on_get(l, req, key);
	else
		on_delete(l, req, key);
}

struct live *live_open(const struct record *record, struct bus *bus,
		       struct store *store, const struct live_ops *ops,
		       void *ctx)
{
	struct live *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->r = record;
	l->store = store;
	l->ops = ops;
	l->ctx = ctx;
	l->size = record_encoded_max(record);
	l->buf = malloc(l->size);
	l->rec = malloc(record->size);
	if (!l->buf || !l->rec || store_view_keep(store, record->name) < 0) {
		live_close(l);
		return NULL;
	}
	if (bus && table_path(record, l->path) == 0 &&
	    bus_export_raw(bus, l->path, TABLE_IFACE, table1_xml, on_call, l) ==
		    0)
		l->bus = bus;
	if (bus && !l->bus) {
		live_close(l);
		return NULL;
	}
	return l;
}

void live_close(struct live *l)
{
	if (!l)
		return;
	if (l->bus)
		bus_unexport(l->bus, l);
	free(l->buf);
	free(l->rec);
	free(l);
}

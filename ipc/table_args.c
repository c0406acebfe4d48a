#include "table_args.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "table_place.h"

static const char *const ops[] = {
	[TABLE_PUT] = "put",       [TABLE_CREATE] = "create",
	[TABLE_UPDATE] = "update", [TABLE_DELETE] = "delete",
	[TABLE_MOVE] = "move",
};

const char *table_op_text(enum table_op_kind kind)
{
	return ops[kind];
}

int table_op_parse(const char *text, enum table_op_kind *kind)
{
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		if (strcmp(ops[i], text) == 0) {
			*kind = (enum table_op_kind)i;
			return 0;
		}
	}
	return -EINVAL;
}

void table_emit_changed(struct bus *bus, const char *path, const char *key,
			const char *op, uint64_t seq)
{
	DBusMessage *m = dbus_message_new_signal(path, TABLE_IFACE, "Changed");
	DBusMessageIter it;

	if (!m)
		return;
	dbus_message_iter_init_append(m, &it);
	if (bus_put_text(&it, key) == 0 && bus_put_text(&it, op) == 0 &&
	    dbus_message_iter_append_basic(&it, DBUS_TYPE_UINT64, &seq))
		(void)bus_emit_raw(bus, m);
	dbus_message_unref(m);
}

int pairs_read(DBusMessageIter *it, struct pairs *p)
{
	struct pairs got = { 0 };
	struct table_pair pair;
	DBusMessageIter dict;

	if (bus_dict_enter(it, &dict) < 0)
		return -EBADMSG;
	while (bus_dict_next(&dict, &pair.field, &pair.text)) {
		if (got.n == TABLE_PAIRS_MAX) {
			free(got.pairs);
			return -EBADMSG;
		}
		if (!got.pairs)
			got.pairs = calloc(TABLE_PAIRS_MAX, sizeof(pair));
		if (!got.pairs)
			return -ENOMEM;
		got.pairs[got.n++] = pair;
	}
	*p = got;
	return 0;
}

int pairs_put(DBusMessageIter *it, const struct table_pair *pairs, size_t n)
{
	DBusMessageIter dict;
	int rc;

	rc = bus_dict_open(it, &dict);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = bus_dict_put(&dict, pairs[i].field, pairs[i].text);
	return rc == 0 ? bus_dict_close(it, &dict) : rc;
}

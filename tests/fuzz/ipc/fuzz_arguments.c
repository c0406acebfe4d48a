/*
 * What a caller on the bus can make of a method's arguments. Input: the
 * record's name, a line end, then arguments, each
 *
 *	1 byte type | 1 byte length n | n bytes
 *
 * where the type is b u t s y (a byte array) or d (an a{ss}: its bytes are
 * texts that end in NUL); others make an argument of a type that no record
 * has. libdbus has checked a message before we see it, so texts that are no
 * UTF-8 are left out here, too.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bus_record.h"
#include "records.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	TEXT_MAX = 256,
	ARGUMENTS_MAX = 64, /* libdbus takes a signature of 255 at most */
};

static const struct record *find(const char *name, size_t n)
{
	for (size_t i = 0; all_records[i]; i++)
		if (strlen(all_records[i]->name) == n &&
		    memcmp(all_records[i]->name, name, n) == 0)
			return all_records[i];
	return NULL;
}

static void put_string(DBusMessageIter *it, const uint8_t *p, size_t n)
{
	char text[TEXT_MAX + 1];
	const char *s = text;

	memcpy(text, p, n);
	text[n] = '\0';
	if (dbus_validate_utf8(text, NULL))
		assert(dbus_message_iter_append_basic(it, DBUS_TYPE_STRING,
						      &s));
}

static void put_dict(DBusMessageIter *it, const uint8_t *p, size_t n)
{
	char text[TEXT_MAX + 2] = "";
	DBusMessageIter dict;
	const char *key = text;

	memcpy(text, p, n);
	assert(bus_dict_open(it, &dict) == 0);
	for (; *key; key += strlen(key) + 1) {
		const char *value = key + strlen(key) + 1;

		assert(bus_dict_put(&dict, key,
				    value < text + n ? value : "") == 0);
		if (value >= text + n)
			break;
		key = value;
	}
	assert(bus_dict_close(it, &dict) == 0);
}

static void put_bytes(DBusMessageIter *it, const uint8_t *p, size_t n)
{
	DBusMessageIter array;

	assert(dbus_message_iter_open_container(it, DBUS_TYPE_ARRAY, "y",
						&array));
	assert(dbus_message_iter_append_fixed_array(&array, DBUS_TYPE_BYTE, &p,
						    (int)n));
	assert(dbus_message_iter_close_container(it, &array));
}

static void put_argument(DBusMessageIter *it, uint8_t type, const uint8_t *p,
			 size_t n)
{
	DBusBasicValue v = { .u64 = 0 };

	memcpy(&v, p, n < sizeof(v.u64) ? n : sizeof(v.u64));
	switch (type) {
	case 's':
		put_string(it, p, n);
		break;
	case 'd':
		put_dict(it, p, n);
		break;
	case 'y':
		put_bytes(it, p, n);
		break;
	case 'b':
		v.bool_val = v.bool_val & 1;
		assert(dbus_message_iter_append_basic(it, DBUS_TYPE_BOOLEAN,
						      &v));
		break;
	case 'u':
	case 't':
		assert(dbus_message_iter_append_basic(it, type, &v));
		break;
	default:
		assert(dbus_message_iter_append_basic(it, DBUS_TYPE_INT16, &v));
		break;
	}
}

static DBusMessage *message(void)
{
	DBusMessage *m = dbus_message_new_signal("/a", "a.b", "C");

	assert(m);
	return m;
}

static DBusMessage *build(const uint8_t *p, size_t size)
{
	DBusMessage *m = message();
	DBusMessageIter it;
	int n = 0;

	dbus_message_iter_init_append(m, &it);
	while (n++ < ARGUMENTS_MAX && size >= 2 && (size_t)p[1] + 2 <= size) {
		put_argument(&it, p[0], p + 2, p[1]);
		size -= (size_t)p[1] + 2;
		p += (size_t)p[1] + 2;
	}
	return m;
}

/* What was accepted goes out and comes in again as it was. */
static void round_trip(const struct record *r, void *rec, void *back)
{
	DBusMessage *m = message();
	struct issue issue;

	assert(bus_put_record(&m, r, rec) == 0);
	assert(bus_get_record(m, r, back, &issue) == 0);
	assert(record_equal(r, rec, back, NULL));
	dbus_message_unref(m);
}

static void row_trip(const struct record *r, const void *rec, void *back)
{
	DBusMessage *m = message();
	DBusMessageIter it;
	struct issue issue;

	dbus_message_iter_init_append(m, &it);
	assert(bus_put_row(&it, r, rec) == 0);
	assert(dbus_message_iter_init(m, &it));
	assert(bus_get_row(&it, r, back, &issue) == 0);
	dbus_message_unref(m);
}

static void use(const struct record *r, DBusMessage *m, void *rec, void *back)
{
	struct issue issue;
	DBusMessageIter it;
	int err;

	err = bus_get_record(m, r, rec, &issue);
	assert(err == 0 || err == -EBADMSG || err == -EINVAL);
	if (!err) {
		round_trip(r, rec, back);
		row_trip(r, rec, back);
	}

	if (!dbus_message_iter_init(m, &it))
		return;
	err = bus_get_row(&it, r, rec, &issue);
	assert(err == 0 || err == -EBADMSG || err == -EINVAL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size ? memchr(data, '\n', size) : NULL;
	const struct record *r =
		end ? find((const char *)data, (size_t)(end - data)) : NULL;
	DBusMessage *m;
	void *rec, *back;

	if (!r)
		return 0;

	rec = malloc(r->size);
	back = malloc(r->size);
	assert(rec && back);
	m = build(end + 1, size - (size_t)(end + 1 - data));
	use(r, m, rec, back);
	dbus_message_unref(m);
	free(rec);
	free(back);
	return 0;
}

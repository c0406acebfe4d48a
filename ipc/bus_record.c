#include "bus_record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A list of 4096 bytes is the longest text of the schema, but for bytes. */
enum { TEXT_MAX = 8192 };

static int bus_type(const struct field *f)
{
	switch (f->type) {
	case FIELD_BOOL:
		return DBUS_TYPE_BOOLEAN;
	case FIELD_U32:
		return DBUS_TYPE_UINT32;
	case FIELD_U64:
		return DBUS_TYPE_UINT64;
	case FIELD_ENUM: /* by name, so that the bus can be read */
	case FIELD_STR:
	case FIELD_NAME:
	case FIELD_SECRET:
	case FIELD_REF:
	case FIELD_LIST:
		return DBUS_TYPE_STRING;
	case FIELD_BYTES:
		return DBUS_TYPE_ARRAY;
	}

	return DBUS_TYPE_INVALID;
}

void bus_signature(const struct record *r, char text[BUS_SIGNATURE])
{
	size_t n = 0;

	for (size_t i = 0; r && i < r->n_fields; i++) {
		if (n + 3 > BUS_SIGNATURE)
			break;
		text[n++] = (char)bus_type(&r->fields[i]);
		if (r->fields[i].type == FIELD_BYTES)
			text[n++] = DBUS_TYPE_BYTE;
	}

	text[n] = '\0';
}

/* For what is not valid UTF-8: rare, so it may cost an allocation. */
static int put_mended(DBusMessageIter *it, const char *text)
{
	size_t size = strlen(text) + 1;
	char *mended = malloc(size);
	const char *s = mended;
	int err = 0;

	if (!mended)
		return -ENOMEM;

	text_from_peer(mended, size, text, size - 1);
	if (!dbus_message_iter_append_basic(it, DBUS_TYPE_STRING, &s))
		err = -ENOMEM;

	free(mended);
	return err;
}

int bus_put_text(DBusMessageIter *it, const char *text)
{
	if (!dbus_validate_utf8(text, NULL))
		return put_mended(it, text);

	if (!dbus_message_iter_append_basic(it, DBUS_TYPE_STRING, &text))
		return -ENOMEM;

	return 0;
}

static int put_bytes(DBusMessageIter *it, const struct field *f,
		     const void *rec)
{
	const uint8_t *data = (const uint8_t *)rec + f->off;
	DBusMessageIter array;
	uint32_t n;

	memcpy(&n, (const uint8_t *)rec + f->len_off, sizeof(n));
	if (n > f->size || n > INT32_MAX)
		return -EINVAL;

	if (!dbus_message_iter_open_container(it, DBUS_TYPE_ARRAY, "y", &array))
		return -ENOMEM;
	if (!dbus_message_iter_append_fixed_array(&array, DBUS_TYPE_BYTE, &data,
						  (int)n)) {
		dbus_message_iter_abandon_container(it, &array);
		return -ENOMEM;
	}

	return dbus_message_iter_close_container(it, &array) ? 0 : -ENOMEM;
}

static int put_enum(DBusMessageIter *it, const struct field *f, const void *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	if (v > f->max)
		return -EINVAL;

	return bus_put_text(it, f->values[v]);
}

static int put_field(DBusMessageIter *it, const struct field *f,
		     const void *rec)
{
	const void *p = (const uint8_t *)rec + f->off;
	dbus_bool_t b;

	switch (f->type) {
	case FIELD_BOOL:
		b = *(const bool *)p;
		p = &b;
		break;
	case FIELD_U32:
	case FIELD_U64:
		break;
	case FIELD_ENUM:
		return put_enum(it, f, p);
	case FIELD_STR:
	case FIELD_NAME:
	case FIELD_SECRET:
	case FIELD_REF:
	case FIELD_LIST:
		if (!memchr(p, '\0', f->size))
			return -EINVAL;
		return bus_put_text(it, p);
	case FIELD_BYTES:
		return put_bytes(it, f, rec);
	}

	return dbus_message_iter_append_basic(it, bus_type(f), p) ? 0 : -ENOMEM;
}

int bus_put_record(DBusMessage *m, const struct record *r, const void *rec)
{
	DBusMessageIter it;
	int err = 0;

	dbus_message_iter_init_append(m, &it);
	for (size_t i = 0; !err && i < r->n_fields; i++)
		err = put_field(&it, &r->fields[i], rec);

	return err;
}

static int get_enum(const struct field *f, void *p, const char *s,
		    struct issue *issue)
{
	for (uint32_t v = 0; v <= f->max; v++) {
		if (!strcmp(s, f->values[v])) {
			memcpy(p, &v, sizeof(v));
			return 0;
		}
	}

	return issue_set(issue, f->name, "no such value; the first is \"%s\"",
			 f->values[0]);
}

static int get_text(const struct field *f, void *p, const char *s,
		    struct issue *issue)
{
	size_t n = strlen(s);

	if (f->type == FIELD_ENUM)
		return get_enum(f, p, s, issue);

	if (n >= f->size)
		return issue_set(issue, f->name, "longer than %zu bytes",
				 f->size - 1);

	memcpy(p, s, n + 1);
	return 0;
}

static int get_bytes(DBusMessageIter *it, const struct field *f, void *rec,
		     struct issue *issue)
{
	DBusMessageIter array;
	const uint8_t *data = NULL;
	uint32_t bytes;
	int n = 0;

	if (dbus_message_iter_get_element_type(it) != DBUS_TYPE_BYTE)
		return -EBADMSG;

	dbus_message_iter_recurse(it, &array);
	dbus_message_iter_get_fixed_array(&array, &data, &n);
	if (n < 0 || (size_t)n > f->size)
		return issue_set(issue, f->name, "longer than %zu bytes",
				 f->size);

	bytes = (uint32_t)n;
	if (bytes)
		memcpy((uint8_t *)rec + f->off, data, bytes);
	memcpy((uint8_t *)rec + f->len_off, &bytes, sizeof(bytes));
	return 0;
}

static int get_field(DBusMessageIter *it, const struct field *f, void *rec,
		     struct issue *issue)
{
	void *p = (uint8_t *)rec + f->off;
	DBusBasicValue v;

	if (dbus_message_iter_get_arg_type(it) != bus_type(f))
		return -EBADMSG;
	if (f->type == FIELD_BYTES)
		return get_bytes(it, f, rec, issue);

	dbus_message_iter_get_basic(it, &v);

	switch (f->type) {
	case FIELD_BOOL:
		*(bool *)p = v.bool_val;
		return 0;
	case FIELD_U32:
		memcpy(p, &v.u32, sizeof(v.u32));
		return 0;
	case FIELD_U64:
		memcpy(p, &v.u64, sizeof(v.u64));
		return 0;
	case FIELD_ENUM:
	case FIELD_STR:
	case FIELD_NAME:
	case FIELD_SECRET:
	case FIELD_REF:
	case FIELD_LIST:
		return get_text(f, p, v.str, issue);
	case FIELD_BYTES:
		break;
	}

	return -EBADMSG;
}

int bus_get_record(DBusMessage *m, const struct record *r, void *rec,
		   struct issue *issue)
{
	DBusMessageIter it;
	bool more = dbus_message_iter_init(m, &it);
	const struct field *f;
	int err;

	if (!r)
		return more ? -EBADMSG : 0;

	record_init(r, rec);
	for (size_t i = 0; i < r->n_fields; i++) {
		f = &r->fields[i];
		if (!more && f->required)
			return -EBADMSG;
		if (!more)
			break;
		err = get_field(&it, f, rec, issue);
		if (err)
			return err;
		more = dbus_message_iter_next(&it);
	}

	return more ? -EBADMSG : record_check(r, rec, issue);
}

int bus_dict_open(DBusMessageIter *it, DBusMessageIter *dict)
{
	if (!dbus_message_iter_open_container(it, DBUS_TYPE_ARRAY, "{ss}",
					      dict))
		return -ENOMEM;

	return 0;
}

int bus_dict_put(DBusMessageIter *dict, const char *key, const char *text)
{
	DBusMessageIter pair;

	if (!dbus_message_iter_open_container(dict, DBUS_TYPE_DICT_ENTRY, NULL,
					      &pair))
		return -ENOMEM;
	if (bus_put_text(&pair, key) || bus_put_text(&pair, text)) {
		dbus_message_iter_abandon_container(dict, &pair);
		return -ENOMEM;
	}

	return dbus_message_iter_close_container(dict, &pair) ? 0 : -ENOMEM;
}

int bus_dict_close(DBusMessageIter *it, DBusMessageIter *dict)
{
	return dbus_message_iter_close_container(it, dict) ? 0 : -ENOMEM;
}

static bool shown(const struct field *f)
{
	return !f->hidden && f->type != FIELD_SECRET && f->type != FIELD_BYTES;
}

int bus_put_row(DBusMessageIter *it, const struct record *r, const void *rec)
{
	char text[TEXT_MAX];
	DBusMessageIter dict;
	int err = 0;

	if (bus_dict_open(it, &dict))
		return -ENOMEM;

	for (size_t i = 0; !err && i < r->n_fields; i++) {
		if (!shown(&r->fields[i]))
			continue;
		(void)field_get(&r->fields[i], rec, text, sizeof(text));
		err = bus_dict_put(&dict, r->fields[i].name, text);
	}
	if (err) {
		dbus_message_iter_abandon_container(it, &dict);
		return err;
	}

	return bus_dict_close(it, &dict);
}

int bus_dict_enter(DBusMessageIter *it, DBusMessageIter *dict)
{
	DBusMessageIter pair;

	if (dbus_message_iter_get_arg_type(it) != DBUS_TYPE_ARRAY ||
	    dbus_message_iter_get_element_type(it) != DBUS_TYPE_DICT_ENTRY)
		return -EBADMSG;

	dbus_message_iter_recurse(it, dict);
	(void)dbus_message_iter_next(it);
	if (dbus_message_iter_get_arg_type(dict) != DBUS_TYPE_DICT_ENTRY)
		return 0; /* empty */

	/* All entries of an array have one type: the first tells. */
	dbus_message_iter_recurse(dict, &pair);
	if (dbus_message_iter_get_arg_type(&pair) != DBUS_TYPE_STRING)
		return -EBADMSG;
	(void)dbus_message_iter_next(&pair);
	if (dbus_message_iter_get_arg_type(&pair) != DBUS_TYPE_STRING)
		return -EBADMSG;

	return 0;
}

bool bus_dict_next(DBusMessageIter *dict, const char **key, const char **text)
{
	DBusMessageIter pair;

	if (dbus_message_iter_get_arg_type(dict) != DBUS_TYPE_DICT_ENTRY)
		return false;

	dbus_message_iter_recurse(dict, &pair);
	dbus_message_iter_get_basic(&pair, key);
	(void)dbus_message_iter_next(&pair);
	dbus_message_iter_get_basic(&pair, text);
	(void)dbus_message_iter_next(dict);
	return true;
}

int bus_get_row(DBusMessageIter *it, const struct record *r, void *rec,
		struct issue *issue)
{
	const char *key, *text;
	const struct field *f;
	DBusMessageIter dict;
	int err;

	err = bus_dict_enter(it, &dict);
	if (err)
		return err;

	record_init(r, rec);
	while (bus_dict_next(&dict, &key, &text)) {
		f = record_field(r, key);
		if (!f || !shown(f))
			continue;
		/* An empty text is set, not the default. */
		if (!*text && f->dflt_str)
			*((char *)rec + f->off) = '\0';
		else
			err = field_set(r, f, rec, text, issue);
		if (err)
			return err;
	}

	return 0;
}

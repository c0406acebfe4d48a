#include "bus_record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "secret.h"

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

/*
 * A message with arguments, made by our own hand: libdbus writes the header
 * again for every argument that is appended, which for a record of 30 fields
 * is most of the cost of a call. So the header that it made is taken, the
 * signature added, and the body written behind it; then libdbus reads, and
 * with that checks, the whole (D-Bus specification, "Message Format"):
 *
 *	0 'l'|'B'  1 type  2 flags  3 version  4 body bytes  8 serial
 *	12 bytes of fields  16 fields: (code, variant)...  pad to 8  body
 *
 * Numbers are aligned to their size and in the order of byte 0, which is ours.
 */
struct wire {
	uint8_t *data;
	size_t n;
	size_t size;
	int err;
};

enum {
	AT_BODY_BYTES = 4,
	AT_SERIAL = 8,
	AT_FIELDS_BYTES = 12,
	AT_FIELDS = 16,
	FIELD_SIGNATURE = 8,
	FIELD_ROOM = 96, /* padding, length, the name of an enum's value */
};

static void wire_put(struct wire *w, const void *p, size_t n)
{
	if (n > w->size - w->n) {
		w->err = -EINVAL;
		return;
	}

	if (n)
		memcpy(w->data + w->n, p, n);
	w->n += n;
}

static void wire_align(struct wire *w, size_t to)
{
	static const uint8_t zero[8];

	wire_put(w, zero, (to - w->n % to) % to);
}

static void wire_u32(struct wire *w, uint32_t v)
{
	wire_align(w, sizeof(v));
	wire_put(w, &v, sizeof(v));
}

static void wire_text(struct wire *w, const char *text)
{
	size_t n = strlen(text);
	char *mended = NULL;

	if (!dbus_validate_utf8(text, NULL)) {
		mended = malloc(n + 1);
		if (!mended) {
			w->err = -ENOMEM;
			return;
		}
		text_from_peer(mended, n + 1, text, n);
		text = mended;
		n = strlen(text);
	}

	wire_u32(w, (uint32_t)n);
	wire_put(w, text, n + 1);
	free(mended);
}

static void wire_field(struct wire *w, const struct field *f, const void *rec)
{
	const void *p = (const uint8_t *)rec + f->off;
	uint32_t v;

	switch (f->type) {
	case FIELD_BOOL:
		wire_u32(w, *(const bool *)p);
		break;
	case FIELD_U32:
		memcpy(&v, p, sizeof(v));
		wire_u32(w, v);
		break;
	case FIELD_U64:
		wire_align(w, sizeof(uint64_t));
		wire_put(w, p, sizeof(uint64_t));
		break;
	case FIELD_ENUM:
		memcpy(&v, p, sizeof(v));
		if (v > f->max)
			w->err = -EINVAL;
		else
			wire_text(w, f->values[v]);
		break;
	case FIELD_STR:
	case FIELD_NAME:
	case FIELD_SECRET:
	case FIELD_REF:
	case FIELD_LIST:
		if (!memchr(p, '\0', f->size))
			w->err = -EINVAL;
		else
			wire_text(w, p);
		break;
	case FIELD_BYTES:
		memcpy(&v, (const uint8_t *)rec + f->len_off, sizeof(v));
		if (v > f->size) {
			w->err = -EINVAL;
			break;
		}
		wire_u32(w, v);
		wire_put(w, p, v);
		break;
	}
}

/* Copies the header of a message without arguments, and adds the signature. */
static void wire_header(struct wire *w, const char *head,
			const struct record *r)
{
	static const uint8_t signature_of[] = { FIELD_SIGNATURE, 1, 'g', 0 };
	char signature[BUS_SIGNATURE];
	uint32_t fields;
	uint8_t n;

	memcpy(&fields, head + AT_FIELDS_BYTES, sizeof(fields));
	wire_put(w, head, AT_FIELDS + fields);
	wire_align(w, 8);

	bus_signature(r, signature);
	n = (uint8_t)strlen(signature);
	wire_put(w, signature_of, sizeof(signature_of));
	wire_put(w, &n, 1);
	wire_put(w, signature, n + 1u);

	fields = (uint32_t)w->n - AT_FIELDS;
	memcpy(w->data + AT_FIELDS_BYTES, &fields, sizeof(fields));
	wire_align(w, 8);
}

static DBusMessage *wire_message(struct wire *w, const char *head,
				 const struct record *r, const void *rec)
{
	const uint32_t serial = 1; /* must be some; the sending sets it */
	uint32_t body;
	size_t from;
	DBusMessage *m;

	wire_header(w, head, r);
	from = w->n;
	for (size_t i = 0; !w->err && i < r->n_fields; i++)
		wire_field(w, &r->fields[i], rec);
	if (w->err)
		return NULL;

	body = (uint32_t)(w->n - from);
	memcpy(w->data + AT_BODY_BYTES, &body, sizeof(body));
	memcpy(w->data + AT_SERIAL, &serial, sizeof(serial));
	m = dbus_message_demarshal((const char *)w->data, (int)w->n, NULL);
	if (m)
		dbus_message_set_serial(m, 0);
	else
		w->err = -ENOMEM;
	return m;
}

int bus_put_record(DBusMessage **m, const struct record *r, const void *rec)
{
	struct wire w = { 0 };
	char *head = NULL;
	DBusMessage *full;
	int n;

	if (!dbus_message_marshal(*m, &head, &n))
		return -ENOMEM;

	w.size = (size_t)n + BUS_SIGNATURE + 16 + r->size +
		 r->n_fields * FIELD_ROOM;
	w.data = malloc(w.size);
	if (!w.data) {
		dbus_free(head);
		return -ENOMEM;
	}

	full = wire_message(&w, head, r, rec);
	if (full) {
		dbus_message_unref(*m);
		*m = full;
	}

	/* A message may carry digits of a PIN. */
	secret_wipe(w.data, w.n);
	free(w.data);
	dbus_free(head);
	return w.err;
}

static bool terminated(const struct field *f, const void *p)
{
	return memchr(p, '\0', f->size) != NULL;
}

/* The checks first: what was begun must be completed. */
static int check_sendable(const struct record *r, const void *rec)
{
	for (size_t i = 0; i < r->n_fields; i++) {
		const struct field *f = &r->fields[i];
		const void *p = (const uint8_t *)rec + f->off;
		uint32_t v;

		if (f->type == FIELD_BYTES)
			return -EINVAL; /* no fact has such */
		if (f->type == FIELD_ENUM) {
			memcpy(&v, p, sizeof(v));
			if (v > f->max)
				return -EINVAL;
		} else if (bus_type(f) == DBUS_TYPE_STRING &&
			   !terminated(f, p)) {
			return -EINVAL;
		}
	}
	return 0;
}

static int put_field(DBusMessageIter *it, const struct field *f,
		     const void *rec)
{
	const void *p = (const uint8_t *)rec + f->off;
	dbus_bool_t flag;
	uint32_t v;

	switch (f->type) {
	case FIELD_BOOL:
		flag = *(const bool *)p;
		p = &flag;
		break;
	case FIELD_ENUM:
		memcpy(&v, p, sizeof(v));
		return bus_put_text(it, f->values[v]);
	case FIELD_STR:
	case FIELD_NAME:
	case FIELD_SECRET:
	case FIELD_REF:
	case FIELD_LIST:
		return bus_put_text(it, p);
	case FIELD_U32:
	case FIELD_U64:
	case FIELD_BYTES:
		break;
	}
	return dbus_message_iter_append_basic(it, bus_type(f), p) ? 0 : -ENOMEM;
}

int bus_put_struct(DBusMessageIter *array, const struct record *r,
		   const void *rec)
{
	int err = check_sendable(r, rec);
	DBusMessageIter row;

	if (err)
		return err;
	if (!dbus_message_iter_open_container(array, DBUS_TYPE_STRUCT, NULL,
					      &row))
		return -ENOMEM;
	for (size_t i = 0; !err && i < r->n_fields; i++)
		err = put_field(&row, &r->fields[i], rec);
	if (err) {
		dbus_message_iter_abandon_container(array, &row);
		return -ENOMEM;
	}
	return dbus_message_iter_close_container(array, &row) ? 0 : -ENOMEM;
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

	return field_refuse_enum(f, issue);
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

/* From the arguments at `it`; more: there are some. */
static int get_fields(DBusMessageIter *it, bool more, const struct record *r,
		      void *rec, struct issue *issue)
{
	const struct field *f;
	int err;

	record_init(r, rec);
	for (size_t i = 0; i < r->n_fields; i++) {
		f = &r->fields[i];
		if (!more && f->required)
			return -EBADMSG;
		if (!more)
			break;
		err = get_field(it, f, rec, issue);
		if (err)
			return err;
		more = dbus_message_iter_next(it);
	}

	return more ? -EBADMSG : record_check(r, rec, issue);
}

int bus_get_record(DBusMessage *m, const struct record *r, void *rec,
		   struct issue *issue)
{
	DBusMessageIter it;
	bool more = dbus_message_iter_init(m, &it);

	if (!r)
		return more ? -EBADMSG : 0;

	return get_fields(&it, more, r, rec, issue);
}

int bus_get_struct(DBusMessageIter *array, const struct record *r, void *rec,
		   struct issue *issue)
{
	DBusMessageIter row;

	dbus_message_iter_recurse(array, &row);
	return get_fields(&row, true, r, rec, issue);
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

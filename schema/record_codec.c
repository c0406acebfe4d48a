/*
 * The store's form of a record, drawn:
 *
 *	| code 8 | length 16, big endian | value |  ... once for each field
 *
 * bool, u32, enum: 4 bytes; u64: 8; text and bytes: as many as there are.
 */
#include "record.h"

#include <errno.h>
#include <string.h>

#include "field.h"

enum { HEAD = 3 };

static size_t width(const struct field *f)
{
	return f->type == FIELD_U64 ? 8 : 4;
}

static void put_number(uint8_t *p, uint64_t value, size_t n)
{
	while (n--) {
		p[n] = (uint8_t)value;
		value >>= 8;
	}
}

static uint64_t get_number(const uint8_t *p, size_t n)
{
	uint64_t value = 0;

	for (size_t i = 0; i < n; i++)
		value = value << 8 | p[i];
	return value;
}

static size_t value_size(const struct field *f, const void *rec)
{
	if (f->type == FIELD_BYTES)
		return field_bytes(f, rec);
	if (field_is_text(f))
		return strnlen(field_text(f, rec), f->size - 1);
	return width(f);
}

static bool at_default(const struct field *f, const void *rec)
{
	if (f->type == FIELD_BYTES)
		return field_bytes(f, rec) == 0;
	if (!field_is_text(f))
		return field_number(f, rec) == f->dflt;
	return strcmp(field_text(f, rec), f->dflt_str ? f->dflt_str : "") == 0;
}

static int encode(const struct record *r, const void *rec, bool live,
		  uint8_t *buf, size_t size)
{
	size_t pos = 0;

	for (size_t i = 0; i < r->n_fields; i++) {
		const struct field *f = &r->fields[i];
		size_t n = value_size(f, rec);

		if (live && (f->type == FIELD_SECRET || at_default(f, rec)))
			continue;
		if (HEAD + n > size - pos)
			return -ENOSPC;

		buf[pos] = f->code;
		put_number(buf + pos + 1, n, 2);
		pos += HEAD;
		if (f->type == FIELD_BYTES || field_is_text(f))
			memcpy(buf + pos, field_text(f, rec), n);
		else
			put_number(buf + pos, field_number(f, rec), n);
		pos += n;
	}
	return (int)pos;
}

int record_encode(const struct record *r, const void *rec, uint8_t *buf,
		  size_t size)
{
	return encode(r, rec, false, buf, size);
}

int record_encode_live(const struct record *r, const void *rec, uint8_t *buf,
		       size_t size)
{
	return encode(r, rec, true, buf, size);
}

static const struct field *field_by_code(const struct record *r, uint8_t code)
{
	for (size_t i = 0; i < r->n_fields; i++)
		if (r->fields[i].code == code)
			return &r->fields[i];
	return NULL;
}

static uint64_t most(const struct field *f)
{
	switch (f->type) {
	case FIELD_BOOL:
		return 1;
	case FIELD_ENUM:
		return f->max;
	case FIELD_U64:
		return UINT64_MAX;
	default:
		return UINT32_MAX;
	}
}

static int decode_field(const struct field *f, void *rec, const uint8_t *p,
			size_t n)
{
	char *room = field_text_room(f, rec);
	uint64_t value;

	if (f->type == FIELD_BYTES) {
		if (n > f->size)
			return -EBADMSG;
		field_set_bytes(f, rec, p, (uint32_t)n);
		return 0;
	}
	if (field_is_text(f)) {
		if (n >= f->size || memchr(p, '\0', n))
			return -EBADMSG;
		memset(room, 0, f->size);
		memcpy(room, p, n);
		return 0;
	}

	/* Either width: a field may grow from u32 to u64 between versions. */
	if (n != 4 && n != 8)
		return -EBADMSG;
	value = get_number(p, n);
	if (value > most(f))
		return -EBADMSG;
	field_set_number(f, rec, value);
	return 0;
}

int record_decode(const struct record *r, void *rec, const uint8_t *buf,
		  size_t len)
{
	record_init(r, rec);

	while (len) {
		const struct field *f;
		size_t n;
		int err;

		if (len < HEAD)
			return -EBADMSG;
		n = (size_t)get_number(buf + 1, 2);
		if (n > len - HEAD)
			return -EBADMSG;

		f = field_by_code(r, buf[0]);
		if (f) {
			err = decode_field(f, rec, buf + HEAD, n);
			if (err)
				return err;
		}
		buf += HEAD + n;
		len -= HEAD + n;
	}
	return 0;
}

size_t record_encoded_max(const struct record *r)
{
	size_t sum = 0;

	for (size_t i = 0; i < r->n_fields; i++) {
		const struct field *f = &r->fields[i];

		if (f->type == FIELD_BYTES || field_is_text(f))
			sum += HEAD + f->size;
		else
			sum += HEAD + width(f);
	}
	return sum;
}

#include "field.h"

#include <assert.h>
#include <string.h>

bool field_is_text(const struct field *f)
{
	switch (f->type) {
	case FIELD_STR:
	case FIELD_NAME:
	case FIELD_SECRET:
	case FIELD_REF:
	case FIELD_LIST:
		return true;
	case FIELD_BOOL:
	case FIELD_U32:
	case FIELD_U64:
	case FIELD_ENUM:
	case FIELD_BYTES:
		return false;
	}
	return false;
}

uint64_t field_number(const struct field *f, const void *rec)
{
	const uint8_t *p = (const uint8_t *)rec + f->off;
	uint32_t narrow;
	uint64_t wide;

	if (f->type == FIELD_BOOL)
		return *p != 0;
	if (f->type == FIELD_U64) {
		memcpy(&wide, p, sizeof(wide));
		return wide;
	}
	assert(f->size == sizeof(narrow));
	memcpy(&narrow, p, sizeof(narrow));
	return narrow;
}

void field_set_number(const struct field *f, void *rec, uint64_t value)
{
	uint8_t *p = (uint8_t *)rec + f->off;
	uint32_t narrow = (uint32_t)value;
	bool truth = value != 0;

	if (f->type == FIELD_BOOL) {
		memcpy(p, &truth, sizeof(truth));
	} else if (f->type == FIELD_U64) {
		memcpy(p, &value, sizeof(value));
	} else {
		assert(f->size == sizeof(narrow) && value <= UINT32_MAX);
		memcpy(p, &narrow, sizeof(narrow));
	}
}

const char *field_text(const struct field *f, const void *rec)
{
	return (const char *)rec + f->off;
}

char *field_text_room(const struct field *f, void *rec)
{
	return (char *)rec + f->off;
}

uint32_t field_bytes(const struct field *f, const void *rec)
{
	uint32_t n;

	memcpy(&n, (const uint8_t *)rec + f->len_off, sizeof(n));
	return n < f->size ? n : (uint32_t)f->size;
}

void field_set_bytes(const struct field *f, void *rec, const void *data,
		     uint32_t n)
{
	assert(f->type == FIELD_BYTES && n <= f->size);
	memcpy((uint8_t *)rec + f->len_off, &n, sizeof(n));
	if (n)
		memcpy((uint8_t *)rec + f->off, data, n);
}

/* The number of bytes that RFC 3629 section 4 lets follow a first byte, and
   the range of the second: what keeps out overlong forms and surrogates. */
static size_t follow(uint8_t first, uint8_t *low, uint8_t *high)
{
	*low = 0x80;
	*high = 0xbf;
	if (first >= 0xc2 && first <= 0xdf)
		return 1;
	if (first >= 0xe0 && first <= 0xef) {
		if (first == 0xe0)
			*low = 0xa0;
		if (first == 0xed)
			*high = 0x9f;
		return 2;
	}
	if (first >= 0xf0 && first <= 0xf4) {
		if (first == 0xf0)
			*low = 0x90;
		if (first == 0xf4)
			*high = 0x8f;
		return 3;
	}
	return 0;
}

size_t text_char(const char *s, size_t n)
{
	const uint8_t *p = (const uint8_t *)s;
	uint8_t low, high;
	size_t more;

	if (*p < 0x80)
		return *p >= 0x20 && *p != 0x7f;

	more = follow(*p, &low, &high);
	if (!more || more >= n)
		return 0;
	if (p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i <= more; i++)
		if (p[i] < 0x80 || p[i] > 0xbf)
			return 0;

	/* U+0080 to U+009F: control characters, too. */
	if (*p == 0xc2 && p[1] < 0xa0)
		return 0;
	return more + 1;
}

bool text_lines_are_clean(const char *text, size_t n)
{
	while (n) {
		size_t len = strchr("\r\n\t", *text) ? 1 : text_char(text, n);

		if (!len || !*text)
			return false;
		text += len;
		n -= len;
	}
	return true;
}

bool text_is_clean(const char *text, size_t n)
{
	while (n) {
		size_t len = text_char(text, n);

		if (!len)
			return false;
		text += len;
		n -= len;
	}
	return true;
}

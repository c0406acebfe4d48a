#include "record.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "field.h"

/* Digits only: no sign, no blank, no overflow. */
static int parse_number(const char *text, size_t n, uint64_t *out)
{
	uint64_t value = 0;

	if (!n)
		return -EINVAL;
	for (size_t i = 0; i < n; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -EINVAL;
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, text[i] - '0', &value))
			return -ERANGE;
	}
	*out = value;
	return 0;
}

static uint64_t seconds_of(char unit)
{
	switch (unit) {
	case 's':
		return 1;
	case 'm':
		return 60;
	case 'h':
		return 3600;
	case 'd':
		return 86400;
	default:
		return 0;
	}
}

static int set_number(const struct field *f, void *rec, const char *text,
		      struct issue *issue)
{
	bool seconds = f->unit && strcmp(f->unit, "s") == 0;
	size_t n = strlen(text);
	uint64_t times = 1;
	uint64_t value;
	int err;

	if (seconds && n && seconds_of(text[n - 1]))
		times = seconds_of(text[--n]);

	err = parse_number(text, n, &value);
	if (err == -EINVAL)
		return issue_set(issue, f->name,
				 seconds ? "must be a number of seconds, or "
					   "such as 90s, 10m, 1h, 2d"
					 : "must be a number");
	if (err < 0 || __builtin_mul_overflow(value, times, &value) ||
	    value < f->min || value > f->max)
		return issue_set(issue, f->name,
				 "must be %" PRIu64 " to %" PRIu64 "%s%s",
				 f->min, f->max, f->unit ? " " : "",
				 f->unit ? f->unit : "");
	field_set_number(f, rec, value);
	return 0;
}

static int set_bool(const struct field *f, void *rec, const char *text,
		    struct issue *issue)
{
	static const char *const yes[] = { "true", "yes", "on", "1" };
	static const char *const no[] = { "false", "no", "off", "0" };

	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
		if (strcasecmp(text, yes[i]) && strcasecmp(text, no[i]))
			continue;
		field_set_number(f, rec, strcasecmp(text, yes[i]) == 0);
		return 0;
	}
	return issue_set(issue, f->name, "must be true or false");
}

int field_refuse_enum(const struct field *f, struct issue *issue)
{
	char all[160] = "";
	size_t used = 0;

	for (uint64_t i = 0; i <= f->max && used < sizeof(all); i++)
		used += (size_t)snprintf(all + used, sizeof(all) - used, "%s%s",
					 i ? ", " : "", f->values[i]);
	return issue_set(issue, f->name, "must be one of: %s", all);
}

static int set_enum(const struct field *f, void *rec, const char *text,
		    struct issue *issue)
{
	for (uint64_t i = 0; i <= f->max; i++) {
		if (strcmp(text, f->values[i]) == 0) {
			field_set_number(f, rec, i);
			return 0;
		}
	}
	return field_refuse_enum(f, issue);
}

static int set_text(const struct field *f, void *rec, const char *text,
		    struct issue *issue)
{
	size_t n = strlen(text);
	char *room = field_text_room(f, rec);

	if (n >= f->size)
		return issue_set(issue, f->name,
				 "must be at most %zu bytes long", f->size - 1);
	if (f->format == FORMAT_LINES ? !text_lines_are_clean(text, n)
				      : !text_is_clean(text, n))
		return issue_set(issue, f->name,
				 "must be UTF-8 text without control "
				 "characters");
	memmove(room, text, n);
	memset(room + n, 0, f->size - n);
	return 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

static int set_bytes(const struct field *f, void *rec, const char *text,
		     struct issue *issue)
{
	size_t n = strlen(text);
	uint8_t *out = (uint8_t *)rec + f->off;

	if (n % 2 || n / 2 > f->size || strspn(text, "0123456789abcdef") != n)
		return issue_set(issue, f->name,
				 "must be at most %zu bytes in hexadecimal",
				 f->size);
	field_set_bytes(f, rec, NULL, 0);
	for (size_t i = 0; i < n / 2; i++)
		out[i] = (uint8_t)(hex_digit(text[2 * i]) << 4 |
				   hex_digit(text[2 * i + 1]));
	field_set_bytes(f, rec, out, (uint32_t)(n / 2));
	return 0;
}

int field_set(const struct record *r, const struct field *f, void *rec,
	      const char *text, struct issue *issue)
{
	(void)r;
	if (!*text) {
		/* Text that must be there: record_check() says so. */
		if (f->required && !field_is_text(f))
			return issue_set(issue, f->name, "must not be empty");
		field_init(f, rec);
		return 0;
	}
	switch (f->type) {
	case FIELD_BOOL:
		return set_bool(f, rec, text, issue);
	case FIELD_U32:
	case FIELD_U64:
		return set_number(f, rec, text, issue);
	case FIELD_ENUM:
		return set_enum(f, rec, text, issue);
	case FIELD_STR:
	case FIELD_NAME:
	case FIELD_SECRET:
	case FIELD_REF:
	case FIELD_LIST:
		return set_text(f, rec, text, issue);
	case FIELD_BYTES:
		return set_bytes(f, rec, text, issue);
	}
	return issue_set(issue, f->name, "has an unknown type");
}

static int get_bytes(const struct field *f, const void *rec, char *text,
		     size_t size)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *data = (const uint8_t *)field_text(f, rec);
	size_t n = field_bytes(f, rec);
	size_t used = 0;

	for (size_t i = 0; i < n && used + 2 < size; i++) {
		text[used++] = digits[data[i] >> 4];
		text[used++] = digits[data[i] & 15];
	}
	if (size)
		text[used] = '\0';
	return (int)(2 * n);
}

int field_get(const struct field *f, const void *rec, char *text, size_t size)
{
	uint64_t value;

	switch (f->type) {
	case FIELD_BOOL:
		return snprintf(text, size, "%s",
				field_number(f, rec) ? "true" : "false");
	case FIELD_U32:
	case FIELD_U64:
		return snprintf(text, size, "%" PRIu64, field_number(f, rec));
	case FIELD_ENUM:
		value = field_number(f, rec);
		return snprintf(text, size, "%s",
				value <= f->max ? f->values[value] : "");
	case FIELD_STR:
	case FIELD_NAME:
	case FIELD_SECRET:
	case FIELD_REF:
	case FIELD_LIST:
		return snprintf(text, size, "%.*s", (int)(f->size - 1),
				field_text(f, rec));
	case FIELD_BYTES:
		return get_bytes(f, rec, text, size);
	}
	return 0;
}

void text_from_peer(char *out, size_t size, const char *bytes, size_t n)
{
	size_t used = 0;

	while (n) {
		size_t len = text_char(bytes, n);
		size_t room = len ? len : 1;

		if (used + room >= size)
			break;
		if (len)
			memcpy(out + used, bytes, len);
		else
			out[used] = '?';
		used += room;
		bytes += room;
		n -= room;
	}
	if (size)
		memset(out + used, 0, size - used);
}

void field_set_peer(const struct field *f, void *rec, const char *bytes,
		    size_t n)
{
	text_from_peer(field_text_room(f, rec), f->size, bytes, n);
}

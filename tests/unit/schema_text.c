#include <errno.h>
#include <stdbool.h>

#include "field.h"
#include "record.h"
#include "records.h"

#include "check.h"

struct row {
	const char *field;
	const char *text;
	const char *stored; /* NULL: refused, and says: */
	const char *why;
};

static const struct row rows[] = {
	{ "on", "false", "false", NULL },
	{ "on", "YES", "true", NULL },
	{ "on", "off", "false", NULL },
	{ "on", "1", "true", NULL },
	{ "on", "", "true", NULL },
	{ "on", "maybe", NULL, "true or false" },
	{ "on", "true ", NULL, "true or false" },
	{ "ring_s", "90", "90", NULL },
	{ "ring_s", "90s", "90", NULL },
	{ "ring_s", "10m", "600", NULL },
	{ "ring_s", "1h", "3600", NULL },
	{ "ring_s", "2d", "172800", NULL },
	{ "ring_s", "", "60", NULL },
	{ "ring_s", "4", NULL, "must be 5 to 172800 s" },
	{ "ring_s", "3d", NULL, "must be 5 to 172800 s" },
	{ "ring_s", "99999999999999999999", NULL, "must be 5 to" },
	{ "ring_s", "9999999999999999999d", NULL, "must be 5 to" },
	{ "ring_s", "-5", NULL, "seconds" },
	{ "ring_s", "+5", NULL, "seconds" },
	{ "ring_s", " 5", NULL, "seconds" },
	{ "ring_s", "5 m", NULL, "seconds" },
	{ "ring_s", "m", NULL, "seconds" },
	{ "ring_s", "0x10", NULL, "seconds" },
	{ "total", "9223372036854775807", "9223372036854775807", NULL },
	{ "total", "9223372036854775808", NULL, "must be 0 to" },
	{ "total", "18446744073709551616", NULL, "must be 0 to" },
	{ "total", "10m", NULL, "must be a number" },
	{ "total", "1e3", NULL, "must be a number" },
	{ "color", "red", "red", NULL },
	{ "color", "light green", "light green", NULL },
	{ "color", "", "BLUE", NULL },
	{ "color", "blue", NULL, "one of: red, light green, BLUE" },
	{ "color", "1", NULL, "one of" },
	{ "note", "123456789012", "123456789012", NULL },
	{ "note", "1234567890123", NULL, "at most 12 bytes" },
	{ "note", "", "none\"yet", NULL },
	{ "note", "a\nb", NULL, "control" },
	{ "note", "a\x1b[2J", NULL, "control" },
	{ "note", "\xff", NULL, "UTF-8" },
	{ "secret", "pass word", "pass word", NULL },
};

static void test_set_and_get(void)
{
	char text[64];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		const struct field *f = record_field(&thing_record, row->field);
		struct issue issue = { 0 };
		struct thing t, before;
		int err;

		record_init(&thing_record, &t);
		before = t;
		err = field_set(&thing_record, f, &t, row->text, &issue);
		if (!row->stored) {
			CHECK_EQ(err, -EINVAL);
			CHECK_STR(issue.field, row->field);
			CHECK(strstr(issue.what, row->why));
			CHECK_EQ(memcmp(&t, &before, sizeof(t)), 0);
			continue;
		}
		CHECK_EQ(err, 0);
		CHECK_EQ(field_get(f, &t, text, sizeof(text)),
			 strlen(row->stored));
		CHECK_STR(text, row->stored);
	}
}

static void test_without_default(void)
{
	const struct field *f = record_field(&parcel_record, "count");
	struct issue issue = { 0 };
	struct parcel p = { .count = 5 };

	CHECK_EQ(field_set(&parcel_record, f, &p, "", &issue), -EINVAL);
	CHECK_EQ(p.count, 5);
}

static void test_bytes(void)
{
	static const char *const wrong[] = { "0", "0g", "00112233445566778899",
					     "0X", "AA" };
	const struct field *f = record_field(&parcel_record, "data");
	struct issue issue = { 0 };
	struct parcel p = { 0 };
	char text[20];

	CHECK_EQ(field_set(&parcel_record, f, &p, "00ff10ab", &issue), 0);
	CHECK_EQ(p.data_bytes, 4);
	CHECK_EQ(p.data[1], 0xff);
	CHECK_EQ(field_get(f, &p, text, sizeof(text)), 8);
	CHECK_STR(text, "00ff10ab");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		CHECK_EQ(field_set(&parcel_record, f, &p, wrong[i], &issue),
			 -EINVAL);
	CHECK_EQ(p.data_bytes, 4);

	/* Little room: a whole digit pair or none. */
	CHECK_EQ(field_get(f, &p, text, 4), 8);
	CHECK_STR(text, "00");
	CHECK_EQ(field_get(f, &p, NULL, 0), 8);
}

static void test_broken_record(void)
{
	struct thing t;
	char text[64];
	const struct field *f = record_field(&thing_record, "note");

	/* A record that nobody checked must not make us read beyond it. */
	memset(&t, 'x', sizeof(t));
	CHECK_EQ(field_get(f, &t, text, sizeof(text)), 12);
	f = record_field(&thing_record, "color");
	CHECK_EQ(field_get(f, &t, text, sizeof(text)), 0);
}

struct peer_row {
	const char *bytes;
	size_t n;
	const char *want;
};

static void test_from_peer(void)
{
	static const struct peer_row peers[] = {
		{ "plain", 5, "plain" },
		{ "", 0, "" },
		{ "a\0b", 3, "a?b" },
		{ "a\r\nb\x7f", 5, "a??b?" },
		{ "\xc3\xbc", 2, "\xc3\xbc" },
		{ "\xc3", 1, "?" },
		{ "\xc0\x80", 2,
		  "?"
		  "?" }, /* overlong NUL */
		{ "\xed\xa0\x80", 3,
		  "?"
		  "??" }, /* surrogate */
		{ "\xf4\x90\x80\x80", 4,
		  "?"
		  "???" }, /* beyond U+10FFFF */
		{ "\xf0\x9f\x98\x80", 4, "\xf0\x9f\x98\x80" },
		{ "\xc2\x85x", 3,
		  "?"
		  "?x" }, /* NEL, a line end to some */
		{ "1234567890123", 13, "123456789012" },
		/* Cut at a character, not inside it. */
		{ "12345678901\xc3\xbc", 13, "12345678901" },
		{ "1234567890\xc3\xbc", 12, "1234567890\xc3\xbc" },
	};
	const struct field *f = record_field(&thing_record, "note");

	for (size_t i = 0; i < sizeof(peers) / sizeof(peers[0]); i++) {
		struct thing t;

		memset(&t, 0xee, sizeof(t));
		field_set_peer(f, &t, peers[i].bytes, peers[i].n);
		CHECK_STR(t.note, peers[i].want);
		CHECK_EQ(t.note[12], 0);
		CHECK(text_is_clean(t.note, strlen(t.note)));
	}
	text_from_peer(NULL, 0, "x", 1);
}

/* What somebody sent may stand in an issue, and issues go on the bus. */
static void test_issue(void)
{
	struct issue issue;
	char name[100] = "";

	for (size_t i = 0; i + 2 < sizeof(name); i += 2)
		strcat(name, "\xc3\xbc");
	CHECK_EQ(issue_set(&issue, name, "no %s%s%s\n", name, name, name),
		 -EINVAL);
	CHECK_EQ(strlen(issue.field), 32);
	CHECK(text_is_clean(issue.field, strlen(issue.field)));
	CHECK(strlen(issue.what) > 190);
	CHECK(text_is_clean(issue.what, strlen(issue.what)));
}

int main(void)
{
	test_set_and_get();
	test_without_default();
	test_bytes();
	test_broken_record();
	test_from_peer();
	test_issue();
	return 0;
}

#include <errno.h>
#include <stdbool.h>

#include "record.h"
#include "records.h"

#include "check.h"

static struct thing good_thing(void)
{
	struct thing t;

	record_init(&thing_record, &t);
	strcpy(t.id, "lamp");
	return t;
}

static void refused(struct thing *t, const char *field, const char *why)
{
	struct issue issue = { 0 };

	CHECK_EQ(record_check(&thing_record, t, &issue), -EINVAL);
	CHECK_STR(issue.field, field);
	CHECK(strstr(issue.what, why));
	*t = good_thing();
}

static void accepted(struct thing *t)
{
	struct issue issue = { 0 };
	int err = record_check(&thing_record, t, &issue);

	if (err)
		fprintf(stderr, "%s: %s\n", issue.field, issue.what);
	CHECK_EQ(err, 0);
}

static void test_fields(void)
{
	struct thing t = good_thing();

	accepted(&t);
	t.id[0] = '\0';
	refused(&t, "id", "must not be empty");
	strcpy(t.id, "Lamp");
	refused(&t, "id", "a-z");
	strcpy(t.id, "a b");
	refused(&t, "id", "a-z");
	t.ring_s = 4;
	refused(&t, "ring_s", "must be 5 to 172800");
	t.color = 3;
	refused(&t, "color", "no such value");
	t.total = UINT64_MAX;
	refused(&t, "total", "must be 0 to");
	memset(t.note, 'x', sizeof(t.note));
	refused(&t, "note", "at most 12 bytes");
	strcpy(t.note, "a\tb");
	refused(&t, "note", "control");
	strcpy(t.secret, "\xc3(");
	refused(&t, "secret", "UTF-8");
	strcpy(t.friend, "Not/a-name");
	refused(&t, "friend", "a-z");
}

struct list_row {
	const char *text;
	const char *stored;
};

static void test_lists(void)
{
	static const struct list_row rows[] = {
		{ "", "" },
		{ ";; ;", "" },
		{ "192.168.1.137", "192.168.1.137" },
		{ " 10.0.0.0/8 ; 192.168.1.9/32;", "10.0.0.0/8;192.168.1.9" },
		{ "10.0.0.0/255.0.0.0;10.0.0.0/8", "10.0.0.0/8" },
		{ "2001:DB8::/32;::ffff:1.2.3.4", "2001:db8::/32;1.2.3.4" },
		/* One is the beginning of another. */
		{ "10.0.0.11;10.0.0.1", "10.0.0.11;10.0.0.1" },
		{ "1.1.1.1;2.2.2.2;3.3.3.3;4.4.4.4;5.5.5.5;6.6.6.66",
		  "1.1.1.1;2.2.2.2;3.3.3.3;4.4.4.4;5.5.5.5;6.6.6.66" },
	};
	struct thing t = good_thing();

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(t.permit, 0, sizeof(t.permit));
		strcpy(t.permit, rows[i].text);
		accepted(&t);
		CHECK_STR(t.permit, rows[i].stored);
		accepted(&t);
		CHECK_STR(t.permit, rows[i].stored);
	}
	strcpy(t.permit, "10.0.0.0/8;192.168.1.9/24");
	refused(&t, "permit", "did you mean 192.168.1.0/24");
	strcpy(t.permit, "10.0.0.0/8,192.168.1.9");
	refused(&t, "permit", "");
}

static void test_bytes(void)
{
	struct parcel p = { .data_bytes = 9, .to = "x" };
	struct issue issue = { 0 };

	CHECK_EQ(record_check(&parcel_record, &p, &issue), -EINVAL);
	CHECK_STR(issue.field, "data");
	p.data_bytes = 8;
	CHECK_EQ(record_check(&parcel_record, &p, &issue), 0);
	p.to[0] = '\0';
	CHECK_EQ(record_check(&parcel_record, &p, &issue), -EINVAL);
	CHECK_STR(issue.field, "to");
}

static void test_format(void)
{
	struct door d = { .number = 22, .host = "PBX.Example.ORG" };
	struct issue issue = { 0 };

	CHECK_EQ(record_check(&door_record, &d, &issue), 0);
	CHECK_STR(d.host, "pbx.example.org");
	strcpy(d.host, "-pbx");
	CHECK_EQ(record_check(&door_record, &d, &issue), -EINVAL);
	CHECK_STR(issue.field, "host");
}

int main(void)
{
	test_fields();
	test_lists();
	test_bytes();
	test_format();
	return 0;
}

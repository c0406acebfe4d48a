#include <errno.h>
#include <stdbool.h>

#include "record_json.h"
#include "records.h"

#include "check.h"

static void test_out(void)
{
	struct thing t;
	json_t *object;
	char *text;

	record_init(&thing_record, &t);
	strcpy(t.id, "lamp");
	strcpy(t.secret, "hunter2");
	strcpy(t.note, "a\"b");
	object = record_to_json(&thing_record, &t);
	CHECK(object);
	text = json_dumps(object, JSON_COMPACT);
	CHECK_STR(text, "{\"id\":\"lamp\",\"on\":true,\"ring_s\":60,"
			"\"total\":5000000000,\"color\":\"BLUE\","
			"\"note\":\"a\\\"b\",\"friend\":\"\",\"permit\":\"\","
			"\"made_ms\":0}");
	free(text);
	json_decref(object);

	/* Text that nobody checked: no object rather than a broken one. */
	strcpy(t.note, "\xff");
	CHECK(!record_to_json(&thing_record, &t));
}

struct row {
	const char *json;
	const char *field; /* NULL: taken */
	const char *why;
};

static const struct row rows[] = {
	{ "{}", NULL, NULL },
	{ "{\"on\":false,\"ring_s\":10,\"note\":\"x\"}", NULL, NULL },
	{ "{\"on\":\"no\",\"ring_s\":\"1m\",\"total\":\"7\"}", NULL, NULL },
	{ "{\"secret\":\"hunter2\"}", NULL, NULL },
	{ "{\"nothing\":1}", "nothing", "no such field" },
	{ "{\"inner\":\"x\"}", "inner", "no such field" },
	{ "{\"made_ms\":1}", "made_ms", "set by the box" },
	{ "{\"ring_s\":4}", "ring_s", "must be 5 to" },
	{ "{\"ring_s\":-5}", "ring_s", "seconds" },
	{ "{\"ring_s\":5.5}", "ring_s", "whole number" },
	{ "{\"ring_s\":null}", "ring_s", "whole number" },
	{ "{\"ring_s\":[5]}", "ring_s", "whole number" },
	{ "{\"on\":2}", "on", "true or false" },
	{ "{\"note\":\"a\\u0000b\"}", "note", "NUL" },
	{ "{\"note\":\"a\\nb\"}", "note", "control" },
	{ "[]", "", "an object" },
};

static void test_in(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json_t *object = json_loads(rows[i].json, JSON_ALLOW_NUL, NULL);
		struct issue issue = { 0 };
		struct thing t;
		int err;

		CHECK(object);
		record_init(&thing_record, &t);
		err = record_from_json(&thing_record, &t, object, &issue);
		json_decref(object);
		CHECK_EQ(err, rows[i].field ? -EINVAL : 0);
		if (!err)
			continue;
		CHECK_STR(issue.field, rows[i].field);
		CHECK(strstr(issue.what, rows[i].why));
	}
}

/* A name as long as an attacker likes is cut, not copied. */
static void test_long_name(void)
{
	char name[500];
	json_t *object = json_object();
	struct issue issue = { 0 };
	struct thing t;

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	CHECK_EQ(json_object_set_new(object, name, json_true()), 0);
	record_init(&thing_record, &t);
	CHECK_EQ(record_from_json(&thing_record, &t, object, &issue), -EINVAL);
	CHECK_EQ(strlen(issue.field), sizeof(issue.field) - 1);
	json_decref(object);
}

int main(void)
{
	test_out();
	test_in();
	test_long_name();
	return 0;
}

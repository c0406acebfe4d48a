/* Records as arguments and as rows, without a bus. */
#include <errno.h>

#include "bus_record.h"
#include "check.h"
#include "records.h"

static DBusMessage *message(void)
{
	DBusMessage *m = dbus_message_new_signal("/a", "a.b", "C");

	CHECK(m);
	return m;
}

static void test_every_record(void)
{
	static const struct record *const all[] = {
		&ask_record,         &verdict_record, &cdr_record,
		&media_offer_record, &binding_record, &call_fact_record,
		&extension_record,   &report_record,  &session_record,
	};
	char want[BUS_SIGNATURE];
	struct issue issue;
	DBusMessage *m;
	void *a, *b;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		a = calloc(1, all[i]->size);
		b = calloc(1, all[i]->size);
		CHECK(a && b);
		record_init(all[i], a);
		m = message();
		CHECK_EQ(bus_put_record(&m, all[i], a), 0);
		bus_signature(all[i], want);
		CHECK_STR(dbus_message_get_signature(m), want);
		/* Defaults may miss what is required: then the check says so,
		   not the types. */
		CHECK(bus_get_record(m, all[i], b, &issue) != -EBADMSG);
		CHECK(record_equal(all[i], a, b, NULL));
		dbus_message_unref(m);
		free(a);
		free(b);
	}
}

static void test_ranges(void)
{
	struct media_offer o;
	struct issue issue = { 0 };
	DBusMessage *m = message();
	const char *text = "none such";

	record_init(&media_offer_record, &o);
	o.sdp_bytes = sizeof(o.sdp) + 1;
	CHECK_EQ(bus_put_record(&m, &media_offer_record, &o), -EINVAL);
	o.sdp_bytes = 0;
	memset(o.call, 'x', sizeof(o.call)); /* no end */
	CHECK_EQ(bus_put_record(&m, &media_offer_record, &o), -EINVAL);
	dbus_message_unref(m);

	m = message();
	CHECK(dbus_message_append_args(m, DBUS_TYPE_STRING, &text,
				       DBUS_TYPE_STRING, &text,
				       DBUS_TYPE_INVALID));
	CHECK_EQ(bus_get_record(m, &media_offer_record, &o, &issue), -EINVAL);
	CHECK_STR(issue.field, "leg");
	CHECK_EQ(bus_get_record(m, NULL, NULL, &issue), -EBADMSG);
	dbus_message_unref(m);

	m = message();
	CHECK_EQ(bus_get_record(m, NULL, NULL, &issue), 0);
	CHECK_EQ(bus_get_record(m, &media_offer_record, &o, &issue), -EBADMSG);
	dbus_message_unref(m);
}

static void test_row(void)
{
	struct extension e, back;
	DBusMessage *m = message();
	DBusMessageIter it, dict;
	const char *key, *text;
	struct issue issue;
	size_t n = 0;

	record_init(&extension_record, &e);
	snprintf(e.number, sizeof(e.number), "801");
	snprintf(e.name, sizeof(e.name),
		 "Ad\xff"
		 "a");
	snprintf(e.secret, sizeof(e.secret), "Xk7mPq2wRt9+zV4c");

	dbus_message_iter_init_append(m, &it);
	CHECK_EQ(bus_put_row(&it, &extension_record, &e), 0);

	CHECK(dbus_message_iter_init(m, &it));
	CHECK_EQ(bus_dict_enter(&it, &dict), 0);
	while (bus_dict_next(&dict, &key, &text)) {
		CHECK(strcmp(key, "secret") != 0);
		CHECK(!strstr(text, "Xk7mPq2wRt9"));
		n++;
	}
	CHECK(n > 3);

	CHECK(dbus_message_iter_init(m, &it));
	CHECK_EQ(bus_get_row(&it, &extension_record, &back, &issue), 0);
	CHECK_STR(back.number, "801");
	CHECK_STR(back.name, "Ad?a");
	CHECK_STR(back.secret, "");
	dbus_message_unref(m);
}

static void test_not_a_dict(void)
{
	const char *text = "x";
	DBusMessage *m = message();
	DBusMessageIter it, dict;

	CHECK(dbus_message_append_args(m, DBUS_TYPE_STRING, &text,
				       DBUS_TYPE_INVALID));
	CHECK(dbus_message_iter_init(m, &it));
	CHECK_EQ(bus_dict_enter(&it, &dict), -EBADMSG);
	dbus_message_unref(m);

	m = message();
	dbus_message_iter_init_append(m, &it);
	CHECK(dbus_message_iter_open_container(&it, DBUS_TYPE_ARRAY, "{us}",
					       &dict));
	CHECK(dbus_message_iter_close_container(&it, &dict));
	CHECK(dbus_message_iter_init(m, &it));
	CHECK_EQ(bus_dict_enter(&it, &dict), 0); /* empty: of no matter */
	CHECK(!bus_dict_next(&dict, &text, &text));
	dbus_message_unref(m);
}

static void test_text(void)
{
	static const char *const texts[] = {
		"",
		"plain",
		"caf\xc3\xa9",
		"\xff\xfe",
		"cut \xc3",
		"surrogate \xed\xa0\x80",
		"\xf4\x90\x80\x80",
		"\xc0\x80",
	};
	DBusMessage *m = message();
	DBusMessageIter it;
	const char *back;

	dbus_message_iter_init_append(m, &it);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		CHECK_EQ(bus_put_text(&it, texts[i]), 0);

	CHECK(dbus_message_iter_init(m, &it));
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		dbus_message_iter_get_basic(&it, &back);
		CHECK(dbus_validate_utf8(back, NULL));
		if (i < 3)
			CHECK_STR(back, texts[i]);
		(void)dbus_message_iter_next(&it);
	}
	dbus_message_unref(m);
}

int main(void)
{
	test_every_record();
	test_ranges();
	test_row();
	test_not_a_dict();
	test_text();
	return 0;
}

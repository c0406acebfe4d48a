#include <stdbool.h>

#include "rules.h"

#include "check.h"

struct row {
	enum field_format format;
	const char *text;
	const char *stored; /* NULL: refused */
};

static const struct row rows[] = {
	{ FORMAT_ANY, "anything at all", "anything at all" },
	{ FORMAT_PREFIX, "192.168.1.0/255.255.255.0", "192.168.1.0/24" },
	{ FORMAT_PREFIX, "192.168.1.1/24", NULL },
	{ FORMAT_ADDRESS, "2001:DB8::1", "2001:db8::1" },
	{ FORMAT_ADDRESS, "192.168.1.0/24", NULL },
	{ FORMAT_ADDRESS, "example.org", NULL },
	{ FORMAT_EXTENSION, "80", "80" },
	{ FORMAT_EXTENSION, "12345678", "12345678" },
	{ FORMAT_EXTENSION, "8", NULL },
	{ FORMAT_EXTENSION, "123456789", NULL },
	{ FORMAT_EXTENSION, "80a", NULL },
	{ FORMAT_EXTENSION, "+80", NULL },
	{ FORMAT_DIGITS, "*21#+49", "*21#+49" },
	{ FORMAT_DIGITS, "112a", NULL },
	{ FORMAT_DIGITS, "11 2", NULL },
	{ FORMAT_HOST, "sallyport", "sallyport" },
	{ FORMAT_HOST, "PBX-1.Example.org", "pbx-1.example.org" },
	{ FORMAT_HOST, "203.0.113.9", "203.0.113.9" },
	{ FORMAT_HOST, "2001:DB8::1", "2001:db8::1" },
	{ FORMAT_HOST, "203.0.113", NULL },
	{ FORMAT_HOST, "1234", NULL },
	{ FORMAT_HOST, "a..b", NULL },
	{ FORMAT_HOST, ".a", NULL },
	{ FORMAT_HOST, "a.", NULL },
	{ FORMAT_HOST, "a-.b", NULL },
	{ FORMAT_HOST, "a b", NULL },
	{ FORMAT_HOST, "a/b", NULL },
	{ FORMAT_HOST, "a\"b", NULL },
	{ FORMAT_HOST,
	  "a123456789012345678901234567890123456789012345678901234567890123",
	  NULL },
	{ FORMAT_CODEC, "PCMA", "pcma" },
	{ FORMAT_CODEC, "telephone-event", "telephone-event" },
	{ FORMAT_CODEC, "speex", NULL },
	{ FORMAT_SERVICE, "sip", "sip" },
	{ FORMAT_SERVICE, "ALL", "all" },
	{ FORMAT_SERVICE, "smtp", NULL },
	{ FORMAT_ACCOUNT, "admin", "admin" },
	{ FORMAT_ACCOUNT, "adminZoI6", "adminZoI6" },
	{ FORMAT_ACCOUNT, "operator", "operator" },
	{ FORMAT_ACCOUNT, "reader-2", "reader-2" },
	{ FORMAT_ACCOUNT, "Operator", NULL },
	{ FORMAT_ACCOUNT, "2fast", NULL },
	{ FORMAT_ACCOUNT, "adminZo I6", NULL },
	{ FORMAT_ACCOUNT, "a/b", NULL },
	{ FORMAT_ACCOUNT, "-x", NULL },
	{ FORMAT_MAIL, "ada.l+pbx@Example.NET", "ada.l+pbx@example.net" },
	{ FORMAT_MAIL, "root@box", "root@box" },
	{ FORMAT_MAIL, "ada", NULL },
	{ FORMAT_MAIL, "@example.net", NULL },
	{ FORMAT_MAIL, "ada@", NULL },
	{ FORMAT_MAIL, "-oQ/tmp@example.net", NULL },
	{ FORMAT_MAIL, "a..b@example.net", NULL },
	{ FORMAT_MAIL, "a b@example.net", NULL },
	{ FORMAT_MAIL, "a@b@example.net", NULL },
	{ FORMAT_MAIL, "a,b@example.net", NULL },
	{ FORMAT_MAIL, "a@exa mple.net", NULL },
	{ FORMAT_MAIL, "\"a\"@example.net", NULL },
	{ FORMAT_MAIL, "a@[127.0.0.1]", NULL },
	{ FORMAT_NAME, "head-office_2", "head-office_2" },
	{ FORMAT_NAME, "Head", NULL },
	{ FORMAT_NAME, "a.b", NULL },
	{ FORMAT_NAME, "abcdefghijabcdefghijabcdefghijabc", NULL },
};

static void test_rows(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		char text[128], why[160] = "";
		const char *wrong;

		snprintf(text, sizeof(text), "%s", row->text);
		wrong = rule_check(row->format, text, sizeof(text), why,
				   sizeof(why));
		if (!row->stored) {
			CHECK(wrong && *wrong);
			continue;
		}
		CHECK_STR(wrong, NULL);
		CHECK_STR(text, row->stored);
	}
}

/* A stored form is its own stored form, in no more room than it has. */
static void test_little_room(void)
{
	char text[sizeof("192.168.1.0/24")] = "192.168.1.0/24";
	char mapped[] = "::ffff:1.2.3.4";
	char why[16];

	CHECK_STR(
		rule_check(FORMAT_PREFIX, text, sizeof(text), why, sizeof(why)),
		NULL);
	CHECK_STR(text, "192.168.1.0/24");
	CHECK_STR(rule_check(FORMAT_ADDRESS, mapped, sizeof(mapped), why,
			     sizeof(why)),
		  NULL);
	CHECK_STR(mapped, "1.2.3.4");

	/* A reason that does not fit is cut, not lost. */
	CHECK_STR(rule_check(FORMAT_SERVICE, mapped, sizeof(mapped), why,
			     sizeof(why)),
		  "must be of sip,");
}

int main(void)
{
	test_rows();
	test_little_room();
	return 0;
}

/*
 * Every path of the API with the roles that may call it, written out: whoever
 * adds a path or opens one meets this list.
 */
#include <string.h>

#include "bus.h"

#include "role.h"

#include "check.h"

enum { A = ROLE_ADMIN, R = ROLE_READER, O = ROLE_OPERATOR, X = ROLE_EXTENSION };

static const struct expected {
	enum http_method method;
	const char *pattern;
	unsigned roles;
	bool open, first;
} expected[] = {
	{ HTTP_GET, "session", A | R | O | X, true, true },
	{ HTTP_POST, "session", A | R | O | X, true, true },
	{ HTTP_DELETE, "session", A | R | O | X, false, true },
	{ HTTP_POST, "password", A | R | O, false, true },
	{ HTTP_POST, "accounts/*/reset", A, false, false },
	{ HTTP_GET, "audit", A | R, false, false },
	{ HTTP_GET, "tables", A | R | O, false, false },
	{ HTTP_GET, "tables/*/*", A | R | O, false, false },
	{ HTTP_GET, "tables/*/*/_journal", A | R, false, false },
	{ HTTP_GET, "tables/*/*/*", A | R | O, false, false },
	{ HTTP_POST, "tables/*/*", A, false, false },
	{ HTTP_PATCH, "tables/*/*/*", A, false, false },
	{ HTTP_DELETE, "tables/*/*/*", A, false, false },
	{ HTTP_POST, "tables/*/*/_apply", A, false, false },
	{ HTTP_POST, "tables/*/*/_check", A, false, false },
	{ HTTP_POST, "tables/*/*/_move", A, false, false },
	{ HTTP_GET, "methods/*/*", A | R | O, false, false },
	{ HTTP_POST, "methods/routed/ImportRates", A, false, false },
	{ HTTP_POST, "methods/*/*", A | R | O, false, false },
	{ HTTP_GET, "status", A | R | O, false, false },
	{ HTTP_GET, "forms", A | R | O, false, false },
	{ HTTP_GET, "names/*", A | R, false, false },
	{ HTTP_GET, "exports/*", A | R, false, false },
	{ HTTP_GET, "events", A | R | O | X, false, false },
};

static void test_routes(void)
{
	size_t n;
	const struct route *table = route_table(&n);

	CHECK_EQ(n, sizeof(expected) / sizeof(expected[0]));
	for (size_t i = 0; i < n; i++) {
		CHECK_EQ(table[i].method, expected[i].method);
		CHECK_STR(table[i].pattern, expected[i].pattern);
		CHECK_EQ(table[i].roles, expected[i].roles);
		CHECK_EQ(table[i].open, expected[i].open);
		CHECK_EQ(table[i].first, expected[i].first);
		CHECK(table[i].run);
		/* what takes no session takes little */
		CHECK(!table[i].open || table[i].body_max <= BODY_SMALL);
	}
}

static const char *pattern_of(enum http_method method, const char *a,
			      const char *b, const char *c, const char *d)
{
	const char *seg[] = { a, b, c, d };
	size_t n = d ? 4 : c ? 3 : b ? 2 : 1;
	unsigned allowed;
	const struct route *r = route_find(seg, n, method, &allowed);

	return r ? r->pattern : allowed ? "405" : "404";
}

static void test_find(void)
{
	CHECK_STR(pattern_of(HTTP_GET, "status", NULL, NULL, NULL), "status");
	CHECK_STR(pattern_of(HTTP_POST, "status", NULL, NULL, NULL), "405");
	CHECK_STR(pattern_of(HTTP_GET, "statu", NULL, NULL, NULL), "404");
	CHECK_STR(pattern_of(HTTP_GET, "status", "x", NULL, NULL), "404");
	CHECK_STR(pattern_of(HTTP_GET, "", NULL, NULL, NULL), "404");
	CHECK_STR(pattern_of(HTTP_GET, "*", NULL, NULL, NULL), "404");
	CHECK_STR(pattern_of(HTTP_GET, "tables", "sipd", "extension", "801"),
		  "tables/*/*/*");
	CHECK_STR(
		pattern_of(HTTP_POST, "tables", "sipd", "extension", "_apply"),
		"tables/*/*/_apply");
	CHECK_STR(pattern_of(HTTP_POST, "tables", "sipd", "extension", "801"),
		  "405");
	CHECK_STR(pattern_of(HTTP_GET, "tables", "sipd", "x", "_journal"),
		  "tables/*/*/_journal");
	CHECK_STR(pattern_of(0, "status", NULL, NULL, NULL), "405");
}

static void test_tables(void)
{
	CHECK(role_table("sipd", "extension") == &extension_record);
	CHECK(role_table("guardd", "rejected") == &rejected_record);
	CHECK(!role_table("routed", "extension"));
	CHECK(!role_table("httpd", "audit"));     /* a record, not a table */
	CHECK(!role_table("sipd", "sip_verify")); /* a message */
	CHECK(!role_table("", ""));
	CHECK_EQ(role_may_read(&account_record), A);
	CHECK_EQ(role_may_read(&session_record), A);
	CHECK_EQ(role_may_read(&extension_record), A | R | O);
	for (size_t i = 0; all_records[i]; i++) {
		CHECK_EQ(role_may_write(all_records[i]), A);
		CHECK(!(role_may_read(all_records[i]) & X));
	}
}

static void test_methods(void)
{
	size_t n;
	const struct role_method *m = role_method_table(&n);

	CHECK_EQ(n, 32);
	for (size_t i = 0; i < n; i++) {
		const struct bus_iface *iface = m[i].iface;

		/* whoever only reads changes nothing */
		CHECK(!m[i].changes || !(m[i].roles & (R | X)));
		CHECK(role_method(iface->daemon,
				  iface->methods[m[i].method].name) == &m[i]);
	}
	/* who may look may ask what would be */
	CHECK_EQ(role_method("guardd", "WouldBan")->roles, A | R);
	CHECK_EQ(role_method("guardd", "WouldBanWhom")->roles, A | R);
	CHECK(!role_method("guardd", "WouldBan")->changes);
	CHECK(!role_method("sipd", "VerifySecret"));
	CHECK(!role_method("guardd", "Report"));
	CHECK(!role_method("fwd", "Ban"));
	CHECK(!role_method("httpd", "ResetPassword"));
}

int main(void)
{
	test_routes();
	test_find();
	test_tables();
	test_methods();
	return 0;
}

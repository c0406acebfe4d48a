#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>

#include "addr.h"

#include "check.h"

static struct addr addr_of(const char *text)
{
	struct addr a;

	CHECK_EQ(addr_parse(&a, text), 0);
	return a;
}

static void test_addr_text(void)
{
	static const char *const same[][2] = {
		{ "192.168.1.9", "192.168.1.9" },
		{ "2001:DB8:0:0::1", "2001:db8::1" },
		{ "::ffff:203.0.113.9", "203.0.113.9" },
		{ "::", "::" },
	};
	static const char *const wrong[] = {
		"",
		"1.2.3",
		"1.2.3.4.5",
		"256.1.1.1",
		"010.0.0.1",
		"1.2.3.4 ",
		" 1.2.3.4",
		"1.2.3.4/32",
		"fe80::1%eth0",
		"2001:db8",
		":::",
		"localhost",
		"1:2:3:4:5:6:7:8:9",
	};
	struct addr a = { .family = 99 };
	char text[ADDR_TEXT];

	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		a = addr_of(same[i][0]);
		addr_format(&a, text);
		CHECK_STR(text, same[i][1]);
	}
	a.family = 99;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		CHECK_EQ(addr_parse(&a, wrong[i]), -EINVAL);
	CHECK_EQ(a.family, 99);

	a = (struct addr){ 0 };
	addr_format(&a, text);
	CHECK_STR(text, "none");
	CHECK(addr_equal(&a, &(struct addr){ 0 }));
}

static void test_sockaddr(void)
{
	struct addr four = addr_of("203.0.113.9");
	struct addr six = addr_of("2001:db8::5");
	struct addr back;
	struct sockaddr_storage ss;
	struct sockaddr_in6 mapped = { .sin6_family = AF_INET6,
				       .sin6_port = htons(5060) };
	struct sockaddr local = { .sa_family = AF_UNIX };
	uint16_t port = 0;

	CHECK_EQ(addr_to_sockaddr(&four, 5060, &ss),
		 sizeof(struct sockaddr_in));
	CHECK_EQ(addr_from_sockaddr(&back, &port, (struct sockaddr *)&ss), 0);
	CHECK(addr_equal(&back, &four));
	CHECK_EQ(port, 5060);

	CHECK_EQ(addr_to_sockaddr(&six, 61000, &ss),
		 sizeof(struct sockaddr_in6));
	CHECK_EQ(addr_from_sockaddr(&back, NULL, (struct sockaddr *)&ss), 0);
	CHECK(addr_equal(&back, &six));

	/* A dual-stack socket must not make two peers of one. */
	CHECK_EQ(inet_pton(AF_INET6, "::ffff:203.0.113.9", &mapped.sin6_addr),
		 1);
	CHECK_EQ(addr_from_sockaddr(&back, &port, (struct sockaddr *)&mapped),
		 0);
	CHECK(addr_equal(&back, &four));

	CHECK_EQ(addr_from_sockaddr(&back, &port, &local), -EAFNOSUPPORT);
}

struct prefix_row {
	const char *text;
	const char *stored; /* NULL: refused, and says: */
	const char *why;
};

static const struct prefix_row prefix_rows[] = {
	{ "192.168.1.9", "192.168.1.9", NULL },
	{ "192.168.1.9/32", "192.168.1.9", NULL },
	{ "192.168.1.0/24", "192.168.1.0/24", NULL },
	{ "192.168.1.0/255.255.255.0", "192.168.1.0/24", NULL },
	{ "0.0.0.0/0", "0.0.0.0/0", NULL },
	{ "0.0.0.0/0.0.0.0", "0.0.0.0/0", NULL },
	{ "10.0.0.1/255.255.255.255", "10.0.0.1", NULL },
	{ "10.128.0.0/9", "10.128.0.0/9", NULL },
	{ "2001:db8::/32", "2001:db8::/32", NULL },
	{ "2001:db8::1", "2001:db8::1", NULL },
	{ "2001:db8::1/128", "2001:db8::1", NULL },
	{ "::/0", "::/0", NULL },
	{ "::ffff:10.0.0.0/104", "10.0.0.0/8", NULL },
	{ "::ffff:10.1.2.3", "10.1.2.3", NULL },
	{ "192.168.1.9/24", NULL, "did you mean 192.168.1.0/24" },
	{ "192.168.1.9/255.255.0.0", NULL, "did you mean 192.168.0.0/16" },
	{ "10.64.0.0/9", NULL, "did you mean 10.0.0.0/9" },
	{ "2001:db8::1/64", NULL, "did you mean 2001:db8::/64" },
	{ "192.168.1.0/255.0.255.0", NULL, "has holes" },
	{ "192.168.1.0/0.0.0.255", NULL, "has holes" },
	{ "192.168.1.0/33", NULL, "write /0 to /32" },
	{ "192.168.1.0/", NULL, "write /0 to /32" },
	{ "192.168.1.0/-1", NULL, "write /0 to /32" },
	{ "192.168.1.0/+8", NULL, "write /0 to /32" },
	{ "192.168.1.0/24x", NULL, "write /0 to /32" },
	{ "192.168.1.0/24/24", NULL, "write /0 to /32" },
	{ "192.168.1.0/255.255.255", NULL, "the mask is none" },
	{ "2001:db8::/129", NULL, "write /0 to /128" },
	{ "2001:db8::/255.0.0.0", NULL, "write /0 to /128" },
	{ "::ffff:0:0/90", NULL, "write it as IPv4" },
	{ "example.org", NULL, "must be an address or a network" },
	{ "", NULL, "must be an address or a network" },
	{ "/24", NULL, "must be an address or a network" },
};

static void test_prefix_text(void)
{
	char text[ADDR_TEXT], why[160];

	for (size_t i = 0; i < sizeof(prefix_rows) / sizeof(prefix_rows[0]);
	     i++) {
		const struct prefix_row *row = &prefix_rows[i];
		struct prefix p = { .len = 77 };
		int err = prefix_parse(&p, row->text, why, sizeof(why));

		if (!row->stored) {
			CHECK_EQ(err, -EINVAL);
			CHECK(strstr(why, row->why));
			CHECK_EQ(p.len, 77);
			CHECK_EQ(prefix_parse(&p, row->text, NULL, 0), -EINVAL);
			continue;
		}
		CHECK_EQ(err, 0);
		prefix_format(&p, text);
		CHECK_STR(text, row->stored);
	}
}

static bool in(const char *network, const char *address)
{
	struct addr a = addr_of(address);
	struct prefix p;

	CHECK_EQ(prefix_parse(&p, network, NULL, 0), 0);
	return prefix_contains(&p, &a);
}

static void test_contains(void)
{
	struct prefix none = { 0 };
	struct addr a = addr_of("1.2.3.4");

	CHECK(in("10.0.0.0/8", "10.255.255.255"));
	CHECK(!in("10.0.0.0/8", "11.0.0.0"));
	CHECK(in("172.16.0.0/12", "172.31.0.1"));
	CHECK(!in("172.16.0.0/12", "172.32.0.1"));
	CHECK(in("0.0.0.0/0", "203.0.113.9"));
	CHECK(!in("0.0.0.0/0", "2001:db8::1"));
	CHECK(!in("::/0", "203.0.113.9"));
	CHECK(in("2001:db8::/33", "2001:db8:7fff::1"));
	CHECK(!in("2001:db8::/33", "2001:db8:8000::1"));
	CHECK(in("203.0.113.9", "203.0.113.9"));
	CHECK(!in("203.0.113.9", "203.0.113.8"));
	CHECK(!prefix_contains(&none, &a));
}

static void test_source(void)
{
	struct addr four = addr_of("203.0.113.9");
	struct addr six = addr_of("2001:db8:1:2:3:4:5:6");
	struct prefix p;
	char text[ADDR_TEXT];

	prefix_of_source(&p, &four);
	prefix_format(&p, text);
	CHECK_STR(text, "203.0.113.9");
	prefix_of_source(&p, &six);
	prefix_format(&p, text);
	CHECK_STR(text, "2001:db8:1:2::/64");
}

static void test_private(void)
{
	static const char *const yes[] = {
		"127.0.0.1",   "10.1.2.3", "172.16.0.1", "172.31.255.255",
		"192.168.0.1", "::1",      "fd00::1",    "fe80::1",
		"169.254.9.9", "fc00::1",
	};
	static const char *const no[] = {
		"8.8.8.8",  "172.32.0.1",  "192.169.0.1",
		"11.0.0.1", "2001:db8::1", "::",
		"::2",      "fec0::1",     "0.0.0.0",
	};

	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
		struct addr a = addr_of(yes[i]);

		CHECK(addr_is_private(&a));
	}
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
		struct addr a = addr_of(no[i]);

		CHECK(!addr_is_private(&a));
	}
}

static void test_list(void)
{
	struct addr a = addr_of("192.168.1.137");

	CHECK(!prefix_list_contains("", &a));
	CHECK(prefix_list_contains("192.168.1.137", &a));
	CHECK(prefix_list_contains("10.0.0.0/8;192.168.1.0/24", &a));
	CHECK(prefix_list_contains("192.168.1.0/24;10.0.0.0/8", &a));
	CHECK(!prefix_list_contains("10.0.0.0/8;192.168.2.0/24;", &a));
	/* A broken item lets nobody in and hides no other. */
	CHECK(!prefix_list_contains("192.168.1.137x;;x", &a));
	CHECK(prefix_list_contains("nonsense;;192.168.1.137", &a));
}

int main(void)
{
	test_addr_text();
	test_sockaddr();
	test_prefix_text();
	test_contains();
	test_source();
	test_private();
	test_list();
	return 0;
}

/*
 * Settings to rules, against golden files: fwd_ruleset DIR [--write]. And the
 * pure helpers below it: ranges, local networks, permits.
 */
#include <netinet/in.h>

#include "check.h"
#include "common.h"
#include "networks.h"
#include "permits.h"
#include "ruleset.h"

enum { LOCALS = 3 };

static struct prefix prefix(const char *text)
{
	struct prefix p;
	char why[160];

	CHECK_EQ(prefix_parse(&p, text, why, sizeof(why)), 0);
	return p;
}

static struct ruleset_input usual(struct interval local[LOCALS])
{
	static const char *const nets[LOCALS] = { "192.168.1.0/24",
						  "127.0.0.0/8", "fe80::/64" };
	struct ruleset_input in = {
		.enabled = true,
		.ping = true,
		.generation = 7,
		.rtp_min = 10000,
		.rtp_max = 10500,
		.ports = { { IPPROTO_UDP, 5060, WALL_SIP },
			   { IPPROTO_TCP, 5060, WALL_SIP },
			   { IPPROTO_TCP, 9999, WALL_HTTPS } },
		.n_ports = 3,
		.local = local,
	};

	for (size_t i = 0; i < LOCALS; i++) {
		struct prefix p = prefix(nets[i]);

		interval_of_prefix(&local[i], &p);
	}
	in.n_local = intervals_merge(local, LOCALS);
	return in;
}

static char *read_file(const char *path)
{
	FILE *f = fopen(path, "r");
	char *text = NULL;
	size_t size = 0;
	ssize_t n = 0;

	if (!f)
		return NULL;
	n = getdelim(&text, &size, '\0', f);
	fclose(f);
	if (n >= 0)
		return text;
	free(text);
	return NULL;
}

static void golden(const char *dir, const char *name, bool write,
		   const struct ruleset_input *in)
{
	struct ruleset rs;
	char path[512], *got, *want;

	CHECK_EQ(ruleset_build(&rs, in), 0);
	got = ruleset_text(&rs);
	CHECK(got);
	snprintf(path, sizeof(path), "%s/%s.txt", dir, name);
	if (write) {
		FILE *f = fopen(path, "w");

		CHECK(f);
		fputs(got, f);
		fclose(f);
	}
	want = read_file(path);
	CHECK_STR(got, want);
	free(want);
	free(got);
	ruleset_fini(&rs);
}

static struct common_rule row(const char *name, uint32_t action,
			      uint32_t protocol, const char *port,
			      const char *source)
{
	struct common_rule r;

	record_init(&common_rule_record, &r);
	snprintf(r.name, sizeof(r.name), "%s", name);
	r.action = action;
	r.protocol = protocol;
	snprintf(r.port, sizeof(r.port), "%s", port);
	snprintf(r.source, sizeof(r.source), "%s", source);
	return r;
}

enum {
	ACCEPT = COMMON_RULE_ACTION_ACCEPT,
	DROP = COMMON_RULE_ACTION_DROP,
	UDP = COMMON_RULE_PROTOCOL_UDP,
	TCP = COMMON_RULE_PROTOCOL_TCP,
	BOTH = COMMON_RULE_PROTOCOL_BOTH,
	ICMP = COMMON_RULE_PROTOCOL_ICMP,
	ANY = COMMON_RULE_PROTOCOL_ANY,
};

/* Each kind of row, and the guide's example: drop all but three. */
static void golden_common(const char *dir, bool write, struct ruleset_input in)
{
	struct common_rule rows[] = {
		row("web", ACCEPT, TCP, "https", "192.168.1.0/24"),
		row("sip", ACCEPT, BOTH, "sip", "192.168.1.0/24"),
		row("rtp", ACCEPT, UDP, "rtp", "192.168.1.0/24"),
		row("logger", ACCEPT, TCP, "5038", "192.168.1.2"),
		row("ami", DROP, TCP, "5038", ""),
		row("range", DROP, BOTH, "8000-8100", "2001:db8::/32"),
		row("off", DROP, BOTH, "1", ""),
		row("no-ping", DROP, ICMP, "", ""),
		row("no-ping6", DROP, ICMP, "", "2001:db8::1"),
		row("all-udp", DROP, UDP, "", "10.0.0.0/8"),
		row("printer", ACCEPT, TCP, "631", ""),
		row("printer4", ACCEPT, TCP, "631", "192.168.1.9"),
		row("nobody", DROP, ANY, "", "0.0.0.0/0"),
		row("iax", DROP, BOTH, "iax2", ""),
	};

	rows[6].enabled = false;
	snprintf(rows[10].mac, sizeof(rows[10].mac), "00:1a:2b:3c:4d:5e");
	snprintf(rows[11].mac, sizeof(rows[11].mac), "00:1a:2b:3c:4d:5f");
	in.common = rows;
	in.n_common = sizeof(rows) / sizeof(rows[0]);
	in.drop_all = true;
	golden(dir, "common", write, &in);
}

/* One of each kind of row. */
static void golden_defense(const char *dir, bool write, struct ruleset_input in)
{
	static const struct {
		const char *name;
		const char *port;
		uint32_t protocol;
		uint32_t counted;
		uint32_t ban_s;
		bool on;
	} kinds[] = {
		{ "ssh", "22", AUTO_DEFENSE_PROTOCOL_TCP, 0, 0, true },
		{ "sip", "5060", AUTO_DEFENSE_PROTOCOL_UDP, 0, 0, true },
		{ "web", "9999", AUTO_DEFENSE_PROTOCOL_TCP, 0, 600, true },
		{ "segments", "1-1024", AUTO_DEFENSE_PROTOCOL_TCP,
		  AUTO_DEFENSE_COUNTED_PACKETS, 0, true },
		{ "off", "7", AUTO_DEFENSE_PROTOCOL_TCP, 0, 0, false },
	};
	struct auto_defense rows[5];

	for (size_t i = 0; i < 5; i++) {
		record_init(&auto_defense_record, &rows[i]);
		snprintf(rows[i].name, sizeof(rows[i].name), "%s",
			 kinds[i].name);
		snprintf(rows[i].port, sizeof(rows[i].port), "%s",
			 kinds[i].port);
		rows[i].protocol = kinds[i].protocol;
		rows[i].counted = kinds[i].counted;
		rows[i].ban_s = kinds[i].ban_s;
		rows[i].enabled = kinds[i].on;
		rows[i].packets = 10;
		rows[i].seconds = 60;
	}
	in.defense = rows;
	in.n_defense = 5;
	golden(dir, "defense", write, &in);
}

struct bad_row {
	uint32_t protocol;
	const char *port;
	const char *source;
	const char *mac;
	const char *field; /* NULL: nothing is wrong with it */
};

static void test_check(void)
{
	static const struct bad_row rows[] = {
		{ TCP, "5038", "", "", NULL },
		{ BOTH, "10000-10500", "", "", NULL },
		{ TCP, "https", "", "", NULL },
		{ UDP, "rtp", "", "", NULL },
		{ BOTH, "iax2", "", "", NULL },
		{ ANY, "", "", "", NULL },
		{ ICMP, "", "", "", NULL },
		{ TCP, "631", "192.168.1.9", "00:1A:2b-3c:4d:5e", NULL },
		{ TCP, "631", "", "00:1a:2b:3c:4d:5e", NULL },
		{ TCP, "0", "", "", "port" },
		{ TCP, "70000", "", "", "port" },
		{ TCP, "5-4", "", "", "port" },
		{ TCP, "smtp", "", "", "port" },
		{ TCP, "all", "", "", "port" },
		{ ICMP, "8", "", "", "port" },
		{ ANY, "80", "", "", "port" },
		{ TCP, "rtp", "", "", "protocol" },
		{ TCP, "iax2", "", "", "protocol" },
		{ UDP, "https", "", "", "protocol" },
		{ TCP, "631", "", "00:1a:2b:3c:4d", "mac" },
		{ TCP, "631", "", "0x:1a:2b:3c:4d:5", "mac" },
		{ TCP, "631", "", "01:1a:2b:3c:4d:5e", "mac" },
		{ TCP, "631", "203.0.113.9", "00:1a:2b:3c:4d:5e", "mac" },
	};
	struct prefix local = prefix("192.168.1.0/24");
	struct networks ns;

	networks_init(&ns);
	networks_list(&ns, &local);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct common_rule r = row("x", DROP, rows[i].protocol,
					   rows[i].port, rows[i].source);
		struct issue issue = { "", "" };

		snprintf(r.mac, sizeof(r.mac), "%s", rows[i].mac);
		(void)common_check(&r, true, &ns, &issue);
		CHECK_STR(issue.field, rows[i].field ? rows[i].field : "");
		if (!rows[i].field && r.mac[0])
			CHECK_STR(r.mac, "00:1a:2b:3c:4d:5e");
	}
}

/* The built-in row at the first start. */
static void test_builtin(void)
{
	struct common_rule r = row("ami", DROP, BOTH, "", "");
	struct networks ns;
	struct issue issue;

	networks_init(&ns);
	CHECK_EQ(common_check(&r, true, &ns, &issue), 0);
	CHECK_STR(r.port, "ami");
	CHECK_EQ(r.protocol, TCP);
}

static void test_golden(const char *dir, bool write)
{
	struct interval local[LOCALS];
	struct ruleset_input in = usual(local);

	golden(dir, "usual", write, &in);
	golden_common(dir, write, in);
	golden_defense(dir, write, in);
	in.ping = false;
	golden(dir, "no_ping", write, &in);
	in.ping = true;
	in.rtp_min = 0;
	in.n_ports = 0;
	in.n_local = 0;
	golden(dir, "bare", write, &in);
	in.enabled = false;
	golden(dir, "off", write, &in);
}

static void check_range(const struct interval *iv, const char *first,
			const char *last)
{
	struct addr a;

	CHECK_EQ(addr_parse(&a, first), 0);
	CHECK(memcmp(a.bytes, iv->first, 16) == 0);
	CHECK_EQ(addr_parse(&a, last), 0);
	CHECK(memcmp(a.bytes, iv->last, 16) == 0);
}

static void test_intervals(void)
{
	static const char *const in[] = {
		"10.1.2.3",        "10.0.0.0/8",      "2001:db8::/32",
		"192.168.1.0/25",  "10.9.0.0/16",     "192.168.1.128/25",
		"255.255.255.255", "2001:db8:1::/48",
	};
	struct interval list[8];
	uint8_t end[16];
	size_t n;

	for (size_t i = 0; i < 8; i++) {
		struct prefix p = prefix(in[i]);

		interval_of_prefix(&list[i], &p);
	}
	n = intervals_merge(list, 8);
	CHECK_EQ(n, 4);
	check_range(&list[0], "10.0.0.0", "10.255.255.255");
	check_range(&list[1], "192.168.1.0", "192.168.1.255");
	check_range(&list[2], "255.255.255.255", "255.255.255.255");
	CHECK_EQ(interval_end(&list[2], end), -34); /* ERANGE: no end */
	check_range(&list[3],
		    "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff");
	CHECK_EQ(interval_end(&list[0], end), 0);
	CHECK_EQ(end[0], 11);
	CHECK_EQ(intervals_merge(list, 0), 0);
}

static bool is_local(const struct networks *ns, const char *text)
{
	struct addr a;

	CHECK_EQ(addr_parse(&a, text), 0);
	for (size_t i = 0; i < ns->n; i++)
		if (prefix_contains(&ns->list[i].prefix, &a))
			return true;
	return false;
}

static void learn(struct networks *ns, const char *address, uint8_t len)
{
	struct prefix p = { .len = len };

	CHECK_EQ(addr_parse(&p.addr, address), 0);
	networks_learn(ns, "eth0", &p);
}

static void test_networks(void)
{
	struct networks ns, other;
	struct prefix listed = prefix("203.0.113.0/28");

	networks_init(&ns);
	CHECK(is_local(&ns, "127.0.0.1"));
	CHECK(is_local(&ns, "::1"));
	CHECK(!is_local(&ns, "192.168.1.9"));
	learn(&ns, "192.168.1.1", 24);
	CHECK(is_local(&ns, "192.168.1.9"));
	CHECK(!is_local(&ns, "192.168.2.9"));
	/* A public address of ours makes no neighbour local (SPEC 1). */
	learn(&ns, "198.51.100.1", 24);
	CHECK(!is_local(&ns, "198.51.100.2"));
	/* Nor does a mask that reaches beyond the private range. */
	learn(&ns, "10.1.2.3", 6);
	CHECK(is_local(&ns, "10.200.0.1"));
	CHECK(!is_local(&ns, "11.0.0.1"));
	learn(&ns, "fe80::1", 64);
	CHECK(is_local(&ns, "fe80::2"));
	learn(&ns, "2001:db8::1", 64);
	CHECK(!is_local(&ns, "2001:db8::2"));
	networks_list(&ns, &listed);
	CHECK(is_local(&ns, "203.0.113.9"));
	other = ns;
	CHECK(networks_equal(&ns, &other));
	learn(&ns, "192.168.1.7", 24); /* the same network again */
	CHECK(networks_equal(&ns, &other));
	learn(&ns, "192.168.9.7", 24);
	CHECK(!networks_equal(&ns, &other));
	for (unsigned int i = 0; i < 1000; i++) {
		char text[32];

		snprintf(text, sizeof(text), "10.%u.%u.1", i / 250, i % 250);
		learn(&ns, text, 24);
	}
	CHECK(ns.full);
	CHECK(ns.n <= NETWORKS_MAX);
}

static void test_permits(void)
{
	struct permits ps = { 0 };
	struct prefix a = prefix("203.0.113.80"), b = prefix("203.0.113.0/24");
	struct interval *list;
	size_t n;

	CHECK_EQ(permits_add(&ps, WALL_SIP, &a), 0);
	CHECK_EQ(permits_add(&ps, WALL_SIP, &a), 0);
	CHECK_EQ(permits_add(&ps, WALL_SIP, &b), 0);
	CHECK_EQ(permits_add(&ps, WALL_SSH, &a), 0);
	CHECK_EQ(ps.n, 3);
	list = permits_ranges(&ps, WALL_SIP, &n);
	CHECK_EQ(n, 1);
	check_range(&list[0], "203.0.113.0", "203.0.113.255");
	free(list);
	/* What is taken out of the middle leaves what lay above it. */
	CHECK(permits_take(&ps, WALL_SIP, &b));
	CHECK(!permits_take(&ps, WALL_SIP, &b));
	list = permits_ranges(&ps, WALL_SIP, &n);
	CHECK_EQ(n, 1);
	check_range(&list[0], "203.0.113.80", "203.0.113.80");
	free(list);
	permits_fini(&ps);
}

int main(int argc, char **argv)
{
	CHECK(argc >= 2);
	test_golden(argv[1], argc > 2 && strcmp(argv[2], "--write") == 0);
	test_intervals();
	test_networks();
	test_permits();
	test_check();
	test_builtin();
	return 0;
}

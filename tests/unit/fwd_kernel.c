/*
 * The ruleset in the real kernel: two network namespaces of the test's own,
 * joined by two veth pairs, and packets between them. Needs root; exits 77
 * otherwise. The namespaces end with the process.
 *
 *   box   v0 198.51.100.1/24  2001:db8:77::1/48     w0 10.77.0.1/24 fd77::1/64
 *   peer  v1 198.51.100.2 .3  2001:db8:77::2 ::3    w1 10.77.0.9/24 fd77::9/64
 *            2001:db8:77:9::2
 *
 * "Did not arrive" is seen by a packet that was sent later and did.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "fwd_world.h"
#include "nft.h"

enum { SKIP = 77, WAIT_MS = 30000, PING_MS = 1000, MANY = 20000, TIMED = 1000 };

struct world {
	struct fwd_world ns;
	struct nft *nft;
	struct ruleset_input in;
	struct interval local[3];
	int sip; /* the box's sockets */
	int other;
};

static void enter(int ns)
{
	fwd_world_enter(ns);
}

static socklen_t address(struct sockaddr_storage *ss, const char *text,
			 uint16_t port)
{
	struct addr a;

	CHECK_EQ(addr_parse(&a, text), 0);
	return (socklen_t)addr_to_sockaddr(&a, port, ss);
}

static int listener(int type, const char *text, uint16_t port)
{
	struct sockaddr_storage ss;
	socklen_t len = address(&ss, text, port);
	int fd = socket(ss.ss_family, type | SOCK_CLOEXEC, 0);

	CHECK(fd >= 0);
	CHECK_EQ(bind(fd, (struct sockaddr *)&ss, len), 0);
	if (type == SOCK_STREAM)
		CHECK_EQ(listen(fd, 5), 0);
	return fd;
}

/* A socket of the peer, bound to `from`, connected to `to`. */
static int caller(struct world *w, int type, const char *from, const char *to,
		  uint16_t port)
{
	struct sockaddr_storage ss;
	socklen_t len;
	int fd;

	enter(w->ns.peer);
	len = address(&ss, from, 0);
	fd = socket(ss.ss_family, type | SOCK_CLOEXEC, 0);
	CHECK(fd >= 0);
	CHECK_EQ(bind(fd, (struct sockaddr *)&ss, len), 0);
	len = address(&ss, to, port);
	CHECK_EQ(connect(fd, (struct sockaddr *)&ss, len), 0);
	enter(w->ns.box);
	return fd;
}

static char received(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char c = 0;

	CHECK_EQ(poll(&p, 1, WAIT_MS), 1);
	CHECK_EQ(recv(fd, &c, 1, 0), 1);
	return c;
}

/* Sends 'x' from fd, then 's' from one who is let through. */
static bool arrives(int fd, int at, int sentinel)
{
	char got;

	CHECK_EQ(send(fd, "x", 1, 0), 1);
	CHECK_EQ(send(sentinel, "s", 1, 0), 1);
	got = received(at);
	if (got == 's')
		return false;
	CHECK_EQ(got, 'x');
	CHECK_EQ(received(at), 's');
	return true;
}

static void apply(struct world *w)
{
	struct ruleset rs;
	char why[300] = "";
	int err;

	w->in.generation++;
	CHECK_EQ(ruleset_build(&rs, &w->in), 0);
	err = nft_apply(w->nft, &rs, why, sizeof(why));
	if (err < 0)
		fprintf(stderr, "%s\n", why);
	CHECK_EQ(err, 0);
	ruleset_fini(&rs);
}

static struct nft_ban ban_of(const char *source, enum wall_service service,
			     uint64_t ms)
{
	struct nft_ban ban = { .service = service, .timeout_ms = ms };
	struct addr a;

	CHECK_EQ(addr_parse(&a, source), 0);
	prefix_of_source(&ban.source, &a);
	return ban;
}

static void ban(struct world *w, const char *source, enum wall_service service)
{
	struct nft_ban b = ban_of(source, service, 600000);

	CHECK_EQ(nft_ban(w->nft, &b), 0);
}

static void unban(struct world *w, const char *source,
		  enum wall_service service)
{
	struct nft_ban b = ban_of(source, service, 0);

	CHECK_EQ(nft_unban(w->nft, &b), 0);
}

static void allow(struct world *w, enum wall_service service,
		  const char *network)
{
	struct interval iv;
	struct nft_allowed allowed = { &iv, 0 };
	struct prefix p;
	char why[100];

	if (network) {
		CHECK_EQ(prefix_parse(&p, network, why, sizeof(why)), 0);
		interval_of_prefix(&iv, &p);
		allowed.n = 1;
	}
	CHECK_EQ(nft_allow(w->nft, service, &allowed), 0);
}

struct wanted_counter {
	const char *name;
	uint64_t packets;
};

static void on_counter(void *ctx, const char *name, const struct nft_count *c)
{
	struct wanted_counter *w = ctx;

	if (strcmp(name, w->name) == 0)
		w->packets = c->packets;
}

static uint64_t counter(struct world *w, const char *name)
{
	struct wanted_counter c = { .name = name };

	CHECK_EQ(nft_each_counter(w->nft, on_counter, &c), 0);
	return c.packets;
}

struct seen {
	size_t n;
	uint64_t packets;
	uint64_t left_ms;
};

static bool see(void *ctx, const struct nft_ban *b, uint64_t packets)
{
	struct seen *s = ctx;

	s->n++;
	s->packets += packets;
	s->left_ms = b->timeout_ms;
	return true;
}

static struct seen bans(struct world *w)
{
	struct seen s = { 0 };

	CHECK_EQ(nft_each_ban(w->nft, see, &s), 0);
	return s;
}

static void test_ban(struct world *w)
{
	int c = caller(w, SOCK_DGRAM, "198.51.100.2", "198.51.100.1", 5060);
	int d = caller(w, SOCK_DGRAM, "198.51.100.2", "198.51.100.1", 7000);
	int s = caller(w, SOCK_DGRAM, "198.51.100.3", "198.51.100.1", 5060);
	int s2 = caller(w, SOCK_DGRAM, "198.51.100.3", "198.51.100.1", 7000);

	CHECK(arrives(c, w->sip, s));
	ban(w, "198.51.100.2", WALL_SIP);
	/* The flow was open; a ban is for one service, not for the host. */
	CHECK(!arrives(c, w->sip, s));
	CHECK(arrives(d, w->other, s2));
	CHECK_EQ(bans(w).n, 1);
	CHECK_EQ(bans(w).packets, 1);
	CHECK_EQ(counter(w, "banned_sip"), 1);
	/* A change of the rules loses no ban and no counter. */
	w->in.ping = !w->in.ping;
	apply(w);
	CHECK(!arrives(c, w->sip, s));
	CHECK_EQ(bans(w).packets, 2);
	CHECK_EQ(counter(w, "banned_sip"), 2);
	/* Switched off nothing is dropped; on again the ban stands. */
	w->in.enabled = false;
	apply(w);
	CHECK(arrives(c, w->sip, s));
	w->in.enabled = true;
	apply(w);
	CHECK(!arrives(c, w->sip, s));
	unban(w, "198.51.100.2", WALL_SIP);
	unban(w, "198.51.100.2", WALL_SIP);
	CHECK(arrives(c, w->sip, s));
	ban(w, "198.51.100.2", WALL_ALL);
	CHECK(!arrives(c, w->sip, s));
	CHECK(!arrives(d, w->other, s2));
	unban(w, "198.51.100.2", WALL_ALL);
	CHECK_EQ(bans(w).n, 0);
	close(c);
	close(d);
	close(s);
	close(s2);
}

static void test_allow(struct world *w)
{
	int c = caller(w, SOCK_DGRAM, "198.51.100.2", "198.51.100.1", 5060);
	int d = caller(w, SOCK_DGRAM, "198.51.100.2", "198.51.100.1", 7000);
	int s = caller(w, SOCK_DGRAM, "198.51.100.3", "198.51.100.1", 5060);
	int s2 = caller(w, SOCK_DGRAM, "198.51.100.3", "198.51.100.1", 7000);

	ban(w, "198.51.100.2", WALL_ALL);
	ban(w, "198.51.100.2", WALL_SIP);
	allow(w, WALL_SIP, "198.51.100.0/24");
	CHECK(arrives(c, w->sip, s));
	CHECK(!arrives(d, w->other, s2));
	allow(w, WALL_SIP, NULL);
	CHECK(!arrives(c, w->sip, s));
	allow(w, WALL_ALL, "198.51.100.2");
	CHECK(arrives(c, w->sip, s));
	CHECK(arrives(d, w->other, s2));
	allow(w, WALL_ALL, NULL);
	unban(w, "198.51.100.2", WALL_ALL);
	unban(w, "198.51.100.2", WALL_SIP);
	close(c);
	close(d);
	close(s);
	close(s2);
}

static void test_restore(struct world *w)
{
	struct nft_allowed none[WALL_N_SERVICES] = { 0 };
	int c = caller(w, SOCK_DGRAM, "198.51.100.2", "198.51.100.1", 5060);
	int s = caller(w, SOCK_DGRAM, "198.51.100.3", "198.51.100.1", 5060);
	struct nft_ban list[2] = {
		ban_of("198.51.100.2", WALL_SIP, 600000),
		ban_of("203.0.113.1", WALL_SIP, 0),
	};
	struct nft_ban longer = ban_of("198.51.100.2", WALL_SIP, 3600000);

	ban(w, "203.0.113.7", WALL_HTTPS);
	CHECK_EQ(nft_restore(w->nft, list, 2, none), 0);
	CHECK_EQ(bans(w).n, 2);
	CHECK(!arrives(c, w->sip, s));
	/* What stands keeps its counter. */
	CHECK_EQ(nft_restore(w->nft, list, 1, none), 0);
	CHECK_EQ(bans(w).n, 1);
	CHECK_EQ(bans(w).packets, 1);
	CHECK(bans(w).left_ms <= 600000);
	/* A ban that is there gets the new end. */
	CHECK_EQ(nft_ban(w->nft, &longer), 0);
	CHECK_EQ(bans(w).n, 1);
	CHECK(bans(w).left_ms > 600000);
	CHECK_EQ(nft_restore(w->nft, NULL, 0, none), 0);
	CHECK(arrives(c, w->sip, s));
	close(c);
	close(s);
}

static void test_ipv6(struct world *w)
{
	static const char box[] = "2001:db8:77::1";
	int at = listener(SOCK_DGRAM, box, 5060);
	int c = caller(w, SOCK_DGRAM, "2001:db8:77::2", box, 5060);
	int d = caller(w, SOCK_DGRAM, "2001:db8:77::3", box, 5060);
	int s = caller(w, SOCK_DGRAM, "2001:db8:77:9::2", box, 5060);

	CHECK(arrives(c, at, s));
	ban(w, "2001:db8:77::2", WALL_SIP);
	CHECK(!arrives(c, at, s));
	CHECK(!arrives(d, at, s));
	allow(w, WALL_SIP, "2001:db8:77::3");
	CHECK(arrives(d, at, s));
	CHECK(!arrives(c, at, s));
	allow(w, WALL_SIP, NULL);
	unban(w, "2001:db8:77::3", WALL_SIP);
	CHECK(arrives(c, at, s));
	close(at);
	close(c);
	close(d);
	close(s);
}

/* 10.77.0.0/24 is local, behind w0; the same source by v0 is a lie. */
static void test_forged(struct world *w)
{
	int s = caller(w, SOCK_DGRAM, "198.51.100.3", "198.51.100.1", 7000);
	int honest = caller(w, SOCK_DGRAM, "10.77.0.9", "10.77.0.1", 7000);
	int forged = caller(w, SOCK_DGRAM, "10.77.0.9", "198.51.100.1", 7000);
	uint64_t before = counter(w, "forged");

	CHECK(arrives(honest, w->other, s));
	CHECK(!arrives(forged, w->other, s));
	CHECK_EQ(counter(w, "forged"), before + 1);
	close(s);
	close(honest);
	close(forged);
}

static void test_forged_ipv6(struct world *w)
{
	int at = listener(SOCK_DGRAM, "::", 7001);
	int s = caller(w, SOCK_DGRAM, "2001:db8:77::2", "2001:db8:77::1", 7001);
	int honest = caller(w, SOCK_DGRAM, "fd77::9", "fd77::1", 7001);
	int forged = caller(w, SOCK_DGRAM, "fd77::9", "2001:db8:77::1", 7001);
	struct sockaddr_in6 link = { .sin6_family = AF_INET6,
				     .sin6_port = htons(7001) };
	uint64_t before = counter(w, "forged");
	int local;

	CHECK(arrives(honest, at, s));
	CHECK(!arrives(forged, at, s));
	CHECK_EQ(counter(w, "forged"), before + 1);
	/* Every link has its own fe80::/64. */
	CHECK_EQ(inet_pton(AF_INET6, "fe80::77:1", &link.sin6_addr), 1);
	enter(w->ns.peer);
	link.sin6_scope_id = if_nametoindex("v1");
	local = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	CHECK(local >= 0);
	CHECK_EQ(connect(local, (struct sockaddr *)&link, sizeof(link)), 0);
	enter(w->ns.box);
	CHECK(arrives(local, at, s));
	close(at);
	close(s);
	close(honest);
	close(forged);
	close(local);
}

static void test_tcp(struct world *w)
{
	int at = listener(SOCK_STREAM, "198.51.100.1", 9999);
	int c = caller(w, SOCK_STREAM, "198.51.100.2", "198.51.100.1", 9999);
	int s = caller(w, SOCK_DGRAM, "198.51.100.2", "198.51.100.1", 7000);
	int open = accept(at, NULL, NULL);
	uint64_t before = counter(w, "banned_https");
	char x;

	CHECK_EQ(send(c, "x", 1, 0), 1);
	CHECK_EQ(received(open), 'x');
	ban(w, "198.51.100.2", WALL_HTTPS);
	CHECK_EQ(send(c, "y", 1, 0), 1);
	CHECK_EQ(send(s, "s", 1, 0), 1);
	CHECK_EQ(received(w->other), 's');
	CHECK_EQ(recv(open, &x, 1, MSG_DONTWAIT), -1);
	CHECK(counter(w, "banned_https") > before);
	unban(w, "198.51.100.2", WALL_HTTPS);
	/* TCP sends it again, at the latest after as long as it was banned. */
	CHECK_EQ(received(open), 'y');
	close(at);
	close(open);
	close(c);
	close(s);
}

/* RFC 1071 */
static uint16_t checksum(const void *data, size_t n)
{
	const uint8_t *p = data;
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < n; i += 2)
		sum += (uint32_t)(p[i] << 8 | p[i + 1]);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

static void ping(int fd, uint16_t number)
{
	struct icmphdr h = { .type = ICMP_ECHO };

	h.un.echo.id = htons(77);
	h.un.echo.sequence = htons(number);
	h.checksum = checksum(&h, sizeof(h));
	CHECK_EQ(send(fd, &h, sizeof(h), 0), sizeof(h));
}

/* Is the answer to that one among what has come? */
static bool answered(int fd, uint16_t number)
{
	struct {
		struct iphdr ip;
		struct icmphdr icmp;
	} answer;
	bool is_there = false;

	while (recv(fd, &answer, sizeof(answer), MSG_DONTWAIT) > 0)
		if (answer.icmp.un.echo.sequence == htons(number))
			is_there = true;
	return is_there;
}

/*
 * All namespaces of a machine share the room for answers that are on their way:
 * one whose answers wait for neighbours that do not exist takes it from the
 * others, so that a first one may be lost.
 */
static uint16_t ping_until_answered(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint16_t number = 0;

	do {
		CHECK(number < WAIT_MS / PING_MS);
		ping(fd, ++number);
	} while (poll(&p, 1, PING_MS) == 0 || !answered(fd, number));
	return number;
}

static void test_ping(struct world *w)
{
	struct sockaddr_storage ss;
	socklen_t len = address(&ss, "198.51.100.1", 0);
	int s = caller(w, SOCK_DGRAM, "198.51.100.3", "198.51.100.1", 7000);
	uint16_t last;
	int fd;

	enter(w->ns.peer);
	fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);
	CHECK(fd >= 0);
	CHECK_EQ(connect(fd, (struct sockaddr *)&ss, len), 0);
	enter(w->ns.box);
	w->in.ping = true;
	apply(w);
	last = ping_until_answered(fd);
	/* The same flow goes on, and meets the new rule. */
	w->in.ping = false;
	apply(w);
	ping(fd, ++last);
	CHECK_EQ(send(s, "s", 1, 0), 1);
	CHECK_EQ(received(w->other), 's');
	CHECK(!answered(fd, last));
	CHECK_EQ(counter(w, "ping_dropped"), 1);
	w->in.ping = true;
	apply(w);
	close(fd);
	close(s);
}

/* A closed RTP port gives no sign of life, an open one hears. */
static void test_rtp(struct world *w)
{
	int c = caller(w, SOCK_DGRAM, "198.51.100.2", "198.51.100.1", 10004);
	int s = caller(w, SOCK_DGRAM, "198.51.100.3", "198.51.100.1", 10004);
	int at;

	CHECK_EQ(send(c, "x", 1, 0), 1);
	CHECK_EQ(send(c, "x", 1, 0), 1); /* no "connection refused" came */
	CHECK_EQ(counter(w, "rtp_dropped"), 2);
	at = listener(SOCK_DGRAM, "198.51.100.1", 10004);
	CHECK(arrives(c, at, s));
	close(at);
	close(c);
	close(s);
}

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static struct nft_ban numbered(uint32_t i, uint8_t net)
{
	struct nft_ban b = { .service = WALL_SIP, .timeout_ms = 3600000 };

	b.source.addr.family = AF_INET;
	b.source.addr.bytes[0] = net;
	b.source.addr.bytes[1] = (uint8_t)(i >> 16);
	b.source.addr.bytes[2] = (uint8_t)(i >> 8);
	b.source.addr.bytes[3] = (uint8_t)i;
	b.source.len = 32;
	return b;
}

static void test_many(struct world *w)
{
	struct nft_allowed none[WALL_N_SERVICES] = { 0 };
	struct nft_ban *list = calloc(MANY, sizeof(*list));
	double start, took;

	CHECK(list);
	for (uint32_t i = 0; i < MANY; i++)
		list[i] = numbered(i, 44);
	start = now_us();
	CHECK_EQ(nft_restore(w->nft, list, MANY, none), 0);
	printf("%d bans restored in %.0f ms\n", MANY,
	       (now_us() - start) / 1000);
	CHECK_EQ(bans(w).n, MANY);
	start = now_us();
	for (uint32_t i = 0; i < TIMED; i++) {
		struct nft_ban b = numbered(i, 45);

		CHECK_EQ(nft_ban(w->nft, &b), 0);
	}
	took = (now_us() - start) / TIMED;
	printf("%.1f us a ban with %d present\n", took, MANY);
	start = now_us();
	CHECK_EQ(nft_restore(w->nft, list, MANY, none), 0);
	printf("restored again in %.0f ms\n", (now_us() - start) / 1000);
	CHECK_EQ(bans(w).n, MANY);
	start = now_us();
	apply(w);
	printf("rules replaced in %.1f ms\n", (now_us() - start) / 1000);
	CHECK_EQ(bans(w).n, MANY);
	CHECK_EQ(nft_restore(w->nft, NULL, 0, none), 0);
	CHECK_EQ(bans(w).n, 0);
	free(list);
}

int main(void)
{
	static struct world w;
	static const char *const locals[] = { "10.77.0.0/24", "fd77::/64",
					      "fe80::/64" };
	struct prefix local;
	char why[300];

	if (geteuid() != 0)
		return SKIP;
	if (fwd_world_make(&w.ns) < 0)
		return SKIP;
	for (size_t i = 0; i < 3; i++) {
		CHECK_EQ(prefix_parse(&local, locals[i], why, sizeof(why)), 0);
		interval_of_prefix(&w.local[i], &local);
	}
	w.in = (struct ruleset_input){
		.enabled = true,
		.ping = true,
		.rtp_min = 10000,
		.rtp_max = 10500,
		.ports = { { IPPROTO_UDP, 5060, WALL_SIP },
			   { IPPROTO_TCP, 9999, WALL_HTTPS } },
		.n_ports = 2,
		.local = w.local,
		.n_local = 3,
	};
	w.nft = nft_open(why, sizeof(why));
	CHECK(w.nft);
	apply(&w);
	w.sip = listener(SOCK_DGRAM, "0.0.0.0", 5060);
	w.other = listener(SOCK_DGRAM, "0.0.0.0", 7000);
	test_ban(&w);
	test_allow(&w);
	test_restore(&w);
	test_ipv6(&w);
	test_forged(&w);
	test_forged_ipv6(&w);
	test_tcp(&w);
	test_ping(&w);
	test_rtp(&w);
	test_many(&w);
	CHECK_EQ(nft_remove(w.nft, why, sizeof(why)), 0);
	CHECK_EQ(nft_remove(w.nft, why, sizeof(why)), 0);
	nft_close(w.nft);
	return 0;
}

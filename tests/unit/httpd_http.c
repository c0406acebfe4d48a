/* HTTP as an attacker sends it: limits, ambiguous requests, slow ones. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "httpd_world.h"

#include "check.h"

#define HOST "Host: box\r\n"

static int ask(struct world *w, const char *request)
{
	return world_ask(w, request, strlen(request));
}

static void test_plain(struct world *w)
{
	char text[8192];
	int fd = world_connect(w, "192.0.2.1");

	CHECK_EQ(ask(w, "GET / HTTP/1.1\r\n" HOST "\r\n"), 200);
	CHECK_EQ(ask(w, "GET /no HTTP/1.1\r\n" HOST "\r\n"), 403);
	CHECK_EQ(ask(w, "POST /a HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n"
			"{}"),
		 200);
	/* one connection, two requests, sent at once */
	world_send(w, fd,
		   "GET /one HTTP/1.1\r\n" HOST "\r\n"
		   "GET /two HTTP/1.1\r\n" HOST "\r\n",
		   2 * (19 + 11 + 2));
	(void)world_read(w, fd, text, sizeof(text), "\"two\"");
	CHECK(strstr(text, "\"one\""));
	CHECK(strstr(text, "Content-Security-Policy: default-src 'none'"));
	CHECK(strstr(text, "Cache-Control: no-store"));
	CHECK(strstr(text, "X-Content-Type-Options: nosniff"));
	CHECK(strstr(text, "Strict-Transport-Security: "));
	close(fd);
}

/* RFC 9112 section 6.3: none of these may reach the handler. */
static void test_smuggling(struct world *w)
{
	static const char *const bad[] = {
		"POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\n"
		"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\n"
		"Content-Length: 2\r\n\r\nabc",
		"POST / HTTP/1.1\r\n" HOST "Content-Length: 3, 3\r\n\r\nabc",
		"POST / HTTP/1.1\r\n" HOST "Content-Length: +3\r\n\r\nabc",
		"POST / HTTP/1.1\r\n" HOST "Content-Length: -3\r\n\r\nabc",
		"POST / HTTP/1.1\r\n" HOST "Content-Length: 0x3\r\n\r\nabc",
		"POST / HTTP/1.1\r\n" HOST
		"Content-Length: 99999999999999999999\r\n\r\nabc",
		"POST / HTTP/1.1\r\n" HOST
		"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
		"POST / HTTP/1.1\r\n" HOST
		"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
		"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n"
		"Transfer-Encoding: identity\r\n\r\n0\r\n\r\n",
		"POST / HTTP/1.1\r\n" HOST
		"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
		"POST / HTTP/1.0\r\n" HOST
		"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
		"zz\r\nabc\r\n0\r\n\r\n",
		"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
		"-3\r\nabc\r\n0\r\n\r\n",
		"GET / HTTP/1.1\r\n\r\n",
		"GET / HTTP/1.1\r\n" HOST HOST "\r\n",
		"GET / HTTP/1.1\r\n" HOST "Cookie: a=1\r\nCookie: a=2\r\n\r\n",
		"GET / HTTP/1.1\r\n" HOST " folded: x\r\n\r\n",
		"GET / HTTP/1.1\r\n" HOST "Na me: x\r\n\r\n",
		"GET / HTTP/1.1\r\n" HOST "X: a\x01z\r\n\r\n",
		"GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\n" HOST "\r\n",
		"GET /../../etc/passwd HTTP/1.1\r\n" HOST "\r\n",
		"GET /a/./b HTTP/1.1\r\n" HOST "\r\n",
		"GET //a HTTP/1.1\r\n" HOST "\r\n",
		"GET /%00 HTTP/1.1\r\n" HOST "\r\n",
		"GET /%0d%0aSet-Cookie:x HTTP/1.1\r\n" HOST "\r\n",
		"GET /%zz HTTP/1.1\r\n" HOST "\r\n",
		"GET /%c0%ae HTTP/1.1\r\n" HOST "\r\n",
		"GET /%ff HTTP/1.1\r\n" HOST "\r\n",
		"GET http://evil/ HTTP/1.1\r\n" HOST "\r\n",
		"GET * HTTP/1.1\r\n" HOST "\r\n",
		"GET /?a=1&a=2 HTTP/1.1\r\n" HOST "\r\n",
		"GET /?a HTTP/1.1\r\n" HOST "\r\n",
		"GET / HTTP/9.9\r\n" HOST "\r\n",
		"GET / HTTP/2.0\r\n" HOST "\r\n",
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
	};
	unsigned runs = w->runs;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int status = ask(w, bad[i]);

		if (w->runs != runs || (status && status < 400)) {
			fprintf(stderr, "let in with %d: %s\n", status, bad[i]);
			CHECK(0);
		}
	}
}

static void test_limits(struct world *w)
{
	const size_t size = 3 << 20;
	char *big = malloc(size);
	unsigned runs = w->runs;
	int n;

	CHECK(big);
	/* a head of 15 KiB passes, one of 17 does not */
	n = snprintf(big, size, "GET / HTTP/1.1\r\n" HOST "X: ");
	memset(big + n, 'x', 15000);
	memcpy(big + n + 15000, "\r\n\r\n", 4);
	CHECK_EQ(world_ask(w, big, (size_t)n + 15004), 200);
	memset(big + n, 'x', 17000);
	memcpy(big + n + 17000, "\r\n\r\n", 4);
	CHECK_EQ(world_ask(w, big, (size_t)n + 17004), 431);
	memset(big + n, 'x', 1000000);
	CHECK(world_ask(w, big, 1000000) != 200);
	CHECK_EQ(w->runs, runs + 1);
	/* 200 small headers */
	n = snprintf(big, size, "GET / HTTP/1.1\r\n" HOST);
	for (int i = 0; i < 200; i++)
		n += snprintf(big + n, size - (size_t)n, "H%d: 1\r\n", i);
	n += snprintf(big + n, size - (size_t)n, "\r\n");
	CHECK_EQ(world_ask(w, big, (size_t)n), 431);
	/* a body of exactly 1 MiB, and one more byte */
	n = snprintf(big, size,
		     "POST / HTTP/1.1\r\n" HOST "Content-Length: %d\r\n\r\n",
		     HTTP_BODY_MAX);
	memset(big + n, '1', HTTP_BODY_MAX);
	CHECK_EQ(world_ask(w, big, (size_t)n + HTTP_BODY_MAX), 200);
	n = snprintf(big, size,
		     "POST / HTTP/1.1\r\n" HOST "Content-Length: %d\r\n\r\n",
		     HTTP_BODY_MAX + 1);
	CHECK_EQ(world_ask(w, big, (size_t)n), 413);
	/* in chunks, without an end */
	n = snprintf(big, size,
		     "POST / HTTP/1.1\r\n" HOST
		     "Transfer-Encoding: chunked\r\n\r\n200000\r\n");
	memset(big + n, '1', 0x200000);
	CHECK(world_ask(w, big, (size_t)n + 0x200000) != 200);
	/* a long target */
	n = snprintf(big, size, "GET /");
	memset(big + n, 'a', 3000);
	n += 3000;
	n += snprintf(big + n, size - (size_t)n, " HTTP/1.1\r\n" HOST "\r\n");
	CHECK_EQ(world_ask(w, big, (size_t)n), 400);
	CHECK_EQ(w->runs, runs + 2);
	free(big);
}

/* Answered later; and a browser that did not wait for it. */
static void test_later(struct world *w)
{
	static const char get[] = "GET /x HTTP/1.1\r\n" HOST "\r\n";
	char text[8192];
	unsigned runs = w->runs;
	int fd = world_connect(w, "192.0.2.1");

	w->hold = true;
	world_send(w, fd, get, sizeof(get) - 1);
	world_until(w, &w->runs, runs + 1);
	CHECK(w->held);
	http_reply_error(w->held, 503, "Silent", NULL, "\xff broken");
	(void)world_read(w, fd, text, sizeof(text), "broken");
	CHECK(strstr(text, "503"));
	world_send(w, fd, get, sizeof(get) - 1);
	world_until(w, &w->runs, runs + 2);
	CHECK(w->held);
	close(fd);
	while (w->held)
		(void)event_base_loop(w->base, EVLOOP_ONCE);
	w->hold = false;
}

static void test_slow(void)
{
	static const char *const slow[] = {
		"",
		"G",
		"GET / HTTP/1.1\r\nHost: b",
		"POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nab",
		"\x16\x03\x01\x02", /* a TLS hello, as far as its length */
	};
	char text[8192];
	struct world w;

	world_open(&w, 100);
	for (size_t i = 0; i < sizeof(slow) / sizeof(slow[0]); i++) {
		int fd = world_connect(&w, "192.0.2.1");

		world_send(&w, fd, slow[i], strlen(slow[i]));
		CHECK_EQ(world_read(&w, fd, text, sizeof(text), NULL), 0);
		close(fd);
	}
	CHECK_EQ(conns_count(w.conns), 0);
	CHECK_EQ(w.runs, 0);
	world_close(&w);
}

/* A reader of events that does not read is dropped, and the loop is not. */
static void test_stream(void)
{
	static const char get[] = "GET /stream HTTP/1.1\r\n" HOST "\r\n";
	char text[8192], event[1000];
	struct world w;
	int fd;

	world_open(&w, 1);
	memset(event, 'e', sizeof(event));
	fd = world_connect(&w, "192.0.2.1");
	world_send(&w, fd, get, sizeof(get) - 1);
	world_until(&w, &w.runs, 1);
	CHECK_EQ(http_stream_send(w.held, "data: 1\n\n", 9), 0);
	(void)world_read(&w, fd, text, sizeof(text), "data: 1");
	CHECK(strstr(text, "text/event-stream"));
	for (unsigned i = 0; w.held && i < 100000; i++) {
		(void)http_stream_send(w.held, event, sizeof(event));
		(void)event_base_loop(w.base, EVLOOP_NONBLOCK);
	}
	CHECK(!w.held);
	close(fd);
	world_close(&w);
}

/* The end of the daemon in the middle of everything. */
static void test_end(const char *path)
{
	char request[128];
	struct world w;
	int fd;

	world_open(&w, 1);
	w.hold = true;
	fd = world_connect(&w, "192.0.2.1");
	(void)snprintf(request, sizeof(request),
		       "GET %s HTTP/1.1\r\n" HOST "\r\n", path);
	world_send(&w, fd, request, strlen(request));
	world_until(&w, &w.runs, 1);
	CHECK(w.held);
	world_close(&w); /* checks that the handler heard of it */
	close(fd);
}

static void test_caps(void)
{
	struct prefix source = { 0 };
	struct world w;
	int fds[512];
	char text[64];
	size_t n = 0;

	world_open(&w, 1);
	/* one source has 32 places; an IPv6 one is a whole /64 */
	for (int i = 0; i < 40; i++) {
		char address[64];

		(void)snprintf(address, sizeof(address), "2001:db8::%x", i + 1);
		fds[n] = world_connect(&w, address);
		n += fds[n] >= 0;
	}
	CHECK_EQ(n, 32);
	/* all together 256: then the oldest stranger goes */
	for (int i = 0; i < 300; i++) {
		char address[64];

		(void)snprintf(address, sizeof(address), "198.51.%d.%d",
			       i / 250, i % 250 + 1);
		fds[n] = world_connect(&w, address);
		CHECK(fds[n] >= 0);
		n++;
		(void)event_base_loop(w.base, EVLOOP_NONBLOCK);
	}
	CHECK_EQ(conns_count(w.conns), 256);
	CHECK_EQ(world_read(&w, fds[0], text, sizeof(text), NULL), 0);
	/* a ban closes what is open and lets nothing in */
	CHECK_EQ(prefix_parse(&source, "198.51.1.0/24", text, sizeof(text)), 0);
	conns_ban(w.conns, &source, true, 0);
	conns_close_source(w.conns, &source);
	CHECK_EQ(conns_count(w.conns), 206);
	CHECK_EQ(world_connect(&w, "198.51.1.7"), -1);
	/* but guardd's own list has the last word */
	w.pardoned = true;
	fds[n] = world_connect(&w, "198.51.1.7");
	CHECK(fds[n] >= 0);
	n++;
	w.pardoned = false;
	CHECK_EQ(world_connect(&w, "198.51.1.7"), -1);
	conns_ban(w.conns, &source, false, 0);
	fds[n] = world_connect(&w, "198.51.1.7");
	CHECK(fds[n] >= 0);
	n++;
	while (n)
		close(fds[--n]);
	world_close(&w);
}

/* Are all 256 places taken, and is this one still there? */
static bool still_there(struct world *w, int fd)
{
	char byte;

	(void)event_base_loop(w->base, EVLOOP_NONBLOCK);
	return conns_count(w->conns) == 256 &&
	       recv(fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK) < 0 &&
	       errno == EAGAIN;
}

/* Connections from `sources` addresses, some of each. */
static size_t crowd(struct world *w, int *fds, const char *network, int sources)
{
	size_t n = 0;

	for (int i = 0; i < sources * 30; i++) {
		char address[64];

		(void)snprintf(address, sizeof(address), "%s.%d", network,
			       i / 30 + 1);
		fds[n] = world_connect(w, address);
		CHECK(fds[n] >= 0);
		n++;
		(void)event_base_loop(w->base, EVLOOP_NONBLOCK);
	}
	return n;
}

/* When all places are taken strangers go before the house, and the house, be it
   signed in with a telephone's password, before the staff. */
static void test_ranks(void)
{
	static const char request[] = "GET /staff HTTP/1.1\r\nHost: x\r\n\r\n";
	struct world w;
	char text[2048];
	int staff, known, fds[1024];
	size_t n;

	world_open(&w, 1);
	staff = world_connect(&w, "203.0.113.9");
	world_send(&w, staff, request, sizeof(request) - 1);
	CHECK(world_read(&w, staff, text, sizeof(text), "}"));
	known = world_connect(&w, "192.168.1.200");
	n = crowd(&w, fds, "198.51.100", 12);
	CHECK(still_there(&w, staff));
	CHECK(still_there(&w, known));
	n += crowd(&w, fds + n, "192.168.1", 12);
	CHECK(still_there(&w, staff));
	CHECK(!still_there(&w, known));
	/* A place is found for another stranger, too. */
	fds[n++] = world_connect(&w, "203.0.113.10");
	CHECK(still_there(&w, fds[n - 1]));
	close(staff);
	close(known);
	while (n)
		close(fds[--n]);
	world_close(&w);
}

int main(void)
{
	struct world w;

	/* what is incomplete is cut after half a second */
	/* Whole requests, and the deadlines of the product: a busy machine has
	   time for megabytes. What is incomplete is test_slow()'s. */
	world_open(&w, 1);
	test_plain(&w);
	test_smuggling(&w);
	test_limits(&w);
	test_later(&w);
	world_close(&w);
	test_slow();
	test_stream();
	test_caps();
	test_ranks();
	test_end("/stream");
	test_end("/held");
	return 0;
}

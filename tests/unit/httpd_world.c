#include "httpd_world.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"
#include "clock.h"

static void begin(void *ctx, struct request *r)
{
	(void)ctx;
	if (r->method == HTTP_POST)
		r->body_max = HTTP_BODY_MAX;
	if (r->n_seg && !strcmp(r->seg[0], "no"))
		http_reply_error(r, 403, "Denied", "seg", "no %s", "way");
}

static void on_gone(struct request *r)
{
	struct world *w = r->user;

	w->held = NULL;
}

static void run(void *ctx, struct request *r)
{
	struct world *w = ctx;

	w->runs++;
	if (r->n_seg && !strcmp(r->seg[0], "stream")) {
		r->user = w;
		r->gone = on_gone;
		w->held = r;
		http_stream(r);
		return;
	}
	if (r->n_seg && !strcmp(r->seg[0], "staff"))
		conn_trust(r->conn);
	if (w->hold) {
		r->user = w;
		r->gone = on_gone;
		w->held = r;
		return;
	}
	http_reply_json(r, 200,
			json_pack("{sI ss*}", "bytes", (json_int_t)r->body_n,
				  "path", r->n_seg ? r->seg[0] : NULL));
}

static bool still_banned(void *ctx, const struct prefix *source)
{
	struct world *w = ctx;

	(void)source;
	return !w->pardoned;
}

/* The house of these tests is 192.168.0.0/16. */
static bool is_known(void *ctx, const struct addr *source)
{
	(void)ctx;
	return source->bytes[0] == 192 && source->bytes[1] == 168;
}

void world_open(struct world *w, unsigned hurry)
{
	*w = (struct world){ .base = event_base_new() };
	CHECK(w->base);
	w->http = http_new(&(struct http_config){
		.base = w->base, .begin = begin, .run = run, .ctx = w });
	CHECK(w->http);
	w->conns = conns_new(&(struct conns_config){ .base = w->base,
						     .attach = http_attach,
						     .gone = http_gone,
						     .ctx = w->http,
						     .hurry = hurry,
						     .banned = still_banned,
						     .banned_ctx = w,
						     .known = is_known });
	CHECK(w->conns);
}

void world_close(struct world *w)
{
	conns_free(w->conns);
	http_free(w->http);
	CHECK(!w->held);
	event_base_free(w->base);
}

int world_connect(struct world *w, const char *address)
{
	struct addr peer;
	int pair[2];

	CHECK_EQ(addr_parse(&peer, address), 0);
	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
			    0, pair),
		 0);
	if (conns_add(w->conns, pair[1], &peer)) {
		close(pair[0]);
		return -1;
	}
	return pair[0];
}

static void turn(struct world *w, uint64_t start)
{
	struct timeval tv = { .tv_usec = 2000 };

	/* the browser's end is ours: look at it every 2 ms */
	CHECK_EQ(event_base_loopexit(w->base, &tv), 0);
	CHECK(event_base_loop(w->base, EVLOOP_ONCE) >= 0);
	CHECK(clock_mono_ms() - start < 10000);
}

void world_send(struct world *w, int fd, const char *bytes, size_t n)
{
	uint64_t start = clock_mono_ms();

	while (n) {
		ssize_t sent = send(fd, bytes, n, MSG_NOSIGNAL);

		if (sent > 0) {
			bytes += sent;
			n -= (size_t)sent;
			continue;
		}
		if (errno != EAGAIN)
			return; /* cut: the reading will tell */
		turn(w, start);
	}
}

size_t world_read(struct world *w, int fd, char *text, size_t size,
		  const char *until)
{
	uint64_t start = clock_mono_ms();
	size_t n = 0;

	text[0] = '\0';
	for (;;) {
		ssize_t got = recv(fd, text + n, size - 1 - n, 0);

		if (got > 0) {
			n += (size_t)got;
			text[n] = '\0';
			if (until && strstr(text, until))
				return n;
			if (n == size - 1)
				return n;
			continue;
		}
		if (!got || errno != EAGAIN)
			return n;
		turn(w, start);
	}
}

int world_ask(struct world *w, const char *request, size_t n)
{
	char text[8192];
	int fd = world_connect(w, "192.0.2.1"), status = 0;

	CHECK(fd >= 0);
	world_send(w, fd, request, n);
	if (world_read(w, fd, text, sizeof(text), "\r\n\r\n") &&
	    !strncmp(text, "HTTP/1.1 ", 9))
		status = (int)strtol(text + 9, NULL, 10);
	close(fd);
	return status;
}

void world_until(struct world *w, const unsigned *count, unsigned n)
{
	uint64_t start = clock_mono_ms();

	while (*count != n)
		turn(w, start);
}

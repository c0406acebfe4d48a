/*
 * HTTP as it comes out of TLS: whole connections, any bytes, through conn.c,
 * http.c and the library, with a handler that looks at all that a request has.
 * What must hold: no crash, no leak, and the connection can be ended.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "conn.h"
#include "http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void begin(void *ctx, struct request *r)
{
	(void)ctx;
	for (size_t i = 0; i < r->n_seg; i++)
		assert(r->seg[i][0] && strcmp(r->seg[i], "..") != 0);
	for (size_t i = 0; i < r->n_args; i++)
		assert(http_arg(r, r->args[i].name) == r->args[i].value);
	if (r->method == HTTP_POST)
		r->body_max = 4096;
	if (r->method == HTTP_DELETE)
		http_reply_error(r, 403, "Denied", "f", "%s",
				 r->n_seg ? r->seg[0] : "");
}

static void run(void *ctx, struct request *r)
{
	const char *cookie = http_cookie(r, "__Host-sallyport");

	(void)ctx;
	assert(r->body_n <= 4096);
	assert(!r->body || !r->body[r->body_n]);
	if (cookie)
		http_header_out(r, "X-Cookie", "%zu", strlen(cookie));
	http_reply_json(r, 200,
			json_pack("{ss#}", "body", r->body ? r->body : "",
				  r->body ? (int)r->body_n : 0));
}

static void turn(struct event_base *base, int fd)
{
	char text[4096];

	for (int i = 0; i < 20; i++) {
		(void)event_base_loop(base, EVLOOP_NONBLOCK);
		while (fd >= 0 && recv(fd, text, sizeof(text), 0) > 0)
			;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct event_base *base = event_base_new();
	struct http *http = http_new(&(struct http_config){
		.base = base, .begin = begin, .run = run });
	struct conns *conns =
		conns_new(&(struct conns_config){ .base = base,
						  .attach = http_attach,
						  .gone = http_gone,
						  .ctx = http });
	struct addr peer;
	int pair[2];

	assert(base && http && conns);
	assert(!addr_parse(&peer, "192.0.2.1"));
	assert(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair));
	assert(!conns_add(conns, pair[1], &peer));
	while (size) {
		size_t n = size > 16384 ? 16384 : size;
		ssize_t sent = send(pair[0], data, n, MSG_NOSIGNAL);

		if (sent <= 0)
			break;
		data += sent;
		size -= (size_t)sent;
		turn(base, pair[0]);
	}
	close(pair[0]);
	turn(base, -1);
	assert(!conns_count(conns));
	conns_free(conns);
	http_free(http);
	event_base_free(base);
	return 0;
}

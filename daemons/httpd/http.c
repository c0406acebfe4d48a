#include "http.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/event.h>
#include <microhttpd.h>

#include "record.h"
#include "secret.h"

#include "conn.h"
#include "http_uri.h"

enum {
	POOL = 40960, /* of the library, a connection: 16 KiB of head, parsed */
	MHD_CONNECTIONS = 320, /* conn.c's cap, and some that are ending */
	MHD_TIMEOUT_S = 120,   /* behind our own deadlines */
	HEADERS_MAX = 64,
	BODY_FIRST = 1024,
};

struct http {
	struct http_config config;
	struct MHD_Daemon *daemon;
	struct event *ready; /* the library's epoll */
	struct event *timer;
	struct link *attaching;
};

/* What a connection of the library and one of conn.c know of each other. */
struct link {
	struct conn *conn;   /* NULL: gone */
	struct request *req; /* the one being served */
};

/* SPEC 8: the page may load nothing but its own files. */
static const char *const fixed_headers[][2] = {
	{ "Content-Security-Policy",
	  "default-src 'none'; script-src 'self'; style-src 'self'; "
	  "img-src 'self'; font-src 'self'; connect-src 'self'; "
	  "media-src 'self'; manifest-src 'self'; base-uri 'none'; "
	  "form-action 'none'; frame-ancestors 'none'; "
	  "require-trusted-types-for 'script'; trusted-types 'none'" },
	{ "X-Content-Type-Options", "nosniff" },
	{ "X-Frame-Options", "DENY" },
	{ "Referrer-Policy", "no-referrer" },
	{ "Cross-Origin-Opener-Policy", "same-origin" },
	{ "Cross-Origin-Resource-Policy", "same-origin" },
	{ "Cross-Origin-Embedder-Policy", "require-corp" },
	{ "Permissions-Policy",
	  "camera=(), geolocation=(), microphone=(self), payment=()" },
	{ "Strict-Transport-Security", "max-age=31536000" },
};

static void schedule(struct http *h)
{
	MHD_UNSIGNED_LONG_LONG ms;
	struct timeval tv;

	if (MHD_get_timeout(h->daemon, &ms) != MHD_YES) {
		(void)event_del(h->timer);
		return;
	}
	tv.tv_sec = (time_t)(ms / 1000);
	tv.tv_usec = (suseconds_t)(ms % 1000 * 1000);
	(void)event_add(h->timer, &tv);
}

static void on_ready(evutil_socket_t fd, short what, void *arg)
{
	struct http *h = arg;

	(void)fd;
	(void)what;
	(void)MHD_run(h->daemon);
	schedule(h);
}

static void kick(struct http *h)
{
	event_active(h->ready, EV_READ, 0);
}

static void wake(struct request *r)
{
	if (!r->suspended)
		return;
	r->suspended = false;
	MHD_resume_connection(r->mhd);
	kick(r->http);
}

/* --- replies --- */

void http_header_out(struct request *r, const char *name, const char *fmt, ...)
{
	struct http_header *h;
	va_list ap;

	if (r->n_out == HTTP_HEADERS_OUT)
		return;
	h = &r->out[r->n_out++];
	h->name = name;
	va_start(ap, fmt);
	(void)vsnprintf(h->value, sizeof(h->value), fmt, ap);
	va_end(ap);
}

static void dress(struct request *r, struct MHD_Response *reply,
		  const char *type)
{
	const size_t n = sizeof(fixed_headers) / sizeof(fixed_headers[0]);
	bool cache = false;

	for (size_t i = 0; i < n; i++)
		(void)MHD_add_response_header(reply, fixed_headers[i][0],
					      fixed_headers[i][1]);
	for (size_t i = 0; i < r->n_out; i++) {
		(void)MHD_add_response_header(reply, r->out[i].name,
					      r->out[i].value);
		cache = cache || !strcasecmp(r->out[i].name, "Cache-Control");
	}
	if (!cache)
		(void)MHD_add_response_header(reply, "Cache-Control",
					      "no-store");
	if (type)
		(void)MHD_add_response_header(reply, "Content-Type", type);
}

static void answer(struct request *r, unsigned status,
		   struct MHD_Response *reply, const char *type)
{
	if (r->reply || r->ended) {
		MHD_destroy_response(reply);
		return;
	}
	if (!reply) {
		http_drop(r);
		return;
	}
	dress(r, reply, type);
	r->reply = reply;
	r->status = status;
	wake(r);
}

void http_reply_const(struct request *r, unsigned status, const char *type,
		      const void *bytes, size_t n)
{
	/* the library's signature takes no const; PERSISTENT never writes */
	answer(r, status,
	       MHD_create_response_from_buffer(n, (void *)(uintptr_t)bytes,
					       MHD_RESPMEM_PERSISTENT),
	       type);
}

void http_reply_json(struct request *r, unsigned status, json_t *body)
{
	char *text = NULL;

	if (status == 204) {
		json_decref(body);
		http_reply_const(r, status, NULL, "", 0);
		return;
	}
	if (body)
		text = json_dumps(body, JSON_COMPACT);
	json_decref(body);
	if (!text) {
		static const char no_memory[] =
			"{\"error\":\"Full\",\"message\":\"Out of memory: try "
			"again.\"}";

		http_reply_const(r, 507, "application/json", no_memory,
				 sizeof(no_memory) - 1);
		return;
	}
	answer(r, status,
	       MHD_create_response_from_buffer(strlen(text), text,
					       MHD_RESPMEM_MUST_FREE),
	       "application/json");
}

void http_reply_error(struct request *r, unsigned status, const char *error,
		      const char *field, const char *fmt, ...)
{
	char message[512], clean[512];
	json_t *body;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	/* a text cut in the middle of a character is no JSON string */
	text_from_peer(clean, sizeof(clean), message, strlen(message));
	body = json_pack("{ss ss}", "error", error, "message", clean);
	if (body && field && field[0])
		(void)json_object_set_new(body, "field", json_string(field));
	http_reply_json(r, status, body);
}

void http_drop(struct request *r)
{
	r->ended = r->failed = true;
	if (r->conn)
		conn_drop(r->conn);
	wake(r);
}

/* --- streams --- */

static ssize_t on_stream(void *cls, uint64_t pos, char *buf, size_t max)
{
	struct request *r = cls;
	int n;

	(void)pos;
	if (!r->conn || r->failed)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	n = evbuffer_remove(r->stream, buf, max);
	if (n > 0)
		return n;
	if (r->more && !r->ended && !r->asked) {
		r->asked = true;
		r->more(r);
	}
	if (r->failed)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (r->ended)
		return MHD_CONTENT_READER_END_OF_STREAM;
	r->suspended = true;
	MHD_suspend_connection(r->mhd);
	return 0;
}

static void open_stream(struct request *r, const char *type)
{
	struct MHD_Response *reply;

	r->stream = evbuffer_new();
	if (!r->stream) {
		http_drop(r);
		return;
	}
	reply = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 4096,
						  on_stream, r, NULL);
	answer(r, 200, reply, type);
}

void http_stream(struct request *r)
{
	open_stream(r, "text/event-stream");
}

void http_file(struct request *r, const char *type,
	       void (*more)(struct request *r))
{
	r->more = more;
	r->asked = true; /* until the first part is there */
	open_stream(r, type);
}

int http_file_send(struct request *r, struct evbuffer *part)
{
	if (!r->stream || evbuffer_add_buffer(r->stream, part))
		return -ENOMEM;
	r->asked = false;
	if (r->queued)
		wake(r);
	return 0;
}

int http_stream_send(struct request *r, const char *bytes, size_t n)
{
	if (!r->stream || r->ended || !r->conn)
		return -ENOBUFS;
	if (evbuffer_get_length(r->stream) + n > HTTP_STREAM_MAX) {
		http_drop(r);
		return -ENOBUFS;
	}
	if (evbuffer_add(r->stream, bytes, n))
		return -ENOMEM;
	if (r->queued)
		wake(r);
	return 0;
}

void http_stream_end(struct request *r)
{
	r->ended = true;
	if (r->queued)
		wake(r);
}

/* --- requests --- */

const char *http_header_in(const struct request *r, const char *name)
{
	return MHD_lookup_connection_value(r->mhd, MHD_HEADER_KIND, name);
}

const char *http_cookie(const struct request *r, const char *name)
{
	return MHD_lookup_connection_value(r->mhd, MHD_COOKIE_KIND, name);
}

const char *http_arg(const struct request *r, const char *name)
{
	for (size_t i = 0; i < r->n_args; i++)
		if (!strcmp(r->args[i].name, name))
			return r->args[i].value;
	return NULL;
}

/* What a head adds up to, and the headers that may come once only. */
struct head {
	size_t bytes;
	unsigned n, hosts, lengths, codings, cookies, types, csrf;
	bool chunked;
	bool bad;
};

static enum MHD_Result on_header(void *cls, enum MHD_ValueKind kind,
				 const char *name, size_t name_n,
				 const char *value, size_t value_n)
{
	struct head *h = cls;

	(void)kind;
	h->n++;
	h->bytes += name_n + value_n + 4;
	/* RFC 9110 section 5.6.2: a name is a token */
	if (!name_n ||
	    strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			 "0123456789!#$%&'*+-.^_`|~") != name_n)
		h->bad = true;
	for (size_t i = 0; i < value_n; i++)
		if (((unsigned char)value[i] < 0x20 && value[i] != '\t') ||
		    value[i] == 0x7f)
			h->bad = true;
	h->hosts += !strcasecmp(name, "Host");
	h->cookies += !strcasecmp(name, "Cookie");
	h->types += !strcasecmp(name, "Content-Type");
	h->csrf += !strcasecmp(name, "X-CSRF-Token");
	if (!strcasecmp(name, "Content-Length")) {
		h->lengths++;
		if (!value_n || value_n > 10 ||
		    strspn(value, "0123456789") != value_n)
			h->bad = true;
	}
	if (!strcasecmp(name, "Transfer-Encoding")) {
		h->codings++;
		if (strcasecmp(value, "chunked"))
			h->bad = true;
	}
	return h->bad ? MHD_NO : MHD_YES;
}

/*
 * RFC 9112 sections 3.2 and 6.3: two readers of the same bytes must never see
 * two different requests; so what could be read in two ways is refused.
 */
static bool check_head(struct request *r, const char *version)
{
	struct head h = { .bytes = strlen(r->uri) + 16 };

	(void)MHD_get_connection_values_n(r->mhd, MHD_HEADER_KIND, on_header,
					  &h);
	if (h.bytes > HTTP_HEAD_MAX || h.n > HEADERS_MAX) {
		http_reply_error(r, 431, "TooLarge", NULL,
				 "The head of the request is over 16 KiB.");
		return false;
	}
	if (strcmp(version, "HTTP/1.1"))
		h.bad = h.bad || strcmp(version, "HTTP/1.0") || h.codings;
	else
		h.bad = h.bad || h.hosts != 1;
	if (h.bad || h.hosts > 1 || h.lengths + h.codings > 1 ||
	    h.cookies > 1 || h.types > 1 || h.csrf > 1 || r->uri_bad ||
	    http_uri_parse(r)) {
		http_header_out(r, "Connection", "close");
		http_reply_error(r, 400, "BadRequest", NULL,
				 "This request is not well-formed.");
		return false;
	}
	return true;
}

static void set_method(struct request *r, const char *method)
{
	static const struct {
		const char *name;
		enum http_method method;
	} known[] = {
		{ "GET", HTTP_GET },       { "HEAD", HTTP_GET },
		{ "POST", HTTP_POST },     { "PATCH", HTTP_PATCH },
		{ "DELETE", HTTP_DELETE },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcmp(method, known[i].name))
			r->method = known[i].method;
	r->head_only = !strcmp(method, "HEAD");
}

/* Refuses a body that is announced too large before a byte of it is read. */
static void check_length(struct request *r)
{
	const char *length = http_header_in(r, "Content-Length");
	bool chunked = http_header_in(r, "Transfer-Encoding");
	unsigned long n = length ? strtoul(length, NULL, 10) : 0;

	if (n > r->body_max || (chunked && !r->body_max))
		http_reply_error(r, 413, "TooLarge", NULL,
				 "The body of the request is too large.");
}

static int add_body(struct request *r, const char *bytes, size_t n)
{
	char *larger;
	size_t old, size = BODY_FIRST;

	if (r->body_n + n > r->body_max)
		return -E2BIG;
	while (size < r->body_n + 1)
		size *= 2;
	old = r->body ? size : 0;
	while (size < r->body_n + n + 1)
		size *= 2;
	if (size != old) {
		/* by hand: what realloc leaves behind may hold a password */
		larger = malloc(size);
		if (!larger)
			return -ENOMEM;
		if (r->body) {
			memcpy(larger, r->body, r->body_n);
			secret_wipe(r->body, r->body_n);
			free(r->body);
		}
		r->body = larger;
	}
	memcpy(r->body + r->body_n, bytes, n);
	r->body_n += n;
	r->body[r->body_n] = '\0';
	return 0;
}

static enum MHD_Result queue(struct request *r)
{
	enum MHD_Result res;

	if (!r->conn || !r->reply)
		return MHD_NO;
	if (r->stream && r->head_only)
		return MHD_NO;
	conn_phase(r->conn, r->stream ? CONN_STREAM : CONN_REPLY);
	res = MHD_queue_response(r->mhd, r->status, r->reply);
	r->queued = true;
	return res;
}

static bool has_body(const struct request *r)
{
	const char *length = http_header_in(r, "Content-Length");

	return http_header_in(r, "Transfer-Encoding") ||
	       (length && strcmp(length, "0") != 0);
}

static enum MHD_Result first_call(struct request *r, const char *method,
				  const char *version)
{
	r->begun = true;
	if (conn_doomed(r->conn))
		return MHD_NO;
	conn_phase(r->conn, CONN_BODY);
	set_method(r, method);
	if (check_head(r, version))
		r->http->config.begin(r->http->config.ctx, r);
	if (!r->reply && !r->ended)
		check_length(r);
	if (r->ended)
		return MHD_NO;
	/* an early answer costs the connection, so only where a body would
	   have to be read first */
	return r->reply && has_body(r) ? queue(r) : MHD_YES;
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *mhd,
				  const char *url, const char *method,
				  const char *version, const char *upload,
				  size_t *upload_n, void **con_cls)
{
	struct request *r = *con_cls;

	(void)cls;
	(void)mhd;
	(void)url;
	if (!r || !r->conn || r->queued)
		return MHD_NO;
	if (!r->begun)
		return first_call(r, method, version);
	if (*upload_n) {
		if (add_body(r, upload, *upload_n))
			return MHD_NO;
		*upload_n = 0;
		return MHD_YES;
	}
	if (!r->running && !r->reply) {
		r->running = true;
		conn_phase(r->conn, CONN_WORK);
		r->http->config.run(r->http->config.ctx, r);
	}
	if (r->ended && !r->stream)
		return MHD_NO;
	if (r->reply)
		return queue(r);
	r->suspended = true;
	MHD_suspend_connection(r->mhd);
	return MHD_YES;
}

static struct link *link_of(struct MHD_Connection *mhd)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

/* The request line is there: the request begins. */
static void *on_uri(void *cls, const char *uri, struct MHD_Connection *mhd)
{
	struct link *link = link_of(mhd);
	struct request *r;

	if (!link || !link->conn)
		return NULL;
	r = calloc(1, sizeof(*r));
	if (!r)
		return NULL;
	r->http = cls;
	r->mhd = mhd;
	r->conn = link->conn;
	if (strlen(uri) < sizeof(r->uri))
		memcpy(r->uri, uri, strlen(uri) + 1);
	else
		r->uri_bad = true;
	link->req = r;
	return r;
}

static void on_completed(void *cls, struct MHD_Connection *mhd, void **con_cls,
			 enum MHD_RequestTerminationCode why)
{
	struct link *link = link_of(mhd);
	struct request *r = *con_cls;

	(void)cls;
	(void)why;
	*con_cls = NULL;
	if (!r)
		return;
	if (r->gone)
		r->gone(r);
	if (link)
		link->req = NULL;
	if (r->conn)
		conn_phase(r->conn, CONN_IDLE);
	if (r->body) {
		secret_wipe(r->body, r->body_n);
		free(r->body);
	}
	if (r->stream)
		evbuffer_free(r->stream);
	if (r->reply)
		MHD_destroy_response(r->reply);
	free(r);
}

static void on_connection(void *cls, struct MHD_Connection *mhd,
			  void **socket_context,
			  enum MHD_ConnectionNotificationCode what)
{
	struct http *h = cls;
	struct link *link = *socket_context;

	(void)mhd;
	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		*socket_context = h->attaching;
		h->attaching = NULL;
		return;
	}
	if (link && link->conn)
		conn_set_user(link->conn, NULL);
	free(link);
	*socket_context = NULL;
}

int http_attach(void *http, struct conn *c, int fd)
{
	struct http *h = http;
	struct link *link = calloc(1, sizeof(*link));
	struct sockaddr_storage ss;
	uint32_t len;

	if (!link) {
		close(fd);
		return -ENOMEM;
	}
	link->conn = c;
	h->attaching = link;
	len = addr_to_sockaddr(conn_peer(c), 0, &ss);
	/* the library takes fd, also when it fails */
	if (MHD_add_connection(h->daemon, fd, (struct sockaddr *)&ss, len) !=
		    MHD_YES ||
	    h->attaching) {
		if (h->attaching) {
			free(link);
			h->attaching = NULL;
		}
		return -ENOSPC;
	}
	conn_set_user(c, link);
	kick(h);
	return 0;
}

void http_gone(void *http, struct conn *c)
{
	struct link *link = conn_user(c);

	(void)http;
	if (!link)
		return;
	link->conn = NULL;
	if (link->req) {
		link->req->conn = NULL;
		wake(link->req);
	}
}

struct http *http_new(const struct http_config *config)
{
	const unsigned flags = MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET |
			       MHD_ALLOW_SUSPEND_RESUME;
	const union MHD_DaemonInfo *info;
	struct http *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->config = *config;
	h->daemon = MHD_start_daemon(
		flags, 0, NULL, NULL, on_request, h,
		MHD_OPTION_URI_LOG_CALLBACK, on_uri, h,
		MHD_OPTION_NOTIFY_COMPLETED, on_completed, h,
		MHD_OPTION_NOTIFY_CONNECTION, on_connection, h,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)POOL,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned)MHD_CONNECTIONS,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)MHD_TIMEOUT_S,
		MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
	info = h->daemon ? MHD_get_daemon_info(h->daemon,
					       MHD_DAEMON_INFO_EPOLL_FD)
			 : NULL;
	if (!info)
		goto fail;
	h->ready = event_new(config->base, info->epoll_fd, EV_READ | EV_PERSIST,
			     on_ready, h);
	h->timer = evtimer_new(config->base, on_ready, h);
	if (!h->ready || !h->timer || event_add(h->ready, NULL))
		goto fail;
	return h;
fail:
	http_free(h);
	return NULL;
}

void http_free(struct http *h)
{
	if (!h)
		return;
	/* suspended connections were woken by http_gone(); let them end */
	if (h->daemon) {
		(void)MHD_run(h->daemon);
		MHD_stop_daemon(h->daemon);
	}
	if (h->ready)
		event_free(h->ready);
	if (h->timer)
		event_free(h->timer);
	free(h);
}

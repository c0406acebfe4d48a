#include "sipd_entry.h"

#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"
#include "clock.h"
#include "extension.h"
#include "gate.h"
#include "records.h"
#include "registrar.h"
#include "request.h"
#include "sofia.h"
#include "sofia_agent.h"

enum { QUIET_MS = 30 };

struct extensions {
	struct extension row;
};

struct entry {
	struct event_base *base;
	struct sofia *sofia;
	struct gate *gate;
	struct registrar *registrar;
	struct sip_settings settings;
	struct extensions extensions;
	struct entry_seen seen;
	uint16_t port;
	int udp;
	unsigned pushed;
	bool local;
	bool arrived; /* what was sent was looked at */
};

/* Stands before the real one, which wants a store. */
const struct extension *extensions_get(const struct extensions *e,
				       const char *number)
{
	return strcmp(number, e->row.number) == 0 ? &e->row : NULL;
}

static bool on_local(void *ctx, const struct addr *addr)
{
	(void)addr;
	return ((struct entry *)ctx)->local;
}

static bool on_banned(void *ctx, const struct addr *addr)
{
	(void)ctx;
	(void)addr;
	return false;
}

static bool on_scanner(void *ctx, const char *user_agent)
{
	(void)ctx;
	return gate_scanner(user_agent);
}

static void on_bad(void *ctx, enum sofia_bad bad, const struct peer *peer,
		   const char *what)
{
	struct entry *e = ctx;

	gate_bad(e->gate, bad == SOFIA_SCANNER ? GATE_SCANNER : GATE_MALFORMED,
		 peer, what);
	e->arrived = true;
}

static void on_request(void *ctx, struct request *r)
{
	struct entry *e = ctx;

	e->seen.requests++;
	e->arrived = true;
	gate_request(e->gate, r);
}

static int on_report(void *ctx, const struct report *report,
		     gate_reported_fn done, void *done_ctx)
{
	struct entry *e = ctx;

	(void)report;
	(void)done;
	(void)done_ctx;
	e->seen.reports++;
	return 0;
}

static void on_invite(void *ctx, struct request *r)
{
	struct entry *e = ctx;

	e->seen.invites++;
	sofia_drop(e->sofia, r);
}

static bool on_overloaded(void *ctx)
{
	(void)ctx;
	return false;
}

/* A UDP port nobody has. */
static uint16_t free_port(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t n = sizeof(sin);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CHECK(bind(fd, (struct sockaddr *)&sin, sizeof(sin)) == 0);
	CHECK(getsockname(fd, (struct sockaddr *)&sin, &n) == 0);
	(void)close(fd);
	return ntohs(sin.sin_port);
}

static int connect_to(const struct entry *e, int type)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	int fd = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sin.sin_port = htons(e->port);
	CHECK(fd >= 0);
	CHECK(connect(fd, (struct sockaddr *)&sin, sizeof(sin)) == 0 ||
	      errno == EINPROGRESS);
	return fd;
}

static void open_gate(struct entry *e)
{
	static const struct gate_ops ops = {
		.report = on_report,
		.invite = on_invite,
		.overloaded = on_overloaded,
	};
	struct registrar_config registrar = {
		.sofia = e->sofia,
		.settings = &e->settings,
	};
	struct gate_config gate = {
		.sofia = e->sofia,
		.extensions = &e->extensions,
		.settings = &e->settings,
		.ops = &ops,
		.ctx = e,
	};

	e->registrar = registrar_new(&registrar);
	gate.registrar = e->registrar;
	e->gate = gate_new(&gate);
	CHECK(e->registrar && e->gate);
}

struct entry *entry_new(const char *dir)
{
	static const struct sofia_ops ops = {
		.local = on_local,
		.banned = on_banned,
		.scanner = on_scanner,
		.bad = on_bad,
		.request = on_request,
	};
	struct entry *e = calloc(1, sizeof(*e));
	struct sofia_config config = {
		.state_dir = dir,
		.bind = "127.0.0.1",
		.ops = &ops,
		.ctx = e,
	};
	char why[256];

	CHECK(e);
	record_init(&sip_settings_record, &e->settings);
	record_init(&extension_record, &e->extensions.row);
	(void)snprintf(e->extensions.row.number, PEER_EXTENSION, "801");
	e->base = event_base_new();
	e->port = free_port();
	config.base = e->base;
	config.ports.port = e->port;
	e->sofia = sofia_new(&config, why, sizeof(why));
	CHECK(e->sofia);
	open_gate(e);
	e->udp = connect_to(e, SOCK_DGRAM);
	return e;
}

void entry_free(struct entry *e)
{
	(void)close(e->udp);
	gate_free(e->gate);
	registrar_free(e->registrar);
	sofia_free(e->sofia);
	event_base_free(e->base);
	free(e);
}

void entry_local(struct entry *e, bool local)
{
	e->local = local;
}

struct entry_seen *entry_seen(struct entry *e)
{
	return &e->seen;
}

/* An answer leaves in the same turn in which its request arrived. */
static ssize_t run(struct entry *e, int fd, char *answer, size_t size)
{
	uint64_t until = clock_mono_ms() + QUIET_MS;
	ssize_t got = -1;

	while (got < 0 && clock_mono_ms() < until) {
		bool arrived = e->arrived;

		(void)event_base_loop(e->base, EVLOOP_NONBLOCK);
		got = recv(fd, answer, size - 1, 0);
		if (got < 0 && arrived)
			break;
	}
	return got < 0 ? 0 : got;
}

size_t entry_send(struct entry *e, bool tcp, const uint8_t *bytes, size_t n,
		  char *answer, size_t size)
{
	int fd = tcp ? connect_to(e, SOCK_STREAM) : e->udp;
	ssize_t got = 0;

	e->arrived = false;
	if (send(fd, bytes, n, MSG_NOSIGNAL) == (ssize_t)n)
		got = run(e, fd, answer, size);
	if (tcp)
		(void)close(fd);
	answer[got] = '\0';
	return (size_t)got;
}

static void send_sentinel(struct entry *e, unsigned number)
{
	char text[512];
	int n = snprintf(text, sizeof(text),
			 "REGISTER sip:pbx SIP/2.0\r\n"
			 "Via: SIP/2.0/UDP 127.0.0.1;rport;branch=z9hG4bK%u\r\n"
			 "From: <sip:801@pbx>;tag=s\r\n"
			 "To: <sip:801@pbx>\r\n"
			 "Call-ID: sentinel-%u\r\n"
			 "CSeq: 1 REGISTER\r\n"
			 "Content-Length: 0\r\n\r\n",
			 number, number);

	CHECK(send(e->udp, text, (size_t)n, 0) == n);
}

void entry_push(struct entry *e, const uint8_t *bytes, size_t n)
{
	uint64_t until = clock_mono_ms() + 2000;
	static char answer[65536];
	char call_id[40];

	e->pushed++;
	(void)snprintf(call_id, sizeof(call_id), "sentinel-%u\r", e->pushed);
	(void)send(e->udp, bytes, n, 0);
	send_sentinel(e, e->pushed);
	for (;;) {
		ssize_t got;

		(void)event_base_loop(e->base, EVLOOP_NONBLOCK);
		while ((got = recv(e->udp, answer, sizeof(answer) - 1, 0)) >
		       0) {
			answer[got] = '\0';
			if (strstr(answer, call_id))
				return;
		}
		CHECK(clock_mono_ms() < until);
	}
}

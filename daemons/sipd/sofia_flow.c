/*
 * Connections. Sofia accepts without end and never tires of waiting, so that
 * one attacker could hold all our descriptors. Two bounds:
 *
 *	accept()	takes the place of libc's within this process: beyond a
 *			number of descriptors, new connections are closed
 *	the sweep	looks at our own descriptors four times a second: it
 *			shuts what never spoke, what one source has beyond its
 *			allowance, and of what all strangers have together the
 *			oldest. Sofia then sees the end of the stream
 *
 * The packet filter limits connections per source before that.
 */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uthash.h>

#include "clock.h"
#include "log.h"

#include "sofia_impl.h"

enum {
	FLOW_FD_MAX = 4096,   /* what we ask for as the limit of open files */
	FLOW_FD_SPARE = 256,  /* of it for the bus, the store, the rest */
	FLOW_PER_SOURCE = 32, /* of an untrusted source, none signed in */
	FLOW_PER_LOCAL = 512,
	/* Of all who did not sign in and are not local: who has a /48 of IPv6
	   is as many sources as he likes. */
	FLOW_STRANGERS = 1024,
	FLOW_SILENT_MS = 8000, /* from the connection to the first request */
	SWEEP_MS = 250,
};

struct flow_key {
	struct addr addr;
	uint16_t port;
};

struct sofia_flow {
	struct flow_key key;
	uint64_t since_ms;
	uint32_t seen; /* the sweep that saw it last */
	int fd;
	bool spoke;
	bool trusted;
	bool stranger;
	UT_hash_handle hh;
};

struct source_count {
	struct prefix source;
	unsigned n;
	UT_hash_handle hh;
};

/* Descriptors are handed out lowest first: the number tells how many there
   are. glibc declares this with a union of pointers. */
int accept(int fd, __SOCKADDR_ARG address, socklen_t *addr_len)
{
	struct sockaddr *addr = address.__sockaddr__;
	int s = accept4(fd, addr, addr_len, SOCK_CLOEXEC);
	struct rlimit files;

	if (s < 0 || (addr && addr->sa_family == AF_UNIX))
		return s;
	if (getrlimit(RLIMIT_NOFILE, &files) < 0 ||
	    files.rlim_cur > FLOW_FD_MAX)
		files.rlim_cur = FLOW_FD_MAX;
	if ((rlim_t)s + FLOW_FD_SPARE < files.rlim_cur)
		return s;
	(void)close(s);
	errno = ECONNABORTED;
	return -1;
}

/* The usual 1024 would be few for phones that keep a connection. */
static void raise_limit(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) < 0 ||
	    files.rlim_cur >= FLOW_FD_MAX)
		return;
	files.rlim_cur =
		files.rlim_max < FLOW_FD_MAX ? files.rlim_max : FLOW_FD_MAX;
	if (setrlimit(RLIMIT_NOFILE, &files) < 0)
		log_warn("cannot raise the limit of open files: fewer phones "
			 "can connect over TCP and TLS");
}

static struct sofia_flow *flow_get(struct sofia *s, const struct addr *addr,
				   uint16_t port)
{
	struct sofia_flow *f;
	struct flow_key key;

	memset(&key, 0, sizeof(key));
	key.addr.family = addr->family;
	memcpy(key.addr.bytes, addr->bytes, sizeof(key.addr.bytes));
	key.port = port;
	HASH_FIND(hh, s->flows, &key, sizeof(key), f);
	if (f)
		return f;
	f = calloc(1, sizeof(*f));
	if (!f)
		return NULL;
	f->key = key;
	f->since_ms = clock_mono_ms();
	f->fd = -1;
	HASH_ADD(hh, s->flows, key, sizeof(f->key), f);
	return f;
}

void sofia_flow_spoke(struct sofia *s, const struct peer *peer)
{
	struct sofia_flow *f;

	if (peer->transport == PEER_UDP)
		return;
	f = flow_get(s, &peer->addr, peer->port);
	if (f)
		f->spoke = true;
}

void sofia_trust(struct sofia *s, const struct peer *peer)
{
	struct sofia_flow *f;

	if (peer->transport == PEER_UDP)
		return;
	f = flow_get(s, &peer->addr, peer->port);
	if (f)
		f->trusted = true;
}

/* A connection of ours on a SIP port? Then whose. */
static bool is_flow(const struct sofia *s, int fd, struct addr *peer,
		    uint16_t *port)
{
	struct sockaddr_storage ss;
	socklen_t n = sizeof(ss);
	struct addr ours;
	uint16_t our_port;

	if (getpeername(fd, (struct sockaddr *)&ss, &n) < 0)
		return false;
	if (addr_from_sockaddr(peer, port, (struct sockaddr *)&ss) < 0)
		return false;
	n = sizeof(ss);
	if (getsockname(fd, (struct sockaddr *)&ss, &n) < 0 ||
	    addr_from_sockaddr(&ours, &our_port, (struct sockaddr *)&ss) < 0)
		return false;
	return our_port == s->config.ports.port ||
	       our_port == s->config.ports.tls_port;
}

/* Counts one more of a source; the number it has by now. */
static unsigned count_one(struct source_count **counts, const struct addr *addr)
{
	struct source_count *c;
	struct prefix source;

	memset(&source, 0, sizeof(source));
	prefix_of_source(&source, addr);
	HASH_FIND(hh, *counts, &source, sizeof(source), c);
	if (!c) {
		c = calloc(1, sizeof(*c));
		if (!c)
			return 0;
		c->source = source;
		HASH_ADD(hh, *counts, source, sizeof(c->source), c);
	}
	return ++c->n;
}

static bool flow_too_much(struct sofia *s, struct sofia_flow *f,
			  struct source_count **counts, uint64_t now)
{
	bool local = s->config.ops->local(s->config.ctx, &f->key.addr);

	f->stranger = !f->trusted && !local;
	/* This sweep may have met it first, a moment after `now`. */
	if (!f->spoke && now > f->since_ms + FLOW_SILENT_MS)
		return true;
	if (f->trusted)
		return false;
	return count_one(counts, &f->key.addr) >
	       (unsigned)(local ? FLOW_PER_LOCAL : FLOW_PER_SOURCE);
}

/* Which descriptors are open, in one question; how many were asked about. Those
   of a crowd that has left are a gap of any width before those of others. */
static size_t ask_open(struct pollfd fds[FLOW_FD_MAX])
{
	struct rlimit files;
	nfds_t n = FLOW_FD_MAX;

	if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < n)
		n = files.rlim_cur;
	for (nfds_t i = 0; i < n; i++)
		fds[i] = (struct pollfd){ .fd = (int)i };
	return poll(fds, n, 0) < 0 ? 0 : n;
}

/* Marks what is there and shuts what is too much; how many strangers' there
   are. */
static size_t look_at_all(struct sofia *s, uint64_t now, uint32_t seen)
{
	struct source_count *counts = NULL, *c, *c_next;
	struct pollfd fds[FLOW_FD_MAX];
	int n = (int)ask_open(fds);
	struct sofia_flow *f;
	size_t strangers = 0;

	for (int fd = 3; fd < n; fd++) {
		struct addr addr;
		uint16_t port;

		if (fds[fd].revents & POLLNVAL || !is_flow(s, fd, &addr, &port))
			continue;
		f = flow_get(s, &addr, port);
		if (!f)
			continue;
		f->seen = seen;
		f->fd = fd;
		if (flow_too_much(s, f, &counts, now))
			(void)shutdown(fd, SHUT_RDWR);
		else
			strangers += f->stranger;
	}
	HASH_ITER(hh, counts, c, c_next)
	{
		HASH_DEL(counts, c);
		free(c);
	}
	return strangers;
}

/* Forgets what is gone; of the strangers' the oldest are shut, in whose order
   flows stand in the table. */
static void on_sweep(evutil_socket_t fd, short what, void *arg)
{
	struct sofia *s = arg;
	struct sofia_flow *f, *next;
	uint64_t now = clock_mono_ms();
	uint32_t seen = (uint32_t)(now / SWEEP_MS) + 1;
	size_t strangers = look_at_all(s, now, seen);

	(void)fd;
	(void)what;
	HASH_ITER(hh, s->flows, f, next)
	{
		if (f->seen != seen) {
			HASH_DEL(s->flows, f);
			free(f);
		} else if (f->stranger && strangers > FLOW_STRANGERS) {
			(void)shutdown(f->fd, SHUT_RDWR);
			strangers--;
		}
	}
}

int sofia_flow_init(struct sofia *s)
{
	struct timeval tv = { 0, SWEEP_MS * 1000 };

	raise_limit();
	s->sweep = event_new(s->config.base, -1, EV_PERSIST, on_sweep, s);
	if (!s->sweep || event_add(s->sweep, &tv) < 0)
		return -ENOMEM;
	return 0;
}

void sofia_flow_fini(struct sofia *s)
{
	struct sofia_flow *f, *next;

	if (s->sweep)
		event_free(s->sweep);
	s->sweep = NULL;
	HASH_ITER(hh, s->flows, f, next)
	{
		HASH_DEL(s->flows, f);
		free(f);
	}
}

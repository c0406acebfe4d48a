#include "conn.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>
#include <event2/listener.h>

#include "clock.h"
#include "log.h"

#include "tls.h"

enum {
	CONNS_MAX = 256,
	SOURCE_MAX = 32, /* a browser opens 6, and 2 streams; several behind NAT
			  */
	BANS_MAX = 1024,
	IN_SIZE = 4096,
	OUT_SIZE = 16384,
	PAIR_BUFFER = 32768, /* the kernel's part, each way */
	PROGRESS = 65536, /* a reader that took this much gets a new deadline */
	LINGER_MAX = 262144, /* what we still swallow after the end */
	BACKLOG = 128,
};

static const unsigned phase_s[] = {
	[CONN_HANDSHAKE] = 10, [CONN_IDLE] = 60,  [CONN_HEAD] = 10,
	[CONN_BODY] = 30,      [CONN_WORK] = 60,  [CONN_REPLY] = 30,
	[CONN_STREAM] = 30,    [CONN_LINGER] = 2,
};

/* Who goes first when all places are taken. */
enum rank { RANK_STRANGER, RANK_KNOWN, RANK_STAFF };

struct conn {
	TAILQ_ENTRY(conn) link;
	struct conns *all;
	struct tls *tls; /* NULL: plain text */
	struct event *front_read, *front_write, *back_read, *back_write;
	struct event *deadline;
	void *user;
	struct addr peer;
	enum conn_phase phase;
	int fd;   /* to the peer */
	int back; /* our end of the pair; -1 when the other side has ended */
	size_t in_at, in_n, out_at, out_n;
	size_t progress; /* bytes sent since the deadline was set */
	size_t swallowed;
	uint64_t since_ms;
	enum rank rank;
	unsigned door;   /* the number of the one that it came by */
	bool dropped;    /* the deadline is set for good */
	bool doomed;     /* ends after the answer that is on its way */
	bool input_lost; /* nobody behind reads any more */
	uint8_t in[IN_SIZE];
	uint8_t out[OUT_SIZE];
};

/* A port that is listened on; its number is another one for each. */
struct door {
	struct evconnlistener *listener; /* NULL: none */
	uint16_t port;
	unsigned number;
};

struct ban {
	struct prefix source;
	uint64_t until_ms; /* 0: for ever */
};

TAILQ_HEAD(conn_list, conn);

struct conns {
	struct conns_config config;
	struct conn_list list; /* newest last */
	struct door door;
	struct door old; /* until one of the staff has come in by the new one */
	unsigned doors;  /* that there have been */
	struct event *retry; /* accept again after having run out of files */
	struct rate log_rate;
	size_t n;
	size_t n_bans;
	size_t ban_at;
	struct ban bans[BANS_MAX];
};

/* What a turn of the pump came to. */
enum pump { PUMP_OK, PUMP_GONE };

static void set_deadline(struct conn *c)
{
	const unsigned hurry = c->all->config.hurry;
	const unsigned ms = phase_s[c->phase] * 1000 / (hurry ? hurry : 1);
	struct timeval tv = { .tv_sec = (time_t)(ms / 1000),
			      .tv_usec = (suseconds_t)(ms % 1000 * 1000) };

	c->progress = 0;
	if (c->dropped)
		return;
	if (c->phase == CONN_STREAM && c->out_at == c->out_n)
		(void)event_del(c->deadline);
	else
		(void)event_add(c->deadline, &tv);
}

static void conn_free(struct conn *c)
{
	struct conns *s = c->all;

	if (c->link.tqe_prev) {
		TAILQ_REMOVE(&s->list, c, link);
		s->n--;
	}
	struct event *events[] = { c->front_read, c->front_write, c->back_read,
				   c->back_write, c->deadline };
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		if (events[i])
			event_free(events[i]);
	if (c->back >= 0)
		close(c->back);
	s->config.gone(s->config.ctx, c);
	tls_free(c->tls);
	close(c->fd);
	free(c);
}

static int front_read(struct conn *c, void *buf, size_t size)
{
	ssize_t n;

	if (c->tls)
		return tls_read(c->tls, buf, size);
	n = recv(c->fd, buf, size, 0);
	if (n > 0)
		return (int)n;
	return n < 0 && (errno == EAGAIN || errno == EINTR) ? TLS_READ
							    : TLS_GONE;
}

static int front_write(struct conn *c, const void *buf, size_t size)
{
	ssize_t n;

	if (c->tls)
		return tls_write(c->tls, buf, size);
	n = send(c->fd, buf, size, MSG_NOSIGNAL);
	if (n >= 0)
		return (int)n;
	return errno == EAGAIN || errno == EINTR ? TLS_WRITE : TLS_GONE;
}

/* Gives what we hold to the HTTP side. False: it cannot take more now. */
static bool give(struct conn *c)
{
	while (c->in_at < c->in_n) {
		ssize_t n = send(c->back, c->in + c->in_at, c->in_n - c->in_at,
				 MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			(void)event_add(c->back_write, NULL);
			(void)event_del(c->front_read);
			return false;
		}
		if (n < 0) {
			c->input_lost = true;
			break;
		}
		c->in_at += (size_t)n;
	}
	c->in_at = c->in_n = 0;
	return true;
}

static enum pump pump_in(struct conn *c)
{
	/* bounded: others want their turn, too */
	for (int turn = 0; turn < 16; turn++) {
		int n;

		if (!c->input_lost && !give(c))
			return PUMP_OK;
		n = front_read(c, c->in, sizeof(c->in));
		if (n == TLS_READ)
			break;
		if (n == TLS_WRITE) {
			(void)event_add(c->front_write, NULL);
			break;
		}
		if (n < 0)
			return PUMP_GONE;
		if (c->input_lost) {
			c->swallowed += (size_t)n;
			if (c->swallowed > LINGER_MAX)
				return PUMP_GONE;
			continue;
		}
		c->in_n = (size_t)n;
		if (c->phase == CONN_IDLE)
			conn_phase(c, CONN_HEAD);
		if (turn == 15)
			event_active(c->front_read, EV_READ, 0);
	}
	if (!c->input_lost && !give(c))
		return PUMP_OK;
	(void)event_add(c->front_read, NULL);
	return PUMP_OK;
}

/* The HTTP side has ended and all is sent. */
static void linger(struct conn *c)
{
	if (c->tls)
		tls_end(c->tls);
	(void)shutdown(c->fd, SHUT_WR);
	(void)event_del(c->back_read);
	(void)event_del(c->back_write);
	close(c->back);
	c->back = -1;
	c->input_lost = true;
	conn_phase(c, CONN_LINGER);
	(void)event_add(c->front_read, NULL);
}

/* Sends what we hold to the peer. */
static enum pump take(struct conn *c)
{
	while (c->out_at < c->out_n) {
		int n = front_write(c, c->out + c->out_at,
				    c->out_n - c->out_at);

		if (n == TLS_READ || n == TLS_WRITE) {
			if (n == TLS_WRITE)
				(void)event_add(c->front_write, NULL);
			(void)event_del(c->back_read);
			if (c->phase == CONN_STREAM &&
			    !event_pending(c->deadline, EV_TIMEOUT, NULL))
				set_deadline(c);
			return PUMP_OK;
		}
		if (n < 0)
			return PUMP_GONE;
		c->out_at += (size_t)n;
		c->progress += (size_t)n;
		if (c->progress >= PROGRESS && c->phase == CONN_REPLY)
			set_deadline(c);
	}
	c->out_at = c->out_n = 0;
	if (c->phase == CONN_STREAM && !c->dropped)
		(void)event_del(c->deadline);
	return PUMP_OK;
}

static enum pump pump_out(struct conn *c)
{
	for (int turn = 0; turn < 16 && c->back >= 0; turn++) {
		ssize_t n;

		if (take(c) == PUMP_GONE)
			return PUMP_GONE;
		if (c->out_at < c->out_n)
			return PUMP_OK;
		n = recv(c->back, c->out, sizeof(c->out), 0);
		if (n > 0) {
			c->out_n = (size_t)n;
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		linger(c);
		return PUMP_OK;
	}
	if (c->back >= 0)
		(void)event_add(c->back_read, NULL);
	return c->back >= 0 ? take(c) : PUMP_OK;
}

static void pump(struct conn *c)
{
	if (c->phase == CONN_HANDSHAKE) {
		int r = c->tls ? tls_handshake(c->tls) : 0;

		if (r == TLS_WRITE)
			(void)event_add(c->front_write, NULL);
		if (r == TLS_GONE)
			conn_free(c);
		if (r)
			return;
		conn_phase(c, CONN_IDLE);
	}
	if (pump_in(c) == PUMP_GONE || pump_out(c) == PUMP_GONE)
		conn_free(c);
}

static void on_ready(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	pump(arg);
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;

	(void)fd;
	(void)what;
	log_debug("connection cut in phase %d", (int)c->phase);
	conn_free(c);
}

/*
 * When all places are taken the oldest of the lowest rank goes, so that
 * strangers cannot keep the house out, nor its telephones' users the
 * administrator. False: all are the staff's.
 */
static bool make_room(struct conns *s)
{
	struct conn *c, *first = NULL;

	TAILQ_FOREACH(c, &s->list, link)
	{
		if (c->rank < (first ? first->rank : RANK_STAFF))
			first = c;
	}
	if (first)
		conn_free(first);
	return first != NULL;
}

static bool is_banned(struct conns *s, const struct addr *peer)
{
	const struct conns_config *config = &s->config;
	uint64_t now = clock_wall_ms();

	for (size_t i = 0; i < s->n_bans; i++)
		if ((!s->bans[i].until_ms || s->bans[i].until_ms > now) &&
		    prefix_contains(&s->bans[i].source, peer))
			return !config->banned ||
			       config->banned(config->banned_ctx,
					      &s->bans[i].source);
	return false;
}

static bool may_enter(struct conns *s, const struct addr *peer)
{
	struct prefix source;
	struct conn *c;
	size_t same = 0;

	if (is_banned(s, peer))
		return false;
	prefix_of_source(&source, peer);
	TAILQ_FOREACH(c, &s->list, link)
	same += prefix_contains(&source, &c->peer);
	if (same >= SOURCE_MAX)
		return false;
	return s->n < CONNS_MAX || make_room(s);
}

static int open_pair(struct conn *c, int *other)
{
	int pair[2];
	const int size = PAIR_BUFFER;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
		       pair))
		return -errno;
	for (int i = 0; i < 2; i++)
		(void)setsockopt(pair[i], SOL_SOCKET, SO_SNDBUF, &size,
				 sizeof(size));
	c->back = pair[0];
	*other = pair[1];
	return 0;
}

static int make_events(struct conn *c)
{
	struct event_base *base = c->all->config.base;

	c->front_read =
		event_new(base, c->fd, EV_READ | EV_PERSIST, on_ready, c);
	c->front_write = event_new(base, c->fd, EV_WRITE, on_ready, c);
	c->back_read =
		event_new(base, c->back, EV_READ | EV_PERSIST, on_ready, c);
	c->back_write = event_new(base, c->back, EV_WRITE, on_ready, c);
	c->deadline = evtimer_new(base, on_deadline, c);
	if (!c->front_read || !c->front_write || !c->back_read ||
	    !c->back_write || !c->deadline)
		return -ENOMEM;
	if (event_add(c->front_read, NULL) || event_add(c->back_read, NULL))
		return -ENOMEM;
	return 0;
}

static int add(struct conns *s, int fd, const struct addr *peer, unsigned door)
{
	struct conn *c;
	int other = -1, err;

	if (!may_enter(s, peer)) {
		close(fd);
		return -EACCES;
	}
	c = calloc(1, sizeof(*c));
	if (!c) {
		close(fd);
		return -ENOMEM;
	}
	*c = (struct conn){ .all = s,
			    .fd = fd,
			    .back = -1,
			    .peer = *peer,
			    .door = door,
			    .since_ms = clock_mono_ms() };
	if (s->config.known && s->config.known(s->config.known_ctx, peer))
		c->rank = RANK_KNOWN;
	TAILQ_INSERT_TAIL(&s->list, c, link);
	s->n++;
	err = open_pair(c, &other);
	if (!err)
		err = make_events(c);
	if (!err && s->config.tls) {
		c->tls = tls_new(s->config.tls, fd);
		err = c->tls ? 0 : -ENOMEM;
	}
	if (!err) {
		err = s->config.attach(s->config.ctx, c, other);
		other = -1;
	}
	if (err) {
		if (other >= 0)
			close(other);
		conn_free(c);
		return err;
	}
	set_deadline(c);
	return 0;
}

int conns_add(struct conns *s, int fd, const struct addr *peer)
{
	return add(s, fd, peer, 0);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd,
		      struct sockaddr *sa, int len, void *arg)
{
	struct conns *s = arg;
	const int one = 1;
	struct addr peer;
	uint16_t port;

	(void)len;
	if (addr_from_sockaddr(&peer, &port, sa)) {
		close(fd);
		return;
	}
	/* else Nagle and the delayed ACK cost 40 ms a handshake */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	(void)add(s, fd, &peer,
		  listener == s->door.listener ? s->door.number : 0);
}

static void on_retry(evutil_socket_t fd, short what, void *arg)
{
	struct conns *s = arg;

	(void)fd;
	(void)what;
	if (s->door.listener)
		(void)evconnlistener_enable(s->door.listener);
	if (s->old.listener)
		(void)evconnlistener_enable(s->old.listener);
}

static void close_door(struct door *d)
{
	if (d->listener)
		evconnlistener_free(d->listener);
	*d = (struct door){ .listener = NULL };
}

static void on_accept_error(struct evconnlistener *listener, void *arg)
{
	struct conns *s = arg;
	struct timeval tv = { .tv_sec = 1 };

	log_limited(&s->log_rate, LOG_ERR, "accept: %s, trying again in 1 s",
		    strerror(errno));
	(void)evconnlistener_disable(listener);
	(void)event_add(s->retry, &tv);
}

struct conns *conns_new(const struct conns_config *config)
{
	struct conns *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->config = *config;
	TAILQ_INIT(&s->list);
	rate_init(&s->log_rate, 5, 1);
	s->retry = evtimer_new(config->base, on_retry, s);
	if (!s->retry) {
		free(s);
		return NULL;
	}
	return s;
}

void conns_free(struct conns *s)
{
	struct conn *c;

	if (!s)
		return;
	close_door(&s->door);
	close_door(&s->old);
	while ((c = TAILQ_FIRST(&s->list)))
		conn_free(c);
	event_free(s->retry);
	free(s);
}

/* One socket for both families; IPv4 alone where the kernel has no IPv6. */
static int open_socket(uint16_t port)
{
	const int one = 1, zero = 0;
	struct sockaddr_in6 six = { .sin6_family = AF_INET6,
				    .sin6_port = htons(port) };
	struct sockaddr_in four = { .sin_family = AF_INET,
				    .sin_port = htons(port) };
	const int type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
	const struct sockaddr *sa = (const struct sockaddr *)(const void *)&six;
	socklen_t len = sizeof(six);
	int fd = socket(AF_INET6, type, 0);

	if (fd < 0) {
		fd = socket(AF_INET, type, 0);
		sa = (const struct sockaddr *)(const void *)&four;
		len = sizeof(four);
	} else {
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero,
				 sizeof(zero));
	}
	if (fd < 0)
		return -errno;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, sa, len) || listen(fd, BACKLOG)) {
		int err = -errno;

		close(fd);
		return err;
	}
	return fd;
}

/* By the door that was there before. */
static void go_back(struct conns *s)
{
	struct door d = s->old;

	s->old = s->door;
	s->door = d;
	s->door.number = ++s->doors;
}

int conns_listen(struct conns *s, uint16_t port, char *why, size_t why_size)
{
	struct evconnlistener *l;
	int fd;

	if (s->old.listener && s->old.port == port) {
		go_back(s);
		return 0;
	}
	fd = open_socket(port);
	if (fd < 0) {
		const char *hint =
			fd == -EADDRINUSE
				? "end what uses it, or choose another"
				  " with --port"
			: fd == -EACCES ? "choose a port from 1024 on"
					: "choose another with --port";

		(void)snprintf(why, why_size, "port %u: %s: %s", port,
			       strerror(-fd), hint);
		return fd;
	}
	l = evconnlistener_new(s->config.base, on_accept, s,
			       LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0,
			       fd);
	if (!l) {
		close(fd);
		(void)snprintf(why, why_size, "port %u: out of memory", port);
		return -ENOMEM;
	}
	evconnlistener_set_error_cb(l, on_accept_error);
	close_door(&s->old);
	s->old = s->door;
	s->door = (struct door){ l, port, ++s->doors };
	return 0;
}

void conns_close_source(struct conns *s, const struct prefix *source)
{
	struct conn *c, *next;

	for (c = TAILQ_FIRST(&s->list); c; c = next) {
		next = TAILQ_NEXT(c, link);
		if (!prefix_contains(source, &c->peer))
			continue;
		/* the answer to the last try that is answered goes out */
		if (c->phase == CONN_WORK || c->phase == CONN_REPLY)
			c->doomed = c->input_lost = true;
		else
			conn_free(c);
	}
}

void conns_ban(struct conns *s, const struct prefix *source, bool banned,
	       uint64_t until_ms)
{
	for (size_t i = 0; i < s->n_bans; i++) {
		struct ban *b = &s->bans[i];

		if (b->source.len != source->len ||
		    !addr_equal(&b->source.addr, &source->addr))
			continue;
		*b = s->bans[--s->n_bans];
		break;
	}
	if (!banned)
		return;
	if (s->n_bans == BANS_MAX)
		s->bans[s->ban_at++ % BANS_MAX] =
			(struct ban){ *source, until_ms };
	else
		s->bans[s->n_bans++] = (struct ban){ *source, until_ms };
}

size_t conns_count(const struct conns *s)
{
	return s->n;
}

void conn_phase(struct conn *c, enum conn_phase phase)
{
	struct timeval soon = { .tv_sec = 1 };

	c->phase = phase;
	set_deadline(c);
	if (c->doomed && phase == CONN_IDLE && !c->dropped) {
		c->dropped = true;
		(void)event_add(c->deadline, &soon);
	}
}

bool conn_doomed(const struct conn *c)
{
	return c->doomed;
}

void conn_trust(struct conn *c)
{
	struct conns *s = c->all;

	c->rank = RANK_STAFF;
	if (!s->old.listener || c->door != s->door.number)
		return;
	log_info("port %u is not listened on any more: port %u is in use",
		 s->old.port, s->door.port);
	close_door(&s->old);
}

void conn_drop(struct conn *c)
{
	struct timeval now = { 0 };

	c->dropped = true;
	(void)event_add(c->deadline, &now);
}

const struct addr *conn_peer(const struct conn *c)
{
	return &c->peer;
}

uint64_t conn_opened_ms(const struct conn *c)
{
	return c->since_ms;
}

void conn_set_user(struct conn *c, void *user)
{
	c->user = user;
}

void *conn_user(const struct conn *c)
{
	return c->user;
}

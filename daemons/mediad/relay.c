#include "relay.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "secret.h"

enum {
	EVENTS = 64, /* handled in one turn */
	FRAME_NS = 20000000,
	CATCH_UP = 5, /* frames made at once after a delay */
};

enum order_kind {
	ORDER_OPEN,
	ORDER_SOCKETS,
	ORDER_CONF,
	ORDER_PLAY,
	ORDER_COLLECT,
	ORDER_KEY,
	ORDER_ECHO,
	ORDER_STOP,
	ORDER_ORPHAN,
	ORDER_CLOSE,
	ORDER_QUIT,
};

struct order {
	struct mail mail;
	enum order_kind kind;
	struct media_session *session;
	unsigned leg;
	struct port_pair pair;
	struct leg_conf conf;
	struct playlist list;
	struct collect_conf collect;
	char key;
	bool orphan;
};

TAILQ_HEAD(session_list, media_session);
TAILQ_HEAD(leg_list, leg);

struct relay {
	pthread_t thread;
	struct mailbox *orders;
	struct mailbox *notices;
	int epoll;
	int frame_timer; /* 20 ms, while a leg plays or collects */
	int second_timer;
	bool ticking;
	bool quit;
	atomic_uint silence_s;
	struct leg_clock now;
	struct session_list sessions;
	struct leg_list active;
	struct order quit_order;
};

/* --- the thread --- */

static void look_at_clock(struct relay *r)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	r->now.us = (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
	r->now.ms = r->now.us / 1000;
}

static void set_timer(int fd, long ns, time_t s)
{
	struct itimerspec t = { .it_interval = { s, ns },
				.it_value = { s, ns } };

	(void)timerfd_settime(fd, 0, &t, NULL);
}

static void activate(struct relay *r, struct leg *l)
{
	if (!l->active) {
		l->active = true;
		TAILQ_INSERT_TAIL(&r->active, l, active_link);
	}
	if (!r->ticking) {
		r->ticking = true;
		set_timer(r->frame_timer, FRAME_NS, 0);
	}
}

static void deactivate(struct relay *r, struct leg *l)
{
	if (!l->active)
		return;
	l->active = false;
	TAILQ_REMOVE(&r->active, l, active_link);
}

static uint64_t expirations(int fd)
{
	uint64_t n = 0;

	if (read(fd, &n, sizeof(n)) < 0)
		return 0;
	return n;
}

static void tick_all(struct relay *r)
{
	uint64_t n = expirations(r->frame_timer);
	struct leg *l, *next;

	for (l = TAILQ_FIRST(&r->active); l; l = next) {
		next = TAILQ_NEXT(l, active_link);
		for (uint64_t i = 0; i < n && i < CATCH_UP; i++) {
			if (leg_tick(l, &r->now))
				continue;
			deactivate(r, l);
			break;
		}
	}
	if (TAILQ_EMPTY(&r->active) && r->ticking) {
		r->ticking = false;
		set_timer(r->frame_timer, 0, 0);
	}
}

static void check_all(struct relay *r)
{
	uint32_t silence_ms = atomic_load(&r->silence_s) * 1000;
	struct media_session *s;

	(void)expirations(r->second_timer);
	TAILQ_FOREACH(s, &r->sessions, link)
	session_check(s, silence_ms, r->now.ms);
}

static void watch_socket(struct relay *r, struct sock *s, int fd)
{
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = s };

	s->fd = fd;
	if (epoll_ctl(r->epoll, EPOLL_CTL_ADD, fd, &e))
		log_err("media thread: cannot watch a socket: %s",
			strerror(errno));
}

static void take_sockets(struct relay *r, struct leg *l,
			 const struct port_pair *pair)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	l->family = AF_INET6;
	if (!getsockname(pair->rtp, (struct sockaddr *)&ss, &len))
		l->family = ss.ss_family;
	watch_socket(r, &l->rtp, pair->rtp);
	watch_socket(r, &l->rtcp, pair->rtcp);
}

static void close_session(struct relay *r, struct media_session *s)
{
	struct notice *closed = s->closed;

	free(s->close); /* when nobody ordered it */
	closed->kind = NOTICE_CLOSED;
	closed->owner = s->owner;
	for (unsigned i = 0; i < 2; i++) {
		deactivate(r, &s->legs[i]);
		closed->stats[i] = s->legs[i].stats;
	}
	s->closed = NULL;
	TAILQ_REMOVE(&r->sessions, s, link);
	session_free(s);
	mailbox_leave(r->notices, &closed->mail);
}

static void obey(struct relay *r, struct order *o)
{
	struct leg *l = o->session ? &o->session->legs[o->leg] : NULL;

	switch (o->kind) {
	case ORDER_OPEN:
		TAILQ_INSERT_TAIL(&r->sessions, o->session, link);
		break;
	case ORDER_SOCKETS:
		take_sockets(r, l, &o->pair);
		break;
	case ORDER_CONF:
		leg_set(l, &o->conf, r->now.ms);
		break;
	case ORDER_PLAY:
		leg_play(l, &o->list);
		o->list.n = 0;
		activate(r, l);
		break;
	case ORDER_COLLECT:
		leg_collect(l, &o->list, &o->collect, o->list.id, r->now.ms);
		o->list.n = 0;
		activate(r, l);
		break;
	case ORDER_KEY:
		leg_key(l, o->key, &r->now);
		break;
	case ORDER_ECHO:
		leg_stop(l);
		l->echo = true;
		break;
	case ORDER_STOP:
		leg_stop(l);
		break;
	case ORDER_ORPHAN:
		o->session->orphan = o->orphan;
		break;
	case ORDER_CLOSE:
		close_session(r, o->session);
		break;
	case ORDER_QUIT:
		r->quit = true;
		break;
	}
}

static void order_free(struct relay *r, struct order *o)
{
	if (o == &r->quit_order)
		return;
	playlist_unref(&o->list);
	secret_wipe(&o->key, sizeof(o->key));
	secret_wipe(&o->conf.keys, sizeof(o->conf.keys));
	free(o);
}

static void obey_all(struct relay *r)
{
	struct mail_list list = STAILQ_HEAD_INITIALIZER(list);

	mailbox_take(r->orders, &list);
	while (!STAILQ_EMPTY(&list)) {
		struct order *o = (struct order *)STAILQ_FIRST(&list);

		STAILQ_REMOVE_HEAD(&list, link);
		obey(r, o);
		order_free(r, o);
	}
	/* Calls that ended together are told together. */
	mailbox_ring(r->notices);
}

/*
 * Orders come first, so that what they allow is in force for packets that came
 * after them; and alone, for they can close sessions whose sockets stand in the
 * same batch. The rest of the batch is still ready in the next turn.
 */
static void turn(struct relay *r, const struct epoll_event *events, int n)
{
	look_at_clock(r);
	for (int i = 0; i < n; i++) {
		if (events[i].data.ptr == &r->orders) {
			obey_all(r);
			return;
		}
	}
	for (int i = 0; i < n; i++) {
		void *what = events[i].data.ptr;

		if (what == &r->frame_timer)
			tick_all(r);
		else if (what == &r->second_timer)
			check_all(r);
		else
			leg_readable(what, &r->now);
	}
}

static void *run(void *arg)
{
	struct epoll_event events[EVENTS];
	struct relay *r = arg;

	while (!r->quit) {
		int n = epoll_wait(r->epoll, events, EVENTS, -1);

		if (n > 0)
			turn(r, events, n);
	}
	obey_all(r);
	while (!TAILQ_EMPTY(&r->sessions))
		close_session(r, TAILQ_FIRST(&r->sessions));
	mailbox_ring(r->notices);
	return NULL;
}

/* --- its start and end --- */

static int watch(struct relay *r, int fd, void *what)
{
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = what };

	if (fd < 0)
		return -errno;
	return epoll_ctl(r->epoll, EPOLL_CTL_ADD, fd, &e) ? -errno : 0;
}

static void release(struct relay *r)
{
	mailbox_free(r->orders);
	if (r->epoll >= 0)
		(void)close(r->epoll);
	if (r->frame_timer >= 0)
		(void)close(r->frame_timer);
	if (r->second_timer >= 0)
		(void)close(r->second_timer);
	free(r);
}

struct relay *relay_new(struct mailbox *notices)
{
	struct relay *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	TAILQ_INIT(&r->sessions);
	TAILQ_INIT(&r->active);
	r->notices = notices;
	r->quit_order.kind = ORDER_QUIT;
	atomic_init(&r->silence_s, 60);
	r->orders = mailbox_new();
	r->epoll = epoll_create1(EPOLL_CLOEXEC);
	r->frame_timer =
		timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	r->second_timer =
		timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (!r->orders || r->epoll < 0 ||
	    watch(r, mailbox_fd(r->orders), &r->orders) ||
	    watch(r, r->frame_timer, &r->frame_timer) ||
	    watch(r, r->second_timer, &r->second_timer))
		goto out;
	set_timer(r->second_timer, 0, 1);
	if (!pthread_create(&r->thread, NULL, run, r))
		return r;
out:
	release(r);
	return NULL;
}

void relay_free(struct relay *r)
{
	if (!r)
		return;
	mailbox_post(r->orders, &r->quit_order.mail);
	(void)pthread_join(r->thread, NULL);
	release(r);
}

void relay_silence(struct relay *r, uint32_t silence_s)
{
	atomic_store(&r->silence_s, silence_s);
}

uint64_t relay_packets(const struct relay *r)
{
	return atomic_load(&r->now.packets);
}

uint64_t relay_foreign(const struct relay *r)
{
	return atomic_load(&r->now.foreign);
}

/* --- orders --- */

static struct order *order_new(enum order_kind kind, struct media_session *s,
			       unsigned leg)
{
	struct order *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	o->kind = kind;
	o->session = s;
	o->leg = leg;
	return o;
}

/* Until a leg is told whom to hear, its thread need not wake for it. */
static int leave(struct relay *r, struct order *o)
{
	if (!o)
		return -ENOMEM;
	mailbox_leave(r->orders, &o->mail);
	return 0;
}

static int post(struct relay *r, struct order *o)
{
	if (!o)
		return -ENOMEM;
	mailbox_post(r->orders, &o->mail);
	return 0;
}

int relay_open(struct relay *r, void *owner, struct media_session **out)
{
	struct media_session *s = session_new(owner, r->notices);
	struct order *open = order_new(ORDER_OPEN, s, 0);
	struct order *close = order_new(ORDER_CLOSE, s, 0);

	if (!s || !open || !close) {
		session_free(s);
		free(open);
		free(close);
		return -ENOMEM;
	}
	s->close = &close->mail;
	*out = s;
	return leave(r, open);
}

int relay_sockets(struct relay *r, struct media_session *s, unsigned leg,
		  const struct port_pair *pair)
{
	struct order *o = order_new(ORDER_SOCKETS, s, leg);

	if (o)
		o->pair = *pair;
	return leave(r, o);
}

int relay_conf(struct relay *r, struct media_session *s, unsigned leg,
	       const struct leg_conf *conf)
{
	struct order *o = order_new(ORDER_CONF, s, leg);

	if (o)
		o->conf = *conf;
	return post(r, o);
}

int relay_play(struct relay *r, struct media_session *s, unsigned leg,
	       struct playlist *list)
{
	struct order *o = order_new(ORDER_PLAY, s, leg);

	if (o)
		o->list = *list;
	else
		playlist_unref(list);
	return post(r, o);
}

int relay_collect(struct relay *r, struct media_session *s, unsigned leg,
		  struct playlist *prompts, const struct collect_conf *conf)
{
	struct order *o = order_new(ORDER_COLLECT, s, leg);

	if (o) {
		o->list = *prompts;
		o->collect = *conf;
	} else {
		playlist_unref(prompts);
	}
	return post(r, o);
}

int relay_key(struct relay *r, struct media_session *s, unsigned leg, char key)
{
	struct order *o = order_new(ORDER_KEY, s, leg);

	if (o)
		o->key = key;
	return post(r, o);
}

int relay_echo(struct relay *r, struct media_session *s, unsigned leg)
{
	return post(r, order_new(ORDER_ECHO, s, leg));
}

int relay_stop(struct relay *r, struct media_session *s, unsigned leg)
{
	return post(r, order_new(ORDER_STOP, s, leg));
}

int relay_orphan(struct relay *r, struct media_session *s, bool orphan)
{
	struct order *o = order_new(ORDER_ORPHAN, s, 0);

	if (o)
		o->orphan = orphan;
	return post(r, o);
}

void relay_close(struct relay *r, struct media_session *s)
{
	struct mail *close = s->close;

	s->close = NULL;
	mailbox_post(r->orders, close);
}

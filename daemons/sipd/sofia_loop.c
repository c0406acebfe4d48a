/*
 * Sofia's root as a guest of libevent: its epoll descriptor is one event, its
 * next timer another. And the clock that never steps.
 */
#include <errno.h>
#include <sofia-sip/su_log.h>
#include <sofia-sip/su_time.h>
#include <sofia-sip/su_wait.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"

#include "sofia_impl.h"

/* Sofia's own hook for its clock (su_time0.c), exported but not declared. */
extern void (*_su_time)(su_time_t *tv);
extern su_log_t su_log_default[], nta_log[], tport_log[];

enum {
	LOOP_BURST = 8,  /* steps before others get their turn */
	LOOP_FDS = 1024, /* among which the new descriptor is searched */
	LAG_EVERY_MS = 50,
};

/*
 * Sofia measures its timers by the wall clock: a step of a month forward makes
 * all of them expire, and an assertion fail. It gets CLOCK_MONOTONIC on top of
 * a fixed day (it reckons from 1900) instead.
 */
static void clock_for_sofia(su_time_t *tv)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	tv->tv_sec = 3900000000UL + (unsigned long)ts.tv_sec;
	tv->tv_usec = (unsigned long)(ts.tv_nsec / 1000);
}

/* What Sofia would print is a peer's to provoke: we report by ourselves. */
static void log_nothing(void *stream, char const *fmt, va_list ap)
{
	(void)stream;
	(void)fmt;
	(void)ap;
}

static bool is_epoll(int fd)
{
	char path[48], link[64];
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, link, sizeof(link) - 1);
	if (n <= 0)
		return false;
	link[n] = '\0';
	return strstr(link, "[eventpoll]") != NULL;
}

/* Makes the root and finds the epoll descriptor that came with it. */
static int root_new(struct sofia_loop *l)
{
	bool before[LOOP_FDS];
	int fd;

	for (fd = 0; fd < LOOP_FDS; fd++)
		before[fd] = is_epoll(fd);
	l->root = su_root_create(NULL);
	if (!l->root)
		return -ENOMEM;
	su_root_threading(l->root, 0);
	for (fd = 0; fd < LOOP_FDS; fd++) {
		if (!before[fd] && is_epoll(fd))
			return fd;
	}
	return -ENOTSUP;
}

static void on_step(evutil_socket_t fd, short what, void *arg)
{
	struct sofia_loop *l = arg;
	struct timeval tv;
	su_duration_t next;
	int n = 0;

	(void)fd;
	(void)what;
	do {
		next = su_root_step(l->root, 0);
	} while (next == 0 && ++n < LOOP_BURST);
	if (next < 0) {
		(void)evtimer_del(l->timer);
		return;
	}
	if (next == 0)
		next = 1;
	tv.tv_sec = next / 1000;
	tv.tv_usec = (next % 1000) * 1000;
	(void)evtimer_add(l->timer, &tv);
}

void sofia_loop_kick(struct sofia_loop *l)
{
	event_active(l->timer, EV_TIMEOUT, 0);
}

static void lag_arm(struct sofia_loop *l)
{
	struct timeval tv = { 0, LAG_EVERY_MS * 1000 };

	l->lag_due_ms = clock_mono_ms() + LAG_EVERY_MS;
	(void)evtimer_add(l->lag_timer, &tv);
}

/* How late a timer is called is how long everything waits for its turn. */
static void on_lag(evutil_socket_t fd, short what, void *arg)
{
	struct sofia_loop *l = arg;
	uint64_t now = clock_mono_ms();
	uint64_t late = now > l->lag_due_ms ? now - l->lag_due_ms : 0;

	(void)fd;
	(void)what;
	if (late > 60000)
		late = 60000;
	l->lag_ms = (l->lag_ms * 3 + (uint32_t)late) / 4;
	lag_arm(l);
}

int sofia_loop_init(struct sofia_loop *l, struct event_base *base)
{
	int fd;

	_su_time = clock_for_sofia;
	if (su_init() < 0)
		return -ENOMEM;
	su_log_redirect(su_log_default, log_nothing, NULL);
	su_log_redirect(nta_log, log_nothing, NULL);
	su_log_redirect(tport_log, log_nothing, NULL);
	su_log_set_level(su_log_default, 0);
	su_log_set_level(nta_log, 0);
	su_log_set_level(tport_log, 0);
	fd = root_new(l);
	if (fd < 0)
		return fd;
	l->readable = event_new(base, fd, EV_READ | EV_PERSIST, on_step, l);
	l->timer = evtimer_new(base, on_step, l);
	l->lag_timer = evtimer_new(base, on_lag, l);
	if (!l->readable || !l->timer || !l->lag_timer)
		return -ENOMEM;
	if (event_add(l->readable, NULL) < 0)
		return -ENOMEM;
	lag_arm(l);
	sofia_loop_kick(l);
	return 0;
}

void sofia_loop_fini(struct sofia_loop *l)
{
	if (l->readable)
		event_free(l->readable);
	if (l->timer)
		event_free(l->timer);
	if (l->lag_timer)
		event_free(l->lag_timer);
	if (l->root)
		su_root_destroy(l->root);
	memset(l, 0, sizeof(*l));
}

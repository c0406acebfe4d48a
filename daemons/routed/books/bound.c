#include "bound.h"

#include <event2/event.h>
#include <stdlib.h>

#include "clock.h"

#include "books_impl.h"

enum { LOOK_S = 5 };

struct bound {
	struct books *books;
	struct event *timer;
};

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	bound_look(arg);
}

struct bound *bound_new(struct books *books)
{
	const struct timeval every = { LOOK_S, 0 };
	struct bound *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	b->books = books;
	b->timer = event_new(books->config.base, -1, EV_PERSIST, on_timer, b);
	if (b->timer && !event_add(b->timer, &every))
		return b;
	bound_free(b);
	return NULL;
}

void bound_free(struct bound *b)
{
	if (!b)
		return;
	if (b->timer)
		event_free(b->timer);
	free(b);
}

static void look_at(void *ctx, const struct open_call *call)
{
	struct books *b = ctx;
	struct credit_grant grant;
	struct credit_call credit;

	if (call->lease_s || call->emergency)
		return;
	open_call_credit(call, call, &credit);
	(void)credit_grant(b->caps, b->purses, books_now(b, clock_wall_ms()),
			   &credit, &grant);
	if (grant.limited)
		b->config.bound(b->config.ctx, call->call);
}

void bound_look(struct bound *b)
{
	if (b->books->config.bound)
		open_calls_each(b->books->open, look_at, b->books);
}

#include "reverse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include <event2/event.h>

#include "clock.h"

/* Within the deadline a lost packet is sent again. */
enum { TRY_MS = 700, TRIES = 2 };

struct waiter {
	LIST_ENTRY(waiter) link;
	reverse_done_fn done;
	void *ctx;
};

/* One address: being asked for, or known until ends_ms. */
struct entry {
	TAILQ_ENTRY(entry) link;
	struct reverse *reverse;
	struct reverse_answer answer;
	LIST_HEAD(, waiter) waiters;
	struct event *deadline; /* NULL: it is known */
	uint32_t ttl_s;         /* the shortest seen */
	uint64_t ends_ms;       /* CLOCK_MONOTONIC */
};

struct reverse {
	struct event_base *base;
	struct dns *dns;
	TAILQ_HEAD(entries, entry) entries; /* the youngest first */
	size_t n_entries, n_asking;
};

struct reverse *reverse_new(struct event_base *base)
{
	struct reverse *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->base = base;
	TAILQ_INIT(&r->entries);
	r->dns = dns_new(base, TRY_MS, TRIES);
	if (!r->dns) {
		free(r);
		return NULL;
	}
	return r;
}

static void entry_free(struct entry *e)
{
	struct reverse *r = e->reverse;
	struct waiter *w;

	while ((w = LIST_FIRST(&e->waiters)) != NULL) {
		LIST_REMOVE(w, link);
		free(w);
	}
	if (e->deadline) {
		dns_forget(r->dns, e);
		event_free(e->deadline);
		r->n_asking--;
	}
	TAILQ_REMOVE(&r->entries, e, link);
	r->n_entries--;
	free(e);
}

void reverse_free(struct reverse *r)
{
	struct entry *e;

	if (!r)
		return;
	while ((e = TAILQ_FIRST(&r->entries)) != NULL)
		entry_free(e);
	dns_free(r->dns);
	free(r);
}

static struct entry *find(struct reverse *r, const struct addr *addr)
{
	struct entry *e;

	TAILQ_FOREACH(e, &r->entries, link)
	{
		if (addr_equal(&e->answer.addr, addr))
			return e;
	}
	return NULL;
}

const struct reverse_answer *reverse_known(struct reverse *r,
					   const struct addr *addr)
{
	struct entry *e = find(r, addr);

	if (!e || e->deadline)
		return NULL;
	if (clock_mono_ms() < e->ends_ms)
		return &e->answer;
	entry_free(e);
	return NULL;
}

static uint32_t kept_s(const struct entry *e)
{
	switch (e->answer.state) {
	case REVERSE_NONE:
		return REVERSE_NONE_S;
	case REVERSE_SILENT:
		return REVERSE_SILENT_S;
	case REVERSE_CLAIMED:
	case REVERSE_CONFIRMED:
		break;
	}
	if (e->ttl_s < REVERSE_TTL_MIN_S)
		return REVERSE_TTL_MIN_S;
	return e->ttl_s < REVERSE_TTL_MAX_S ? e->ttl_s : REVERSE_TTL_MAX_S;
}

/* Until all who waited are told it counts as being asked for: it stays where it
   is, whatever they ask next. */
static void settle(struct entry *e, enum reverse_state state)
{
	struct waiter *w;

	e->answer.state = state;
	e->ends_ms = clock_mono_ms() + (uint64_t)kept_s(e) * 1000;
	dns_forget(e->reverse->dns, e);
	(void)event_del(e->deadline);
	while ((w = LIST_FIRST(&e->waiters)) != NULL) {
		LIST_REMOVE(w, link);
		w->done(w->ctx, &e->answer);
		free(w);
	}
	event_free(e->deadline);
	e->deadline = NULL;
	e->reverse->n_asking--;
}

/* It has a name, and DNS did not say whose: soon asked again. */
static void settle_unsure(struct entry *e)
{
	e->ttl_s = 0;
	settle(e, REVERSE_CLAIMED);
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct entry *e = arg;

	(void)fd;
	(void)what;
	if (e->answer.name[0])
		settle_unsure(e);
	else
		settle(e, REVERSE_SILENT);
}

static void seen_ttl(struct entry *e, uint32_t ttl_s)
{
	if (ttl_s < e->ttl_s)
		e->ttl_s = ttl_s;
}

/* What addresses the name has. */
static void on_forward(void *ctx, const struct dns_answer *found)
{
	struct entry *e = ctx;

	for (size_t i = 0; i < found->n; i++) {
		if (!addr_equal(&found->records[i].addr, &e->answer.addr))
			continue;
		seen_ttl(e, found->records[i].ttl_s);
		settle(e, REVERSE_CONFIRMED);
		return;
	}
	if (found->err == -EAGAIN)
		settle_unsure(e);
	else
		settle(e, REVERSE_CLAIMED);
}

/* What name the address has: the first that can be shown. */
static void on_name(void *ctx, const struct dns_answer *found)
{
	struct entry *e = ctx;
	bool v4 = e->answer.addr.family == AF_INET;

	for (size_t i = 0; i < found->n && !e->answer.name[0]; i++)
		if (reverse_tidy(found->records[i].name, e->answer.name))
			seen_ttl(e, found->records[i].ttl_s);
	if (!e->answer.name[0])
		settle(e,
		       found->err == -EAGAIN ? REVERSE_SILENT : REVERSE_NONE);
	else if (dns_ask(e->reverse->dns, e->answer.name, v4 ? DNS_A : DNS_AAAA,
			 on_forward, e))
		settle_unsure(e);
}

/* The oldest answer goes when there is no room. */
static void make_room(struct reverse *r)
{
	struct entry *e;

	if (r->n_entries < REVERSE_KEPT)
		return;
	TAILQ_FOREACH_REVERSE(e, &r->entries, entries, link)
	{
		if (e->deadline)
			continue;
		entry_free(e);
		return;
	}
}

static struct entry *entry_new(struct reverse *r, const struct addr *addr)
{
	const struct timeval deadline = {
		.tv_sec = REVERSE_DEADLINE_MS / 1000,
		.tv_usec = REVERSE_DEADLINE_MS % 1000 * 1000,
	};
	struct entry *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->reverse = r;
	e->answer.addr = *addr;
	e->ttl_s = REVERSE_TTL_MAX_S;
	LIST_INIT(&e->waiters);
	e->deadline = evtimer_new(r->base, on_deadline, e);
	if (!e->deadline || event_add(e->deadline, &deadline)) {
		if (e->deadline)
			event_free(e->deadline);
		free(e);
		return NULL;
	}
	TAILQ_INSERT_HEAD(&r->entries, e, link);
	r->n_entries++;
	r->n_asking++;
	return e;
}

static int ask_name(struct reverse *r, const struct addr *addr,
		    struct entry **out)
{
	char question[REVERSE_QUESTION];
	struct entry *e;

	if (r->n_asking >= REVERSE_AT_ONCE)
		return -EBUSY;
	make_room(r);
	e = entry_new(r, addr);
	if (!e)
		return -ENOMEM;
	reverse_question(addr, question);
	if (dns_ask(r->dns, question, DNS_PTR, on_name, e)) {
		entry_free(e);
		return -ENOMEM;
	}
	*out = e;
	return 0;
}

int reverse_ask(struct reverse *r, const struct addr *addr,
		reverse_done_fn done, void *ctx)
{
	struct waiter *w = calloc(1, sizeof(*w));
	struct entry *e = find(r, addr);
	int err = 0;

	if (!w)
		return -ENOMEM;
	if (e && !e->deadline) {
		entry_free(e);
		e = NULL;
	}
	if (!e)
		err = ask_name(r, addr, &e);
	if (err) {
		free(w);
		return err;
	}
	*w = (struct waiter){ .done = done, .ctx = ctx };
	LIST_INSERT_HEAD(&e->waiters, w, link);
	return 0;
}

void reverse_forget(struct reverse *r, void *ctx)
{
	struct waiter *w, *next;
	struct entry *e;

	TAILQ_FOREACH(e, &r->entries, link)
	{
		for (w = LIST_FIRST(&e->waiters); w; w = next) {
			next = LIST_NEXT(w, link);
			if (w->ctx == ctx) {
				LIST_REMOVE(w, link);
				free(w);
			}
		}
	}
}

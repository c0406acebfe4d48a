#include "dns.h"

#include <ares.h>
#include <arpa/nameser.h>
#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/stat.h>

enum { SOCKETS = 16 };

struct query {
	LIST_ENTRY(query) link;
	struct dns *dns;
	enum dns_type type;
	dns_done_fn done; /* NULL: nobody waits */
	void *ctx;
	struct event *later; /* it failed on the spot */
	bool inside;
};

struct dns_socket {
	struct event *ev; /* NULL: free */
	evutil_socket_t fd;
	struct dns *dns;
};

struct dns {
	struct event_base *base;
	ares_channel channel;
	bool open;
	bool answering; /* c-ares is calling us */
	unsigned try_ms, tries;
	struct event *timer;
	struct dns_socket sockets[SOCKETS];
	LIST_HEAD(, query) queries;
	struct timespec servers_of; /* /etc/resolv.conf, when it was read */
};

static void arm(struct dns *d)
{
	struct timeval tv, *next = ares_timeout(d->channel, NULL, &tv);

	if (next)
		(void)event_add(d->timer, next);
	else
		(void)event_del(d->timer);
}

static void process(struct dns *d, evutil_socket_t readable,
		    evutil_socket_t writable)
{
	d->answering = true;
	ares_process_fd(d->channel, readable, writable);
	d->answering = false;
	arm(d);
}

static void on_socket(evutil_socket_t fd, short what, void *arg)
{
	struct dns_socket *s = arg;

	process(s->dns, what & EV_READ ? fd : ARES_SOCKET_BAD,
		what & EV_WRITE ? fd : ARES_SOCKET_BAD);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	process(arg, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

static struct dns_socket *socket_of(struct dns *d, evutil_socket_t fd)
{
	struct dns_socket *free_one = NULL;

	for (size_t i = 0; i < SOCKETS; i++) {
		struct dns_socket *s = &d->sockets[i];

		if (s->ev && s->fd == fd)
			return s;
		if (!s->ev && !free_one)
			free_one = s;
	}
	return free_one;
}

/* c-ares says what it waits for; neither: it closes the socket. */
static void on_state(void *arg, ares_socket_t fd, int readable, int writable)
{
	struct dns *d = arg;
	struct dns_socket *s = socket_of(d, fd);

	if (!s)
		return; /* its answer will not be seen: it times out */
	if (s->ev)
		event_free(s->ev);
	s->ev = NULL;
	if (!readable && !writable)
		return;
	s->fd = fd;
	s->dns = d;
	s->ev = event_new(d->base, fd,
			  (short)(EV_PERSIST | (readable ? EV_READ : 0) |
				  (writable ? EV_WRITE : 0)),
			  on_socket, s);
	if (s->ev)
		(void)event_add(s->ev, NULL);
}

static int open_channel(struct dns *d)
{
	struct ares_options o = {
		.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_EDNS,
		.timeout = (int)d->try_ms,
		.tries = (int)d->tries,
		.ednspsz = 1232,
		.sock_state_cb = on_state,
		.sock_state_cb_data = d,
	};
	struct stat st;

	memset(&d->servers_of, 0, sizeof(d->servers_of));
	if (stat("/etc/resolv.conf", &st) == 0)
		d->servers_of = st.st_mtim;
	if (ares_init_options(&d->channel, &o,
			      ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS |
				      ARES_OPT_TRIES | ARES_OPT_EDNSPSZ |
				      ARES_OPT_SOCK_STATE_CB) != ARES_SUCCESS)
		return -ENOMEM;
	d->open = true;
	return 0;
}

static void close_channel(struct dns *d)
{
	if (d->open)
		ares_destroy(d->channel);
	d->open = false;
}

/* Other servers since, and nobody waits for an answer of the old ones? Who asks
   again as soon as he has his answer asks the same ones: the channel cannot be
   closed under its own hands. */
static void follow_servers(struct dns *d)
{
	struct stat st;

	if (d->answering)
		return;
	if (d->open &&
	    (!LIST_EMPTY(&d->queries) || stat("/etc/resolv.conf", &st) < 0 ||
	     (st.st_mtim.tv_sec == d->servers_of.tv_sec &&
	      st.st_mtim.tv_nsec == d->servers_of.tv_nsec)))
		return;
	close_channel(d);
	(void)open_channel(d);
}

struct dns *dns_new(struct event_base *base, unsigned try_ms, unsigned tries)
{
	struct dns *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->base = base;
	d->try_ms = try_ms;
	d->tries = tries;
	LIST_INIT(&d->queries);
	d->timer = evtimer_new(base, on_timer, d);
	if (d->timer && ares_library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS) {
		if (open_channel(d) == 0)
			return d;
		ares_library_cleanup();
	}
	if (d->timer)
		event_free(d->timer);
	free(d);
	return NULL;
}

static void end_query(struct query *q)
{
	LIST_REMOVE(q, link);
	if (q->later)
		event_free(q->later);
	free(q);
}

void dns_free(struct dns *d)
{
	struct query *q;

	if (!d)
		return;
	LIST_FOREACH(q, &d->queries, link)
	q->done = NULL;
	/* It calls back for each that waits. */
	close_channel(d);
	while ((q = LIST_FIRST(&d->queries)) != NULL)
		end_query(q);
	ares_library_cleanup();
	event_free(d->timer);
	free(d);
}

static void tell(struct query *q, const struct dns_answer *answer)
{
	dns_done_fn done = q->done;
	void *ctx = q->ctx;

	end_query(q);
	if (done)
		done(ctx, answer);
}

static void on_later(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	tell(arg, &(struct dns_answer){ .err = -EAGAIN });
}

static void on_answer(void *arg, int status, int timeouts, unsigned char *abuf,
		      int alen)
{
	struct dns_record *records;
	struct dns_answer answer = { .err = -EAGAIN };
	struct query *q = arg;
	int n = -EAGAIN;

	(void)timeouts;
	if (q->inside) {
		event_active(q->later, EV_TIMEOUT, 0);
		return;
	}
	records = calloc(DNS_RECORDS, sizeof(*records));
	if (status == ARES_ENOTFOUND || status == ARES_ENODATA)
		n = -ENOENT;
	else if (status == ARES_SUCCESS && abuf && records)
		n = dns_read(abuf, (size_t)alen, q->type, records, DNS_RECORDS);
	if (n > 0)
		answer = (struct dns_answer){ 0, records, (size_t)n };
	else if (n == -ENOENT)
		answer.err = n;
	tell(q, &answer);
	free(records);
}

int dns_ask(struct dns *d, const char *name, enum dns_type type,
	    dns_done_fn done, void *ctx)
{
	struct query *q = calloc(1, sizeof(*q));

	if (!q)
		return -ENOMEM;
	q->later = event_new(d->base, -1, 0, on_later, q);
	if (!q->later) {
		free(q);
		return -ENOMEM;
	}
	q->dns = d;
	q->type = type;
	q->done = done;
	q->ctx = ctx;
	follow_servers(d);
	LIST_INSERT_HEAD(&d->queries, q, link);
	if (!d->open) {
		event_active(q->later, EV_TIMEOUT, 0);
		return 0;
	}
	q->inside = true;
	ares_query(d->channel, name, ns_c_in, (int)type, on_answer, q);
	q->inside = false;
	arm(d);
	return 0;
}

void dns_forget(struct dns *d, void *ctx)
{
	struct query *q;

	LIST_FOREACH(q, &d->queries, link)
	{
		if (q->ctx == ctx)
			q->done = NULL;
	}
}

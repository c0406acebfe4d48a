#include "media_client.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "addr.h"
#include "bus.h"
#include "media_bus.h"
#include "peer.h"
#include "records.h"
#include "secret.h"

enum {
	MEDIA_DEADLINE_MS = 2000,
	/* A call that is over is in no hurry, and each question wakes two
	   daemons: when many end, those of so many milliseconds are asked
	   together, and their records go to routed together. */
	DELETE_MS = 50,
};

struct pending {
	LIST_ENTRY(pending) in_client;
	media_done_fn done;
	media_stats_fn stats;
	bool sdp; /* the answer is a struct media_sdp */
	void *ctx;
};

/* A call that mediad may forget. */
struct gone {
	STAILQ_ENTRY(gone) link;
	struct media_call in;
	media_stats_fn done;
	void *ctx;
};

struct media_client {
	struct bus *bus;
	struct media_client_ops ops;
	void *ctx;
	bool there;
	LIST_HEAD(, pending) pending;
	STAILQ_HEAD(, gone) gone;
	struct event *deletes;
};

static void on_event(void *arg, const void *rec)
{
	struct media_client *m = arg;

	m->ops.event(m->ctx, rec);
}

static void on_peer(void *arg, bool there)
{
	struct media_client *m = arg;

	m->there = there;
	m->ops.there(m->ctx, there);
}

static void drop(struct pending *p)
{
	LIST_REMOVE(p, in_client);
	free(p);
}

bool media_there(const struct media_client *m)
{
	return m->there;
}

static int error_of(const struct bus_error *error)
{
	static const struct {
		const char *name;
		int err;
	} names[] = {
		{ BUS_ERR "Busy", -EBUSY },
		{ BUS_ERR "NoCodec", -ENOTSUP },
		{ BUS_ERR "Insecure", -EPROTO },
		{ BUS_ERR "Invalid", -EBADMSG },
		{ BUS_ERR "Pending", -EAGAIN },
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(error->name, names[i].name) == 0)
			return names[i].err;
	return -EIO;
}

static void answer(const struct pending *p, int err, const void *out)
{
	const struct media_sdp *sdp = out;
	struct media_sdp_view view = { .codec = "" };

	if (p->stats != NULL) {
		p->stats(p->ctx, err == 0 ? out : NULL);
		return;
	}
	if (p->done == NULL)
		return;
	if (err == 0 && p->sdp) {
		view.sdp = sdp->sdp;
		view.n = sdp->sdp_bytes;
		view.codec = sdp->codec;
		view.held = sdp->held;
	}
	p->done(p->ctx, err, err == 0 ? &view : NULL);
}

static void on_answer(void *arg, const struct bus_error *error, const void *out)
{
	struct pending p = *(struct pending *)arg;

	drop(arg);
	answer(&p, error == NULL ? 0 : error_of(error), out);
}

static void call(struct media_client *m, size_t method, const void *in,
		 const struct pending *how)
{
	struct pending *p = malloc(sizeof(*p));

	if (p != NULL) {
		*p = *how;
		LIST_INSERT_HEAD(&m->pending, p, in_client);
		if (bus_call(m->bus, &media_iface, method, in,
			     MEDIA_DEADLINE_MS, on_answer, p) == 0)
			return;
		drop(p);
	}
	answer(how, -ENOMEM, NULL);
}

#define COPY(to, from) ((void)snprintf((to), sizeof(to), "%s", (from)))

/* What all three messages with SDP say: whose it is, and where he is. */
#define FILL(in, of, body, n)                                                  \
	do {                                                                   \
		COPY((in)->call, (of)->call);                                  \
		(in)->leg = (of)->side;                                        \
		(in)->sdp_bytes = (uint32_t)(n);                               \
		if ((n) > 0)                                                   \
			memcpy((in)->sdp, (body), (n));                        \
		addr_format(&(of)->peer->addr, (in)->source);                  \
		(in)->local = (of)->peer->local;                               \
		COPY((in)->permit_ip, (of)->permit_ip);                        \
		COPY((in)->advertise, (of)->advertise);                        \
		COPY((in)->branch, (of)->branch);                              \
		(in)->srtp = (of)->srtp;                                       \
	} while (0)

void media_offer(struct media_client *m, const struct media_leg *leg,
		 const uint8_t *sdp, size_t n, media_done_fn done, void *ctx)
{
	struct media_offer in;

	record_init(&media_offer_record, &in);
	FILL(&in, leg, sdp, n);
	COPY(in.codecs, leg->codecs);
	in.hears_srtp = leg->hears_srtp;
	call(m, MEDIA_OFFER, &in,
	     &(struct pending){ .done = done, .sdp = true, .ctx = ctx });
	secret_wipe(in.sdp, n); /* it may hold keys */
}

void media_answer(struct media_client *m, const struct media_leg *leg,
		  const uint8_t *sdp, size_t n, bool final, media_done_fn done,
		  void *ctx)
{
	struct media_answer in;

	record_init(&media_answer_record, &in);
	FILL(&in, leg, sdp, n);
	in.final = final;
	call(m, MEDIA_ANSWER, &in,
	     &(struct pending){ .done = done, .sdp = true, .ctx = ctx });
	secret_wipe(in.sdp, n);
}

void media_accept(struct media_client *m, const struct media_leg *leg,
		  const uint8_t *sdp, size_t n, media_done_fn done, void *ctx)
{
	struct media_accept in;

	record_init(&media_accept_record, &in);
	FILL(&in, leg, sdp, n);
	COPY(in.codecs, leg->codecs);
	call(m, MEDIA_ACCEPT, &in,
	     &(struct pending){ .done = done, .sdp = true, .ctx = ctx });
	secret_wipe(in.sdp, n);
}

static void call_leg(struct media_client *m, size_t method, const char *id,
		     enum media_side side, const struct pending *how)
{
	struct media_call in;

	record_init(&media_call_record, &in);
	COPY(in.call, id);
	in.leg = side;
	call(m, method, &in, how);
}

void media_rollback(struct media_client *m, const char *id,
		    enum media_side side)
{
	call_leg(m, MEDIA_ROLLBACK, id, side, &(struct pending){ 0 });
}

static void open_window(struct media_client *m)
{
	const struct timeval tv = { 0, DELETE_MS * 1000 };

	(void)event_add(m->deletes, &tv);
}

static void delete_all(struct media_client *m)
{
	struct gone *g;

	while ((g = STAILQ_FIRST(&m->gone)) != NULL) {
		STAILQ_REMOVE_HEAD(&m->gone, link);
		call(m, MEDIA_DELETE, &g->in,
		     &(struct pending){ .stats = g->done, .ctx = g->ctx });
		free(g);
	}
}

static void on_deletes(evutil_socket_t fd, short what, void *arg)
{
	struct media_client *m = arg;

	(void)fd;
	(void)what;
	if (!STAILQ_EMPTY(&m->gone))
		open_window(m);
	delete_all(m);
}

void media_delete(struct media_client *m, const char *id, media_stats_fn done,
		  void *ctx)
{
	struct gone *g = calloc(1, sizeof(*g));

	if (g == NULL) {
		done(ctx, NULL);
		return;
	}
	record_init(&media_call_record, &g->in);
	COPY(g->in.call, id);
	g->in.leg = MEDIA_CALLER;
	g->done = done;
	g->ctx = ctx;
	STAILQ_INSERT_TAIL(&m->gone, g, link);
	if (event_pending(m->deletes, EV_TIMEOUT, NULL))
		return;
	/* The first of a window goes at once. */
	open_window(m);
	delete_all(m);
}

void media_play(struct media_client *m, const struct media_prompt *p,
		media_done_fn done, void *ctx)
{
	struct media_play in;

	record_init(&media_play_record, &in);
	COPY(in.call, p->call);
	in.leg = p->side;
	COPY(in.prompts, p->prompts);
	in.repeat = p->repeat;
	in.id = p->id;
	call(m, MEDIA_PLAY, &in, &(struct pending){ .done = done, .ctx = ctx });
}

void media_collect(struct media_client *m, const struct media_prompt *p,
		   media_done_fn done, void *ctx)
{
	struct media_collect in;

	record_init(&media_collect_record, &in);
	COPY(in.call, p->call);
	in.leg = p->side;
	COPY(in.prompts, p->prompts);
	in.max_digits = p->max_digits;
	in.first_digit_s = p->first_digit_s;
	in.next_digit_s = p->next_digit_s;
	in.silent_s = p->silent_s;
	COPY(in.end_digit, p->end_digit);
	in.id = p->id;
	call(m, MEDIA_COLLECT, &in,
	     &(struct pending){ .done = done, .ctx = ctx });
}

void media_echo(struct media_client *m, const char *id, media_done_fn done,
		void *ctx)
{
	call_leg(m, MEDIA_ECHO, id, MEDIA_CALLER,
		 &(struct pending){ .done = done, .ctx = ctx });
}

void media_key(struct media_client *m, const char *id, enum media_side side,
	       char key)
{
	struct media_key in;

	record_init(&media_key_record, &in);
	COPY(in.call, id);
	in.leg = side;
	in.key[0] = key;
	in.key[1] = '\0';
	call(m, MEDIA_KEY, &in, &(struct pending){ 0 });
	secret_wipe(&in, sizeof(in));
}

void media_stop(struct media_client *m, const char *id, enum media_side side)
{
	call_leg(m, MEDIA_STOP, id, side, &(struct pending){ 0 });
}

static void no_stats(void *ctx, const struct media_stats *stats)
{
	(void)ctx;
	(void)stats;
}

void media_forget(struct media_client *m, void *ctx)
{
	struct pending *p = LIST_FIRST(&m->pending);
	struct gone *g;

	STAILQ_FOREACH(g, &m->gone, link)
	if (g->ctx == ctx)
		g->done = no_stats;

	while (p != NULL) {
		struct pending *next = LIST_NEXT(p, in_client);

		if (p->ctx == ctx && (p->done != NULL || p->stats != NULL)) {
			p->done = NULL;
			p->stats = NULL;
		}
		p = next;
	}
}

struct media_client *media_client_new(struct event_base *base, struct bus *bus,
				      const struct media_client_ops *ops,
				      void *ctx)
{
	struct media_client *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return NULL;
	m->bus = bus;
	m->ops = *ops;
	m->ctx = ctx;
	LIST_INIT(&m->pending);
	STAILQ_INIT(&m->gone);
	m->deletes = event_new(base, -1, 0, on_deletes, m);
	if (m->deletes == NULL ||
	    bus_watch(bus, &media_iface, MEDIA_SIG_EVENT, on_event, m) < 0 ||
	    bus_watch_peer(bus, media_iface.dest, on_peer, m) < 0) {
		media_client_free(m);
		return NULL;
	}
	return m;
}

void media_client_free(struct media_client *m)
{
	struct pending *p;

	if (m == NULL)
		return;
	/* Sent, but not waited for. */
	delete_all(m);
	bus_forget(m->bus, m);
	while ((p = LIST_FIRST(&m->pending)) != NULL) {
		bus_forget(m->bus, p);
		drop(p);
	}
	if (m->deletes != NULL)
		event_free(m->deletes);
	free(m);
}

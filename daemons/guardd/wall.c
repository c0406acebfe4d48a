#include "wall.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "bus.h"
#include "firewall_bus.h"
#include "log.h"
#include "records.h"
#include "service.h"
#include "store.h"

enum {
	CALL_MS = 1000,     /* a report waits 2 s for its answer */
	RESTORE_MS = 20000, /* 100,000 bans take half a second */
	AGAIN_MS = 1000,
	NETWORKS_MAX = 256,
};

struct wall {
	struct service *service;
	const struct wall_ops *ops;
	void *ctx;
	struct event *again;
	bool there;
	bool restoring;
	uint32_t resyncs;
	bool resync; /* again, when the restoring that runs is done */
	struct prefix networks[NETWORKS_MAX];
	size_t n_networks;
	LIST_HEAD(, asked) asked;
};

/* A call under way. */
struct asked {
	LIST_ENTRY(asked) link;
	wall_done_fn done;
	void *ctx;
};

static void finish(struct asked *asked, const char *err)
{
	struct asked a = *asked;

	LIST_REMOVE(asked, link);
	free(asked);
	a.done(a.ctx, err);
}

static void later(struct wall *w)
{
	static const struct timeval wait = { .tv_sec = AGAIN_MS / 1000 };

	(void)evtimer_add(w->again, &wait);
}

static void on_restored(void *ctx, const struct bus_error *error,
			const void *out)
{
	struct wall *w = ctx;
	const struct changed_count *count = out;

	w->restoring = false;
	if (error) {
		log_warn("fwd does not take the bans over: %s; again in %d ms",
			 error->text, AGAIN_MS);
		later(w);
		return;
	}
	log_info("fwd took over %u bans and allowed addresses", count->count);
	if (w->resync)
		wall_resync(w);
}

void wall_resync(struct wall *w)
{
	struct filter in;

	if (!w->there)
		return;
	w->resync = w->restoring;
	if (w->restoring)
		return;
	w->resyncs++;
	record_init(&filter_record, &in);
	/* Seen by fwd, even if this is our first turn. */
	(void)store_view_publish(w->service->store);
	w->restoring =
		bus_call(w->service->bus, &firewall_iface, FIREWALL_RESTORE,
			 &in, RESTORE_MS, on_restored, w) == 0;
	if (!w->restoring)
		later(w);
}

static void on_network(void *ctx, const void *row)
{
	struct wall *w = ctx;
	const struct network *n = row;
	char why[100];

	if (w->n_networks < NETWORKS_MAX &&
	    prefix_parse(&w->networks[w->n_networks], n->network, why,
			 sizeof(why)) == 0)
		w->n_networks++;
}

static void on_networks(void *ctx, const struct bus_error *error,
			const void *out)
{
	struct wall *w = ctx;

	(void)out;
	if (error) {
		log_warn("fwd does not tell the local networks: %s",
			 error->text);
		later(w);
		return;
	}
	w->ops->networks(w->ctx, w->networks, w->n_networks);
}

static void ask_networks(struct wall *w)
{
	w->n_networks = 0;
	if (bus_call_rows(w->service->bus, &firewall_iface, FIREWALL_NETWORKS,
			  NULL, CALL_MS, on_network, on_networks, w) < 0)
		later(w);
}

static void on_again(evutil_socket_t fd, short what, void *arg)
{
	struct wall *w = arg;

	(void)fd;
	(void)what;
	if (!w->there)
		return;
	wall_resync(w);
	ask_networks(w);
}

static void on_networks_changed(void *ctx, const void *rec)
{
	(void)rec;
	ask_networks(ctx);
}

static void on_peer(void *ctx, bool there)
{
	struct wall *w = ctx;

	if (w->there && !there)
		log_warn("fwd is gone: new bans wait until it is back");
	w->there = there;
	w->restoring = false;
	/* This is called at our start, too, when not all tables are open. */
	if (there)
		(void)evtimer_add(w->again, &(struct timeval){ 0 });
}

struct wall *wall_new(struct service *s, const struct wall_ops *ops, void *ctx)
{
	struct wall *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->service = s;
	w->ops = ops;
	w->ctx = ctx;
	LIST_INIT(&w->asked);
	w->again = evtimer_new(s->base, on_again, w);
	if (!w->again) {
		free(w);
		return NULL;
	}
	return w;
}

void wall_free(struct wall *w)
{
	if (!w)
		return;
	bus_forget(w->service->bus, w);
	while (!LIST_EMPTY(&w->asked)) {
		struct asked *a = LIST_FIRST(&w->asked);

		bus_forget(w->service->bus, a);
		finish(a, "guardd ends");
	}
	event_free(w->again);
	free(w);
}

int wall_go(struct wall *w)
{
	int err = bus_watch(w->service->bus, &firewall_iface,
			    FIREWALL_SIG_NETWORKS_CHANGED, on_networks_changed,
			    w);

	if (err == 0)
		err = bus_watch_peer(w->service->bus, firewall_iface.dest,
				     on_peer, w);
	return err;
}

void wall_resync_later(struct wall *w)
{
	later(w);
}

uint32_t wall_resyncs(const struct wall *w)
{
	return w->resyncs;
}

bool wall_there(const struct wall *w)
{
	return w->there;
}

static void on_done(void *ctx, const struct bus_error *error, const void *out)
{
	(void)out;
	finish(ctx, error ? error->text : NULL);
}

static int ask(struct wall *w, size_t method, const void *in, wall_done_fn done,
	       void *ctx)
{
	struct asked *asked;
	int err;

	if (!w->there)
		return -ENOTCONN;
	asked = malloc(sizeof(*asked));
	if (!asked)
		return -ENOMEM;
	*asked = (struct asked){ .done = done, .ctx = ctx };
	err = bus_call(w->service->bus, &firewall_iface, method, in, CALL_MS,
		       on_done, asked);
	if (err < 0)
		free(asked);
	else
		LIST_INSERT_HEAD(&w->asked, asked, link);
	return err;
}

int wall_ban(struct wall *w, const struct guard_key *key, uint32_t seconds,
	     wall_done_fn done, void *ctx)
{
	struct reject in;

	record_init(&reject_record, &in);
	guard_key_source(key, in.source);
	snprintf(in.service, sizeof(in.service), "%s",
		 guard_service_name((enum guard_service_id)key->service));
	in.seconds = seconds;
	return ask(w, FIREWALL_BAN, &in, done, ctx);
}

int wall_unban(struct wall *w, const struct guard_key *key, wall_done_fn done,
	       void *ctx)
{
	struct unreject in;

	record_init(&unreject_record, &in);
	guard_key_source(key, in.source);
	snprintf(in.service, sizeof(in.service), "%s",
		 guard_service_name((enum guard_service_id)key->service));
	return ask(w, FIREWALL_UNBAN, &in, done, ctx);
}

static void fill_permit(struct permit *in, enum guard_service_id service,
			const char *source)
{
	record_init(&permit_record, in);
	snprintf(in->source, sizeof(in->source), "%s", source);
	snprintf(in->service, sizeof(in->service), "%s",
		 guard_service_name(service));
}

int wall_permit(struct wall *w, enum guard_service_id service,
		const char *source, wall_done_fn done, void *ctx)
{
	struct permit in;

	fill_permit(&in, service, source);
	return ask(w, FIREWALL_PERMIT, &in, done, ctx);
}

int wall_unpermit(struct wall *w, enum guard_service_id service,
		  const char *source, const char *actor, wall_done_fn done,
		  void *ctx)
{
	struct permit in;

	fill_permit(&in, service, source);
	snprintf(in.actor, sizeof(in.actor), "%s", actor ? actor : "");
	in.forced = actor == NULL;
	return ask(w, FIREWALL_UNPERMIT, &in, done, ctx);
}

int wall_defend(struct wall *w, const struct auto_defense *row,
		const char *name, wall_done_fn done, void *ctx)
{
	struct filter in;

	if (row)
		return ask(w, FIREWALL_DEFEND, row, done, ctx);
	record_init(&filter_record, &in);
	snprintf(in.filter, sizeof(in.filter), "%s", name);
	return ask(w, FIREWALL_UNDEFEND, &in, done, ctx);
}

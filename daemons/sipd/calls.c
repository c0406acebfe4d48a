#include "calls.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "bus.h"
#include "clock.h"
#include "live.h"
#include "log.h"
#include "records.h"
#include "sip_bus.h"
#include "store.h"

#include "call.h"
#include "callers.h"
#include "leg.h"
#include "media_client.h"
#include "outbox.h"
#include "registrar.h"
#include "route_client.h"
#include "sofia.h"

enum {
	ALIVE_S = 5,      /* how far behind alive_ms of a call may be */
	LAG_MAX_MS = 200, /* a loop this late has enough to do */
	OUTBOX_MAX = 100000,
	LOG_BURST = 100,
	LOG_PER_S = 10,
	/* About 6 kB each: the bound of what calls that are over take up. */
	TRANSACTIONS_MIN = 4096,
	TRANSACTIONS_PER_CALL = 64,
};

struct slot {
	UT_hash_handle hh; /* by id */
	LIST_ENTRY(slot) in_dead;
	struct b2b *call;
	const char *id;
};

struct calls {
	struct calls_config config;
	struct call_hub hub;
	struct live *live;
	struct outbox *outbox;
	struct slot *slots;
	LIST_HEAD(, slot) dead;
	struct event *reaper;
	struct event *alive;
	size_t count;
	struct rate log;
};

static void free_slot(struct slot *s)
{
	b2b_free(s->call);
	free(s);
}

static void on_reap(evutil_socket_t fd, short what, void *arg)
{
	struct calls *c = arg;
	struct slot *s;

	(void)fd;
	(void)what;
	while ((s = LIST_FIRST(&c->dead)) != NULL) {
		LIST_REMOVE(s, in_dead);
		free_slot(s);
	}
}

static struct slot *find(const struct calls *c, const char *id)
{
	struct slot *s;

	HASH_FIND_STR(c->slots, id, s);
	return s;
}

static void put_row(struct calls *c, const struct b2b *call)
{
	struct call row;

	b2b_row(call, &row);
	if (live_put(c->live, &row) < 0)
		log_warn("call %s: its live row could not be written", row.id);
}

static void on_alive(evutil_socket_t fd, short what, void *arg)
{
	struct calls *c = arg;
	struct slot *s;
	struct slot *next;

	(void)fd;
	(void)what;
	HASH_ITER(hh, c->slots, s, next)
	put_row(c, s->call);
}

static void on_changed(void *ctx, struct b2b *call, const struct call_fact *f)
{
	struct calls *c = ctx;

	if (find(c, b2b_id(call)) == NULL)
		return;
	put_row(c, call);
	/* Answered: whoever is told so has a record of it, come what may. */
	if (f == NULL)
		(void)store_view_flush(c->config.store);
	if (f != NULL)
		(void)bus_emit(c->config.bus, &sip_iface, SIP_SIG_CALL_FACT, f);
}

static void tell_ended(struct calls *c, const struct cdr *cdr)
{
	struct call_fact f;

	record_init(&call_fact_record, &f);
	memcpy(f.call, cdr->id, sizeof(f.call));
	f.state = CALL_FACT_STATE_ENDED;
	f.at_ms = cdr->end_ms;
	memcpy(f.caller, cdr->caller, sizeof(f.caller));
	memcpy(f.callee, cdr->callee, sizeof(f.callee));
	memcpy(f.source, cdr->source, sizeof(f.source));
	f.code = cdr->sip_code;
	memcpy(f.reason, cdr->reason, sizeof(f.reason));
	(void)bus_emit(c->config.bus, &sip_iface, SIP_SIG_CALL_FACT, &f);
	/* A phone may make more calls than a log can hold; the records have
	   them all. */
	log_limited(&c->log, LOG_INFO, "call %s: %s to %s, %u s, %s", cdr->id,
		    cdr->caller, cdr->callee, cdr->talk_s, cdr->reason);
}

static void on_ended(void *ctx, struct b2b *call, const struct cdr *facts)
{
	struct calls *c = ctx;
	struct slot *s = find(c, b2b_id(call));

	(void)outbox_add(c->outbox, facts);
	(void)live_del(c->live, facts->id);
	tell_ended(c, facts);
	if (s == NULL)
		return;
	HASH_DEL(c->slots, s);
	c->count--;
	LIST_INSERT_HEAD(&c->dead, s, in_dead);
	event_active(c->reaper, EV_TIMEOUT, 0);
}

static void on_media_event(void *ctx, const struct media_event *ev)
{
	struct slot *s = find(ctx, ev->call);

	if (s != NULL)
		b2b_media_event(s->call, ev);
}

static void on_media_there(void *ctx, bool there)
{
	struct calls *c = ctx;
	struct slot *s;
	struct slot *next;

	if (there)
		return;
	HASH_ITER(hh, c->slots, s, next)
	b2b_media_lost(s->call);
}

static void on_instruct(void *ctx, const struct instruct *in)
{
	struct slot *s = find(ctx, in->call);

	if (s != NULL)
		b2b_instruct(s->call, in);
}

static void on_route_there(void *ctx, bool there)
{
	struct calls *c = ctx;

	if (there && c->outbox != NULL)
		outbox_retry(c->outbox);
}

/* A call of a run before: it ended when that run did. */
static void on_orphan(void *ctx, const void *arg)
{
	struct calls *c = ctx;
	const struct call *row = arg;
	struct cdr cdr;

	record_init(&cdr_record, &cdr);
	memcpy(cdr.id, row->id, sizeof(cdr.id));
	memcpy(cdr.caller, row->caller, sizeof(cdr.caller));
	memcpy(cdr.caller_name, row->caller_name, sizeof(cdr.caller_name));
	memcpy(cdr.callee, row->callee, sizeof(cdr.callee));
	memcpy(cdr.sent, row->sent, sizeof(cdr.sent));
	memcpy(cdr.source, row->source, sizeof(cdr.source));
	memcpy(cdr.trunk, row->trunk, sizeof(cdr.trunk));
	cdr.direction = row->direction;
	cdr.start_ms = row->start_ms;
	cdr.answer_ms = row->answer_ms;
	cdr.end_ms = row->alive_ms;
	cdr.sip_code = row->answer_ms != 0 ? 200 : 503;
	cdr.disposition = row->answer_ms != 0 ? CDR_DISPOSITION_ANSWERED
					      : CDR_DISPOSITION_FAILED;
	cdr.talk_s = row->talk_s;
	(void)snprintf(cdr.reason, sizeof(cdr.reason),
		       "telephone service restarted");
	(void)outbox_add(c->outbox, &cdr);
	tell_ended(c, &cdr);
}

struct ids {
	char (*id)[41];
	size_t n;
	size_t room;
};

static void note_id(void *ctx, const void *arg)
{
	const struct call *row = arg;
	struct ids *ids = ctx;
	char(*more)[41];

	if (ids->n == ids->room) {
		more = realloc(ids->id, (ids->room + 64) * sizeof(*ids->id));
		if (more == NULL)
			return;
		ids->id = more;
		ids->room += 64;
	}
	memcpy(ids->id[ids->n++], row->id, sizeof(*ids->id));
}

static void end_orphans(struct calls *c)
{
	struct ids ids = { NULL, 0, 0 };
	size_t i;

	(void)live_each(c->live, on_orphan, c);
	(void)live_each(c->live, note_id, &ids);
	for (i = 0; i < ids.n; i++)
		(void)live_del(c->live, ids.id[i]);
	if (ids.n > 0)
		log_warn("%zu calls ended when sipd did; their records are "
			 "kept",
			 ids.n);
	free(ids.id);
}

static void delete_row(void *ctx, struct bus_req *req, const char *key)
{
	if (calls_hangup(ctx, key, "ended by a person") == 0)
		bus_reply_error(req, "NoSuch", "no such call");
	else
		bus_reply(req, NULL);
}

static int open_parts(struct calls *c)
{
	/* Of a call's row nobody is told but at its answer (on_changed). */
	static const struct live_ops live_ops = { .delete_row = delete_row,
						  .soon = true };
	static const struct media_client_ops media_ops = {
		.event = on_media_event, .there = on_media_there
	};
	static const struct route_client_ops route_ops = {
		.instruct = on_instruct, .there = on_route_there
	};
	const struct calls_config *f = &c->config;
	const struct legs_config legs = { f->base, f->sofia, f->settings,
					  f->trunks };
	const struct timeval every = { ALIVE_S, 0 };

	c->hub.callers = callers_new();
	if (c->hub.callers == NULL)
		return -ENOMEM;
	c->hub.legs = legs_new(&legs);
	c->hub.media = media_client_new(f->base, f->bus, &media_ops, c);
	c->hub.route = route_client_new(f->bus, &route_ops, c);
	if (c->hub.legs == NULL || c->hub.media == NULL || c->hub.route == NULL)
		return -ENOMEM;
	c->outbox = outbox_new(f->base, f->store, c->hub.route);
	c->live = live_open(&call_record, f->bus, f->store, &live_ops, c);
	c->reaper = event_new(f->base, -1, 0, on_reap, c);
	c->alive = event_new(f->base, -1, EV_PERSIST, on_alive, c);
	if (c->outbox == NULL || c->live == NULL || c->reaper == NULL ||
	    c->alive == NULL || event_add(c->alive, &every) != 0)
		return -ENOMEM;
	return 0;
}

struct calls *calls_new(const struct calls_config *config, char *why,
			size_t why_size)
{
	struct calls *c = calloc(1, sizeof(*c));

	if (c == NULL)
		goto out;
	rate_init(&c->log, LOG_BURST, LOG_PER_S);
	c->config = *config;
	LIST_INIT(&c->dead);
	c->hub = (struct call_hub){ .base = config->base,
				    .registrar = config->registrar,
				    .extensions = config->extensions,
				    .trunks = config->trunks,
				    .settings = config->settings,
				    .changed = on_changed,
				    .ended = on_ended,
				    .ctx = c };
	if (open_parts(c) < 0)
		goto out;
	end_orphans(c);
	return c;
out:
	(void)snprintf(why, why_size, "calls: no memory");
	calls_free(c);
	return NULL;
}

void calls_free(struct calls *c)
{
	struct slot *s;
	struct slot *next;

	if (c == NULL)
		return;
	HASH_ITER(hh, c->slots, s, next)
	b2b_hangup(s->call, "telephone service stopped");
	if (c->reaper != NULL)
		on_reap(-1, 0, c);
	/* What still waits for mediad: the live row stays, and the next run
	   writes its record. */
	HASH_ITER(hh, c->slots, s, next)
	{
		HASH_DEL(c->slots, s);
		free_slot(s);
	}
	outbox_free(c->outbox);
	if (c->live != NULL)
		live_close(c->live);
	media_client_free(c->hub.media);
	route_client_free(c->hub.route);
	legs_free(c->hub.legs);
	callers_free(c->hub.callers);
	if (c->reaper != NULL)
		event_free(c->reaper);
	if (c->alive != NULL)
		event_free(c->alive);
	free(c);
}

static struct slot *new_slot(struct calls *c)
{
	struct slot *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->call = b2b_new(&c->hub);
	if (s->call == NULL) {
		free(s);
		return NULL;
	}
	s->id = b2b_id(s->call);
	HASH_ADD_KEYPTR(hh, c->slots, s->id, strlen(s->id), s);
	if (s->hh.tbl == NULL) {
		free_slot(s);
		return NULL;
	}
	c->count++;
	return s;
}

static void drop_slot(struct calls *c, struct slot *s)
{
	HASH_DEL(c->slots, s);
	c->count--;
	free_slot(s);
}

void calls_invite(struct calls *c, struct msg_s *msg, struct sip_s *sip,
		  const struct peer *peer)
{
	struct slot *s = new_slot(c);
	struct leg *leg =
		leg_incoming(c->hub.legs, msg, sip, peer, b2b_leg_event,
			     s != NULL ? s->call : NULL);

	if (s == NULL) {
		leg_hangup(leg, &(struct leg_end){ 503, "no memory", 5 });
		return;
	}
	if (leg == NULL) {
		drop_slot(c, s);
		return;
	}
	b2b_start(s->call, leg);
}

size_t calls_count(const struct calls *c)
{
	return c->count;
}

bool calls_idle(const struct calls *c)
{
	return c->count == 0 && !legs_any(c->hub.legs);
}

bool calls_overloaded(const struct calls *c)
{
	size_t max = c->config.settings->max_calls;

	return c->count >= max ||
	       sofia_transactions(c->config.sofia) >=
		       TRANSACTIONS_MIN + max * TRANSACTIONS_PER_CALL ||
	       outbox_count(c->outbox) >= OUTBOX_MAX ||
	       sofia_lag_ms(c->config.sofia) > LAG_MAX_MS;
}

typedef bool (*slot_is_fn)(const struct slot *s, const char *name);

static size_t hang_up(struct calls *c, slot_is_fn is, const char *name,
		      const char *reason)
{
	struct slot *s;
	struct slot *next;
	size_t n = 0;

	HASH_ITER(hh, c->slots, s, next)
	{
		if (!is(s, name))
			continue;
		b2b_hangup(s->call, reason);
		n++;
	}
	return n;
}

static bool is_call(const struct slot *s, const char *id)
{
	return id[0] == '\0' || strcmp(id, s->id) == 0;
}

static bool is_on_trunk(const struct slot *s, const char *trunk)
{
	return b2b_has_trunk(s->call, trunk);
}

static bool is_of_extension(const struct slot *s, const char *extension)
{
	return b2b_has_extension(s->call, extension);
}

size_t calls_hangup(struct calls *c, const char *id, const char *reason)
{
	return hang_up(c, is_call, id, reason);
}

size_t calls_hangup_trunk(struct calls *c, const char *trunk,
			  const char *reason)
{
	return hang_up(c, is_on_trunk, trunk, reason);
}

size_t calls_hangup_extension(struct calls *c, const char *extension,
			      const char *reason)
{
	return hang_up(c, is_of_extension, extension, reason);
}

void calls_each(struct calls *c, calls_row_fn fn, void *ctx)
{
	struct slot *s;
	struct slot *next;
	struct call row;

	HASH_ITER(hh, c->slots, s, next)
	{
		b2b_row(s->call, &row);
		fn(ctx, &row);
	}
}

void calls_originate(struct calls *c, const char *caller, const char *callee,
		     calls_originated_fn done, void *ctx)
{
	struct slot *s;

	if (calls_overloaded(c)) {
		done(ctx, NULL, "too many calls");
		return;
	}
	s = new_slot(c);
	if (s == NULL) {
		done(ctx, NULL, "no memory");
		return;
	}
	if (b2b_originate(s->call, caller, callee) < 0) {
		drop_slot(c, s);
		done(ctx, NULL, "no phone of the caller is registered");
		return;
	}
	done(ctx, s->id, NULL);
}

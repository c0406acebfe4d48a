#include "registrar.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>
#include <uthash.h>

#include "clock.h"
#include "live.h"
#include "log.h"
#include "records.h"
#include "secret.h"

#include "contact.h"
#include "request.h"
#include "sofia.h"

enum {
	KEEP_EVERY_MS = 25000, /* shorter than NAT routers forget UDP */
	TICK_MS = 1000,
};

struct place {
	struct binding row;
	struct tport_s *tport; /* ours to unref; NULL: unknown */
	struct addr addr;
	uint64_t due_ms;  /* monotonic; the row holds the wall clock's */
	uint64_t keep_ms; /* next sign of life, 0: none needed */
	TAILQ_ENTRY(place) link;
};

TAILQ_HEAD(places, place);

struct aor {
	char extension[PEER_EXTENSION];
	struct places places;
	size_t n;
	UT_hash_handle hh;
};

struct registrar {
	struct registrar_config config;
	struct aor *aors;
	struct event *tick;
	size_t n;
	bool unsaved; /* a row of this REGISTER could not be written */
	struct rate log;
};

/* What a REGISTER asks for one contact. */
struct wish {
	const char *uri;
	uint32_t expires_s;
	uint32_t q_milli;
};

struct wishes {
	struct wish items[REQUEST_CONTACTS];
	size_t n;
};

static struct aor *aor_find(const struct registrar *r, const char *extension)
{
	struct aor *a;

	HASH_FIND_STR(r->aors, extension, a);
	return a;
}

static struct aor *aor_get(struct registrar *r, const char *extension)
{
	struct aor *a = aor_find(r, extension);

	if (a)
		return a;
	a = calloc(1, sizeof(*a));
	if (!a)
		return NULL;
	(void)snprintf(a->extension, sizeof(a->extension), "%s", extension);
	TAILQ_INIT(&a->places);
	HASH_ADD_STR(r->aors, extension, a);
	return a;
}

static void aor_drop_if_empty(struct registrar *r, struct aor *a)
{
	if (!TAILQ_EMPTY(&a->places))
		return;
	HASH_DEL(r->aors, a);
	free(a);
}

static void tell(struct registrar *r, const struct place *p,
		 enum binding_fact_op op)
{
	struct binding_fact fact;

	if (!r->config.fact)
		return;
	record_init(&binding_fact_record, &fact);
	fact.op = op;
	(void)snprintf(fact.extension, sizeof(fact.extension), "%s",
		       p->row.extension);
	(void)snprintf(fact.contact, sizeof(fact.contact), "%s",
		       p->row.contact);
	(void)snprintf(fact.source, sizeof(fact.source), "%s", p->row.source);
	(void)snprintf(fact.user_agent, sizeof(fact.user_agent), "%s",
		       p->row.user_agent);
	fact.at_ms = clock_wall_ms();
	r->config.fact(r->config.ctx, &fact);
}

static void place_save(struct registrar *r, const struct place *p)
{
	int err = r->config.live ? live_put(r->config.live, &p->row) : 0;

	if (err == 0)
		return;
	r->unsaved = true;
	log_limited(&r->log, LOG_ERR,
		    "a registration of %s cannot be kept: %s: free some memory",
		    p->row.extension, strerror(-err));
}

/* Unlinks and frees; the live row stays (for a sipd that comes back). */
static void place_free(struct registrar *r, struct aor *a, struct place *p)
{
	TAILQ_REMOVE(&a->places, p, link);
	a->n--;
	r->n--;
	if (p->tport)
		sofia_tport_unref(p->tport);
	free(p);
}

static void place_remove(struct registrar *r, struct aor *a, struct place *p,
			 enum binding_fact_op op)
{
	if (r->config.live)
		(void)live_del(r->config.live, p->row.id);
	tell(r, p, op);
	place_free(r, a, p);
}

static struct place *place_new(struct registrar *r, struct aor *a)
{
	struct place *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	record_init(&binding_record, &p->row);
	TAILQ_INSERT_HEAD(&a->places, p, link);
	a->n++;
	r->n++;
	return p;
}

static struct place *place_find(struct aor *a, const char *uri)
{
	struct place *p;

	TAILQ_FOREACH(p, &a->places, link)
	{
		if (contact_equal(p->row.contact, uri))
			return p;
	}
	return NULL;
}

static void place_peer(const struct place *p, struct peer *peer)
{
	memset(peer, 0, sizeof(*peer));
	peer->addr = p->addr;
	peer->port = (uint16_t)p->row.source_port;
	peer->transport = (enum peer_transport)p->row.transport;
	peer->local = p->row.local;
	peer->proven = true;
	peer->old_secret = p->row.old_secret;
	(void)snprintf(peer->extension, sizeof(peer->extension), "%s",
		       p->row.extension);
	peer->tport = p->tport;
}

static void place_target(const struct place *p, struct target *t)
{
	memset(t, 0, sizeof(*t));
	(void)snprintf(t->binding, sizeof(t->binding), "%s", p->row.id);
	(void)snprintf(t->uri, sizeof(t->uri), "%s", p->row.contact);
	(void)snprintf(t->user_agent, sizeof(t->user_agent), "%s",
		       p->row.user_agent);
	place_peer(p, &t->peer);
	t->q_milli = p->row.q_milli;
	/* The port of a connection that was lost is nowhere to connect to; the
	   contact's may be. The address stays the one that was proven. */
	if (p->row.transport != BINDING_TRANSPORT_UDP && !p->tport)
		t->peer.port = contact_port(p->row.contact, t->peer.port);
	sofia_route(&t->peer, t->route, sizeof(t->route));
}

/* Does the peer sit behind an address translator: is what it says of itself
   not where it came from? */
static bool is_nat(const struct request *rq)
{
	char source[ADDR_TEXT];

	addr_format(&rq->peer.addr, source);
	if (strcmp(rq->via_host, source) != 0)
		return true;
	return rq->peer.transport == PEER_UDP &&
	       strtoul(rq->via_port[0] ? rq->via_port : "5060", NULL, 10) !=
		       rq->peer.port;
}

/* Returns true when it is news: another source, or another phone. A plain
   refresh, every few minutes from every phone, is none. */
static bool place_update(struct registrar *r, struct place *p,
			 const struct request *rq, const struct wish *w)
{
	uint64_t now = clock_mono_ms();
	struct binding *row = &p->row;
	bool moved = row->source_port != rq->peer.port ||
		     !addr_equal(&p->addr, &rq->peer.addr) ||
		     strncmp(row->user_agent, rq->user_agent,
			     sizeof(row->user_agent) - 1) != 0;

	if (p->tport != rq->peer.tport) {
		if (p->tport)
			sofia_tport_unref(p->tport);
		p->tport =
			rq->peer.tport ? sofia_tport_ref(rq->peer.tport) : NULL;
	}
	p->addr = rq->peer.addr;
	p->due_ms = now + w->expires_s * 1000ULL;
	addr_format(&rq->peer.addr, row->source);
	row->source_port = rq->peer.port;
	row->transport = (uint32_t)rq->peer.transport;
	row->cseq = rq->cseq;
	row->expires_ms = clock_wall_ms() + w->expires_s * 1000ULL;
	row->q_milli = w->q_milli;
	row->local = rq->peer.local;
	row->old_secret = false;
	row->nat = is_nat(rq);
	p->keep_ms = row->nat || !row->local ? now + KEEP_EVERY_MS : 0;
	text_from_peer(row->contact, sizeof(row->contact), w->uri,
		       strlen(w->uri));
	text_from_peer(row->call_id, sizeof(row->call_id), rq->call_id,
		       strlen(rq->call_id));
	text_from_peer(row->user_agent, sizeof(row->user_agent), rq->user_agent,
		       strlen(rq->user_agent));
	place_save(r, p);
	return moved;
}

static int place_add(struct registrar *r, struct aor *a,
		     const struct request *rq, const struct wish *w)
{
	struct place *p = place_new(r, a);
	char token[17];

	if (!p)
		return -ENOMEM;
	secret_token(token, 8);
	(void)snprintf(p->row.id, sizeof(p->row.id), "%s-%s", a->extension,
		       token);
	(void)snprintf(p->row.extension, sizeof(p->row.extension), "%s",
		       a->extension);
	p->row.since_ms = clock_wall_ms();
	(void)place_update(r, p, rq, w);
	tell(r, p, BINDING_FACT_OP_ADDED);
	return 0;
}

static void answer_set(struct registrar_answer *answer, unsigned code,
		       const char *phrase)
{
	answer->code = code;
	answer->phrase = phrase;
	answer->headers[0] = '\0';
}

/* 200 with all bindings as they are now (RFC 3261 section 10.3, step 8). */
static void answer_bindings(const struct aor *a,
			    struct registrar_answer *answer)
{
	uint64_t now = clock_mono_ms();
	const struct place *p;
	size_t at = 0;

	answer_set(answer, 200, "OK");
	if (!a)
		return;
	TAILQ_FOREACH(p, &a->places, link)
	{
		uint64_t left = p->due_ms > now ? p->due_ms - now : 0;
		int n = snprintf(answer->headers + at, REGISTRAR_HEADERS - at,
				 "Contact: <%s>;expires=%llu;q=%u.%03u\r\n",
				 p->row.contact,
				 (unsigned long long)((left + 999) / 1000),
				 p->row.q_milli / 1000, p->row.q_milli % 1000);

		if (n < 0 || (size_t)n >= REGISTRAR_HEADERS - at) {
			answer->headers[at] = '\0';
			return;
		}
		at += (size_t)n;
	}
}

/* Reads and checks what is asked; false and the answer when it may not be. */
static bool read_wishes(const struct registrar *r, const struct request *rq,
			struct wishes *w, struct registrar_answer *answer)
{
	const struct sip_settings *s = r->config.settings;

	w->n = 0;
	if (rq->too_many) {
		answer_set(answer, 403, "Too Many Contacts");
		return false;
	}
	for (size_t i = 0; i < rq->n_contacts; i++) {
		const struct contact *c = &rq->contacts[i];
		struct wish *wish = &w->items[w->n++];
		int64_t expires = contact_expires(c->expires);

		if (!contact_good(c->uri)) {
			answer_set(answer, 400, "Bad Contact");
			return false;
		}
		if (!c->expires)
			expires = contact_expires(rq->expires);
		if (expires < 0)
			expires = s->default_expires_s;
		if (expires > 0 && expires < s->min_expires_s) {
			answer_set(answer, 423, "Interval Too Brief");
			(void)snprintf(answer->headers, REGISTRAR_HEADERS,
				       "Min-Expires: %u\r\n", s->min_expires_s);
			return false;
		}
		if (expires > s->max_expires_s)
			expires = s->max_expires_s;
		wish->uri = c->uri;
		wish->expires_s = (uint32_t)expires;
		wish->q_milli = contact_q(c->q);
	}
	return true;
}

/* RFC 3261 section 10.3, step 7: within one Call-ID, CSeq must rise. */
static bool in_order(const struct place *p, const struct request *rq)
{
	return strcmp(p->row.call_id, rq->call_id) != 0 ||
	       rq->cseq > p->row.cseq;
}

/* The same phone before it was restarted: the very same source, another
   Call-ID (RFC 3261 section 10.2.4 keeps it from boot to boot). */
static bool is_former(const struct place *p, const struct request *rq)
{
	return p->row.source_port == rq->peer.port &&
	       p->row.transport == (uint32_t)rq->peer.transport &&
	       addr_equal(&p->addr, &rq->peer.addr) &&
	       strcmp(p->row.call_id, rq->call_id) != 0;
}

static size_t count_former(const struct aor *a, const struct request *rq)
{
	const struct place *p;
	size_t n = 0;

	TAILQ_FOREACH(p, &a->places, link)
	n += is_former(p, rq);
	return n;
}

/* Drops what a restarted phone left behind, the oldest first, until there are
   at most `max`. */
static void make_room(struct registrar *r, struct aor *a,
		      const struct request *rq, size_t max)
{
	struct place *p = TAILQ_LAST(&a->places, places), *next;

	for (; p && a->n > max; p = next) {
		next = TAILQ_PREV(p, places, link);
		if (is_former(p, rq))
			place_remove(r, a, p, BINDING_FACT_OP_REMOVED);
	}
}

/* May all of it be done? Counts what there will be. */
static bool wishes_possible(struct aor *a, const struct request *rq,
			    const struct wishes *w, const struct extension *e,
			    struct registrar_answer *answer)
{
	size_t n = a->n;

	for (size_t i = 0; i < w->n; i++) {
		struct place *p = place_find(a, w->items[i].uri);

		if (p && !in_order(p, rq)) {
			answer_set(answer, 500, "CSeq Out of Order");
			return false;
		}
		if (!p && w->items[i].expires_s > 0)
			n++;
		else if (p && w->items[i].expires_s == 0)
			n--;
	}
	if (n > e->max_contacts && n > a->n &&
	    n - e->max_contacts > count_former(a, rq)) {
		answer_set(answer, 403, "Too Many Contacts");
		return false;
	}
	return true;
}

/* Drops bindings whose connection is gone: their phone is, or comes anew. */
static void drop_lost(struct registrar *r, struct aor *a)
{
	struct place *p = TAILQ_FIRST(&a->places), *next;

	for (; p; p = next) {
		next = TAILQ_NEXT(p, link);
		if (p->tport && sofia_tport_lost(p->tport))
			place_remove(r, a, p, BINDING_FACT_OP_REMOVED);
	}
}

static int carry_out(struct registrar *r, struct aor *a,
		     const struct request *rq, const struct wishes *w)
{
	int rc = 0;

	for (size_t i = 0; i < w->n && rc == 0; i++) {
		const struct wish *wish = &w->items[i];
		struct place *p = place_find(a, wish->uri);

		if (!p && wish->expires_s > 0) {
			rc = place_add(r, a, rq, wish);
		} else if (p && wish->expires_s == 0) {
			place_remove(r, a, p, BINDING_FACT_OP_REMOVED);
		} else if (p && place_update(r, p, rq, wish)) {
			tell(r, p, BINDING_FACT_OP_REFRESHED);
		}
	}
	return rc;
}

/* Contact: *, with Expires: 0 and nothing besides. */
static void remove_all(struct registrar *r, struct aor *a,
		       const struct request *rq,
		       struct registrar_answer *answer)
{
	struct place *p;

	if (rq->n_contacts > 0 || contact_expires(rq->expires) != 0) {
		answer_set(answer, 400, "Bad Contact");
		return;
	}
	TAILQ_FOREACH(p, &a->places, link)
	{
		if (!in_order(p, rq)) {
			answer_set(answer, 500, "CSeq Out of Order");
			return;
		}
	}
	while ((p = TAILQ_FIRST(&a->places)) != NULL)
		place_remove(r, a, p, BINDING_FACT_OP_REMOVED);
	answer_set(answer, 200, "OK");
}

void registrar_register(struct registrar *r, const struct request *rq,
			const struct extension *e, bool again,
			struct registrar_answer *answer)
{
	struct wishes w;
	struct aor *a;

	if (again) {
		answer_bindings(aor_find(r, e->number), answer);
		return;
	}
	if (!rq->star && !read_wishes(r, rq, &w, answer))
		return;
	r->unsaved = false;
	a = aor_get(r, e->number);
	if (!a) {
		answer_set(answer, 500, "Out of Memory");
		return;
	}
	drop_lost(r, a);
	if (rq->star)
		remove_all(r, a, rq, answer);
	else if (wishes_possible(a, rq, &w, e, answer)) {
		if (carry_out(r, a, rq, &w) == 0) {
			make_room(r, a, rq, e->max_contacts);
			answer_bindings(a, answer);
		} else {
			answer_set(answer, 500, "Out of Memory");
		}
	}
	if (r->unsaved)
		answer_set(answer, 500, "Cannot Be Kept");
	aor_drop_if_empty(r, a);
}

static bool rings_before(const struct target *a, const struct target *b)
{
	return a->q_milli > b->q_milli;
}

size_t registrar_targets(struct registrar *r, const char *extension,
			 struct target *out, size_t max)
{
	struct aor *a = aor_find(r, extension);
	struct place *p;
	size_t n = 0;

	if (!a)
		return 0;
	TAILQ_FOREACH(p, &a->places, link)
	{
		struct target t;
		size_t i = n;

		if (p->tport && sofia_tport_lost(p->tport))
			continue;
		place_target(p, &t);
		for (; i > 0 && rings_before(&t, &out[i - 1]); i--) {
			if (i < max)
				out[i] = out[i - 1];
		}
		if (i < max)
			out[i] = t;
		if (n < max)
			n++;
	}
	return n;
}

bool registrar_known(const struct registrar *r, const char *extension,
		     const struct peer *peer)
{
	struct aor *a = aor_find(r, extension);
	const struct place *p;

	if (!a)
		return false;
	TAILQ_FOREACH(p, &a->places, link)
	{
		if (p->row.source_port == peer->port &&
		    p->row.transport == (uint32_t)peer->transport &&
		    addr_equal(&p->addr, &peer->addr))
			return true;
	}
	return false;
}

void registrar_old_secret(struct registrar *r, const char *extension,
			  const struct addr *addr, bool old)
{
	struct aor *a = aor_find(r, extension);
	struct place *p;

	if (!a)
		return;
	TAILQ_FOREACH(p, &a->places, link)
	{
		if (p->row.old_secret == old || !addr_equal(&p->addr, addr))
			continue;
		p->row.old_secret = old;
		place_save(r, p);
	}
}

void registrar_forget(struct registrar *r, const char *extension,
		      const char *permit)
{
	struct aor *a = aor_find(r, extension);
	struct place *p, *next;

	if (!a)
		return;
	for (p = TAILQ_FIRST(&a->places); p; p = next) {
		next = TAILQ_NEXT(p, link);
		if (!permit ||
		    (permit[0] && !prefix_list_contains(permit, &p->addr)))
			place_remove(r, a, p, BINDING_FACT_OP_REMOVED);
	}
	aor_drop_if_empty(r, a);
}

void registrar_each(const struct registrar *r, registrar_row_fn fn, void *ctx)
{
	const struct aor *a;
	const struct place *p;

	for (a = r->aors; a; a = a->hh.next) {
		TAILQ_FOREACH(p, &a->places, link)
		fn(ctx, &p->row);
	}
}

size_t registrar_count(const struct registrar *r)
{
	return r->n;
}

static void keep_open(struct registrar *r, struct place *p, uint64_t now_ms)
{
	struct target t;

	p->keep_ms = now_ms + KEEP_EVERY_MS;
	place_target(p, &t);
	if (r->config.keep)
		r->config.keep(r->config.ctx, &t);
}

static void tick_aor(struct registrar *r, struct aor *a, uint64_t now_ms)
{
	struct place *p, *next;

	for (p = TAILQ_FIRST(&a->places); p; p = next) {
		next = TAILQ_NEXT(p, link);
		if (p->due_ms <= now_ms)
			place_remove(r, a, p, BINDING_FACT_OP_EXPIRED);
		else if (p->tport && sofia_tport_lost(p->tport))
			place_remove(r, a, p, BINDING_FACT_OP_REMOVED);
		else if (p->keep_ms && p->keep_ms <= now_ms)
			keep_open(r, p, now_ms);
	}
	aor_drop_if_empty(r, a);
}

void registrar_tick(struct registrar *r, uint64_t now_ms)
{
	struct aor *a, *next;

	HASH_ITER(hh, r->aors, a, next)
	tick_aor(r, a, now_ms);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	registrar_tick(arg, clock_mono_ms());
}

/* A row that a former sipd left. The wall clock tells what is left of it. */
static void take_over(void *ctx, const void *row)
{
	struct registrar *r = ctx;
	const struct binding *b = row;
	uint64_t wall = clock_wall_ms(), left, now = clock_mono_ms();
	uint64_t most = r->config.settings->max_expires_s * 1000ULL;
	struct aor *a;
	struct place *p;

	left = b->expires_ms > wall ? b->expires_ms - wall : 0;
	if (left > most)
		left = most;
	a = aor_get(r, b->extension);
	p = a ? place_new(r, a) : NULL;
	if (!p)
		return;
	p->row = *b;
	p->due_ms = now + left;
	p->keep_ms = b->nat || !b->local ? now + TICK_MS : 0;
	(void)addr_parse(&p->addr, b->source);
	if (b->transport == BINDING_TRANSPORT_UDP)
		p->tport =
			sofia_tport_facing(r->config.sofia, &p->addr, PEER_UDP);
}

struct registrar *registrar_new(const struct registrar_config *config)
{
	struct registrar *r = calloc(1, sizeof(*r));
	struct timeval tv = { TICK_MS / 1000, 0 };

	if (!r)
		return NULL;
	r->config = *config;
	rate_init(&r->log, 3, 1);
	if (config->live)
		(void)live_each(config->live, take_over, r);
	if (!config->base)
		return r;
	r->tick = event_new(config->base, -1, EV_PERSIST, on_tick, r);
	if (r->tick && event_add(r->tick, &tv) == 0)
		return r;
	registrar_free(r);
	return NULL;
}

void registrar_free(struct registrar *r)
{
	struct aor *a, *next;
	struct place *p;

	if (!r)
		return;
	if (r->tick)
		event_free(r->tick);
	HASH_ITER(hh, r->aors, a, next)
	{
		while ((p = TAILQ_FIRST(&a->places)) != NULL)
			place_free(r, a, p);
		aor_drop_if_empty(r, a);
	}
	free(r);
}

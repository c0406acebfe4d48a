#include "where.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "dns.h"
#include "secret.h"

enum { WAYS = 4, HOPS = 8 };

/* An SRV name to ask. */
struct way {
	char name[DNS_NAME + 16];
	enum peer_transport transport;
};

/* A host whose addresses are to be found. */
struct hop {
	char name[DNS_NAME];
	uint16_t port;
	enum peer_transport transport;
};

struct where {
	struct dns *dns;
	where_done_fn done;
	void *ctx;
	char host[DNS_NAME];
	enum where_transport wanted;
	struct way ways[WAYS];
	size_t n_ways, way; /* `way`: the one that is asked about */
	struct hop hops[HOPS];
	size_t n_hops, hop;
	struct trunk_place places[TRUNK_PLACES];
	size_t n_places;
	uint32_t ttl_s;
	bool v6;      /* AAAA is asked for */
	bool unasked; /* a question got no answer */
	bool refused; /* SRV said that there is no such service */
};

/* RFC 3263 section 4.1 and 4.2; what NAPTR calls them, and how SRV begins. */
static const struct protocol {
	const char *service;
	const char *prefix;
	enum peer_transport transport;
	uint16_t port;
} protocols[] = {
	{ "SIP+D2U", "_sip._udp.", PEER_UDP, 5060 },
	{ "SIP+D2T", "_sip._tcp.", PEER_TCP, 5060 },
	{ "SIPS+D2T", "_sips._tcp.", PEER_TLS, 5061 },
};

enum { N_PROTOCOLS = sizeof(protocols) / sizeof(protocols[0]) };

static const struct protocol *protocol_of(enum where_transport wanted)
{
	return &protocols[wanted == WHERE_AUTO ? 0 : (size_t)wanted];
}

bool where_is_address(const struct where_question *q, struct trunk_place *out)
{
	const struct protocol *p = protocol_of(q->transport);
	struct addr addr;

	if (addr_parse(&addr, q->host) < 0)
		return false;
	*out = (struct trunk_place){ addr, q->port != 0 ? q->port : p->port,
				     p->transport };
	return true;
}

static void finish(struct where *w)
{
	struct where_answer answer = { .places = w->places,
				       .n = w->n_places,
				       .ttl_s = w->ttl_s };

	if (w->n_places == 0)
		answer.err = w->unasked ? -EAGAIN : -ENOENT;
	w->done(w->ctx, &answer);
	free(w);
}

static void note_ttl(struct where *w, const struct dns_answer *a)
{
	for (size_t i = 0; i < a->n; i++) {
		if (a->records[i].ttl_s < w->ttl_s)
			w->ttl_s = a->records[i].ttl_s;
	}
	if (a->err == -EAGAIN)
		w->unasked = true;
}

/* A question that cannot be put is one without an answer: false. */
static bool ask(struct where *w, const char *name, enum dns_type type,
		dns_done_fn done)
{
	if (dns_ask(w->dns, name, type, done, w) == 0)
		return true;
	w->unasked = true;
	return false;
}

/* --- addresses --- */

static void on_addresses(void *ctx, const struct dns_answer *a);

/* false: there is nothing more to ask. */
static bool next_hop(struct where *w)
{
	if (w->hop == w->n_hops || w->n_places == TRUNK_PLACES)
		return false;
	return ask(w, w->hops[w->hop].name, w->v6 ? DNS_AAAA : DNS_A,
		   on_addresses);
}

static void add_place(struct where *w, const struct addr *addr)
{
	const struct hop *h = &w->hops[w->hop];

	if (w->n_places < TRUNK_PLACES)
		w->places[w->n_places++] =
			(struct trunk_place){ *addr, h->port, h->transport };
}

static void on_addresses(void *ctx, const struct dns_answer *a)
{
	struct where *w = ctx;

	note_ttl(w, a);
	for (size_t i = 0; i < a->n; i++)
		add_place(w, &a->records[i].addr);
	w->hop += w->v6;
	w->v6 = !w->v6;
	if (!next_hop(w))
		finish(w);
}

static void add_hop(struct where *w, const char *name, uint16_t port,
		    enum peer_transport transport)
{
	struct hop *h = &w->hops[w->n_hops];

	if (w->n_hops == HOPS)
		return;
	(void)snprintf(h->name, sizeof(h->name), "%s", name);
	h->port = port;
	h->transport = transport;
	w->n_hops++;
}

/* --- SRV --- */

/* RFC 2782: among those of the lowest priority, by chance and weight. */
static size_t pick(const struct dns_record *r, size_t n, const bool *taken)
{
	uint32_t sum = 0, at, lowest = UINT32_MAX;
	size_t i, last = n;

	for (i = 0; i < n; i++) {
		if (!taken[i] && r[i].order < lowest)
			lowest = r[i].order;
	}
	for (i = 0; i < n; i++) {
		if (!taken[i] && r[i].order == lowest)
			sum += r[i].preference;
	}
	secret_random(&at, sizeof(at));
	at %= sum + 1;
	for (i = 0; i < n; i++) {
		if (taken[i] || r[i].order != lowest)
			continue;
		last = i;
		if (r[i].preference >= at)
			break;
		at -= r[i].preference;
	}
	return last;
}

static void on_srv(void *ctx, const struct dns_answer *a);

static bool next_way(struct where *w)
{
	const struct protocol *p = protocol_of(w->wanted);

	if (w->way < w->n_ways)
		return ask(w, w->ways[w->way].name, DNS_SRV, on_srv);
	/* None: the name itself (section 4.2), unless a record denied it. */
	if (w->n_hops == 0 && !w->refused)
		add_hop(w, w->host, p->port, p->transport);
	return next_hop(w);
}

static void on_srv(void *ctx, const struct dns_answer *a)
{
	bool taken[DNS_RECORDS] = { false };
	struct where *w = ctx;

	note_ttl(w, a);
	for (size_t k = 0; k < a->n && k < DNS_RECORDS; k++) {
		size_t i = pick(a->records, a->n, taken);

		taken[i] = true;
		/* RFC 2782: "." is a word that there is none. */
		if (a->records[i].name[0])
			add_hop(w, a->records[i].name, a->records[i].port,
				w->ways[w->way].transport);
		else
			w->refused = true;
	}
	w->way++;
	if (!next_way(w))
		finish(w);
}

static void add_way(struct where *w, const char *prefix, const char *name,
		    enum peer_transport transport)
{
	struct way *way = &w->ways[w->n_ways];

	if (w->n_ways == WAYS)
		return;
	(void)snprintf(way->name, sizeof(way->name), "%s%s", prefix, name);
	way->transport = transport;
	w->n_ways++;
}

/* --- NAPTR --- */

/* The next in order and preference that is not taken; n: none. */
static size_t first_naptr(const struct dns_record *r, size_t n,
			  const bool *taken)
{
	size_t best = n;

	for (size_t i = 0; i < n; i++) {
		if (taken[i])
			continue;
		if (best == n || r[i].order < r[best].order ||
		    (r[i].order == r[best].order &&
		     r[i].preference < r[best].preference))
			best = i;
	}
	return best;
}

static void take_naptr(struct where *w, const struct dns_record *r)
{
	if (strcasecmp(r->flags, "s") != 0 || !r->name[0])
		return;
	for (size_t i = 0; i < N_PROTOCOLS; i++) {
		if (strcasecmp(r->service, protocols[i].service) == 0)
			add_way(w, "", r->name, protocols[i].transport);
	}
}

static void on_naptr(void *ctx, const struct dns_answer *a)
{
	bool taken[DNS_RECORDS] = { false };
	struct where *w = ctx;

	note_ttl(w, a);
	for (size_t k = 0; k < a->n && k < DNS_RECORDS; k++) {
		size_t i = first_naptr(a->records, a->n, taken);

		taken[i] = true;
		take_naptr(w, &a->records[i]);
	}
	for (size_t i = 0; w->n_ways == 0 && i < N_PROTOCOLS; i++)
		add_way(w, protocols[i].prefix, w->host,
			protocols[i].transport);
	if (!next_way(w))
		finish(w);
}

/* --- the question --- */

static bool begin(struct where *w, uint16_t port)
{
	const struct protocol *p = protocol_of(w->wanted);

	if (port != 0) {
		add_hop(w, w->host, port, p->transport);
		return next_hop(w);
	}
	if (w->wanted == WHERE_AUTO)
		return ask(w, w->host, DNS_NAPTR, on_naptr);
	add_way(w, p->prefix, w->host, p->transport);
	return next_way(w);
}

struct where *where_ask(struct dns *dns, const struct where_question *q,
			where_done_fn done, void *ctx)
{
	struct where *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->dns = dns;
	w->done = done;
	w->ctx = ctx;
	w->wanted = q->transport;
	w->ttl_s = UINT32_MAX;
	(void)snprintf(w->host, sizeof(w->host), "%s", q->host);
	if (begin(w, q->port))
		return w;
	free(w);
	return NULL;
}

void where_drop(struct where *w)
{
	if (!w)
		return;
	dns_forget(w->dns, w);
	free(w);
}

#include "hits.h"

#include <event2/event.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "counts.h"
#include "defense.h"
#include "fwd.h"
#include "nft.h"
#include "ports.h"
#include "rates.h"
#include "service.h"
#include "taker.h"

enum {
	TOLD_MAX = 16, /* sources of a row, a second */
	SEEN_MAX = 128,
	FLOODS = 5,
};

/* Counters of flood.c, and the service that they stand before. */
static const struct {
	const char *counter;
	enum wall_service service;
} floods[FLOODS] = {
	{ "flood_connections", WALL_ALL }, { "flood_tcp", WALL_ALL },
	{ "flood_udp", WALL_SIP },         { "flood_rtp", WALL_SIP },
	{ "flood_port", WALL_ALL },
};

/* A counter, and how far it was when we looked last. */
struct seen {
	char name[RULESET_NAME];
	uint64_t packets;
};

struct hit {
	struct addr source;
	uint64_t packets;
};

struct hits {
	struct fwd *f;
	struct event *tick;
	struct seen seen[SEEN_MAX]; /* written over from the first again */
	size_t n_seen;
	/* The row being looked at, of `next` - 1, and whom it met. */
	bool looking;
	size_t next;
	size_t sets; /* that are still to be read */
	struct auto_defense row;
	struct hit met[TOLD_MAX];
	size_t n_met;
	uint64_t others;
};

static enum wall_service service_of(const struct fwd *f,
				    const struct auto_defense *row)
{
	uint8_t protocol = row->protocol == AUTO_DEFENSE_PROTOCOL_TCP
				   ? IPPROTO_TCP
				   : IPPROTO_UDP;
	const struct ruleset_input *in = &f->ruleset.in;
	struct ports p;

	if (ports_parse(&p, row->port) < 0)
		return WALL_ALL;
	for (size_t i = 0; i < in->n_ports; i++)
		if (in->ports[i].protocol == protocol &&
		    in->ports[i].port >= p.first && in->ports[i].port <= p.last)
			return in->ports[i].service;
	return WALL_ALL;
}

/* Has it finished a handshake lately? */
static bool is_proven(const struct hits *h, const struct addr *source)
{
	char set[RULESET_NAME];

	if (!defense_proves(&h->row))
		return false;
	defense_proven(set, source->family, h->row.name);
	return nft_in_set(h->f->nft, set, source);
}

/* source NULL: many. */
static void tell(struct hits *h, const char *rule, enum wall_service service,
		 const struct addr *source, uint64_t packets)
{
	char text[ADDR_TEXT] = "";
	struct exceeded e;

	record_init(&exceeded_record, &e);
	snprintf(e.rule, sizeof(e.rule), "%s", rule);
	snprintf(e.service, sizeof(e.service), "%s",
		 wall_service_name(service));
	if (source) {
		addr_format(source, text);
		e.proven = is_proven(h, source);
	}
	snprintf(e.source, sizeof(e.source), "%s", text);
	e.packets = packets;
	h->f->exceeded(h->f, &e);
}

static void on_hit(void *ctx, const struct prefix *source, uint64_t packets)
{
	struct hits *h = ctx;

	if (h->n_met == TOLD_MAX)
		h->others += packets;
	else
		h->met[h->n_met++] = (struct hit){ source->addr, packets };
}

static struct seen *seen_of(struct hits *h, const char *counter, uint64_t begin)
{
	size_t n = h->n_seen < SEEN_MAX ? h->n_seen : SEEN_MAX;
	struct seen *s;

	for (size_t i = 0; i < n; i++)
		if (strcmp(h->seen[i].name, counter) == 0)
			return &h->seen[i];
	s = &h->seen[h->n_seen++ % SEEN_MAX];
	snprintf(s->name, sizeof(s->name), "%s", counter);
	s->packets = begin;
	return s;
}

/* By how much has this counter moved since we looked last? The first time:
   whether it stands at 0 (anew), or nothing. */
static uint64_t moved(struct hits *h, const char *counter, bool anew)
{
	uint64_t now = counts_packets(h->f->counts, counter);
	struct seen *s = seen_of(h, counter, anew ? 0 : now);
	uint64_t by = now > s->packets ? now - s->packets : 0;

	s->packets = now;
	return by;
}

static void look_at_floods(struct hits *h)
{
	for (size_t i = 0; i < FLOODS; i++) {
		uint64_t packets = moved(h, floods[i].counter, false);

		if (packets > 0)
			tell(h, floods[i].counter, floods[i].service, NULL,
			     packets);
	}
}

static void tell_row(struct hits *h)
{
	enum wall_service service = service_of(h->f, &h->row);

	for (size_t i = 0; i < h->n_met; i++)
		tell(h, h->row.name, service, &h->met[i].source,
		     h->met[i].packets);
	if (h->others > 0)
		tell(h, h->row.name, service, NULL, h->others);
}

/* Both families of the next row that met somebody. false: there is none. */
static bool look_at_next(struct hits *h, taker_done_fn done)
{
	static const int families[] = { AF_INET, AF_INET6 };
	char name[RULESET_NAME];

	for (h->sets = 0; h->sets == 0 && h->next < h->f->defense.n;) {
		const struct auto_defense *row = &h->f->defense.list[h->next++];

		defense_counter(name, row->name);
		if (moved(h, name, true) == 0 || !row->enabled)
			continue;
		h->row = *row;
		h->n_met = 0;
		h->others = 0;
		for (size_t i = 0; i < 2; i++) {
			defense_hits(name, families[i], row->name);
			h->sets += taker_ask(h->f->taker, name, families[i],
					     on_hit, done, h);
		}
	}
	return h->sets > 0;
}

static void look_on(struct hits *h, taker_done_fn done)
{
	if (look_at_next(h, done))
		return;
	look_at_floods(h);
	rates_tick(h->f->rates);
	h->looking = false;
}

static void on_read(void *ctx)
{
	struct hits *h = ctx;

	if (--h->sets > 0)
		return;
	tell_row(h);
	look_on(h, on_read);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct hits *h = arg;

	(void)fd;
	(void)what;
	/* A flood may take longer than a second to be looked at. */
	if (h->looking || counts_read(h->f->counts) < 0)
		return;
	h->looking = true;
	h->next = 0;
	look_on(h, on_read);
}

struct hits *hits_new(struct fwd *f)
{
	static const struct timeval second = { .tv_sec = 1 };
	struct hits *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->f = f;
	h->tick = event_new(f->service->base, -1, EV_PERSIST, on_tick, h);
	if (!h->tick || event_add(h->tick, &second) < 0) {
		hits_free(h);
		return NULL;
	}
	return h;
}

void hits_free(struct hits *h)
{
	if (!h)
		return;
	if (h->tick)
		event_free(h->tick);
	free(h);
}

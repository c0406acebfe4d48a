#include "trunk_places.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "clock.h"
#include "records.h"

#include "sofia.h"

enum {
	AGAIN_MS = 10000,
	TTL_LEAST_S = 5,
	TTL_MOST_S = 86400,
	STALE_MS = 86400000,
};

struct trunk_places {
	struct trunk_places_config config;
	const struct trunk *row;
	struct trunk_place places[TRUNK_PLACES];
	size_t n;
	struct where *where; /* its name is being asked for */
	struct event *timer;
	uint64_t named_ms; /* when DNS last said where it is */
};

static void arm(struct trunk_places *p, uint64_t ms)
{
	const struct timeval tv = { (time_t)(ms / 1000),
				    (long)(ms % 1000) * 1000L };

	(void)event_add(p->timer, &tv);
}

/* Those that we have a way to; all if there is none, so that the error is told
   by who sends. */
static size_t with_a_way(const struct trunk_places *p,
			 const struct where_answer *a,
			 struct trunk_place out[TRUNK_PLACES])
{
	size_t n = 0;

	for (size_t i = 0; i < a->n; i++) {
		if (sofia_tport_facing(p->config.sofia, &a->places[i].addr,
				       a->places[i].transport))
			out[n++] = a->places[i];
	}
	if (n > 0)
		return n;
	memcpy(out, a->places, a->n * sizeof(*out));
	return a->n;
}

static bool has(const struct trunk_places *p, const struct trunk_place *place)
{
	for (size_t i = 0; i < p->n; i++) {
		if (addr_equal(&p->places[i].addr, &place->addr) &&
		    p->places[i].port == place->port &&
		    p->places[i].transport == place->transport)
			return true;
	}
	return false;
}

static void found(struct trunk_places *p, const struct trunk_place *places,
		  size_t n)
{
	struct trunk_place old = p->places[0];
	bool had = p->n > 0;

	p->named_ms = clock_mono_ms();
	memcpy(p->places, places, n * sizeof(*places));
	p->n = n;
	p->config.found(p->config.ctx, !had || !has(p, &old));
}

static void not_found(struct trunk_places *p, int err)
{
	/* RFC 8767: what DNS said last serves while nobody can be asked. */
	bool stale = err == -EAGAIN && p->n > 0 &&
		     clock_mono_ms() - p->named_ms < STALE_MS;
	char why[160];

	(void)snprintf(why, sizeof(why),
		       err == -ENOENT ? "DNS knows no server of %.100s"
				      : "no DNS server answers for %.100s",
		       p->row->host);
	if (!stale)
		p->n = 0;
	arm(p, AGAIN_MS);
	p->config.unknown(p->config.ctx, why);
}

static void on_where(void *ctx, const struct where_answer *a)
{
	struct trunk_place places[TRUNK_PLACES];
	struct trunk_places *p = ctx;
	uint32_t ttl_s = a->ttl_s;
	size_t n;

	p->where = NULL;
	if (a->err < 0) {
		not_found(p, a->err);
		return;
	}
	n = with_a_way(p, a, places);
	if (ttl_s < TTL_LEAST_S)
		ttl_s = TTL_LEAST_S;
	if (ttl_s > TTL_MOST_S)
		ttl_s = TTL_MOST_S;
	arm(p, ttl_s * 1000ULL);
	found(p, places, n);
}

static void ask(struct trunk_places *p)
{
	const struct where_question q = {
		.host = p->row->host,
		.port = (uint16_t)p->row->port,
		.transport = (enum where_transport)p->row->transport,
	};
	struct trunk_place place;

	if (where_is_address(&q, &place)) {
		found(p, &place, 1);
		return;
	}
	p->where = where_ask(p->config.dns, &q, on_where, p);
	if (!p->where)
		arm(p, AGAIN_MS);
}

static void on_due(evutil_socket_t fd, short what, void *arg)
{
	struct trunk_places *p = arg;

	(void)fd;
	(void)what;
	if (!p->where)
		ask(p);
}

struct trunk_places *trunk_places_new(const struct trunk_places_config *config)
{
	struct trunk_places *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->config = *config;
	p->timer = evtimer_new(config->base, on_due, p);
	if (p->timer)
		return p;
	free(p);
	return NULL;
}

void trunk_places_free(struct trunk_places *p)
{
	if (!p)
		return;
	where_drop(p->where);
	event_free(p->timer);
	free(p);
}

void trunk_places_halt(struct trunk_places *p)
{
	where_drop(p->where);
	p->where = NULL;
	event_del(p->timer);
}

void trunk_places_forget(struct trunk_places *p)
{
	p->n = 0;
}

void trunk_places_find(struct trunk_places *p, const struct trunk *row)
{
	trunk_places_halt(p);
	trunk_places_forget(p);
	p->row = row;
	ask(p);
}

bool trunk_places_asking(const struct trunk_places *p)
{
	return p->where != NULL;
}

size_t trunk_places_all(const struct trunk_places *p,
			const struct trunk_place **places)
{
	*places = p->places;
	return p->n;
}

const struct trunk_place *trunk_places_first(const struct trunk_places *p)
{
	return p->n > 0 ? &p->places[0] : NULL;
}

bool trunk_places_turn(struct trunk_places *p)
{
	struct trunk_place first = p->places[0];

	if (p->n < 2)
		return false;
	memmove(&p->places[0], &p->places[1], (p->n - 1) * sizeof(first));
	p->places[p->n - 1] = first;
	return true;
}

void trunk_places_addresses(const struct trunk_places *p, char *text,
			    size_t size)
{
	char one[ADDR_TEXT];
	size_t n = 0;

	text[0] = '\0';
	for (size_t i = 0; i < p->n && n < size; i++) {
		addr_format(&p->places[i].addr, one);
		n += (size_t)snprintf(text + n, size - n, "%s%s",
				      n > 0 ? ";" : "", one);
	}
}

void trunk_places_address(const struct trunk_places *p, char *text, size_t size)
{
	const struct trunk_place *first = trunk_places_first(p);
	char addr[ADDR_TEXT];

	text[0] = '\0';
	if (!first)
		return;
	addr_format(&first->addr, addr);
	(void)snprintf(text, size,
		       first->addr.family == AF_INET6 ? "[%s]:%u" : "%s:%u",
		       addr, first->port);
}

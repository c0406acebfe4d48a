/*
 * A dialog over a trunk names where its requests go: followed here, as far as
 * next_hop.c lets us. A name is asked for once it is said, without waiting for
 * it; until it is known the requests go where they went before.
 */
#include "sofia_leg.h"

#include <stdio.h>
#include <string.h>

#include "log.h"
#include "record.h"

enum { NAMES_MAX = 8 }; /* so many a dialog makes us ask for */

static struct leg_hop *hop_of(const struct leg *leg)
{
	return leg->trunk != NULL ? &leg->trunk->hop : NULL;
}

bool leg_hop_pending(const struct leg *leg)
{
	const struct leg_hop *h = hop_of(leg);

	return h != NULL && h->where != NULL;
}

bool leg_hop_foreign(const struct leg *leg)
{
	const struct leg_hop *h = hop_of(leg);

	return h != NULL && h->route[0] != '\0' && !h->own;
}

bool leg_hop_is(const struct leg *leg, const struct addr *addr)
{
	const struct leg_hop *h = hop_of(leg);

	return h != NULL && h->route[0] != '\0' && addr_equal(&h->addr, addr);
}

const char *leg_hop_route(const struct leg *leg)
{
	const struct leg_hop *h = hop_of(leg);

	return h != NULL && h->route[0] != '\0' ? h->route : leg->route;
}

struct tport_s *leg_hop_tport(const struct leg *leg)
{
	const struct leg_hop *h = hop_of(leg);

	return h != NULL && h->route[0] != '\0' ? h->tport : leg->peer.tport;
}

void leg_hop_forget(struct leg *leg)
{
	struct leg_hop *h = hop_of(leg);

	if (h == NULL)
		return;
	where_drop(h->where);
	h->where = NULL;
}

/* To the server that was asked. */
static void stay(struct leg *leg, const char *host, const char *why)
{
	struct leg_hop *h = hop_of(leg);
	char shown[NEXT_HOP_HOST];

	h->route[0] = '\0';
	if (why == NULL || h->told)
		return;
	h->told = true;
	text_from_peer(shown, sizeof(shown), host, strlen(host));
	log_info("trunk %s: it has its call go on at \"%s\", %s: requests "
		 "go to the server that was asked",
		 leg->peer.trunk, shown, why);
}

/* The same connection serves as long as it is there: the server's own, or one
   that the provider opened from a port of chance. */
static bool is_asked(const struct leg *leg, const struct trunk_place *p)
{
	const struct peer *asked = &leg->peer;

	return p->transport == asked->transport &&
	       addr_equal(&p->addr, &asked->addr) &&
	       (p->port == asked->port ||
		(leg->caller && p->transport != PEER_UDP));
}

static const char *refused(const struct leg *leg, const struct trunk_place *p,
			   bool own)
{
	const struct legs_config *config = &leg->legs->config;
	struct sofia_tls_peer tls;
	const struct next_hop_facts facts = {
		.asked = &leg->peer,
		.own = own,
		.local = sofia_local(config->sofia, &p->addr),
		.ours = sofia_ours(config->sofia, &p->addr),
		.known = own &&
			 trunks_tls(config->trunks, &p->addr, p->port, &tls),
	};

	return next_hop_refused(p, &facts);
}

/* NULL, or why not. */
static const char *take(struct leg *leg, const struct trunk_place *p)
{
	const struct legs_config *config = &leg->legs->config;
	struct leg_hop *h = hop_of(leg);
	struct peer at = { .addr = p->addr,
			   .port = p->port,
			   .transport = p->transport };
	bool own = addr_equal(&p->addr, &leg->peer.addr) ||
		   trunks_owns(config->trunks, leg->peer.trunk, &p->addr);
	const char *why = refused(leg, p, own);

	if (why != NULL)
		return why;
	if (is_asked(leg, p)) {
		h->route[0] = '\0';
		return NULL;
	}
	at.tport = sofia_tport_facing(config->sofia, &p->addr, p->transport);
	if (at.tport == NULL)
		return "there is no way to it";
	h->addr = p->addr;
	h->own = own;
	h->tport = at.tport;
	sofia_route(&at, h->route, sizeof(h->route));
	return NULL;
}

static void on_where(void *ctx, const struct where_answer *a)
{
	struct leg *leg = ctx;
	struct leg_hop *h = hop_of(leg);
	const char *why = "no DNS server knows it";

	h->where = NULL;
	if (leg->dead)
		return;
	for (size_t i = 0; i < a->n && why != NULL; i++)
		why = take(leg, &a->places[i]);
	if (why != NULL)
		stay(leg, h->said.host, why);
	leg_way_known(leg);
	sofia_kick(leg->legs->config.sofia);
}

static void ask_name(struct leg *leg, const struct where_question *q)
{
	struct leg_hop *h = hop_of(leg);

	if (h->names >= NAMES_MAX) {
		stay(leg, q->host, "it named too many");
		return;
	}
	h->names++;
	h->where = trunks_where(leg->legs->config.trunks, q, on_where, leg);
	if (h->where == NULL)
		stay(leg, q->host, "no memory to ask for it");
}

/* The first Route, else the remote target. */
static int said(const struct leg *leg, struct next_hop *hop)
{
	const sip_route_t *route = NULL;
	const sip_contact_t *target = NULL;
	const url_t *url;
	char transport[8] = "";

	(void)nta_leg_get_route(leg->dialog, &route, &target);
	if (route == NULL && target == NULL)
		return -1;
	url = route != NULL ? route->r_url : target->m_url;
	if (url->url_type != url_sip && url->url_type != url_sips)
		return -1;
	if (url->url_params != NULL)
		(void)url_param(url->url_params, "transport", transport,
				sizeof(transport));
	return next_hop_read(
		&(struct next_hop_uri){ .secure = url->url_type == url_sips,
					.host = url->url_host,
					.port = url->url_port,
					.transport = transport },
		leg->peer.transport, hop);
}

void leg_hop_follow(struct leg *leg)
{
	struct leg_hop *h = hop_of(leg);
	const struct trunk *row;
	struct where_question q;
	struct trunk_place place;
	struct next_hop hop;
	const char *why;

	if (h == NULL)
		return;
	row = trunks_get(leg->legs->config.trunks, leg->peer.trunk);
	if (row == NULL || said(leg, &hop) < 0) {
		leg_hop_forget(leg);
		stay(leg, "", row != NULL ? "no SIP address" : NULL);
		return;
	}
	if (memcmp(&hop, &h->said, sizeof(hop)) == 0)
		return;
	leg_hop_forget(leg);
	h->said = hop;
	q = (struct where_question){
		.host = h->said.host,
		.port = hop.port,
		.transport = (enum where_transport)hop.transport,
	};
	if (next_hop_is_trunk(&hop, row)) {
		stay(leg, hop.host, NULL);
	} else if (where_is_address(&q, &place)) {
		why = take(leg, &place);
		if (why != NULL)
			stay(leg, hop.host, why);
	} else {
		ask_name(leg, &q);
	}
}

#include "trunk_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "clock.h"
#include "live.h"
#include "log.h"
#include "secret.h"

enum { CONTACT_BYTES = 12 };

struct trunk_line {
	const struct trunk_env *env;
	struct trunk row;
	struct trunk_state state;
	struct trunk_place places[TRUNK_PLACES];
	size_t n_places;
};

static void publish(struct trunk_line *l)
{
	if (l->env->live && live_put(l->env->live, &l->state) < 0)
		log_warn("trunk %s: its live row could not be written",
			 l->row.name);
}

/* The only place that changes the state. */
static void enter(struct trunk_line *l, enum trunk_state_state to)
{
	static const char *const names[] = {
		"off",     "trying",      "registered", "reachable",
		"refused", "unreachable", "unchecked",
	};

	if (l->state.state != to) {
		log_info("trunk %s: %s -> %s%s%s", l->row.name,
			 names[l->state.state], names[to],
			 l->state.last_error[0] ? ": " : "",
			 l->state.last_error);
		l->state.state = to;
		l->state.since_ms = clock_wall_ms();
	}
	publish(l);
}

static enum peer_transport transport_of(const struct trunk *row)
{
	switch ((enum trunk_transport)row->transport) {
	case TRUNK_TRANSPORT_UDP:
		return PEER_UDP;
	case TRUNK_TRANSPORT_TCP:
		return PEER_TCP;
	case TRUNK_TRANSPORT_TLS:
		return PEER_TLS;
	}
	return PEER_UDP;
}

/* Whose calls are the provider's, as others see it. */
static void tell_addresses(struct trunk_line *l)
{
	char text[ADDR_TEXT];
	size_t n = 0;

	l->state.addresses[0] = '\0';
	if (l->row.addresses[0]) {
		(void)snprintf(l->state.addresses, sizeof(l->state.addresses),
			       "%s", l->row.addresses);
		return;
	}
	for (size_t i = 0; i < l->n_places; i++) {
		addr_format(&l->places[i].addr, text);
		n += (size_t)snprintf(l->state.addresses + n,
				      sizeof(l->state.addresses) - n, "%s%s",
				      n > 0 ? ";" : "", text);
	}
}

static void tell_place(struct trunk_line *l)
{
	char text[ADDR_TEXT];

	l->state.address[0] = '\0';
	if (l->n_places == 0)
		return;
	addr_format(&l->places[0].addr, text);
	(void)snprintf(l->state.address, sizeof(l->state.address),
		       l->places[0].addr.family == AF_INET6 ? "[%s]:%u"
							    : "%s:%u",
		       text, l->places[0].port);
}

static void take_places(struct trunk_line *l, const struct trunk_place *places,
			size_t n)
{
	memcpy(l->places, places, n * sizeof(*places));
	l->n_places = n;
	tell_addresses(l);
	tell_place(l);
}

static void find_places(struct trunk_line *l)
{
	struct trunk_place p = { .port = (uint16_t)l->row.port,
				 .transport = transport_of(&l->row) };

	if (p.port == 0)
		p.port = p.transport == PEER_TLS ? 5061 : 5060;
	if (addr_parse(&p.addr, l->row.host) == 0)
		take_places(l, &p, 1);
	else
		take_places(l, &p, 0);
}

static void begin(struct trunk_line *l)
{
	if (!l->row.enabled) {
		take_places(l, l->places, 0);
		enter(l, TRUNK_STATE_STATE_OFF);
		return;
	}
	find_places(l);
	enter(l, TRUNK_STATE_STATE_UNCHECKED);
}

struct trunk_line *trunk_line_new(const struct trunk_env *env,
				  const struct trunk *row,
				  const struct trunk_state *before)
{
	struct trunk_line *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->env = env;
	l->row = *row;
	record_init(&trunk_state_record, &l->state);
	memcpy(l->state.name, row->name, sizeof(l->state.name));
	l->state.since_ms = clock_wall_ms();
	if (before) {
		memcpy(l->state.contact_user, before->contact_user,
		       sizeof(l->state.contact_user));
		memcpy(l->state.realm, before->realm, sizeof(l->state.realm));
	}
	if (!l->state.contact_user[0])
		secret_token(l->state.contact_user, CONTACT_BYTES);
	begin(l);
	return l;
}

void trunk_line_free(struct trunk_line *l)
{
	if (!l)
		return;
	secret_wipe(&l->row, sizeof(l->row));
	free(l);
}

void trunk_line_change(struct trunk_line *l, const struct trunk *row)
{
	/* Another provider proves its realm anew. */
	if (strcmp(l->row.host, row->host) != 0 ||
	    strcmp(l->row.domain, row->domain) != 0 ||
	    strcmp(l->row.realm, row->realm) != 0)
		l->state.realm[0] = '\0';
	l->row = *row;
	l->state.last_error[0] = '\0';
	begin(l);
}

const struct trunk *trunk_line_row(const struct trunk_line *l)
{
	return &l->row;
}

const struct trunk_state *trunk_line_state(const struct trunk_line *l)
{
	return &l->state;
}

size_t trunk_line_places(const struct trunk_line *l,
			 const struct trunk_place **places)
{
	*places = l->places;
	return l->n_places;
}

bool trunk_line_owns(const struct trunk_line *l, const struct addr *addr)
{
	return prefix_list_contains(l->state.addresses, addr);
}

void trunk_line_proved(struct trunk_line *l, const char *realm)
{
	if (l->row.realm[0] || strcmp(l->state.realm, realm) == 0)
		return;
	log_info("trunk %s: its password is for the realm \"%s\" alone from "
		 "now on",
		 l->row.name, realm);
	(void)snprintf(l->state.realm, sizeof(l->state.realm), "%s", realm);
	publish(l);
}

void trunk_line_call(struct trunk_line *l, int by)
{
	l->state.calls += (uint32_t)by;
	publish(l);
}

void trunk_line_failed(struct trunk_line *l, const char *why)
{
	l->state.failures++;
	(void)snprintf(l->state.last_error, sizeof(l->state.last_error), "%s",
		       why);
	publish(l);
}

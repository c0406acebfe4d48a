#include "ask.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "fwd.h"
#include "nft.h"

enum { ECHO4 = 8, ECHO6 = 128 }; /* RFC 792, RFC 4443 */

static bool in_interval(const struct interval *iv, const struct addr *a)
{
	size_t width = interval_width(iv);

	return iv->family == a->family &&
	       memcmp(a->bytes, iv->first, width) >= 0 &&
	       memcmp(a->bytes, iv->last, width) <= 0;
}

static bool is_local(const struct ask_world *w, const struct addr *a)
{
	for (size_t i = 0; i < w->rules->in.n_local; i++)
		if (in_interval(&w->rules->in.local[i], a))
			return true;
	return false;
}

static bool is_permitted(const struct permits *ps, enum wall_service service,
			 const struct addr *a)
{
	for (size_t i = 0; i < ps->n; i++)
		if (ps->list[i].service == service &&
		    prefix_contains(&ps->list[i].source, a))
			return true;
	return false;
}

/* "local4", "allow6_sip", "ban4_all" */
static bool in_set(void *ctx, const char *set, const struct addr *source)
{
	const struct ask_world *w = ctx;
	const char *name = strchr(set, '_');
	int service = name ? wall_service_find(name + 1) : -1;

	if (strncmp(set, "local", 5) == 0)
		return is_local(w, source);
	if (service < 0)
		return false;
	if (strncmp(set, "allow", 5) == 0)
		return is_permitted(&w->fwd->permits,
				    (enum wall_service)service, source);
	return nft_is_banned(w->fwd->nft, (enum wall_service)service, source);
}

void ask_packet(struct packet *p, const struct addr *source, uint8_t protocol,
		uint16_t port)
{
	bool v4 = source->family == AF_INET;

	*p = (struct packet){
		.source = *source,
		.protocol = protocol,
		.port = port,
		.source_port = 1024,
		.ct = CT_NEW,
		.has_socket = true,
	};
	if (protocol == IPPROTO_ICMP) {
		p->protocol = v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
		p->icmp_type = v4 ? ECHO4 : ECHO6;
	}
	p->loopback = v4 ? source->bytes[0] == IN_LOOPBACKNET
			 : memcmp(source->bytes, &in6addr_loopback,
				  sizeof(in6addr_loopback)) == 0;
}

void ask(struct ask_world *w, const struct packet *p, struct would *out)
{
	const struct would_world world = { .in_set = in_set, .ctx = w };

	would(w->rules, p, &world, out);
}

static bool is_call_port(const struct ask_world *w, const struct packet *p)
{
	const struct ruleset_input *in = &w->rules->in;

	return p->protocol == IPPROTO_UDP && in->rtp_min > 0 &&
	       p->port >= in->rtp_min && p->port <= in->rtp_max;
}

/* Some row of the rules asks for a MAC address that we were not told. */
static bool wants_mac(const struct ask_world *w, const struct packet *p)
{
	for (size_t i = 0; i < w->rules->n_rules && !p->has_mac; i++)
		for (size_t k = 0; k < w->rules->rules[i].n; k++)
			if (w->rules->rules[i].op[k].kind == OP_MAC)
				return true;
	return false;
}

void ask_note(const struct ask_world *w, const struct packet *p,
	      const struct would *answer, char *note, size_t size)
{
	snprintf(note, size, "%s%s",
		 answer->accept && is_call_port(w, p)
			 ? "while a call uses this port; "
			 : "",
		 wants_mac(w, p) && is_local(w, &p->source)
			 ? "rules with a MAC address were passed over: none "
			   "was given; "
			 : "");
	note[strlen(note) > 2 ? strlen(note) - 2 : 0] = '\0';
}

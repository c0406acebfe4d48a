/* Whose dialog is it? Asked before Sofia hands a message to one. */
#include "sofia_leg.h"

#include <stdio.h>
#include <string.h>

#include "addr.h"
#include "clock.h"

/* The caller's leg whose INVITE this is, this cancels, or this acknowledges:
   found by the branch of its Via (RFC 3261 section 17.2.3). */
static struct leg *by_invite(nta_agent_t *agent, const sip_t *sip)
{
	sip_t probe = *sip;
	sip_cseq_t cseq = *sip->sip_cseq;

	if (cseq.cs_method != sip_method_invite &&
	    cseq.cs_method != sip_method_ack &&
	    cseq.cs_method != sip_method_cancel)
		return NULL;
	cseq.cs_method = sip_method_invite;
	cseq.cs_method_name = "INVITE";
	probe.sip_cseq = &cseq;
	return nta_incoming_magic(
		nta_incoming_find(agent, &probe, probe.sip_via),
		leg_on_ack_cancel);
}

static struct leg *by_dialog(nta_agent_t *agent, const sip_t *sip)
{
	return nta_leg_magic(nta_leg_by_dialog(agent, NULL, sip->sip_call_id,
					       sip->sip_from->a_tag, NULL,
					       sip->sip_to->a_tag, NULL),
			     leg_on_request);
}

bool leg_is_from(const struct leg *leg, const struct addr *addr)
{
	/* A provider has many servers. */
	return addr_equal(&leg->peer.addr, addr) || leg_hop_is(leg, addr) ||
	       (leg->peer.trunk[0] != '\0' &&
		trunks_owns(leg->legs->config.trunks, leg->peer.trunk, addr));
}

static bool is_other(const struct leg *leg, const struct addr *from)
{
	return leg != NULL && !leg_is_from(leg, from);
}

/* BYE and what answers to us may always come. */
static bool is_counted(sip_method_t method)
{
	return method != sip_method_ack && method != sip_method_bye &&
	       method != sip_method_cancel;
}

enum sofia_claim sofia_leg_claim(struct sofia *s, const struct sip_s *sip,
				 const struct addr *from)
{
	nta_agent_t *agent = sofia_agent(s);
	struct leg *leg = by_dialog(agent, sip);

	if (is_other(leg, from) || is_other(by_invite(agent, sip), from))
		return SOFIA_CLAIM_OTHER;
	if (leg != NULL && is_counted(sip->sip_request->rq_method) &&
	    !rate_take(&leg->asked_of_us, clock_mono_ms()))
		return SOFIA_CLAIM_FLOOD;
	return SOFIA_CLAIM_FAIR;
}

/* The host of a route of ours: always an address (sofia_route()). */
static bool route_addr(const url_t *route, struct addr *a)
{
	char text[ADDR_TEXT];
	size_t n;

	if (route == NULL || route->url_host == NULL)
		return false;
	n = strlen(route->url_host);
	if (route->url_host[0] == '[' && n > 2)
		(void)snprintf(text, sizeof(text), "%.*s", (int)(n - 2),
			       route->url_host + 1);
	else
		(void)snprintf(text, sizeof(text), "%s", route->url_host);
	return addr_parse(a, text) == 0;
}

/* A 2xx that comes again finds our ACK, which may have gone elsewhere than the
   INVITE: the leg knows whom it was about. NULL: it is over. */
static const struct leg *acked_by(nta_agent_t *agent, const nta_outgoing_t *orq,
				  const sip_t *sip)
{
	if (nta_outgoing_method(orq) != sip_method_ack)
		return NULL;
	return nta_leg_magic(nta_leg_by_dialog(agent, NULL, sip->sip_call_id,
					       sip->sip_to->a_tag, NULL,
					       sip->sip_from->a_tag, NULL),
			     leg_on_request);
}

bool sofia_answer_of_other(struct sofia *s, const struct msg_s *msg,
			   const struct sip_s *sip, const struct addr *from)
{
	nta_agent_t *agent = sofia_agent(s);
	const struct leg *leg;
	nta_outgoing_t *orq;
	struct addr asked;

	/* What lacks one of these the agent drops. */
	if (sip->sip_cseq == NULL || sip->sip_call_id == NULL ||
	    sip->sip_via == NULL || sip->sip_from == NULL ||
	    sip->sip_to == NULL)
		return false;
	orq = nta_outgoing_find(agent, msg, sip, sip->sip_via);
	leg = orq != NULL ? acked_by(agent, orq, sip) : NULL;
	if (leg != NULL)
		return is_other(leg, from);
	return orq != NULL && route_addr(nta_outgoing_route_uri(orq), &asked) &&
	       !addr_equal(&asked, from);
}

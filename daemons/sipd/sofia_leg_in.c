/* A phone calls us: the INVITE outside a dialog, and what we answer to it. */
#include "sofia_leg.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "records.h"

static const char requirable[] = "timer, 100rel";

static void turn_down(nta_incoming_t *irq, int code, const char *header)
{
	nta_incoming_treply(
		irq, code, NULL,
		TAG_IF(header != NULL, SIPTAG_HEADER_STR(header)),
		TAG_IF(code == 415, SIPTAG_ACCEPT_STR("application/sdp")),
		TAG_END());
	nta_incoming_destroy(irq);
}

static bool requires_unknown(nta_incoming_t *irq, const sip_t *sip)
{
	sip_supported_t *ours;
	sip_unsupported_t *rest;
	su_home_t home[1] = { SU_HOME_INIT(home) };
	bool unknown = false;

	if (sip->sip_require == NULL)
		return false;
	ours = sip_supported_make(home, requirable);
	rest = sip_has_unsupported(home, ours, sip->sip_require);
	if (ours == NULL || rest != NULL) {
		/* RFC 3261 section 8.2.2.3 */
		nta_incoming_treply(irq, SIP_420_BAD_EXTENSION,
				    SIPTAG_UNSUPPORTED(rest), TAG_END());
		nta_incoming_destroy(irq);
		unknown = true;
	}
	su_home_deinit(home);
	return unknown;
}

/* Cut off, by its length or at a %00, it would be another number. */
static bool number_whole(const char *user)
{
	size_t n = 0;

	if (user == NULL)
		return true;
	for (; *user != '\0'; n++) {
		if (strncmp(user, "%00", 3) == 0)
			return false;
		user += user[0] == '%' && user[1] != '\0' && user[2] != '\0'
				? 3
				: 1;
	}
	return n < LEG_NUMBER;
}

/* Refuses what we could not carry; true: refused, irq is gone. */
static bool refused_early(nta_incoming_t *irq, const sip_t *sip,
			  const char *called)
{
	struct leg_timer_terms terms;
	const uint8_t *sdp;
	size_t n;
	uint32_t code = leg_sdp_of(sip, &sdp, &n);

	if (requires_unknown(irq, sip))
		return true;
	if (sip->sip_contact == NULL || sip->sip_from->a_tag == NULL)
		code = 400;
	else if (!number_whole(called))
		code = 404;
	if (code != 0) {
		turn_down(irq, (int)code, NULL);
		return true;
	}
	leg_terms(sip, &terms);
	if (leg_timer_too_short(&terms)) {
		turn_down(irq, 422, "Min-SE: 90");
		return true;
	}
	return false;
}

static void dialled_number(struct leg *leg, const char *user)
{
	char *text;

	if (user == NULL)
		return;
	/* '#' travels as %23 (RFC 3261 section 19.1.1). */
	text = strdup(user);
	if (text == NULL)
		return;
	(void)url_unescape(text, user);
	text_from_peer(leg->number, sizeof(leg->number), text, strlen(text));
	free(text);
}

static int make_dialog(struct leg *leg, const sip_t *sip)
{
	leg->dialog = nta_leg_tcreate(
		sofia_agent(leg->legs->config.sofia), leg_on_request, leg,
		SIPTAG_CALL_ID(sip->sip_call_id), SIPTAG_FROM(sip->sip_to),
		SIPTAG_TO(sip->sip_from),
		NTATAG_REMOTE_CSEQ(sip->sip_cseq->cs_seq), TAG_END());
	if (leg->dialog == NULL)
		return -ENOMEM;
	nta_leg_server_route(leg->dialog, sip->sip_record_route,
			     sip->sip_contact);
	leg_hop_follow(leg);
	if (nta_leg_tag(leg->dialog, nta_incoming_tag(leg->invite_in, NULL)) ==
	    NULL)
		return -ENOMEM;
	return 0;
}

struct leg *leg_incoming(struct legs *l, struct msg_s *msg, struct sip_s *sip,
			 const struct peer *peer, leg_event_fn fn, void *ctx)
{
	nta_incoming_t *irq = nta_incoming_create(sofia_agent(l->config.sofia),
						  NULL, msg, sip, TAG_END());
	const char *called = leg_called_user(l, peer, msg, sip);
	struct leg *leg;
	const uint8_t *sdp;
	size_t n;

	if (irq == NULL || refused_early(irq, sip, called))
		return NULL;
	leg = leg_alloc(l, peer, fn, ctx);
	if (leg == NULL) {
		turn_down(irq, 503, "Retry-After: 5");
		return NULL;
	}
	leg->caller = true;
	leg->state = LEG_ST_INVITED;
	leg->invite_in = irq;
	sofia_route(peer, leg->route, sizeof(leg->route));
	leg_features(leg, sip);
	leg_terms(sip, &leg->terms);
	leg->session = leg_timer_uas(&leg->terms,
				     l->config.settings->session_expires_s);
	dialled_number(leg, called);
	(void)leg_sdp_of(sip, &sdp, &n);
	if (leg_take_caller(leg, sip) < 0 ||
	    leg_keep(&leg->remote_sdp, sdp, n) < 0 ||
	    make_dialog(leg, sip) < 0) {
		leg->fn = NULL;
		leg_hangup(leg, &(struct leg_end){ 503, "no memory", 5 });
		return NULL;
	}
	nta_incoming_bind(irq, leg_on_ack_cancel, leg);
	nta_incoming_treply(irq, SIP_100_TRYING, TAG_END());
	return leg;
}

static void on_caller_ack(struct leg *leg, const sip_t *sip)
{
	struct leg_event ev = { .kind = LEG_ACKED };

	nta_incoming_destroy(leg->invite_in);
	leg->invite_in = NULL;
	if (leg->bye_due) {
		leg_send_bye(leg);
		return;
	}
	if (leg->state != LEG_ST_ACCEPTED)
		return;
	leg->state = LEG_ST_UP;
	leg_session_start(leg);
	if (leg_sdp_of(sip, &ev.body, &ev.body_bytes) == 0 && ev.body_bytes > 0)
		(void)leg_keep(&leg->remote_sdp, ev.body, ev.body_bytes);
	leg_emit(leg, &ev);
}

/* The ACK of our 200 never came (timer H), or nobody took our reliable 183. */
static void on_caller_silent(struct leg *leg)
{
	bool accepted = leg->state == LEG_ST_ACCEPTED;

	nta_incoming_destroy(leg->invite_in);
	leg->invite_in = NULL;
	if (accepted) {
		/* RFC 3261 section 13.3.1.4: BYE. */
		(void)snprintf(leg->end_reason, sizeof(leg->end_reason),
			       "Reason: SIP;cause=408;text=\"no ACK\"");
		leg_send_bye(leg);
	} else {
		leg->state = LEG_ST_OVER;
	}
	leg_emit_code(leg, LEG_GONE, 408, "the caller fell silent");
	leg_settle(leg);
}

int leg_on_ack_cancel(struct leg *leg, nta_incoming_t *irq, const sip_t *sip)
{
	if (irq != leg->invite_in)
		return 0;
	if (sip == NULL) {
		on_caller_silent(leg);
		return 0;
	}
	if (sip->sip_request->rq_method == sip_method_ack) {
		on_caller_ack(leg, sip);
		return 0;
	}
	if (sip->sip_request->rq_method != sip_method_cancel ||
	    leg->state != LEG_ST_INVITED)
		return 0;
	/* NTA sends the 487 when we return. A 200 given to it after that would
	   still go out, so the transaction is let go here. */
	leg->state = LEG_ST_OVER;
	nta_incoming_destroy(leg->invite_in);
	leg->invite_in = NULL;
	leg_emit_code(leg, LEG_CANCELLED, 487, NULL);
	leg_settle(leg);
	return 0;
}

static int on_prack(struct leg *leg, nta_reliable_t *rel, nta_incoming_t *prack,
		    const sip_t *sip)
{
	const uint8_t *sdp;
	size_t n;
	int code = 200;

	(void)leg;
	nta_reliable_destroy(rel);
	if (prack == NULL)
		return 0;
	/* An offer in a PRACK would need an answer in its 200 (RFC 3262
	   section 5); we have none to give before the callee answered. */
	if (leg_sdp_of(sip, &sdp, &n) != 0 || n > 0)
		code = 488;
	nta_incoming_treply(prack, code, NULL, TAG_END());
	nta_incoming_destroy(prack);
	return 0;
}

void leg_ring(struct leg *leg)
{
	if (leg->state != LEG_ST_INVITED)
		return;
	leg_reply(leg, leg->invite_in, SIP_180_RINGING, NULL, false);
	sofia_kick(leg->legs->config.sofia);
}

static void early_reliably(struct leg *leg)
{
	char contact[SOFIA_CONTACT];
	sip_payload_t pl[1];

	sip_payload_init(pl);
	pl->pl_data = (char *)leg->local_sdp.data;
	pl->pl_len = leg->local_sdp.n;
	leg_contact(leg, contact);
	if (nta_reliable_treply(leg->invite_in, on_prack, leg,
				SIP_183_SESSION_PROGRESS,
				SIPTAG_CONTACT_STR(contact),
				SIPTAG_CONTENT_TYPE_STR("application/sdp"),
				SIPTAG_PAYLOAD(pl), TAG_END()) == NULL)
		return;
	leg->early_reliable = leg_keep(&leg->early_sdp, leg->local_sdp.data,
				       leg->local_sdp.n) == 0;
}

void leg_early(struct leg *leg, const uint8_t *sdp, size_t n)
{
	if (leg->state != LEG_ST_INVITED)
		return;
	if (leg_keep(&leg->local_sdp, sdp, n) < 0)
		return;
	/* One reliable answer an INVITE (RFC 3262 section 5). */
	if (leg->peer_100rel && !leg->early_reliable)
		early_reliably(leg);
	else
		leg_reply(leg, leg->invite_in, SIP_183_SESSION_PROGRESS,
			  &leg->local_sdp, false);
	sofia_kick(leg->legs->config.sofia);
}

void leg_answer(struct leg *leg, const uint8_t *sdp, size_t n)
{
	bool told;

	if (leg->state != LEG_ST_INVITED)
		return;
	(void)leg_keep(&leg->local_sdp, sdp, n);
	told = leg->early_reliable && n == leg->early_sdp.n &&
	       memcmp(sdp, leg->early_sdp.data, n) == 0;
	leg->state = LEG_ST_ACCEPTED;
	leg_reply(leg, leg->invite_in, SIP_200_OK,
		  told ? NULL : &leg->local_sdp, true);
	sofia_kick(leg->legs->config.sofia);
}

/* Requests inside the dialog, theirs and ours: BYE, re-INVITE, UPDATE, INFO. */
#include "sofia_leg.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "secret.h"

/*
 * A dialog is known by its tags alone, so a request that knows them must come
 * from the address that we authenticated. A phone that opened a new connection
 * from there is followed.
 */
static bool from_our_peer(struct leg *leg, nta_incoming_t *irq)
{
	msg_t *msg = nta_incoming_getrequest(irq);
	struct peer now;

	memset(&now, 0, sizeof(now));
	sofia_peer(leg->legs->config.sofia, msg, &now);
	msg_unref(msg);
	if (!addr_equal(&now.addr, &leg->peer.addr))
		return leg_is_from(leg, &now.addr);
	if (now.port == leg->peer.port &&
	    now.transport == leg->peer.transport &&
	    now.tport == leg->peer.tport)
		return true;
	if (now.tport != NULL)
		now.tport = tport_ref(now.tport);
	if (leg->peer.tport != NULL)
		tport_unref(leg->peer.tport);
	leg->peer.port = now.port;
	leg->peer.transport = now.transport;
	leg->peer.tport = now.tport;
	sofia_route(&leg->peer, leg->route, sizeof(leg->route));
	return true;
}

static int on_bye(struct leg *leg, nta_incoming_t *irq)
{
	bool cancel = leg->state == LEG_ST_CALLING && leg->invite_out != NULL;

	nta_incoming_treply(irq, SIP_200_OK, TAG_END());
	nta_incoming_destroy(irq);
	if (leg->request_in != NULL && leg->offer == OFFER_THEIRS) {
		nta_incoming_treply(leg->request_in, SIP_487_REQUEST_CANCELLED,
				    TAG_END());
		nta_incoming_destroy(leg->request_in);
		leg->request_in = NULL;
		leg->offer = OFFER_NONE;
	}
	if (leg->invite_in != NULL && leg->state == LEG_ST_INVITED) {
		nta_incoming_treply(leg->invite_in, SIP_487_REQUEST_CANCELLED,
				    TAG_END());
		nta_incoming_destroy(leg->invite_in);
		leg->invite_in = NULL;
	}
	if (cancel)
		(void)nta_outgoing_tcancel(leg->invite_out, NULL, NULL,
					   TAG_END());
	else if (leg->state == LEG_ST_REACHED || leg->offer == OFFER_OURS_ACK)
		leg_ack(leg, leg->local_sdp.data, leg->local_sdp.n);
	leg->bye_due = false;
	leg->state = LEG_ST_OVER;
	leg_emit_code(leg, LEG_GONE, 200, "hung up");
	leg_settle(leg);
	return 0;
}

/* A random Retry-After of up to 10 s (RFC 3261 section 14.2). */
static int busy_with_offer(struct leg *leg, nta_incoming_t *irq)
{
	char retry[40];
	uint8_t r;

	(void)leg;
	secret_random(&r, sizeof(r));
	(void)snprintf(retry, sizeof(retry), "Retry-After: %u", 1 + r % 10U);
	nta_incoming_treply(irq, SIP_500_INTERNAL_SERVER_ERROR,
			    SIPTAG_HEADER_STR(retry), TAG_END());
	nta_incoming_destroy(irq);
	return 0;
}

/* Session timer of a request of theirs. Returns 0, or the code that refuses. */
static int session_asked(struct leg *leg, nta_incoming_t *irq, const sip_t *sip)
{
	struct leg_timer_terms terms;

	leg_terms(sip, &terms);
	if (leg_timer_too_short(&terms)) {
		nta_incoming_treply(irq, 422, "Session Interval Too Small",
				    SIPTAG_HEADER_STR("Min-SE: 90"), TAG_END());
		nta_incoming_destroy(irq);
		return 422;
	}
	leg->session = leg_timer_uas(
		&terms, leg->legs->config.settings->session_expires_s);
	leg_session_start(leg);
	return 0;
}

/* Their target may have moved (RFC 3261 section 12.2.2). */
static void target_refresh(struct leg *leg, const sip_t *sip)
{
	if (sip->sip_contact != NULL)
		nta_leg_server_route(leg->dialog, NULL, sip->sip_contact);
	leg_hop_follow(leg);
	leg_features(leg, sip);
}

static bool same_sdp(const struct leg_blob *blob, const uint8_t *sdp, size_t n)
{
	return n > 0 && n == blob->n && memcmp(blob->data, sdp, n) == 0;
}

/* Hands a re-INVITE or UPDATE to the call, or answers what changes nothing. */
static int on_offer(struct leg *leg, nta_incoming_t *irq, const sip_t *sip,
		    bool update)
{
	struct leg_event ev = { .kind = LEG_OFFER, .update = update };
	uint32_t code = leg_sdp_of(sip, &ev.body, &ev.body_bytes);

	if (code != 0)
		return (int)code;
	if (leg->request_in != NULL && leg->offer == OFFER_THEIRS)
		return busy_with_offer(leg, irq);
	if (leg->state != LEG_ST_UP || leg->offer != OFFER_NONE)
		return 491;
	if (session_asked(leg, irq, sip) != 0)
		return 0;
	target_refresh(leg, sip);
	leg->request_in = irq;
	leg->offer = OFFER_THEIRS;
	if (!update)
		nta_incoming_bind(irq, leg_on_reack, leg);
	if (same_sdp(&leg->remote_sdp, ev.body, ev.body_bytes)) {
		leg_accept(leg, leg->local_sdp.data, leg->local_sdp.n);
		return 0;
	}
	if (leg_keep(&leg->offered_sdp, ev.body, ev.body_bytes) < 0) {
		leg_reject(leg, 500);
		return 0;
	}
	ev.body = leg->offered_sdp.data;
	if (ev.body_bytes == 0)
		ev.kind = LEG_OFFER_WANTED;
	leg_emit(leg, &ev);
	return 0;
}

static int on_update(struct leg *leg, nta_incoming_t *irq, const sip_t *sip)
{
	const uint8_t *sdp;
	size_t n;

	if (leg_sdp_of(sip, &sdp, &n) == 0 && n == 0) {
		if (session_asked(leg, irq, sip) != 0)
			return 0;
		target_refresh(leg, sip);
		leg_reply(leg, irq, SIP_200_OK, NULL, true);
		nta_incoming_destroy(irq);
		return 0;
	}
	/* RFC 3311 section 5.2: an offer of ours is still unanswered. */
	if (leg->state == LEG_ST_CALLING || leg->state == LEG_ST_INVITED)
		return busy_with_offer(leg, irq);
	return on_offer(leg, irq, sip, true);
}

static int on_info(struct leg *leg, nta_incoming_t *irq, const sip_t *sip)
{
	struct leg_event ev = { .kind = LEG_INFO };
	const sip_content_type_t *type = sip->sip_content_type;

	if (sip->sip_payload == NULL || sip->sip_payload->pl_len == 0)
		return 200;
	if (type == NULL || type->c_type == NULL ||
	    sip->sip_payload->pl_len > 256 ||
	    (strcasecmp(type->c_type, "application/dtmf-relay") != 0 &&
	     strcasecmp(type->c_type, "application/dtmf") != 0))
		return 415;
	nta_incoming_treply(irq, SIP_200_OK, TAG_END());
	nta_incoming_destroy(irq);
	ev.type = type->c_type;
	ev.body = (const uint8_t *)sip->sip_payload->pl_data;
	ev.body_bytes = sip->sip_payload->pl_len;
	leg_emit(leg, &ev);
	return 0;
}

int leg_on_request(struct leg *leg, nta_leg_t *dialog, nta_incoming_t *irq,
		   const sip_t *sip)
{
	(void)dialog;
	if (!from_our_peer(leg, irq))
		return 403;
	switch (sip->sip_request->rq_method) {
	case sip_method_ack:
		return 200; /* a stray one; NTA answers no ACK */
	case sip_method_bye:
		return on_bye(leg, irq);
	case sip_method_invite:
		return on_offer(leg, irq, sip, false);
	case sip_method_update:
		return on_update(leg, irq, sip);
	case sip_method_info:
		return on_info(leg, irq, sip);
	case sip_method_options:
		leg_reply(leg, irq, SIP_200_OK, NULL, false);
		nta_incoming_destroy(irq);
		return 0;
	default:
		return 501;
	}
}

static void drop_request_in(struct leg *leg)
{
	nta_incoming_destroy(leg->request_in);
	leg->request_in = NULL;
	leg->offer = OFFER_NONE;
}

int leg_on_reack(struct leg *leg, nta_incoming_t *irq, const sip_t *sip)
{
	struct leg_event ev = { .kind = LEG_OFFER_ANSWER };
	bool wanted = leg->offered_sdp.n == 0;

	if (irq != leg->request_in)
		return 0;
	if (sip == NULL) {
		/* RFC 3261 section 14.2: no ACK for our 200 ends the call. */
		drop_request_in(leg);
		leg_emit_code(leg, LEG_GONE, 408, "no ACK");
		return 0;
	}
	if (sip->sip_request->rq_method == sip_method_cancel) {
		if (leg->offer == OFFER_THEIRS) {
			drop_request_in(leg);
			leg_emit_code(leg, LEG_OFFER_DROPPED, 487, NULL);
		}
		return 0;
	}
	drop_request_in(leg);
	if (!wanted)
		return 0;
	if (leg_sdp_of(sip, &ev.body, &ev.body_bytes) == 0 &&
	    ev.body_bytes > 0) {
		(void)leg_keep(&leg->remote_sdp, ev.body, ev.body_bytes);
		ev.body = leg_remote_sdp(leg, &ev.body_bytes);
		leg_emit(leg, &ev);
	} else {
		leg_emit_code(leg, LEG_OFFER_DROPPED, 400, "ACK without SDP");
	}
	return 0;
}

void leg_accept(struct leg *leg, const uint8_t *sdp, size_t n)
{
	if (leg->request_in == NULL || leg->offer != OFFER_THEIRS)
		return;
	(void)leg_keep(&leg->local_sdp, sdp, n);
	if (leg->offered_sdp.n > 0) {
		(void)leg_keep(&leg->remote_sdp, leg->offered_sdp.data,
			       leg->offered_sdp.n);
	}
	leg_reply(leg, leg->request_in, SIP_200_OK, &leg->local_sdp, true);
	if (nta_incoming_method(leg->request_in) == sip_method_invite)
		leg->offer = OFFER_THEIRS_ACK;
	else
		drop_request_in(leg);
	sofia_kick(leg->legs->config.sofia);
}

void leg_reject(struct leg *leg, uint32_t code)
{
	if (leg->request_in == NULL || leg->offer != OFFER_THEIRS)
		return;
	nta_incoming_treply(leg->request_in, (int)code, NULL, TAG_END());
	drop_request_in(leg);
	sofia_kick(leg->legs->config.sofia);
}

bool leg_can_offer(const struct leg *leg)
{
	return leg->state == LEG_ST_UP && leg->offer == OFFER_NONE &&
	       leg->request_out == NULL;
}

/* The open request of ours has its final response. */
static void detach(struct leg *leg)
{
	leg->request_out = NULL;
	leg->offer = OFFER_NONE;
	leg->refresh = false;
}

static void on_offer_success(struct leg *leg, nta_outgoing_t *orq,
			     const sip_t *sip)
{
	struct leg_event ev = { .kind = LEG_REANSWERED };
	bool invite = nta_outgoing_method(orq) == sip_method_invite;
	bool refresh = leg->refresh;
	struct leg_timer_terms terms;

	leg_terms(sip, &terms);
	leg->session = leg_timer_uac(&terms);
	leg_proved(leg);
	if (sip->sip_contact != NULL)
		nta_leg_client_reroute(leg->dialog, NULL, sip->sip_contact, 0);
	leg_hop_follow(leg);
	leg_session_start(leg);
	if (leg_sdp_of(sip, &ev.body, &ev.body_bytes) != 0)
		ev.body_bytes = 0;
	if (ev.body_bytes > 0) {
		(void)leg_keep(&leg->remote_sdp, ev.body, ev.body_bytes);
		ev.body = leg_remote_sdp(leg, &ev.body_bytes);
	}
	if (invite && leg->asked && ev.body_bytes > 0 && !leg->ending) {
		leg->offer = OFFER_OURS_ACK;
		leg_emit(leg, &ev);
		return;
	}
	if (invite)
		leg_send_ack(leg, orq, NULL);
	detach(leg);
	if (!refresh)
		leg_emit(leg, &ev);
	nta_outgoing_destroy(orq);
	leg_settle(leg);
}

/* A provider wants our password for it. */
static bool offered_again(struct leg *leg, nta_outgoing_t *orq,
			  const sip_t *sip)
{
	static const struct leg_blob none = { NULL, 0 };
	bool update = nta_outgoing_method(orq) == sip_method_update;
	bool bare = leg->asked || (update && leg->refresh);

	if (leg->ending || !leg_challenged(leg, sip))
		return false;
	return leg_send_offer(leg, update, bare ? &none : &leg->local_sdp) == 0;
}

static int on_offer_response(struct leg *leg, nta_outgoing_t *orq,
			     const sip_t *sip)
{
	int status = nta_outgoing_status(orq);
	bool refresh = leg->refresh;

	if (status < 200 || orq != leg->request_out || sip == NULL)
		return 0;
	if (leg->offer == OFFER_OURS_ACK)
		return 0;
	if (status < 300) {
		on_offer_success(leg, orq, sip);
		return 0;
	}
	if (offered_again(leg, orq, sip)) {
		nta_outgoing_destroy(orq);
		return 0;
	}
	detach(leg);
	if (status == 408 || status == 481)
		/* RFC 3261 section 12.2.1.2: the dialog is no more. */
		leg_emit_code(leg, LEG_GONE, (uint32_t)status,
			      "no such dialog");
	else if (refresh && status == 491)
		leg_session_retry(leg);
	else if (refresh)
		leg_session_start(leg);
	else
		leg_emit_code(leg, LEG_REFUSED, (uint32_t)status, NULL);
	nta_outgoing_destroy(orq);
	leg_settle(leg);
	return 0;
}

int leg_send_offer(struct leg *leg, bool update, const struct leg_blob *sdp)
{
	char session[160];

	leg_session_header(leg, true, session, sizeof(session));
	leg->asked = !update && sdp->n == 0;
	if (update)
		leg->request_out = leg_request(leg, on_offer_response,
					       SIP_METHOD_UPDATE, sdp, session);
	else
		leg->request_out = leg_request(leg, on_offer_response,
					       SIP_METHOD_INVITE, sdp, session);
	if (leg->request_out == NULL)
		return -EIO;
	/* An UPDATE without SDP is no offer. */
	leg->offer = update && sdp->n == 0 ? OFFER_NONE : OFFER_OURS;
	return 0;
}

int leg_offer(struct leg *leg, bool update, const uint8_t *sdp, size_t n)
{
	struct leg_blob blob = { (uint8_t *)(uintptr_t)sdp, n };

	if (!leg_can_offer(leg))
		return -EBUSY;
	if (n > 0) {
		if (leg_keep(&leg->local_sdp, sdp, n) < 0)
			return -EIO;
		blob = leg->local_sdp;
	}
	return leg_send_offer(leg, update && leg->peer_update && n > 0, &blob);
}

static int on_info_response(struct leg *leg, nta_outgoing_t *orq,
			    const sip_t *sip);

static void send_info(struct leg *leg, const char *type,
		      const sip_payload_t *pl)
{
	char credentials[LEG_CREDENTIALS];
	nta_outgoing_t *orq;

	leg_credentials(leg, "INFO", NULL, credentials);
	orq = nta_outgoing_tcreate(
		leg->dialog, on_info_response, leg,
		URL_STRING_MAKE(leg_hop_route(leg)), SIP_METHOD_INFO, NULL,
		NTATAG_TPORT(leg_hop_tport(leg)),
		TAG_IF(credentials[0] != '\0', SIPTAG_HEADER_STR(credentials)),
		SIPTAG_CONTENT_TYPE_STR(type), SIPTAG_PAYLOAD(pl), TAG_END());
	leg_side_begin(leg, orq);
	sofia_kick(leg->legs->config.sofia);
}

static int on_info_response(struct leg *leg, nta_outgoing_t *orq,
			    const sip_t *sip)
{
	const sip_t *sent;
	msg_t *msg;

	if (nta_outgoing_status(orq) < 200)
		return 0;
	if (sip != NULL && sip->sip_status != NULL && leg->state == LEG_ST_UP &&
	    leg_challenged(leg, sip)) {
		msg = nta_outgoing_getrequest(orq);
		sent = sip_object(msg);
		send_info(leg, sent->sip_content_type->c_type,
			  sent->sip_payload);
		msg_unref(msg);
	}
	leg_side_end(leg, orq);
	return 0;
}

void leg_info(struct leg *leg, const char *type, const uint8_t *body, size_t n)
{
	sip_payload_t pl[1];

	if (leg->state != LEG_ST_UP)
		return;
	sip_payload_init(pl);
	pl->pl_data = (char *)(uintptr_t)body;
	pl->pl_len = n;
	send_info(leg, type, pl);
}

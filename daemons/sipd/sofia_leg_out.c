/* We call a phone: the INVITE, what comes back, and the race with CANCEL. */
#include "sofia_leg.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record.h"
#include "records.h"
#include "secret.h"

#include "uri_text.h"

static void set_identity(struct leg *leg, const struct leg_identity *id)
{
	char host[SOFIA_HOST];
	char name[2 * 64];
	char user[LEG_NUMBER];

	sofia_host(leg->legs->config.sofia, &leg->peer, host);
	uri_quoted(name, sizeof(name), id->name);
	uri_user(user, sizeof(user), id->number);
	if (name[0] != '\0')
		(void)snprintf(leg->identity, sizeof(leg->identity),
			       "\"%s\" <sip:%s@%s>", name, user, host);
	else
		(void)snprintf(leg->identity, sizeof(leg->identity),
			       "<sip:%s@%s>", user, host);
	uri_user(user, sizeof(user), id->callee);
	(void)snprintf(leg->to, sizeof(leg->to), "<sip:%s@%s>", user, host);
}

/* The same towards a provider; -ENOENT: the trunk is gone. */
static int set_trunk(struct leg *leg, const struct leg_identity *id)
{
	const struct legs_config *config = &leg->legs->config;
	const struct trunk *row = trunks_get(config->trunks, leg->peer.trunk);
	const struct trunk_call call = { .number = id->number,
					 .name = id->name,
					 .callee = id->callee,
					 .hide = id->hide };
	struct trunk_texts texts;

	if (row == NULL)
		return -ENOENT;
	leg->trunk = calloc(1, sizeof(*leg->trunk));
	if (leg->trunk == NULL)
		return -ENOMEM;
	trunk_texts(row, &call, &texts);
	memcpy(leg->uri, texts.uri, sizeof(leg->uri));
	memcpy(leg->identity, texts.from, sizeof(leg->identity));
	memcpy(leg->to, texts.to, sizeof(leg->to));
	memcpy(leg->trunk->headers, texts.headers, sizeof(leg->trunk->headers));
	return 0;
}

/* The dialog, from the start or again when another fork of the phone's proxy
   answered than the one that rang. */
static int make_dialog(struct leg *leg, const sip_t *old)
{
	char id[33];
	nta_leg_t *dialog;

	/* Sofia's own Call-ID would tell our clock and network card. */
	secret_token(id, 16);
	dialog = nta_leg_tcreate(
		sofia_agent(leg->legs->config.sofia), leg_on_request, leg,
		SIPTAG_FROM_STR(leg->identity), SIPTAG_TO_STR(leg->to),
		TAG_IF(old == NULL, SIPTAG_CALL_ID_STR(id)),
		TAG_IF(old != NULL,
		       SIPTAG_CALL_ID(old != NULL ? old->sip_call_id : NULL)),
		TAG_IF(old != NULL,
		       SIPTAG_CSEQ(old != NULL ? old->sip_cseq : NULL)),
		TAG_END());
	if (dialog == NULL)
		return -ENOMEM;
	if (nta_leg_tag(dialog, old != NULL ? old->sip_from->a_tag : NULL) ==
	    NULL) {
		nta_leg_destroy(dialog);
		return -ENOMEM;
	}
	if (leg->dialog != NULL)
		nta_leg_destroy(leg->dialog);
	leg->dialog = dialog;
	return 0;
}

struct leg *leg_outgoing(struct legs *l, const struct target *target,
			 const struct leg_identity *id, leg_event_fn fn,
			 void *ctx)
{
	struct leg *leg = leg_alloc(l, &target->peer, fn, ctx);
	char *headers;

	if (leg == NULL)
		return NULL;
	leg->state = LEG_ST_CALLING;
	(void)snprintf(leg->route, sizeof(leg->route), "%s", target->route);
	(void)snprintf(leg->uri, sizeof(leg->uri), "%s", target->uri);
	/* A contact's "?Header=..." must not become headers of ours. */
	headers = strchr(leg->uri, '?');
	if (headers != NULL)
		*headers = '\0';
	leg->session_s = l->config.settings->session_expires_s;
	leg->min_se_s = LEG_MIN_SE;
	if (leg->peer.trunk[0] == '\0')
		set_identity(leg, id);
	else if (set_trunk(leg, id) < 0) {
		leg_bury(leg);
		return NULL;
	}
	if (make_dialog(leg, NULL) < 0) {
		leg_bury(leg);
		return NULL;
	}
	return leg;
}

static int on_prack_response(struct leg *leg, nta_outgoing_t *orq,
			     const sip_t *sip)
{
	if (nta_outgoing_status(orq) < 200)
		return 0;
	if (sip != NULL && sip->sip_status != NULL &&
	    leg_challenged(leg, sip) && !leg->ending)
		leg_side_begin(leg,
			       leg_request(leg, on_prack_response,
					   SIP_METHOD_PRACK, NULL, leg->rack));
	leg_side_end(leg, orq);
	return 0;
}

/* Sets what the answer tells of the dialog; a 2xx decides (RFC 3261 13.2.2.4).
 */
static int dialog_from(struct leg *leg, nta_outgoing_t *orq, const sip_t *sip)
{
	const char *tag = sip->sip_to != NULL ? sip->sip_to->a_tag : NULL;
	const char *have = nta_leg_get_rtag(leg->dialog);
	msg_t *msg;

	if (tag == NULL)
		return -EPROTO;
	if (have != NULL && strcasecmp(have, tag) != 0) {
		int err;

		msg = nta_outgoing_getrequest(orq);
		err = make_dialog(leg, sip_object(msg));
		msg_unref(msg);
		if (err < 0)
			return err;
	}
	nta_leg_rtag(leg->dialog, tag);
	nta_leg_client_reroute(leg->dialog, sip->sip_record_route,
			       sip->sip_contact, 1);
	leg_hop_follow(leg);
	return 0;
}

/* RFC 3262 section 4. Returns false for one that we have seen. */
static bool acknowledge_1xx(struct leg *leg, nta_outgoing_t *orq,
			    const sip_t *sip)
{
	nta_outgoing_t *prack;

	if (sip->sip_rseq == NULL || sip->sip_require == NULL ||
	    !sip_has_feature(sip->sip_require, "100rel"))
		return true;
	if (sip->sip_rseq->rs_response <= leg->pracked)
		return false;
	if (dialog_from(leg, orq, sip) < 0)
		return true;
	(void)snprintf(leg->rack, sizeof(leg->rack), "RAck: %u %u INVITE",
		       (unsigned)sip->sip_rseq->rs_response,
		       (unsigned)sip->sip_cseq->cs_seq);
	prack = leg_request(leg, on_prack_response, SIP_METHOD_PRACK, NULL,
			    leg->rack);
	if (prack == NULL)
		return true;
	leg_side_begin(leg, prack);
	leg->pracked = sip->sip_rseq->rs_response;
	(void)nta_outgoing_setrseq(orq, leg->pracked);
	return true;
}

static void on_progress(struct leg *leg, nta_outgoing_t *orq, const sip_t *sip)
{
	struct leg_event ev = { .kind = LEG_RINGING };

	leg_features(leg, sip);
	if (!acknowledge_1xx(leg, orq, sip) || leg->cancelled)
		return;
	ev.code = (uint32_t)sip->sip_status->st_status;
	if (leg_sdp_of(sip, &ev.body, &ev.body_bytes) != 0)
		ev.body_bytes = 0;
	if (ev.body_bytes > 0) {
		ev.kind = LEG_EARLY;
		(void)leg_keep(&leg->remote_sdp, ev.body, ev.body_bytes);
		ev.body = leg_remote_sdp(leg, &ev.body_bytes);
	}
	leg_emit(leg, &ev);
}

/* A 2xx that nobody wants any more: the CANCEL crossed it. */
static void ack_and_bye(struct leg *leg)
{
	leg->state = LEG_ST_REACHED;
	leg_ack(leg, NULL, 0);
	leg_send_bye(leg);
}

static void on_success(struct leg *leg, nta_outgoing_t *orq, const sip_t *sip)
{
	struct leg_event ev = { .kind = LEG_ANSWERED, .code = 200 };
	struct leg_timer_terms terms;

	if (leg->state != LEG_ST_CALLING)
		return;
	if (dialog_from(leg, orq, sip) < 0) {
		leg->state = LEG_ST_OVER;
		leg_emit_code(leg, LEG_FAILED, 500, "answer without a tag");
		return;
	}
	/* Its ACK must know the way first. */
	if (leg_hop_pending(leg))
		return;
	leg_features(leg, sip);
	leg_terms(sip, &terms);
	leg->session = leg_timer_uac(&terms);
	leg_proved(leg);
	if (leg->ending) {
		ack_and_bye(leg);
		return;
	}
	leg->state = LEG_ST_REACHED;
	if (leg_sdp_of(sip, &ev.body, &ev.body_bytes) != 0)
		ev.body_bytes = 0;
	if (ev.body_bytes > 0)
		(void)leg_keep(&leg->remote_sdp, ev.body, ev.body_bytes);
	/* Without SDP it was told before, in a reliable 183. */
	ev.body = leg_remote_sdp(leg, &ev.body_bytes);
	leg_emit(leg, &ev);
}

void leg_way_known(struct leg *leg)
{
	nta_outgoing_t *orq = leg->invite_out;
	msg_t *msg;

	if (leg->state != LEG_ST_CALLING || orq == NULL ||
	    nta_outgoing_status(orq) < 200)
		return;
	msg = nta_outgoing_getresponse(orq);
	if (msg != NULL)
		on_success(leg, orq, sip_object(msg));
	msg_unref(msg);
	leg_settle(leg);
}

/* Once more with what the peer asks for: our password, or a longer session
   timer (RFC 4028 section 7.4). */
static bool sent_again(struct leg *leg, const sip_t *sip)
{
	if (!leg->ending && leg_challenged(leg, sip))
		return leg_invite(leg, leg->local_sdp.data, leg->local_sdp.n) ==
		       0;
	if (sip->sip_status->st_status != 422 || leg->raised || leg->ending ||
	    sip->sip_min_se == NULL || sip->sip_min_se->min_delta > 86400)
		return false;
	leg->raised = true;
	if (sip->sip_min_se->min_delta > leg->min_se_s)
		leg->min_se_s = (uint32_t)sip->sip_min_se->min_delta;
	if (leg->session_s < leg->min_se_s)
		leg->session_s = leg->min_se_s;
	return leg_invite(leg, leg->local_sdp.data, leg->local_sdp.n) == 0;
}

static uint32_t retry_after(const sip_t *sip)
{
	unsigned long s = sip->sip_retry_after != NULL
				  ? sip->sip_retry_after->af_delta
				  : 0;

	return s > 3600 ? 3600 : (uint32_t)s;
}

/* Sofia's own word for nobody there, or no way to send: it came from nowhere.
 */
static bool said_by_nobody(nta_outgoing_t *orq)
{
	msg_t *msg = nta_outgoing_getresponse(orq);
	bool nobody = msg == NULL || msg_addr(msg)->su_family == 0;

	if (msg != NULL)
		msg_unref(msg);
	return nobody;
}

/* Letting go of a transaction may free its response: that comes last. */
static void on_failure(struct leg *leg, nta_outgoing_t *orq, const sip_t *sip)
{
	struct leg_event ev = { .kind = LEG_FAILED };
	const char *phrase = sip->sip_status->st_phrase;

	ev.code = (uint32_t)sip->sip_status->st_status;
	ev.silent = said_by_nobody(orq);
	ev.retry_after_s = retry_after(sip);
	if (phrase != NULL)
		text_from_peer(ev.reason, sizeof(ev.reason), phrase,
			       strlen(phrase));
	leg->invite_out = NULL;
	if (!sent_again(leg, sip)) {
		leg->state = LEG_ST_OVER;
		leg_emit(leg, &ev);
	}
	nta_outgoing_destroy(orq);
	leg_settle(leg);
}

static int on_invite_response(struct leg *leg, nta_outgoing_t *orq,
			      const sip_t *sip)
{
	int status = nta_outgoing_status(orq);

	if (sip == NULL || sip->sip_status == NULL || orq != leg->invite_out)
		return 0;
	if (status < 100)
		return 0;
	if (status == 100)
		leg_emit_code(leg, LEG_TRYING, 100, NULL);
	else if (status < 200)
		on_progress(leg, orq, sip);
	else if (status < 300)
		on_success(leg, orq, sip);
	else
		on_failure(leg, orq, sip);
	return 0;
}

int leg_invite(struct leg *leg, const uint8_t *sdp, size_t n)
{
	char contact[SOFIA_CONTACT];
	char session[160];
	char credentials[LEG_CREDENTIALS];
	sip_payload_t pl[1];

	if (leg_keep(&leg->local_sdp, sdp, n) < 0)
		return -EIO;
	sip_payload_init(pl);
	pl->pl_data = (char *)leg->local_sdp.data;
	pl->pl_len = n;
	leg_contact(leg, contact);
	leg_session_header(leg, true, session, sizeof(session));
	leg_credentials(leg, "INVITE", leg->uri, credentials);
	/* Without an offer of ours a reliable 183 would carry the peer's, which
	   the PRACK had to answer before the caller can: no 100rel then. */
	leg->invite_out = nta_outgoing_tcreate(
		leg->dialog, on_invite_response, leg,
		URL_STRING_MAKE(leg->route), SIP_METHOD_INVITE,
		URL_STRING_MAKE(leg->uri), NTATAG_TPORT(leg->peer.tport),
		SIPTAG_CONTACT_STR(contact),
		SIPTAG_ALLOW_STR("INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, "
				 "UPDATE, PRACK"),
		SIPTAG_SUPPORTED_STR(n > 0 ? "timer, 100rel" : "timer"),
		SIPTAG_HEADER_STR(session),
		TAG_IF(credentials[0] != '\0', SIPTAG_HEADER_STR(credentials)),
		TAG_IF(leg->trunk != NULL, NTATAG_PASS_100(1)),
		TAG_IF(leg->trunk != NULL,
		       SIPTAG_HEADER_STR(leg->trunk != NULL
						 ? leg->trunk->headers
						 : NULL)),
		TAG_IF(n > 0, SIPTAG_CONTENT_TYPE_STR("application/sdp")),
		TAG_IF(n > 0, SIPTAG_PAYLOAD(pl)), TAG_END());
	sofia_kick(leg->legs->config.sofia);
	return leg->invite_out != NULL ? 0 : -EIO;
}

void leg_ack(struct leg *leg, const uint8_t *sdp, size_t n)
{
	struct leg_blob blob = { (uint8_t *)(uintptr_t)sdp, n };

	if (leg->state == LEG_ST_REACHED && leg->invite_out != NULL) {
		if (n > 0)
			(void)leg_keep(&leg->local_sdp, sdp, n);
		leg_send_ack(leg, leg->invite_out, &blob);
		nta_outgoing_destroy(leg->invite_out);
		leg->invite_out = NULL;
		leg->state = LEG_ST_UP;
		if (!leg->ending)
			leg_session_start(leg);
	} else if (leg->offer == OFFER_OURS_ACK && leg->request_out != NULL) {
		if (n > 0)
			(void)leg_keep(&leg->local_sdp, sdp, n);
		leg_send_ack(leg, leg->request_out, &blob);
		nta_outgoing_destroy(leg->request_out);
		leg->request_out = NULL;
		leg->offer = OFFER_NONE;
	}
}

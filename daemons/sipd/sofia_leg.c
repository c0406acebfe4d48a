#include "sofia_leg.h"

#include <errno.h>
#include <event2/event.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "record.h"
#include "records.h"
#include "secret.h"

enum {
	ENDING_MS = 40000, /* 64*T1 of RFC 3261 and some */
	SWEEP_S = 5,
	QUIET_SWEEPS = 8, /* 40 s: no transaction is left of any call */
	/* Requests in a dialog: keys by INFO are the most there are. */
	ASKED_BURST = 50,
	ASKED_PER_S = 20,
};

static const char allow[] =
	"INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK";

/* SDP may hold keys of SRTP. */
static void blob_free(struct leg_blob *blob)
{
	if (blob->data != NULL)
		secret_wipe(blob->data, blob->n);
	free(blob->data);
}

static void leg_free(struct leg *leg)
{
	LIST_REMOVE(leg, in_legs);
	nta_outgoing_destroy(leg->invite_out);
	nta_outgoing_destroy(leg->request_out);
	nta_outgoing_destroy(leg->bye);
	for (size_t i = 0; i < LEG_SIDES; i++)
		nta_outgoing_destroy(leg->sides[i]);
	nta_incoming_destroy(leg->invite_in);
	nta_incoming_destroy(leg->request_in);
	if (leg->dialog != NULL)
		nta_leg_destroy(leg->dialog);
	if (leg->peer.tport != NULL)
		tport_unref(leg->peer.tport);
	if (leg->timer != NULL)
		event_free(leg->timer);
	blob_free(&leg->local_sdp);
	blob_free(&leg->remote_sdp);
	blob_free(&leg->early_sdp);
	blob_free(&leg->offered_sdp);
	leg_hop_forget(leg);
	free(leg->trunk);
	free(leg);
}

static void on_reap(evutil_socket_t fd, short what, void *arg)
{
	struct legs *l = arg;
	struct leg *leg;

	(void)fd;
	(void)what;
	while ((leg = LIST_FIRST(&l->dead)) != NULL)
		leg_free(leg);
	sofia_kick(l->config.sofia);
}

bool legs_any(const struct legs *l)
{
	return !LIST_EMPTY(&l->list) || !LIST_EMPTY(&l->dead);
}

/*
 * After a storm of calls the heap keeps what its transactions took, hundreds
 * of megabytes after a thousand calls a second. Given back when all is quiet.
 */
static void trim(struct legs *l)
{
	if (legs_any(l)) {
		l->quiet = 0;
	} else if (l->quiet < QUIET_SWEEPS && ++l->quiet == QUIET_SWEEPS) {
		(void)malloc_trim(0);
	}
}

static void on_sweep(evutil_socket_t fd, short what, void *arg)
{
	struct legs *l = arg;
	uint64_t now_ms = clock_mono_ms();
	struct leg *leg = LIST_FIRST(&l->list);

	(void)fd;
	(void)what;
	while (leg != NULL) {
		struct leg *next = LIST_NEXT(leg, in_legs);

		if (leg->ending && now_ms >= leg->give_up_ms)
			leg_bury(leg);
		leg = next;
	}
	trim(l);
}

struct legs *legs_new(const struct legs_config *config)
{
	struct legs *l = calloc(1, sizeof(*l));
	const struct timeval every = { SWEEP_S, 0 };

	if (l == NULL)
		return NULL;
	l->config = *config;
	LIST_INIT(&l->list);
	LIST_INIT(&l->dead);
	l->reaper = event_new(config->base, -1, 0, on_reap, l);
	l->sweep = event_new(config->base, -1, EV_PERSIST, on_sweep, l);
	if (l->reaper == NULL || l->sweep == NULL ||
	    event_add(l->sweep, &every) != 0) {
		legs_free(l);
		return NULL;
	}
	return l;
}

void legs_free(struct legs *l)
{
	struct leg *leg;

	if (l == NULL)
		return;
	while ((leg = LIST_FIRST(&l->list)) != NULL)
		leg_free(leg);
	while ((leg = LIST_FIRST(&l->dead)) != NULL)
		leg_free(leg);
	if (l->reaper != NULL)
		event_free(l->reaper);
	if (l->sweep != NULL)
		event_free(l->sweep);
	free(l);
}

struct leg *leg_alloc(struct legs *l, const struct peer *peer, leg_event_fn fn,
		      void *ctx)
{
	struct leg *leg = calloc(1, sizeof(*leg));

	if (leg == NULL)
		return NULL;
	leg->legs = l;
	leg->fn = fn;
	leg->ctx = ctx;
	leg->peer = *peer;
	if (peer->tport != NULL)
		leg->peer.tport = tport_ref(peer->tport);
	rate_init(&leg->asked_of_us, ASKED_BURST, ASKED_PER_S);
	LIST_INSERT_HEAD(&l->list, leg, in_legs);
	return leg;
}

void leg_bury(struct leg *leg)
{
	if (leg->dead)
		return;
	leg->dead = true;
	leg->fn = NULL;
	LIST_REMOVE(leg, in_legs);
	LIST_INSERT_HEAD(&leg->legs->dead, leg, in_legs);
	event_active(leg->legs->reaper, EV_TIMEOUT, 0);
}

void leg_settle(struct leg *leg)
{
	if (leg->ending && leg->state == LEG_ST_OVER &&
	    leg->invite_out == NULL && leg->request_out == NULL &&
	    leg->bye == NULL && !leg->bye_due)
		leg_bury(leg);
}

void leg_emit(struct leg *leg, struct leg_event *ev)
{
	if (leg->fn != NULL)
		leg->fn(leg->ctx, leg, ev);
}

void leg_emit_code(struct leg *leg, enum leg_event_kind kind, uint32_t code,
		   const char *reason)
{
	struct leg_event ev = { .kind = kind, .code = code };

	if (reason != NULL)
		text_from_peer(ev.reason, sizeof(ev.reason), reason,
			       strlen(reason));
	leg_emit(leg, &ev);
}

void leg_bind(struct leg *leg, leg_event_fn fn, void *ctx)
{
	leg->fn = fn;
	leg->ctx = ctx;
}

int leg_keep(struct leg_blob *blob, const uint8_t *data, size_t n)
{
	uint8_t *copy = NULL;

	if (data == blob->data && n == blob->n)
		return 0;
	if (n > 0) {
		copy = malloc(n);
		if (copy == NULL)
			return -ENOMEM;
		memcpy(copy, data, n);
	}
	blob_free(blob);
	blob->data = copy;
	blob->n = n;
	return 0;
}

uint32_t leg_sdp_of(const sip_t *sip, const uint8_t **sdp, size_t *n)
{
	const sip_payload_t *body = sip->sip_payload;
	const sip_content_type_t *type = sip->sip_content_type;

	*sdp = NULL;
	*n = 0;
	if (body == NULL || body->pl_len == 0)
		return 0;
	if (type == NULL || type->c_type == NULL ||
	    strcasecmp(type->c_type, "application/sdp") != 0 ||
	    (sip->sip_content_encoding != NULL &&
	     sip->sip_content_encoding->k_items != NULL))
		return 415;
	if (body->pl_len > LEG_SDP_MAX)
		return 413;
	*sdp = (const uint8_t *)body->pl_data;
	*n = body->pl_len;
	return 0;
}

void leg_features(struct leg *leg, const sip_t *sip)
{
	if (sip->sip_allow != NULL)
		leg->peer_update =
			sip_is_allowed(sip->sip_allow, SIP_METHOD_UPDATE);
	if (sip->sip_supported != NULL) {
		leg->peer_100rel =
			sip_has_feature(sip->sip_supported, "100rel");
		leg->peer_timer = sip_has_feature(sip->sip_supported, "timer");
	}
	if (sip->sip_require != NULL &&
	    sip_has_feature(sip->sip_require, "100rel"))
		leg->peer_100rel = true;
}

static uint32_t seconds(unsigned long s)
{
	return s > 0x7fffffffUL ? 0x7fffffff : (uint32_t)s;
}

void leg_terms(const sip_t *sip, struct leg_timer_terms *t)
{
	const sip_session_expires_t *x = sip->sip_session_expires;

	memset(t, 0, sizeof(*t));
	t->supported = sip->sip_supported != NULL &&
		       sip_has_feature(sip->sip_supported, "timer");
	if (sip->sip_min_se != NULL)
		t->min_s = seconds(sip->sip_min_se->min_delta);
	if (x == NULL)
		return;
	t->expires_s = seconds(x->x_delta);
	if (x->x_refresher != NULL) {
		t->refresher_uac = strcasecmp(x->x_refresher, "uac") == 0;
		t->refresher_uas = strcasecmp(x->x_refresher, "uas") == 0;
	}
}

void leg_contact(const struct leg *leg, char contact[SOFIA_CONTACT])
{
	/* The user part is the extension of the peer itself, or what we have
	   registered there: it tells the peer nothing that it does not know. */
	const char *user = leg->peer.extension;

	if (leg->peer.trunk[0] != '\0')
		user = trunks_contact_user(leg->legs->config.trunks,
					   leg->peer.trunk);
	sofia_contact(leg->legs->config.sofia, &leg->peer, user, contact);
}

void leg_advertise(const struct leg *leg, char *host, size_t size)
{
	char text[SOFIA_HOST];
	size_t n;

	sofia_host(leg->legs->config.sofia, &leg->peer, text);
	n = strlen(text);
	/* SDP has IPv6 addresses without the brackets of URIs. */
	if (n >= 2 && text[0] == '[')
		(void)snprintf(host, size, "%.*s", (int)(n - 2), text + 1);
	else
		(void)snprintf(host, size, "%s", text);
}

static void payload_of(sip_payload_t *pl, const struct leg_blob *sdp)
{
	sip_payload_init(pl);
	pl->pl_data = (char *)sdp->data;
	pl->pl_len = sdp->n;
}

void leg_reply(struct leg *leg, nta_incoming_t *irq, int code, const char *why,
	       const struct leg_blob *sdp, bool session)
{
	char contact[SOFIA_CONTACT];
	char timer[160] = "";
	sip_payload_t pl[1];
	bool body = sdp != NULL && sdp->n > 0;
	bool good = code < 300 && code > 100;

	leg_contact(leg, contact);
	if (body)
		payload_of(pl, sdp);
	if (session)
		leg_session_header(leg, false, timer, sizeof(timer));
	nta_incoming_treply(
		irq, code, why, TAG_IF(good, SIPTAG_CONTACT_STR(contact)),
		TAG_IF(good, SIPTAG_ALLOW_STR(allow)),
		TAG_IF(good && code >= 200,
		       SIPTAG_SUPPORTED_STR("timer, 100rel")),
		TAG_IF(timer[0] != '\0', SIPTAG_HEADER_STR(timer)),
		TAG_IF(code == 415, SIPTAG_ACCEPT_STR("application/sdp")),
		TAG_IF(body, SIPTAG_CONTENT_TYPE_STR("application/sdp")),
		TAG_IF(body, SIPTAG_PAYLOAD(pl)), TAG_END());
}

nta_outgoing_t *leg_request(struct leg *leg, nta_response_f *done,
			    sip_method_t method, const char *name,
			    const struct leg_blob *sdp, const char *header)
{
	char contact[SOFIA_CONTACT];
	char credentials[LEG_CREDENTIALS];
	sip_payload_t pl[1];
	bool body = sdp != NULL && sdp->n > 0;
	bool target =
		method == sip_method_invite || method == sip_method_update;
	nta_outgoing_t *orq;

	leg_contact(leg, contact);
	leg_credentials(leg, name, NULL, credentials);
	if (body)
		payload_of(pl, sdp);
	orq = nta_outgoing_tcreate(
		leg->dialog, done, leg, URL_STRING_MAKE(leg_hop_route(leg)),
		method, name, NULL, NTATAG_TPORT(leg_hop_tport(leg)),
		TAG_IF(target, SIPTAG_CONTACT_STR(contact)),
		TAG_IF(target, SIPTAG_ALLOW_STR(allow)),
		TAG_IF(target, SIPTAG_SUPPORTED_STR("timer, 100rel")),
		TAG_IF(header != NULL && header[0] != '\0',
		       SIPTAG_HEADER_STR(header)),
		TAG_IF(credentials[0] != '\0', SIPTAG_HEADER_STR(credentials)),
		TAG_IF(body, SIPTAG_CONTENT_TYPE_STR("application/sdp")),
		TAG_IF(body, SIPTAG_PAYLOAD(pl)), TAG_END());
	sofia_kick(leg->legs->config.sofia);
	return orq;
}

void leg_side_begin(struct leg *leg, nta_outgoing_t *orq)
{
	for (size_t i = 0; i < LEG_SIDES; i++)
		if (leg->sides[i] == NULL) {
			leg->sides[i] = orq;
			return;
		}
	nta_outgoing_destroy(orq);
}

void leg_side_end(struct leg *leg, nta_outgoing_t *orq)
{
	for (size_t i = 0; i < LEG_SIDES; i++)
		if (leg->sides[i] == orq)
			leg->sides[i] = NULL;
	nta_outgoing_destroy(orq);
}

void leg_send_ack(struct leg *leg, nta_outgoing_t *invite,
		  const struct leg_blob *sdp)
{
	sip_payload_t pl[1];
	sip_cseq_t cseq[1];
	bool body = sdp != NULL && sdp->n > 0;
	/* Without being told the branch, Sofia looks for the INVITE and copies
	   its credentials (RFC 3261 section 13.2.2.4). */
	const char *bare =
		leg_hop_foreign(leg) ? nta_outgoing_branch(invite) : NULL;
	nta_outgoing_t *ack;

	sip_cseq_init(cseq);
	cseq->cs_seq = nta_outgoing_cseq(invite);
	cseq->cs_method = sip_method_ack;
	cseq->cs_method_name = "ACK";
	if (body)
		payload_of(pl, sdp);
	ack = nta_outgoing_tcreate(
		leg->dialog, NULL, NULL, URL_STRING_MAKE(leg_hop_route(leg)),
		SIP_METHOD_ACK, NULL, NTATAG_TPORT(leg_hop_tport(leg)),
		SIPTAG_CSEQ(cseq),
		TAG_IF(bare != NULL, NTATAG_ACK_BRANCH(bare)),
		TAG_IF(body, SIPTAG_CONTENT_TYPE_STR("application/sdp")),
		TAG_IF(body, SIPTAG_PAYLOAD(pl)), TAG_END());
	nta_outgoing_destroy(ack);
	sofia_kick(leg->legs->config.sofia);
}

static int on_bye_response(struct leg *leg, nta_outgoing_t *orq,
			   const sip_t *sip)
{
	if (nta_outgoing_status(orq) < 200 || orq != leg->bye)
		return 0;
	leg->bye = NULL;
	if (sip != NULL && sip->sip_status != NULL && leg_challenged(leg, sip))
		leg->bye = leg_request(leg, on_bye_response, SIP_METHOD_BYE,
				       NULL, leg->end_reason);
	/* Any other answer: the dialog is over (RFC 3261 15.1.1). */
	nta_outgoing_destroy(orq);
	leg_settle(leg);
	return 0;
}

void leg_send_bye(struct leg *leg)
{
	leg->bye_due = false;
	leg->state = LEG_ST_OVER;
	leg->bye = leg_request(leg, on_bye_response, SIP_METHOD_BYE, NULL,
			       leg->end_reason);
	leg_settle(leg);
}

const char *leg_dialled(const struct leg *leg)
{
	return leg->number;
}

const uint8_t *leg_remote_sdp(const struct leg *leg, size_t *n)
{
	*n = leg->remote_sdp.n;
	return leg->remote_sdp.data;
}

const uint8_t *leg_local_sdp(const struct leg *leg, size_t *n)
{
	*n = leg->local_sdp.n;
	return leg->local_sdp.data;
}

const struct peer *leg_peer(const struct leg *leg)
{
	return &leg->peer;
}

/* RFC 3326; the text is made by us or by routed, never by a peer. */
static void reason_header(struct leg *leg, const struct leg_end *end)
{
	char text[LEG_REASON];
	size_t i;

	text_from_peer(text, sizeof(text), end->text, strlen(end->text));
	for (i = 0; text[i] != '\0'; i++)
		if (text[i] == '"' || text[i] == '\\')
			text[i] = '\'';
	(void)snprintf(leg->end_reason, sizeof(leg->end_reason),
		       "Reason: SIP;cause=%u;text=\"%s\"", end->code, text);
}

static void refuse(struct leg *leg, const struct leg_end *end)
{
	char retry[16];

	(void)snprintf(retry, sizeof(retry), "%u", end->retry_after_s);
	leg->state = LEG_ST_OVER;
	nta_incoming_treply(
		leg->invite_in, end->code < 300 ? 480 : (int)end->code, NULL,
		TAG_IF(end->retry_after_s != 0, SIPTAG_RETRY_AFTER_STR(retry)),
		TAG_IF(leg->end_reason[0] != '\0',
		       SIPTAG_HEADER_STR(leg->end_reason)),
		TAG_END());
	nta_incoming_destroy(leg->invite_in);
	leg->invite_in = NULL;
}

static void cancel(struct leg *leg)
{
	leg->cancelled = true;
	(void)nta_outgoing_tcancel(leg->invite_out, NULL, NULL,
				   SIPTAG_HEADER_STR(leg->end_reason),
				   TAG_END());
}

static void drop_open_request(struct leg *leg)
{
	if (leg->request_in == NULL || leg->offer != OFFER_THEIRS)
		return;
	/* RFC 3261 section 15.1.2: what is pending ends with 487. */
	nta_incoming_treply(leg->request_in, SIP_487_REQUEST_CANCELLED,
			    TAG_END());
	nta_incoming_destroy(leg->request_in);
	leg->request_in = NULL;
}

void leg_hangup(struct leg *leg, const struct leg_end *end)
{
	if (leg == NULL)
		return;
	leg->fn = NULL;
	leg->ending = true;
	leg->give_up_ms = clock_mono_ms() + ENDING_MS;
	if (leg->timer != NULL)
		event_del(leg->timer);
	reason_header(leg, end);
	drop_open_request(leg);
	switch (leg->state) {
	case LEG_ST_INVITED:
		refuse(leg, end);
		break;
	case LEG_ST_ACCEPTED:
		/* RFC 3261 section 15: no BYE before the ACK or its time-out.
		 */
		leg->bye_due = true;
		break;
	case LEG_ST_CALLING:
		if (leg->invite_out != NULL)
			cancel(leg);
		else
			leg->state = LEG_ST_OVER;
		break;
	case LEG_ST_REACHED:
		leg_ack(leg, NULL, 0);
		leg_send_bye(leg);
		break;
	case LEG_ST_UP:
		/* Its 2xx with an offer must be acknowledged first. */
		if (leg->offer == OFFER_OURS_ACK)
			leg_ack(leg, leg->local_sdp.data, leg->local_sdp.n);
		leg_send_bye(leg);
		break;
	case LEG_ST_OVER:
		break;
	}
	leg_settle(leg);
	sofia_kick(leg->legs->config.sofia);
}

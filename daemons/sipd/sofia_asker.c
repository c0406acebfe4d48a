/* Before Sofia's headers: whose its transactions are here. */
#define NTA_OUTGOING_MAGIC_T struct asker
#include "sofia_asker.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "records.h"
#include "secret.h"

#include "credentials.h"
#include "registrar.h"
#include "sofia_impl.h"
#include "trunk_identity.h"

enum { CHALLENGES = 4, ID = 33, CREDENTIALS = 2 * CREDENTIALS_HEADER };

struct asker {
	struct asker_config config;
	struct event *patience;
	nta_outgoing_t *orq;
	char call_id[ID];
	uint32_t cseq;
	struct challenge www;
	struct challenge proxy;
	/* the question */
	const struct trunk *row;
	struct target target;
	char realm[CHALLENGE_REALM];
	char contact[SOFIA_CONTACT];
	uint32_t expires_s;
	uint32_t patience_ms;
	bool registering;
	bool challenged;
	uint64_t sent_us;
};

static uint64_t mono_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static void answer(struct asker *a, struct asker_answer *out)
{
	asker_drop(a);
	a->config.answered(a->config.ctx, out);
}

static void on_patience(evutil_socket_t fd, short what, void *arg)
{
	struct asker_answer out = {
		.code = 408, .silent = true, .realm = "", .foreign = ""
	};

	(void)fd;
	(void)what;
	answer(arg, &out);
}

struct asker *asker_new(const struct asker_config *config)
{
	struct asker *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->config = *config;
	a->patience = event_new(config->base, -1, 0, on_patience, a);
	if (!a->patience) {
		free(a);
		return NULL;
	}
	asker_reset(a);
	return a;
}

void asker_free(struct asker *a)
{
	if (!a)
		return;
	asker_drop(a);
	event_free(a->patience);
	free(a);
}

void asker_bind(struct asker *a, asker_answered_fn answered, void *ctx)
{
	asker_drop(a);
	a->config.answered = answered;
	a->config.ctx = ctx;
}

bool asker_busy(const struct asker *a)
{
	return a->orq != NULL;
}

void asker_drop(struct asker *a)
{
	nta_outgoing_t *orq = a->orq;

	a->orq = NULL;
	event_del(a->patience);
	if (orq)
		nta_outgoing_destroy(orq);
}

void asker_reset(struct asker *a)
{
	asker_drop(a);
	/* Sofia's own Call-ID would tell our clock and network card. */
	secret_token(a->call_id, (ID - 1) / 2);
	a->www.nonce[0] = '\0';
	a->proxy.nonce[0] = '\0';
}

static void credentials(struct asker *a, const char *method, const char *uri,
			char text[CREDENTIALS])
{
	const char *user =
		a->row->auth_user[0] ? a->row->auth_user : a->row->user;
	char cnonce[CREDENTIALS_CNONCE];
	size_t n;

	text[0] = '\0';
	secret_token(cnonce, CREDENTIALS_CNONCE / 2);
	if (a->www.nonce[0])
		(void)credentials_write(&a->www, user, a->row->secret, method,
					uri, cnonce, text, CREDENTIALS_HEADER);
	n = strlen(text);
	if (a->proxy.nonce[0])
		(void)credentials_write(&a->proxy, user, a->row->secret, method,
					uri, cnonce, text + n,
					CREDENTIALS_HEADER);
}

static int send_question(struct asker *a);

/* Takes one kind of challenge; foreign gets the realm that must not be
   answered. */
static bool take(struct asker *a, const sip_www_authenticate_t *au, bool proxy,
		 char foreign[CHALLENGE_REALM])
{
	struct challenge *kept = proxy ? &a->proxy : &a->www;
	const char *const *lists[CHALLENGES];
	struct challenge fresh;
	size_t n = 0;
	int found;

	for (; au && n < CHALLENGES; au = au->au_next) {
		if (au->au_scheme && au->au_params &&
		    strcasecmp(au->au_scheme, "Digest") == 0)
			lists[n++] = au->au_params;
	}
	found = challenge_read(lists, n, a->realm, &fresh);
	if (found == -EPERM)
		memcpy(foreign, fresh.realm, CHALLENGE_REALM);
	if (found < 0)
		return false;
	fresh.proxy = proxy;
	*kept = fresh;
	return true;
}

static bool asked_again(struct asker *a, const sip_t *sip,
			char foreign[CHALLENGE_REALM])
{
	int code = sip->sip_status->st_status;
	bool taken;

	if (!a->registering || a->challenged || !a->row->secret[0] ||
	    (code != 401 && code != 407))
		return false;
	a->challenged = true;
	taken = code == 401
			? take(a, sip->sip_www_authenticate, false, foreign)
			: take(a, sip->sip_proxy_authenticate, true, foreign);
	if (!taken)
		return false;
	asker_drop(a);
	return send_question(a) == 0;
}

/* How long this Contact of ours is registered. */
static uint32_t granted(const struct asker *a, const sip_t *sip)
{
	const sip_contact_t *m;
	size_t n;

	for (m = sip->sip_contact; m; m = m->m_next) {
		const char *user = m->m_url->url_user;

		n = user ? strlen(user) : 0;
		/* "<sip:USER@host" */
		if (n == 0 || strncmp(a->contact + 5, user, n) != 0 ||
		    a->contact[5 + n] != '@' || !m->m_expires)
			continue;
		return (uint32_t)strtoul(m->m_expires, NULL, 10);
	}
	return sip->sip_expires ? (uint32_t)sip->sip_expires->ex_delta : 0;
}

static void read_answer(const struct asker *a, const sip_t *sip,
			struct asker_answer *out)
{
	out->code = (uint32_t)sip->sip_status->st_status;
	out->expires_s = granted(a, sip);
	if (sip->sip_min_expires)
		out->min_expires_s = (uint32_t)sip->sip_min_expires->me_delta;
	if (sip->sip_retry_after)
		out->retry_after_s = (uint32_t)sip->sip_retry_after->af_delta;
	if (out->code < 300 && a->www.nonce[0])
		out->realm = a->www.realm;
	else if (out->code < 300 && a->proxy.nonce[0])
		out->realm = a->proxy.realm;
}

/* Sofia's own word for no way to ask: it came from nowhere. */
static bool from_nowhere(nta_outgoing_t *orq)
{
	msg_t *msg = nta_outgoing_getresponse(orq);
	bool nowhere = !msg || msg_addr(msg)->su_family == 0;

	if (msg)
		msg_unref(msg);
	return nowhere;
}

static int on_response(nta_outgoing_magic_t *a, nta_outgoing_t *orq,
		       sip_t const *sip)
{
	struct asker_answer out = { .code = 408, .realm = "", .foreign = "" };
	char foreign[CHALLENGE_REALM] = "";

	if (orq != a->orq || nta_outgoing_status(orq) < 200)
		return 0;
	out.silent = !sip || !sip->sip_status || from_nowhere(orq);
	out.latency_us = (uint32_t)(mono_us() - a->sent_us);
	if (!out.silent) {
		if (asked_again(a, sip, foreign))
			return 0;
		read_answer(a, sip, &out);
		out.foreign = foreign;
	}
	answer(a, &out);
	return 0;
}

static nta_outgoing_t *send_as(struct asker *a, nta_leg_t *leg,
			       const char *registrar)
{
	char text[CREDENTIALS], expires[16];
	sip_cseq_t cseq[1];
	bool reg = a->registering;

	credentials(a, reg ? "REGISTER" : "OPTIONS", registrar, text);
	(void)snprintf(expires, sizeof(expires), "%u", a->expires_s);
	sip_cseq_init(cseq);
	cseq->cs_seq = ++a->cseq;
	cseq->cs_method = reg ? sip_method_register : sip_method_options;
	cseq->cs_method_name = reg ? "REGISTER" : "OPTIONS";
	return nta_outgoing_tcreate(
		leg, on_response, a, URL_STRING_MAKE(a->target.route),
		cseq->cs_method, cseq->cs_method_name,
		URL_STRING_MAKE(registrar),
		TAG_IF(a->target.peer.tport,
		       NTATAG_TPORT(a->target.peer.tport)),
		SIPTAG_CSEQ(cseq), SIPTAG_MAX_FORWARDS_STR("70"),
		SIPTAG_USER_AGENT_STR("Sallyport"),
		TAG_IF(reg, SIPTAG_CONTACT_STR(a->contact)),
		TAG_IF(reg, SIPTAG_EXPIRES_STR(expires)),
		TAG_IF(!reg, SIPTAG_ACCEPT_STR("application/sdp")),
		TAG_IF(text[0], SIPTAG_HEADER_STR(text)), TAG_END());
}

/* The leg lives for this call only: kept, it would be the agent's default and
   get what is for the gate. */
static int send_question(struct asker *a)
{
	struct timeval tv = { a->patience_ms / 1000,
			      (a->patience_ms % 1000) * 1000L };
	char aor[TRUNK_ADDRESS], registrar[TRUNK_ADDRESS];
	char from[TRUNK_ADDRESS + 2], to[TRUNK_ADDRESS + 2];
	nta_leg_t *leg;

	trunk_account(a->row, aor, registrar, sizeof(aor));
	(void)snprintf(from, sizeof(from), "<%s>", aor);
	(void)snprintf(to, sizeof(to), "<%s>",
		       a->registering ? aor : registrar);
	leg = nta_leg_tcreate(sofia_agent(a->config.sofia), NULL, NULL,
			      NTATAG_NO_DIALOG(1), SIPTAG_FROM_STR(from),
			      SIPTAG_TO_STR(to), SIPTAG_CALL_ID_STR(a->call_id),
			      TAG_END());
	if (!leg)
		return -EIO;
	nta_leg_tag(leg, NULL);
	a->sent_us = mono_us();
	a->orq = send_as(a, leg, registrar);
	nta_leg_destroy(leg);
	if (!a->orq)
		return -EIO;
	(void)event_add(a->patience, &tv);
	sofia_kick(a->config.sofia);
	return 0;
}

static int ask(struct asker *a, const struct asker_question *q)
{
	if (a->orq)
		return -EBUSY;
	a->row = q->row;
	a->target = *q->target;
	a->expires_s = q->expires_s;
	a->patience_ms = q->patience_ms;
	a->challenged = false;
	(void)snprintf(a->realm, sizeof(a->realm), "%s", q->realm);
	return send_question(a);
}

int asker_register(struct asker *a, const struct asker_question *q)
{
	if (a->orq)
		return -EBUSY;
	a->registering = true;
	sofia_contact(a->config.sofia, &q->target->peer, q->contact_user,
		      a->contact);
	return ask(a, q);
}

int asker_options(struct asker *a, const struct asker_question *q)
{
	if (a->orq)
		return -EBUSY;
	a->registering = false;
	return ask(a, q);
}

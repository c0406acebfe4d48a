/* Takes a parsed message apart into a struct request. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sofia_impl.h"

static const struct method {
	sip_method_t sofia;
	enum request_method ours;
} methods[] = {
	{ sip_method_invite, REQUEST_INVITE },
	{ sip_method_ack, REQUEST_ACK },
	{ sip_method_cancel, REQUEST_CANCEL },
	{ sip_method_bye, REQUEST_BYE },
	{ sip_method_options, REQUEST_OPTIONS },
	{ sip_method_register, REQUEST_REGISTER },
	{ sip_method_info, REQUEST_INFO },
	{ sip_method_prack, REQUEST_PRACK },
	{ sip_method_update, REQUEST_UPDATE },
	{ sip_method_message, REQUEST_MESSAGE },
	{ sip_method_subscribe, REQUEST_SUBSCRIBE },
	{ sip_method_notify, REQUEST_NOTIFY },
	{ sip_method_refer, REQUEST_REFER },
	{ sip_method_publish, REQUEST_PUBLISH },
};

static const char *const extensions_known[] = { "100rel", "timer", NULL };

static const char *text(const char *s)
{
	return s ? s : "";
}

static enum request_method method_of(const sip_request_t *rq)
{
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		if (methods[i].sofia == rq->rq_method)
			return methods[i].ours;
	}
	return REQUEST_OTHER;
}

static const char *first_unsupported(const sip_require_t *require)
{
	for (size_t i = 0; require && require->k_items && require->k_items[i];
	     i++) {
		size_t k = 0;

		while (extensions_known[k] &&
		       strcasecmp(extensions_known[k], require->k_items[i]) !=
			       0)
			k++;
		if (!extensions_known[k])
			return require->k_items[i];
	}
	return NULL;
}

static bool accepts_sdp(const sip_accept_t *accept)
{
	if (!accept)
		return true;
	for (; accept; accept = accept->ac_next) {
		const char *type = text(accept->ac_type);

		if (strcasecmp(type, "application/sdp") == 0 ||
		    strcasecmp(type, "application/*") == 0 ||
		    strcmp(type, "*/*") == 0)
			return true;
	}
	return false;
}

static void read_credentials(struct request *r, const sip_authorization_t *au)
{
	static const char *const none[] = { NULL };

	for (; au && r->n_credentials < REQUEST_CREDENTIALS; au = au->au_next) {
		if (!au->au_scheme || strcasecmp(au->au_scheme, "Digest") != 0)
			continue;
		r->credentials[r->n_credentials++] =
			au->au_params ? au->au_params : none;
	}
}

static void read_contacts(struct request *r, msg_t *msg, sip_contact_t *m)
{
	for (; m; m = m->m_next) {
		struct contact *c = &r->contacts[r->n_contacts];
		const char *uri;

		if (m->m_url->url_type == url_any) {
			r->star = true;
			continue;
		}
		if (r->n_contacts == REQUEST_CONTACTS) {
			r->too_many = true;
			return;
		}
		uri = url_as_string(msg_home(msg), m->m_url);
		if (!uri) {
			r->too_many = true;
			return;
		}
		c->uri = uri;
		c->expires = m->m_expires;
		c->q = m->m_q;
		r->n_contacts++;
	}
}

/* The header's own text: a delta wins over Sofia's number, which is cut. */
static const char *read_expires(msg_t *msg, const sip_expires_t *ex)
{
	if (!ex)
		return NULL;
	/* A date (RFC 2543) counts as unreadable: the default applies. */
	if (ex->ex_date)
		return "";
	return su_sprintf(msg_home(msg), "%lu", (unsigned long)ex->ex_delta);
}

/* Others are ignored when they cannot be read (RFC 3261 section 16.3). */
const char *sofia_damaged_header(const sip_t *sip)
{
	static const char *const vital[] = {
		"Via",           "From",    "To",           "Call-ID",
		"CSeq",          "Contact", "Max-Forwards", "Content-Length",
		"Content-Type",  "Route",   "Record-Route", "Require",
		"Authorization",
	};
	const sip_header_t *h = (const sip_header_t *)sip->sip_error;

	/* A header that stood there twice keeps its class; one that could not
	   be parsed became an error with its name. */
	for (; h; h = h->sh_next) {
		const char *name = h->sh_class == sip_error_class
					   ? h->sh_error->er_name
					   : h->sh_class->hc_name;

		if (!name)
			return "unknown";
		for (size_t i = 0; i < sizeof(vital) / sizeof(vital[0]); i++) {
			if (strcasecmp(vital[i], name) == 0)
				return vital[i];
		}
	}
	return NULL;
}

void sofia_request_read(struct sofia *s, struct request *r, msg_t *msg,
			sip_t *sip)
{
	const sip_request_t *rq = sip->sip_request;

	memset(r, 0, sizeof(*r));
	r->msg = msg;
	r->sip = sip;
	r->tport = tport_delivered_by(nta_agent_tports(s->agent), msg);
	sofia_peer(s, msg, &r->peer);
	r->method = method_of(rq);
	r->method_name = text(rq->rq_method_name);
	r->uri_scheme = text(rq->rq_url->url_scheme);
	r->uri_user = text(rq->rq_url->url_user);
	r->to_user = text(sip->sip_to->a_url->url_user);
	r->to_tag = text(sip->sip_to->a_tag);
	r->from_user = text(sip->sip_from->a_url->url_user);
	r->from_host = text(sip->sip_from->a_url->url_host);
	r->call_id = text(sip->sip_call_id->i_id);
	r->cseq = sip->sip_cseq->cs_seq;
	r->cseq_method = text(sip->sip_cseq->cs_method_name);
	r->user_agent =
		sip->sip_user_agent ? text(sip->sip_user_agent->g_string) : "";
	r->via_host = sip->sip_via ? text(sip->sip_via->v_host) : "";
	r->via_port = sip->sip_via ? text(sip->sip_via->v_port) : "";
	r->max_forwards = sip->sip_max_forwards
				  ? (int)sip->sip_max_forwards->mf_count
				  : -1;
	r->bad_header = sofia_damaged_header(sip);
	r->unsupported = first_unsupported(sip->sip_require);
	r->content_type = sip->sip_content_type
				  ? text(sip->sip_content_type->c_type)
				  : "";
	r->content_encoding =
		sip->sip_content_encoding &&
				sip->sip_content_encoding->k_items &&
				sip->sip_content_encoding->k_items[0]
			? sip->sip_content_encoding->k_items[0]
			: "";
	r->accepts_sdp = accepts_sdp(sip->sip_accept);
	read_credentials(r, sip->sip_authorization);
	read_credentials(r, sip->sip_proxy_authorization);
	if (r->method != REQUEST_REGISTER)
		return;
	r->expires = read_expires(msg, sip->sip_expires);
	read_contacts(r, msg, sip->sip_contact);
}

void sofia_hold(struct request *r)
{
	if (r->held)
		return;
	r->held = true;
	if (r->tport)
		r->tport = tport_ref(r->tport);
}

static void release(struct request *r)
{
	if (r->held && r->tport)
		tport_unref(r->tport);
	r->held = false;
	r->tport = NULL;
	r->msg = NULL;
	r->sip = NULL;
}

void sofia_reply(struct sofia *s, struct request *r, unsigned code,
		 const char *phrase, const char *headers)
{
	bool held = r->held;

	/* A response to ACK does not exist. */
	if (r->method == REQUEST_ACK) {
		sofia_drop(s, r);
		return;
	}
	(void)nta_msg_treply(s->agent, r->msg, (int)code, phrase,
			     TAG_IF(r->tport, NTATAG_TPORT(r->tport)),
			     TAG_IF(headers, SIPTAG_HEADER_STR(headers)),
			     SIPTAG_SERVER_STR("Sallyport"), TAG_END());
	release(r);
	if (held)
		sofia_kick(s);
}

void sofia_drop(struct sofia *s, struct request *r)
{
	nta_msg_discard(s->agent, r->msg);
	release(r);
}

/*
 * A provider calls us: which number it calls, and who calls. Identity headers
 * are believed here and nowhere else (SPEC 3); who asks for privacy is shown
 * as nobody.
 */
#include "sofia_leg.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *unknown_header(const sip_t *sip, const char *name)
{
	const sip_unknown_t *u;

	for (u = sip->sip_unknown; u != NULL; u = u->un_next) {
		if (u->un_name != NULL && u->un_value != NULL &&
		    strcasecmp(u->un_name, name) == 0)
			return u->un_value;
	}
	return NULL;
}

/* Unescapes; what does not fit whole is not taken: cut, it would be another
   number. */
static bool take(char *out, size_t size, const char *text)
{
	char *clear = text != NULL ? strdup(text) : NULL;
	bool fits = false;

	if (clear != NULL) {
		(void)url_unescape(clear, text);
		fits = clear[0] != '\0' && strlen(clear) < size;
	}
	if (fits)
		text_from_peer(out, size, clear, strlen(clear));
	free(clear);
	return fits;
}

/* A display name without its quotes (RFC 3261 section 25.1). */
static void take_name(char *out, size_t size, const char *display)
{
	char clear[2 * LEG_NUMBER];
	size_t n = 0;

	for (const char *p = display != NULL ? display : "";
	     *p != '\0' && n + 1 < sizeof(clear); p++) {
		if (*p == '"')
			continue;
		if (*p == '\\' && p[1] != '\0')
			p++;
		clear[n++] = *p;
	}
	text_from_peer(out, size, clear, n);
}

static bool wants_privacy(const sip_t *sip)
{
	const sip_privacy_t *priv = sip->sip_privacy;
	const msg_param_t *v = priv != NULL ? priv->priv_values : NULL;

	for (; v != NULL && *v != NULL; v++) {
		if (strcasecmp(*v, "none") != 0 &&
		    strcasecmp(*v, "critical") != 0)
			return true;
	}
	return false;
}

/* The first address of a header that Sofia does not know: it is written as a
   Contact is. */
static bool take_address(struct leg_trunk *t, const char *value)
{
	su_home_t home[1] = { SU_HOME_INIT(home) };
	const sip_contact_t *m =
		value != NULL ? sip_contact_make(home, value) : NULL;
	bool taken = false;

	if (m != NULL)
		taken = take(t->caller, sizeof(t->caller), m->m_url->url_user);
	if (taken)
		take_name(t->caller_name, sizeof(t->caller_name), m->m_display);
	su_home_deinit(home);
	return taken;
}

static void take_caller(struct leg_trunk *t, const sip_t *sip)
{
	static const char *const headers[] = { "P-Asserted-Identity",
					       "Remote-Party-ID" };
	const sip_from_t *from = sip->sip_from;

	if (wants_privacy(sip)) {
		(void)take(t->caller, sizeof(t->caller), "anonymous");
		return;
	}
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		if (take_address(t, unknown_header(sip, headers[i])))
			return;
	}
	if (take(t->caller, sizeof(t->caller), from->a_url->url_user))
		take_name(t->caller_name, sizeof(t->caller_name),
			  from->a_display);
}

/* RFC 7315 section 4.2: who was called before the provider put where we are
   registered in its place. NULL: it does not say. */
static const char *called_party(msg_t *msg, const sip_t *sip)
{
	const char *value = unknown_header(sip, "P-Called-Party-ID");
	const sip_contact_t *m =
		value != NULL ? sip_contact_make(msg_home(msg), value) : NULL;
	const char *user = m != NULL ? m->m_url->url_user : NULL;

	return user != NULL && user[0] != '\0' ? user : NULL;
}

const char *leg_called_user(const struct legs *l, const struct peer *peer,
			    msg_t *msg, const sip_t *sip)
{
	const char *user = sip->sip_request->rq_url->url_user;
	const struct trunk *row;
	const char *called;

	if (peer->trunk[0] == '\0')
		return user;
	row = trunks_get(l->config.trunks, peer->trunk);
	called = called_party(msg, sip);
	/* It called our registration: that is no number. */
	if (user == NULL ||
	    strcasecmp(user,
		       trunks_contact_user(l->config.trunks, peer->trunk)) == 0)
		return called != NULL ? called : sip->sip_to->a_url->url_user;
	/* It called our account, whose name may be a number itself. */
	if (called != NULL && row != NULL && strcasecmp(user, row->user) == 0)
		return called;
	return user;
}

int leg_take_caller(struct leg *leg, const sip_t *sip)
{
	if (leg->peer.trunk[0] == '\0')
		return 0;
	leg->trunk = calloc(1, sizeof(*leg->trunk));
	if (leg->trunk == NULL)
		return -ENOMEM;
	take_caller(leg->trunk, sip);
	return 0;
}

const char *leg_caller(const struct leg *leg)
{
	return leg->trunk != NULL ? leg->trunk->caller : "";
}

const char *leg_caller_name(const struct leg *leg)
{
	return leg->trunk != NULL ? leg->trunk->caller_name : "";
}

/*
 * A provider asks for our password: 401 or 407 to any request of a leg over a
 * trunk. The challenges are kept with the leg and answered ahead in all its
 * later requests, so that a dialog costs one more round trip, not one for each.
 *
 * The password goes to the trunk's provider alone: the answer came from where
 * the request went (sofia_answer_of_other()), which is an address of the
 * trunk, and the realm is the trunk's.
 * Legs to phones and of callers never get here: they have no leg->trunk.
 */
#include "sofia_leg.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "secret.h"

enum { CHALLENGES = 4, CHALLENGED_MAX = 2 };

static size_t lists_of(const sip_www_authenticate_t *au,
		       const char *const *lists[CHALLENGES])
{
	size_t n = 0;

	for (; au != NULL && n < CHALLENGES; au = au->au_next) {
		if (au->au_scheme != NULL && au->au_params != NULL &&
		    strcasecmp(au->au_scheme, "Digest") == 0)
			lists[n++] = au->au_params;
	}
	return n;
}

/* Takes one kind of challenge; false: there is none that we may answer. */
static bool take(struct leg *leg, const sip_www_authenticate_t *au, bool proxy)
{
	struct challenge *kept = proxy ? &leg->trunk->proxy : &leg->trunk->www;
	const struct legs_config *config = &leg->legs->config;
	const char *name = leg->peer.trunk;
	const char *const *lists[CHALLENGES];
	size_t n = lists_of(au, lists);
	struct challenge fresh;
	int found = challenge_read(lists, n, trunks_realm(config->trunks, name),
				   &fresh);
	char why[160];

	if (found == -EPERM) {
		(void)snprintf(why, sizeof(why),
			       "asked for the password of another realm, "
			       "\"%.64s\": it got nothing",
			       fresh.realm);
		trunks_failed(config->trunks, name, why);
	}
	if (found < 0)
		return false;
	/* The same nonce again, and not for its age: the password is wrong. */
	if (kept->nonce[0] != '\0' && !fresh.stale &&
	    strcmp(kept->nonce, fresh.nonce) == 0)
		return false;
	fresh.proxy = proxy;
	*kept = fresh;
	return true;
}

/* The answer to a request in the dialog, from where it led us to. */
static bool from_foreign(const struct leg *leg, const sip_t *sip)
{
	return leg_hop_foreign(leg) &&
	       !(leg->state == LEG_ST_CALLING &&
		 sip->sip_cseq->cs_method == sip_method_invite);
}

bool leg_challenged(struct leg *leg, const sip_t *sip)
{
	const struct trunk *row;
	int code = sip->sip_status->st_status;

	if (leg->trunk == NULL || (code != 401 && code != 407) ||
	    from_foreign(leg, sip))
		return false;
	row = trunks_get(leg->legs->config.trunks, leg->peer.trunk);
	if (row == NULL || row->secret[0] == '\0' ||
	    leg->trunk->challenged >= CHALLENGED_MAX)
		return false;
	leg->trunk->challenged++;
	if (code == 401)
		return take(leg, sip->sip_www_authenticate, false);
	return take(leg, sip->sip_proxy_authenticate, true);
}

void leg_proved(struct leg *leg)
{
	const struct challenge *c;

	if (leg->trunk == NULL)
		return;
	leg->trunk->challenged = 0;
	c = leg->trunk->www.nonce[0] != '\0' ? &leg->trunk->www
					     : &leg->trunk->proxy;
	if (c->nonce[0] != '\0')
		trunks_proved(leg->legs->config.trunks, leg->peer.trunk,
			      c->realm);
}

/* The Request-URI of the next request inside the dialog. */
static void target_uri(const struct leg *leg, char *uri, size_t size)
{
	const sip_contact_t *target = NULL;

	(void)nta_leg_get_route(leg->dialog, NULL, &target);
	if (target == NULL ||
	    url_e(uri, (int)size, target->m_url) >= (issize_t)size)
		(void)snprintf(uri, size, "%s", leg->uri);
}

void leg_credentials(struct leg *leg, const char *method, const char *uri,
		     char text[LEG_CREDENTIALS])
{
	char target[2 * TRUNK_URI];
	char cnonce[CREDENTIALS_CNONCE];
	const struct trunk *row;
	const char *user;
	size_t n;

	text[0] = '\0';
	if (leg->trunk == NULL || (uri == NULL && leg_hop_foreign(leg)))
		return;
	row = trunks_get(leg->legs->config.trunks, leg->peer.trunk);
	if (row == NULL)
		return;
	if (uri == NULL) {
		target_uri(leg, target, sizeof(target));
		uri = target;
	}
	secret_token(cnonce, CREDENTIALS_CNONCE / 2);
	user = row->auth_user[0] != '\0' ? row->auth_user : row->user;
	if (leg->trunk->www.nonce[0] != '\0')
		(void)credentials_write(&leg->trunk->www, user, row->secret,
					method, uri, cnonce, text,
					CREDENTIALS_HEADER);
	n = strlen(text);
	if (leg->trunk->proxy.nonce[0] != '\0')
		(void)credentials_write(&leg->trunk->proxy, user, row->secret,
					method, uri, cnonce, text + n,
					CREDENTIALS_HEADER);
}

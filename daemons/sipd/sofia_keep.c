/*
 * Keeps the way to phones behind NAT open: an OPTIONS now and then over the
 * flow that they registered by (RFC 3261 section 11). Whatever they answer
 * will do, and none as well: the registration's own end counts.
 */
#include <stdio.h>

#include "sofia_impl.h"
#include "sofia_keep.h"

static int on_answer(nta_outgoing_magic_t *magic, nta_outgoing_t *orq,
		     sip_t const *sip)
{
	(void)magic;
	if (!sip || sip->sip_status->st_status >= 200)
		nta_outgoing_destroy(orq);
	return 0;
}

void sofia_keep(struct sofia *s, const struct target *t)
{
	char to[TARGET_URI + 3], from[SOFIA_CONTACT];
	nta_outgoing_t *orq;
	nta_leg_t *leg;

	if (!t->route[0])
		return;
	sofia_contact(s, &t->peer, "", from);
	(void)snprintf(to, sizeof(to), "<%s>", t->uri);
	leg = nta_leg_tcreate(s->agent, NULL, NULL, NTATAG_NO_DIALOG(1),
			      SIPTAG_FROM_STR(from), SIPTAG_TO_STR(to),
			      TAG_END());
	if (!leg)
		return;
	nta_leg_tag(leg, NULL);
	orq = nta_outgoing_tcreate(
		leg, on_answer, NULL, URL_STRING_MAKE(t->route),
		SIP_METHOD_OPTIONS, URL_STRING_MAKE(t->uri),
		TAG_IF(t->peer.tport, NTATAG_TPORT(t->peer.tport)),
		SIPTAG_MAX_FORWARDS_STR("70"), TAG_END());
	if (orq)
		sofia_kick(s);
	nta_leg_destroy(leg);
}

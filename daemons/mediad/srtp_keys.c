#include "srtp_keys.h"

#include <stdio.h>
#include <string.h>

#include "refusal.h"
#include "sdp.h"
#include "secret.h"

/* Less than ten bytes of proof are the last choice. */
static bool is_weak(const struct sdes *s)
{
	return suite_info((enum srtp_suite)s->suite)->tag_bytes < 10;
}

static void keep_only(struct sdp *s, unsigned i)
{
	struct sdes one = s->crypto[i];

	srtp_keys_clear(s);
	s->crypto[0] = one;
	s->n_crypto = 1;
	secret_wipe(&one, sizeof(one));
}

void srtp_keys_clear(struct sdp *s)
{
	secret_wipe(s->crypto, sizeof(s->crypto));
	s->n_crypto = 0;
}

static int insecure(struct refusal *why, const char *text)
{
	return refusal_set(why, "Insecure", "%s", text);
}

int srtp_keys_may(enum srtp_mode mode, struct refusal *why)
{
	if (mode != SRTP_MODE_NEVER)
		return 0;
	return insecure(why, "this leg must have SRTP, and its signalling is "
			     "not TLS");
}

int srtp_keys_take(struct sdp *offer, enum srtp_mode mode, struct refusal *why)
{
	unsigned best = 0;

	if (srtp_keys_may(mode, why))
		return -EINVAL;
	if (mode == SRTP_MODE_OFF)
		srtp_keys_clear(offer);
	if (!offer->n_crypto) {
		if (sdp_is_secure(&offer->media[offer->audio]))
			return insecure(why, "SRTP is offered, and no key that "
					     "we can use");
		if (mode == SRTP_MODE_MUST)
			return insecure(why, "this leg must offer SRTP");
		return 0;
	}
	/* The offerer's order counts (RFC 4568 section 5.1.2). */
	while (best + 1u < offer->n_crypto && is_weak(&offer->crypto[best]))
		best++;
	if (is_weak(&offer->crypto[best]))
		best = 0;
	keep_only(offer, best);
	return 0;
}

static struct sdes *made(struct own_keys *own, uint32_t suite)
{
	if (!own->made[suite].suite)
		sdes_make(&own->made[suite], (enum srtp_suite)suite);
	return &own->made[suite];
}

static void add(struct sdp *ours, const struct sdes *key, uint32_t tag)
{
	ours->crypto[ours->n_crypto] = *key;
	ours->crypto[ours->n_crypto++].tag = tag;
}

/* Many phones take a key beside RTP/AVP, and all others pass over it; whoever
   must have it is asked for nothing else. */
static void set_profile(struct sdp *ours, enum srtp_mode mode)
{
	struct sdp_media *m = &ours->media[ours->audio];

	snprintf(m->proto, sizeof(m->proto), "%s",
		 mode == SRTP_MODE_MUST ? "RTP/SAVP" : "RTP/AVP");
}

void srtp_keys_offer(struct own_keys *own, enum srtp_mode mode,
		     const struct sdp *theirs, struct sdp *ours)
{
	uint32_t first = SRTP_GCM_256, last = SRTP_CM_128_80;

	srtp_keys_clear(ours);
	if (!theirs)
		set_profile(ours, mode);
	if (mode == SRTP_MODE_OFF)
		return; /* another phone of this fork may have been offered */
	for (uint32_t s = 0; s < SRTP_SUITES; s++)
		own->made[s].tag = 0;
	/* It knows none, or wants none: that stays for this call. */
	if (theirs && !theirs->n_crypto && mode == SRTP_MODE_MAY)
		return;
	if (theirs && theirs->n_crypto)
		first = last = theirs->crypto[0].suite;
	for (uint32_t s = first; s <= last; s++) {
		made(own, s)->tag = s;
		add(ours, &own->made[s], s);
	}
}

void srtp_keys_answer(struct own_keys *own, const struct sdp *offer,
		      struct sdp *ours)
{
	const struct sdes *their = &offer->crypto[0];

	srtp_keys_clear(ours);
	if (offer->n_crypto)
		add(ours, made(own, their->suite), their->tag);
}

/* Some phones send back what they do not understand. */
static bool is_mirrored(const struct sdes *a, const struct sdes *b)
{
	return secret_equal(a->key, sizeof(a->key), b->key, sizeof(b->key));
}

static bool any_offered(const struct own_keys *own)
{
	uint32_t tags = 0;

	for (uint32_t s = 0; s < SRTP_SUITES; s++)
		tags |= own->made[s].tag;
	return tags;
}

int srtp_keys_check(const struct own_keys *own, struct sdp *answer,
		    const struct sdp *asked, enum srtp_mode mode,
		    struct refusal *why)
{
	const struct sdes *their = &answer->crypto[0];
	const struct sdes *our = NULL;

	if (srtp_keys_may(mode, why))
		return -EINVAL;
	if (mode == SRTP_MODE_OFF || !any_offered(own))
		srtp_keys_clear(answer);
	if (answer->n_crypto && own->made[their->suite].tag == their->tag)
		our = &own->made[their->suite];
	if (our && answer->n_crypto == 1 && !is_mirrored(their, our))
		return 0;
	if (mode == SRTP_MODE_MUST ||
	    sdp_is_secure(&answer->media[answer->audio]) ||
	    sdp_is_secure(&asked->media[asked->audio]))
		return insecure(why, "the answer has no key that fits ours");
	if (answer->n_crypto && !(our && is_mirrored(their, our)))
		return insecure(why, "the answer's key is not for our offer");
	srtp_keys_clear(answer);
	return 0;
}

void srtp_keys_agreed(const struct own_keys *own, const struct sdp *theirs,
		      struct srtp_keys *out)
{
	*out = (struct srtp_keys){ 0 };
	if (!theirs->n_crypto)
		return;
	out->rx = theirs->crypto[0];
	out->tx = own->made[theirs->crypto[0].suite];
}

void srtp_keys_settle(struct own_keys *own, const struct sdp *theirs)
{
	uint32_t used = theirs->n_crypto ? theirs->crypto[0].suite : SRTP_NONE;

	for (uint32_t s = 0; s < SRTP_SUITES; s++) {
		own->made[s].tag = 0;
		if (s != used)
			secret_wipe(&own->made[s], sizeof(own->made[s]));
	}
}

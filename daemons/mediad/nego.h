/*
 * Offer and answer (RFC 3264) as pure functions on descriptions: what to offer
 * one leg when the other made an offer, what to answer, and what both mean for
 * the sound. Nothing of one leg's SDP reaches the other but codecs, their
 * parameters, packet time and direction.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "sdp.h"

struct leg_conf;

/* Old hold (c=0.0.0.0): a leg without an address cannot receive. */
void nego_normalize(struct sdp *s);

/*
 * Puts into out (formats, packet time, direction) what to offer the other leg.
 * list: its codecs in order. only: the one codec that `offer`'s leg is already
 * tied to, or CODEC_NONE. Where both share none, codecs that we can translate
 * to. Returns 0, or -ENOTSUP: no way to connect them.
 */
int nego_offer(const struct sdp *offer, const char *list, enum codec only,
	       struct sdp *out);

/* What we offer on our own: what we speak, in the list's order. */
int nego_own(const char *list, struct sdp *out);

/*
 * Takes out of `answer` what was not in `asked`, our offer. -ENOTSUP: nothing
 * is left; -EINVAL: it does not fit the offer's streams.
 */
int nego_check(struct sdp *answer, const struct sdp *asked);

/*
 * Puts into out what to answer `offer`, given the other leg's checked answer
 * (NULL: we answer ourselves, from list). -ENOTSUP as above.
 */
int nego_answer(const struct sdp *offer, const struct sdp *answer,
		const char *list, enum codec only, struct sdp *out);

/* What the leg's description and ours for it mean for packets; touches only
   the codec, direction and RTCP members. */
void nego_conf(const struct sdp *theirs, const struct sdp *ours,
	       struct leg_conf *conf);

/* The first format that is sound; CODEC_NONE: there is none. */
enum codec nego_codec(const struct sdp *s);

/*
 * SDP of an offer, and after a zero byte that of an answer. What was read is
 * offered, answered and written; what we wrote we can read.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "leg.h"
#include "nego.h"
#include "refusal.h"
#include "sdp.h"
#include "srtp_keys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_and_read(struct sdp *s)
{
	uint8_t out[SDP_MAX];
	char why[SDP_WHY];
	struct sdp back;
	int n;

	s->addr = (struct addr){ 2, { 192, 0, 2, 1 } };
	s->port = 10000;
	s->rtcp_port = 10001;
	n = sdp_write(s, out, sizeof(out));
	if (n < 0)
		return;
	assert(!sdp_read(&back, out, (size_t)n, SDP_ANY, why));
	assert(back.n_fmts == s->n_fmts);
	assert(back.dir == s->dir);
	assert(back.n_media == s->n_media);
	assert(back.n_crypto == s->n_crypto);
	assert(!memcmp(back.crypto, s->crypto, sizeof(s->crypto)));
}

/* As exchange.c does it, between the two of them. */
static void connect_both(struct sdp *offer, struct sdp *answer,
			 enum srtp_mode mode)
{
	struct sdp ours = { .n_media = 1,
			    .media = { { "audio", "RTP/AVP", "", 0 } } };
	struct sdp back = *offer;
	struct own_keys to_caller = { 0 }, to_callee = { 0 };
	struct leg_conf conf = { 0 };
	struct refusal why;

	nego_normalize(offer);
	if (nego_offer(offer, "opus;g722;pcma;pcmu;gsm", CODEC_NONE, &ours))
		return;
	srtp_keys_offer(&to_callee, mode, NULL, &ours);
	write_and_read(&ours);
	nego_normalize(answer);
	if (nego_check(answer, &ours) ||
	    srtp_keys_check(&to_callee, answer, &ours, mode, &why) ||
	    nego_answer(offer, answer, "", CODEC_NONE, &back))
		return;
	srtp_keys_answer(&to_caller, offer, &back);
	write_and_read(&back);
	srtp_keys_agreed(&to_caller, offer, &conf.keys);
	assert(conf.keys.tx.suite == conf.keys.rx.suite);
	srtp_keys_agreed(&to_callee, answer, &conf.keys);
	assert(conf.keys.tx.suite == conf.keys.rx.suite);
	assert(mode != SRTP_MODE_MUST || conf.keys.tx.suite);
	nego_conf(offer, &back, &conf);
	nego_conf(answer, &ours, &conf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *zero = size ? memchr(data, 0, size) : NULL;
	size_t n = zero ? (size_t)(zero - data) : size;
	enum srtp_mode mode = (enum srtp_mode)(size % SRTP_MODE_NEVER);
	struct sdp offer, answer, own = { 0 };
	struct own_keys keys = { 0 };
	struct refusal refusal;
	char why[SDP_WHY];

	if (sdp_read(&offer, data, n, SDP_ANY, why)) {
		assert(strnlen(why, sizeof(why)) < sizeof(why) && *why);
		return 0;
	}
	assert(offer.n_fmts <= SDP_FMT_MAX);
	assert(offer.n_media <= SDP_MEDIA_MAX);
	if (offer.audio == offer.n_media)
		return 0;
	assert(offer.n_crypto <= SDP_CRYPTO_MAX);
	answer = offer;
	if (srtp_keys_take(&offer, mode, &refusal))
		return 0;
	own = offer;
	srtp_keys_answer(&keys, &offer, &own);
	if (!nego_answer(&offer, NULL, "", CODEC_NONE, &own))
		write_and_read(&own);
	if (!zero || !sdp_read(&answer, zero + 1, size - n - 1, SDP_ANY, why))
		connect_both(&offer, &answer, mode);
	return 0;
}

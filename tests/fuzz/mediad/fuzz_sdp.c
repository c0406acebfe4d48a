/*
 * SDP of an offer, and after a zero byte that of an answer. What was read is
 * offered, answered and written; what we wrote we can read.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "leg.h"
#include "nego.h"
#include "sdp.h"

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
	assert(!sdp_read(&back, out, (size_t)n, why));
	assert(back.n_fmts == s->n_fmts);
	assert(back.dir == s->dir);
	assert(back.n_media == s->n_media);
}

/* As exchange.c does it, between the two of them. */
static void connect_both(struct sdp *offer, struct sdp *answer)
{
	struct sdp ours = { .n_media = 1,
			    .media = { { "audio", "RTP/AVP", "", 0 } } };
	struct sdp back = *offer;
	struct leg_conf conf = { 0 };

	nego_normalize(offer);
	if (nego_offer(offer, "opus;g722;pcma;pcmu;gsm", CODEC_NONE, &ours))
		return;
	write_and_read(&ours);
	nego_normalize(answer);
	if (nego_check(answer, &ours) ||
	    nego_answer(offer, answer, "", CODEC_NONE, &back))
		return;
	write_and_read(&back);
	nego_conf(offer, &back, &conf);
	nego_conf(answer, &ours, &conf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *zero = size ? memchr(data, 0, size) : NULL;
	size_t n = zero ? (size_t)(zero - data) : size;
	struct sdp offer, answer, own = { 0 };
	char why[SDP_WHY];

	if (sdp_read(&offer, data, n, why)) {
		assert(strnlen(why, sizeof(why)) < sizeof(why) && *why);
		return 0;
	}
	assert(offer.n_fmts <= SDP_FMT_MAX);
	assert(offer.n_media <= SDP_MEDIA_MAX);
	if (offer.audio == offer.n_media)
		return 0;
	own = offer;
	if (!nego_answer(&offer, NULL, "", CODEC_NONE, &own))
		write_and_read(&own);
	answer = offer;
	if (!zero || !sdp_read(&answer, zero + 1, size - n - 1, why))
		connect_both(&offer, &answer);
	return 0;
}

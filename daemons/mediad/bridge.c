#include "bridge.h"

#include <stdlib.h>
#include <string.h>

#include "leg.h"

struct bridge {
	struct decoder *decoder;
	bool begun;
	uint32_t ssrc;
	uint32_t next_ts; /* of the sender, when nothing is lost */
	uint32_t gap;     /* samples missing before what waits */
	size_t n;
	int16_t pcm[SOUND_MAX + SOUND_FRAME];
};

struct bridge *bridge_new(void)
{
	return calloc(1, sizeof(struct bridge));
}

void bridge_free(struct bridge *b)
{
	if (!b)
		return;
	decoder_free(b->decoder);
	free(b);
}

static int prepare(struct bridge *b, enum codec c)
{
	if (decoder_codec(b->decoder) == c)
		return 0;
	decoder_free(b->decoder);
	b->decoder = decoder_new(c);
	b->n = 0;
	return b->decoder ? 0 : -1;
}

/* False: late or repeated, its place has gone out already. */
static bool in_order(struct bridge *b, const struct rtp *r, uint32_t clock_hz)
{
	int32_t ahead = (int32_t)(r->ts - b->next_ts);

	if (!b->begun || b->ssrc != r->ssrc || ahead > (int32_t)clock_hz * 10 ||
	    ahead < -(int32_t)clock_hz) {
		b->begun = true;
		b->ssrc = r->ssrc;
		b->n = 0;
		b->gap = 0;
		return true;
	}
	if (ahead < 0)
		return false;
	b->gap += (uint32_t)ahead / (clock_hz / CODEC_SAMPLE_HZ);
	return true;
}

static void send_frames(struct bridge *b, struct leg *to,
			const struct leg_clock *now)
{
	struct encoder *e = leg_encoder(to);
	uint8_t packet[RTP_HEADER + SOUND_BYTES];
	uint32_t clock_hz, scale;

	if (!e) {
		b->n = 0;
		return;
	}
	clock_hz = codec_info(encoder_codec(e))->clock_hz;
	scale = clock_hz / CODEC_SAMPLE_HZ;
	while (b->n >= SOUND_FRAME) {
		struct rtp out = { .pt = to->conf.tx_pt[encoder_codec(e)] };
		int n = encoder_frame(e, b->pcm, packet + RTP_HEADER);

		b->n -= SOUND_FRAME;
		memmove(b->pcm, b->pcm + SOUND_FRAME, b->n * sizeof(*b->pcm));
		if (n < 0)
			continue;
		out_make(&to->out, OUT_TRANSCODE, &out,
			 (SOUND_FRAME + b->gap) * scale, clock_hz, now->us);
		b->gap = 0;
		rtp_write(packet, &out);
		leg_send(to, packet, RTP_HEADER + (size_t)n);
	}
}

void bridge_packet(struct bridge *b, struct leg *to, enum codec c,
		   const struct rtp *r, const uint8_t *payload,
		   const struct leg_clock *now)
{
	uint32_t clock_hz = codec_info(c)->clock_hz;
	int n;

	if (prepare(b, c) || !in_order(b, r, clock_hz))
		return;
	n = decoder_packet(b->decoder, payload, r->len, b->pcm + b->n);
	if (n < 0)
		return;
	b->next_ts = r->ts + (uint32_t)n * (clock_hz / CODEC_SAMPLE_HZ);
	b->n += (size_t)n;
	send_frames(b, to, now);
}

#include "sound.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <opus/opus.h>
#include <spandsp.h>

#include "secret.h"

enum { RATE = 8000, GSM_FRAME = 33 };

struct encoder {
	enum codec codec;
	g722_encode_state_t *g722;
	gsm0610_state_t *gsm;
	OpusEncoder *opus;
};

struct decoder {
	enum codec codec;
	g722_decode_state_t *g722;
	gsm0610_state_t *gsm;
	OpusDecoder *opus;
};

struct tone_ear {
	dtmf_rx_state_t *rx;
};

static bool speaks(enum codec c)
{
	const struct codec_info *in = codec_info(c);

	return in && in->spoken;
}

struct encoder *encoder_new(enum codec c)
{
	struct encoder *e = speaks(c) ? calloc(1, sizeof(*e)) : NULL;
	bool ok = true;
	int err = 0;

	if (!e)
		return NULL;
	e->codec = c;
	if (c == CODEC_G722) {
		e->g722 = g722_encode_init(NULL, 64000, G722_SAMPLE_RATE_8000);
		ok = e->g722;
	} else if (c == CODEC_GSM) {
		e->gsm = gsm0610_init(NULL, GSM0610_PACKING_VOIP);
		ok = e->gsm;
	} else if (c == CODEC_OPUS) {
		e->opus = opus_encoder_create(RATE, 1, OPUS_APPLICATION_VOIP,
					      &err);
		ok = e->opus;
	}
	if (ok)
		return e;
	encoder_free(e);
	return NULL;
}

void encoder_free(struct encoder *e)
{
	if (!e)
		return;
	if (e->g722)
		g722_encode_free(e->g722);
	if (e->gsm)
		gsm0610_free(e->gsm);
	if (e->opus)
		opus_encoder_destroy(e->opus);
	free(e);
}

enum codec encoder_codec(const struct encoder *e)
{
	return e ? e->codec : CODEC_NONE;
}

int encoder_frame(struct encoder *e, const int16_t pcm[SOUND_FRAME],
		  uint8_t out[SOUND_BYTES])
{
	int n;

	switch ((int)e->codec) {
	case CODEC_PCMU:
		for (int i = 0; i < SOUND_FRAME; i++)
			out[i] = linear_to_ulaw(pcm[i]);
		return SOUND_FRAME;
	case CODEC_PCMA:
		for (int i = 0; i < SOUND_FRAME; i++)
			out[i] = linear_to_alaw(pcm[i]);
		return SOUND_FRAME;
	case CODEC_G722:
		return g722_encode(e->g722, out, pcm, SOUND_FRAME);
	case CODEC_GSM:
		return gsm0610_encode(e->gsm, out, pcm, SOUND_FRAME);
	case CODEC_OPUS:
		n = opus_encode(e->opus, pcm, SOUND_FRAME, out, SOUND_BYTES);
		return n > 0 ? n : -EINVAL;
	default:
		return -EINVAL;
	}
}

struct decoder *decoder_new(enum codec c)
{
	struct decoder *d = speaks(c) ? calloc(1, sizeof(*d)) : NULL;
	bool ok = true;
	int err = 0;

	if (!d)
		return NULL;
	d->codec = c;
	if (c == CODEC_G722) {
		d->g722 = g722_decode_init(NULL, 64000, G722_SAMPLE_RATE_8000);
		ok = d->g722;
	} else if (c == CODEC_GSM) {
		d->gsm = gsm0610_init(NULL, GSM0610_PACKING_VOIP);
		ok = d->gsm;
	} else if (c == CODEC_OPUS) {
		d->opus = opus_decoder_create(RATE, 1, &err);
		ok = d->opus;
	}
	if (ok)
		return d;
	decoder_free(d);
	return NULL;
}

void decoder_free(struct decoder *d)
{
	if (!d)
		return;
	if (d->g722)
		g722_decode_free(d->g722);
	if (d->gsm)
		gsm0610_free(d->gsm);
	if (d->opus)
		opus_decoder_destroy(d->opus);
	free(d);
}

enum codec decoder_codec(const struct decoder *d)
{
	return d ? d->codec : CODEC_NONE;
}

/* The whole frames that fit, for codecs of a fixed size. */
static int decode_gsm(struct decoder *d, const uint8_t *p, size_t n,
		      int16_t *pcm)
{
	size_t frames = n / GSM_FRAME;

	if (!frames || frames * SOUND_FRAME > SOUND_MAX)
		return -EBADMSG;
	return gsm0610_decode(d->gsm, pcm, p, (int)(frames * GSM_FRAME));
}

int decoder_packet(struct decoder *d, const uint8_t *p, size_t n,
		   int16_t pcm[SOUND_MAX])
{
	int got;

	if (!n || n > SOUND_MAX)
		return -EBADMSG;
	switch ((int)d->codec) {
	case CODEC_PCMU:
		for (size_t i = 0; i < n; i++)
			pcm[i] = ulaw_to_linear(p[i]);
		return (int)n;
	case CODEC_PCMA:
		for (size_t i = 0; i < n; i++)
			pcm[i] = alaw_to_linear(p[i]);
		return (int)n;
	case CODEC_G722:
		return g722_decode(d->g722, pcm, p, (int)n);
	case CODEC_GSM:
		return decode_gsm(d, p, n, pcm);
	case CODEC_OPUS:
		got = opus_decode(d->opus, p, (opus_int32)n, pcm, SOUND_MAX, 0);
		return got > 0 ? got : -EBADMSG;
	default:
		return -EBADMSG;
	}
}

struct tone_ear *tone_ear_new(void)
{
	struct tone_ear *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->rx = dtmf_rx_init(NULL, NULL, NULL);
	if (t->rx)
		return t;
	free(t);
	return NULL;
}

void tone_ear_free(struct tone_ear *t)
{
	char keys[128];

	if (!t)
		return;
	/* Digits that nobody fetched must not stay in freed memory. */
	(void)dtmf_rx_get(t->rx, keys, sizeof(keys) - 1);
	secret_wipe(keys, sizeof(keys));
	dtmf_rx_free(t->rx);
	free(t);
}

size_t tone_ear_listen(struct tone_ear *t, const int16_t *pcm, size_t n,
		       char *keys, size_t size)
{
	(void)dtmf_rx(t->rx, pcm, (int)n);
	return dtmf_rx_get(t->rx, keys, (int)size - 1);
}

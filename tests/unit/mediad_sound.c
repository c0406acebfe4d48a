/* Every codec we speak carries a tone through; keys are heard in sound. */
#include <math.h>

#include "check.h"
#include "sound.h"

static void tone(int16_t *pcm, size_t n, size_t from, double hz)
{
	for (size_t i = 0; i < n; i++)
		pcm[i] = (int16_t)(8000 * sin(6.283185307 * hz *
					      (double)(from + i) / 8000));
}

static double power(const int16_t *pcm, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += (double)pcm[i] * pcm[i];
	return sqrt(sum / (double)n);
}

static void round_trip(enum codec c)
{
	struct encoder *e = encoder_new(c);
	struct decoder *d = decoder_new(c);
	int16_t in[SOUND_FRAME], out[SOUND_MAX];
	uint8_t bytes[SOUND_BYTES];
	int n, samples = 0;

	CHECK(e && d);
	for (size_t i = 0; i < 50; i++) {
		tone(in, SOUND_FRAME, i * SOUND_FRAME, 440);
		n = encoder_frame(e, in, bytes);
		CHECK(n > 0 && n <= SOUND_BYTES);
		samples = decoder_packet(d, bytes, (size_t)n, out);
		CHECK_EQ(samples, SOUND_FRAME);
	}
	/* 8000 / sqrt(2), within 1 dB or so. */
	CHECK(power(out, SOUND_FRAME) > 4500);
	CHECK(power(out, SOUND_FRAME) < 6800);
	encoder_free(e);
	decoder_free(d);
}

static void nonsense_is_refused(enum codec c)
{
	struct decoder *d = decoder_new(c);
	uint8_t bytes[2000] = { 0xff, 0xff, 0xff };
	int16_t out[SOUND_MAX];

	CHECK(decoder_packet(d, bytes, 0, out) < 0);
	CHECK(decoder_packet(d, bytes, 2000, out) < 0);
	for (size_t n = 1; n < 700; n += 7)
		CHECK(decoder_packet(d, bytes, n, out) <= SOUND_MAX);
	decoder_free(d);
}

static void keys(void)
{
	struct tone_ear *t = tone_ear_new();
	int16_t a[800], b[800];
	char got[8];
	size_t n = 0;

	CHECK(t);
	tone(a, 800, 0, 770);
	tone(b, 800, 0, 1336);
	for (int i = 0; i < 800; i++)
		a[i] = (int16_t)(a[i] / 2 + b[i] / 2);
	n += tone_ear_listen(t, a, 800, got, sizeof(got));
	memset(b, 0, sizeof(b));
	if (!n)
		n += tone_ear_listen(t, b, 800, got, sizeof(got));
	CHECK_EQ(n, 1);
	CHECK_EQ(got[0], '5');
	tone_ear_free(t);
}

int main(void)
{
	static const enum codec all[] = { CODEC_PCMU, CODEC_PCMA, CODEC_G722,
					  CODEC_GSM, CODEC_OPUS };

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		round_trip(all[i]);
		nonsense_is_refused(all[i]);
	}
	CHECK(!encoder_new(CODEC_G729));
	CHECK(!decoder_new(CODEC_EVENT8));
	keys();
	return 0;
}

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

/* A key of 80 ms and a pause, as 20 ms frames. */
static void key_frame(int16_t *pcm, char key, size_t frame)
{
	static const char rows[] = "123A456B789C*0#D";
	static const double low[] = { 697, 770, 852, 941 };
	static const double high[] = { 1209, 1336, 1477, 1633 };
	size_t at = (size_t)(strchr(rows, key) - rows);
	int16_t second[SOUND_FRAME];

	memset(pcm, 0, SOUND_FRAME * sizeof(*pcm));
	if (frame >= 4)
		return;
	tone(pcm, SOUND_FRAME, frame * SOUND_FRAME, low[at / 4]);
	tone(second, SOUND_FRAME, frame * SOUND_FRAME, high[at % 4]);
	for (size_t i = 0; i < SOUND_FRAME; i++)
		pcm[i] = (int16_t)(pcm[i] / 2 + second[i] / 2);
}

/* Every key is heard once, whatever the codec makes of its tones. */
static void keys_through(enum codec c)
{
	static const char pressed[] = "0123456789*#ABCD11";
	struct encoder *e = encoder_new(c);
	struct decoder *d = decoder_new(c);
	struct tone_ear *t = tone_ear_new();
	int16_t pcm[SOUND_FRAME], out[SOUND_MAX];
	uint8_t bytes[SOUND_BYTES];
	char got[32] = "";
	size_t n = 0;

	CHECK(e && d && t);
	for (size_t i = 0; pressed[i]; i++)
		for (size_t frame = 0; frame < 8; frame++) {
			int samples;

			key_frame(pcm, pressed[i], frame);
			samples = encoder_frame(e, pcm, bytes);
			CHECK(samples > 0);
			samples =
				decoder_packet(d, bytes, (size_t)samples, out);
			CHECK(samples > 0);
			n += tone_ear_listen(t, out, (size_t)samples, got + n,
					     sizeof(got) - n);
		}
	got[n] = '\0';
	CHECK_STR(got, pressed);
	tone_ear_free(t);
	encoder_free(e);
	decoder_free(d);
}

int main(void)
{
	static const enum codec all[] = { CODEC_PCMU, CODEC_PCMA, CODEC_G722,
					  CODEC_GSM, CODEC_OPUS };

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		round_trip(all[i]);
		nonsense_is_refused(all[i]);
		keys_through(all[i]);
	}
	CHECK(!encoder_new(CODEC_G729));
	CHECK(!decoder_new(CODEC_EVENT8));
	keys();
	return 0;
}

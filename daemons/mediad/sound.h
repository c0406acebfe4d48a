/*
 * Speaking codecs ourselves, for prompts, for hearing tones, and between two
 * phones that share none. Everything inside is 8000 samples a second, 16 bit,
 * mono. The only room that knows spandsp and opus.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "codec.h"

enum {
	SOUND_FRAME = 160, /* samples in 20 ms */
	SOUND_MAX = 960,   /* samples in the longest packet we decode, 120 ms */
	SOUND_BYTES = 400, /* room for a frame in any codec */
};

struct encoder;
struct decoder;
struct tone_ear;

/* NULL: no memory, or not a codec that we speak. */
struct encoder *encoder_new(enum codec c);
void encoder_free(struct encoder *e);
enum codec encoder_codec(const struct encoder *e);
/* 20 ms. Returns the bytes, or -EINVAL. */
int encoder_frame(struct encoder *e, const int16_t pcm[SOUND_FRAME],
		  uint8_t out[SOUND_BYTES]);

struct decoder *decoder_new(enum codec c);
void decoder_free(struct decoder *d);
enum codec decoder_codec(const struct decoder *d);
/* A packet's payload. Returns the samples (at most SOUND_MAX), or -EBADMSG. */
int decoder_packet(struct decoder *d, const uint8_t *p, size_t n,
		   int16_t pcm[SOUND_MAX]);

/* Hears keys in sound, for legs without telephone-event. */
struct tone_ear *tone_ear_new(void);
void tone_ear_free(struct tone_ear *t);
/* Returns how many keys were pressed within these samples. */
size_t tone_ear_listen(struct tone_ear *t, const int16_t *pcm, size_t n,
		       char *keys, size_t size);

/*
 * A piece of sound in memory: a prompt from a file, or a tone. Shared by
 * counting between the control thread, which makes and keeps it, and media
 * threads, which play it; its samples never change.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum {
	CLIP_RATE = 8000,
	CLIP_SAMPLES_MAX = CLIP_RATE * 300, /* five minutes */
};

struct clip;

/* Takes over no memory; NULL: no memory. The caller owns one reference. */
struct clip *clip_new(size_t samples);
struct clip *clip_ref(struct clip *c);
void clip_unref(struct clip *c);

size_t clip_samples(const struct clip *c);
int16_t *clip_pcm(struct clip *c); /* written only before it is shared */

/*
 * Reads a WAV file: PCM, 16 bit, mono, 8000 Hz, at most five minutes. Returns
 * 0, -ENOENT and the like, -EBADMSG (not such a file), -ENOMEM.
 */
int clip_load(struct clip **out, const char *path);

/* The same from bytes. */
int clip_read(struct clip **out, const uint8_t *p, size_t n);

/* "tone/ringback", "tone/busy", "tone/congestion", "tone/warning": one period
   (ITU-T E.180, 425 Hz). -ENOENT: no such tone. */
int clip_tone(struct clip **out, const char *name);

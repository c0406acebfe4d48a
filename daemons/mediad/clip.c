#include "clip.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct clip {
	atomic_uint refs;
	size_t samples;
	int16_t pcm[];
};

struct tone {
	const char *name;
	unsigned hz;
	unsigned on_ms;
	unsigned off_ms;
};

static const struct tone tones[] = {
	{ "tone/ringback", 425, 1000, 4000 },
	{ "tone/busy", 425, 500, 500 },
	{ "tone/congestion", 425, 250, 250 },
	{ "tone/warning", 1400, 400, 200 },
};

struct clip *clip_new(size_t samples)
{
	struct clip *c;

	if (samples > CLIP_SAMPLES_MAX)
		return NULL;
	c = calloc(1, sizeof(*c) + samples * sizeof(int16_t));
	if (!c)
		return NULL;
	atomic_init(&c->refs, 1);
	c->samples = samples;
	return c;
}

struct clip *clip_ref(struct clip *c)
{
	atomic_fetch_add(&c->refs, 1);
	return c;
}

void clip_unref(struct clip *c)
{
	if (c && atomic_fetch_sub(&c->refs, 1) == 1)
		free(c);
}

size_t clip_samples(const struct clip *c)
{
	return c->samples;
}

int16_t *clip_pcm(struct clip *c)
{
	return c->pcm;
}

static uint32_t le(const uint8_t *p, int n)
{
	uint32_t v = 0;

	while (n--)
		v = v << 8 | p[n];
	return v;
}

/* "fmt ": format 1 (PCM), 1 channel, 8000 Hz, ..., 16 bit. */
static int check_format(const uint8_t *p, size_t n)
{
	if (n < 16 || le(p, 2) != 1 || le(p + 2, 2) != 1 ||
	    le(p + 4, 4) != CLIP_RATE || le(p + 14, 2) != 16)
		return -EBADMSG;
	return 0;
}

static int copy_samples(struct clip **out, const uint8_t *p, size_t n)
{
	struct clip *c = clip_new(n / 2);

	if (!c)
		return n / 2 > CLIP_SAMPLES_MAX ? -EBADMSG : -ENOMEM;
	for (size_t i = 0; i < n / 2; i++)
		c->pcm[i] = (int16_t)le(p + i * 2, 2);
	*out = c;
	return 0;
}

/* "RIFF" size "WAVE", then chunks: name, size, bytes, even. */
int clip_read(struct clip **out, const uint8_t *p, size_t n)
{
	int format = -EBADMSG;

	if (n < 12 || memcmp(p, "RIFF", 4) || memcmp(p + 8, "WAVE", 4))
		return -EBADMSG;
	for (size_t at = 12; at + 8 <= n;) {
		uint32_t size = le(p + at + 4, 4);
		const uint8_t *body = p + at + 8;
		size_t left = n - at - 8;

		if (size > left)
			size = (uint32_t)left;
		if (!memcmp(p + at, "fmt ", 4))
			format = check_format(body, size);
		if (!memcmp(p + at, "data", 4))
			return format ? format : copy_samples(out, body, size);
		at += 8 + (size_t)size + (size & 1);
	}
	return -EBADMSG;
}

static int read_all(int fd, uint8_t *buf, size_t n)
{
	for (size_t got = 0; got < n;) {
		ssize_t r = read(fd, buf + got, n - got);

		if (r <= 0)
			return r ? -errno : -EBADMSG;
		got += (size_t)r;
	}
	return 0;
}

int clip_load(struct clip **out, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint8_t *buf = NULL;
	struct stat st;
	int err = -EBADMSG;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size < 12 ||
	    st.st_size > (off_t)CLIP_SAMPLES_MAX * 2 + 4096)
		goto out;
	buf = malloc((size_t)st.st_size);
	err = buf ? read_all(fd, buf, (size_t)st.st_size) : -ENOMEM;
	if (!err)
		err = clip_read(out, buf, (size_t)st.st_size);
out:
	free(buf);
	(void)close(fd);
	return err;
}

int clip_tone(struct clip **out, const char *name)
{
	const double level = 6000.0; /* about -15 dBm0 */

	for (size_t i = 0; i < sizeof(tones) / sizeof(*tones); i++) {
		const struct tone *t = &tones[i];
		size_t on = t->on_ms * (CLIP_RATE / 1000);
		struct clip *c;

		if (strcmp(t->name, name))
			continue;
		c = clip_new(on + t->off_ms * (CLIP_RATE / 1000));
		if (!c)
			return -ENOMEM;
		for (size_t k = 0; k < on; k++)
			c->pcm[k] =
				(int16_t)(level * sin(2 * M_PI * t->hz *
						      (double)k / CLIP_RATE));
		*out = c;
		return 0;
	}
	return -ENOENT;
}

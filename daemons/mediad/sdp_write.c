#include "sdp.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "secret.h"

struct writer {
	char *p;
	size_t left;
	size_t used;
	bool full;
};

__attribute__((format(printf, 2, 3))) static void put(struct writer *w,
						      const char *fmt, ...)
{
	va_list ap;
	int n;

	if (w->full)
		return;
	va_start(ap, fmt);
	n = vsnprintf(w->p, w->left, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= w->left) {
		w->full = true;
		return;
	}
	w->p += n;
	w->left -= (size_t)n;
	w->used += (size_t)n;
}

static void put_fmt(struct writer *w, const struct sdp_fmt *f)
{
	const struct codec_info *c = codec_info((enum codec)f->codec);

	put(w, "a=rtpmap:%u %s/%" PRIu32, f->pt, c->name, c->clock_hz);
	if (c->channels)
		put(w, "/%u", c->channels);
	put(w, "\r\n");
	if (*f->fmtp)
		put(w, "a=fmtp:%u %s\r\n", f->pt, f->fmtp);
}

static void put_crypto(struct writer *w, const struct sdes *s)
{
	char line[SDES_TEXT];

	if (sdes_write(s, line, sizeof(line)) < 0)
		w->full = true;
	else
		put(w, "a=crypto:%s\r\n", line);
	secret_wipe(line, sizeof(line));
}

static void put_audio(struct writer *w, const struct sdp *s)
{
	static const char *const dirs[] = {
		[SDP_INACTIVE] = "inactive",
		[SDP_SENDONLY] = "sendonly",
		[SDP_RECVONLY] = "recvonly",
		[SDP_SENDRECV] = "sendrecv",
	};

	put(w, "m=audio %u %s", s->port, s->media[s->audio].proto);
	for (unsigned i = 0; i < s->n_fmts; i++)
		put(w, " %u", s->fmts[i].pt);
	put(w, "\r\n");
	for (unsigned i = 0; i < s->n_fmts; i++)
		put_fmt(w, &s->fmts[i]);
	for (unsigned i = 0; i < s->n_crypto; i++)
		put_crypto(w, &s->crypto[i]);
	if (s->ptime_ms)
		put(w, "a=ptime:%u\r\n", s->ptime_ms);
	if (s->maxptime_ms)
		put(w, "a=maxptime:%u\r\n", s->maxptime_ms);
	if (s->rtcp_mux)
		put(w, "a=rtcp-mux\r\n");
	else
		put(w, "a=rtcp:%u\r\n", s->rtcp_port);
	put(w, "a=%s\r\n", dirs[s->dir]);
}

int sdp_write(const struct sdp *s, uint8_t *out, size_t size)
{
	struct writer w = { .p = (char *)out, .left = size };
	const char *family = s->addr.family == AF_INET6 ? "IP6" : "IP4";
	char addr[ADDR_TEXT];

	addr_format(&s->addr, addr);
	put(&w,
	    "v=0\r\no=- %" PRIu64 " %" PRIu64 " IN %s %s\r\ns=-\r\n"
	    "c=IN %s %s\r\nt=0 0\r\n",
	    s->session, s->version, family, addr, family, addr);
	for (unsigned i = 0; i < s->n_media; i++) {
		const struct sdp_media *m = &s->media[i];

		if (i == s->audio)
			put_audio(&w, s);
		else
			put(&w, "m=%s 0 %s %s\r\n", m->type, m->proto, m->fmts);
	}
	return w.full ? -ENOSPC : (int)w.used;
}

#include "sdp.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "secret.h"

struct reader {
	struct sdp *s;
	unsigned line;
	const char *what; /* what is wrong with the line */
	bool got_addr;    /* session's c= */
	bool media_addr;  /* the audio stream's own c= */
	bool media_dir;   /* the audio stream's own direction */
	struct addr addr;
	enum sdp_dir dir;
	enum sdp_profiles profiles;
};

/* Cuts the next word off *p; "" at the end. */
static char *word(char **p)
{
	char *start = *p + strspn(*p, " ");
	size_t n = strcspn(start, " ");

	*p = start + n + (start[n] != '\0');
	start[n] = '\0';
	return start;
}

/* Decimal digits only; strtoul would take signs and blanks. */
static int number(const char *text, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;

	if (!*text || strlen(text) > 20)
		return -EINVAL;
	for (; *text; text++) {
		uint64_t digit = (uint64_t)(*text - '0');

		if (!isdigit((unsigned char)*text) || v > (max - digit) / 10)
			return -EINVAL;
		v = v * 10 + digit;
	}
	*out = v;
	return 0;
}

static bool addr_is_any(const struct addr *a)
{
	static const uint8_t zero[16];

	return !memcmp(a->bytes, zero, a->family == AF_INET ? 4 : 16);
}

/* Multicast and broadcast would make us send to many. */
static bool addr_is_one(const struct addr *a)
{
	if (a->family == AF_INET6)
		return a->bytes[0] != 0xff;
	return a->bytes[0] != 0 && a->bytes[0] < 224;
}

/* c=IN IP4 192.0.2.1 (RFC 8866 section 5.7). */
static int read_connection(struct reader *r, char *p)
{
	struct addr a;
	const char *net = word(&p);
	const char *type = word(&p);
	const char *text = word(&p);

	r->what = "not an address of one host";
	if (strcmp(net, "IN") || (strcmp(type, "IP4") && strcmp(type, "IP6")))
		return -EINVAL;
	if (addr_parse(&a, text))
		return -EINVAL;
	if (addr_is_any(&a))
		a = (struct addr){ 0 };
	else if (!addr_is_one(&a))
		return -EINVAL;
	if (!r->s->n_media) {
		r->addr = a;
		r->got_addr = true;
	} else if (r->s->audio == r->s->n_media - 1) {
		r->s->addr = a;
		r->media_addr = true;
	}
	return 0;
}

static int read_origin(struct reader *r, char *p)
{
	r->what = "not an origin";
	(void)word(&p);
	if (number(word(&p), UINT64_MAX, &r->s->session) ||
	    number(word(&p), UINT64_MAX, &r->s->version))
		return -EINVAL;
	return strcmp(word(&p), "IN") ? -EINVAL : 0;
}

/* The formats of the stream that we relay. */
static int read_formats(struct reader *r, char *p)
{
	struct sdp *s = r->s;
	uint64_t pt;

	for (const char *w = word(&p); *w; w = word(&p)) {
		if (number(w, 127, &pt)) {
			r->what = "not a payload type";
			return -EINVAL;
		}
		if (s->n_fmts == SDP_FMT_MAX)
			continue;
		s->fmts[s->n_fmts++] = (struct sdp_fmt){
			.pt = (uint8_t)pt,
			.codec = (uint8_t)codec_fixed((uint8_t)pt),
		};
	}
	r->what = "no payload type";
	return s->n_fmts ? 0 : -EINVAL;
}

/* Letters, digits and what tokens of RFC 8866 may hold, copied whole. */
static int read_token(char *out, size_t size, const char *w)
{
	size_t n = strspn(w, "abcdefghijklmnopqrstuvwxyz"
			     "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			     "0123456789-./_*+");

	if (!n || w[n] || n >= size)
		return -EINVAL;
	memcpy(out, w, n + 1);
	return 0;
}

bool sdp_is_secure(const struct sdp_media *m)
{
	return !strcmp(m->proto, "RTP/SAVP") || !strcmp(m->proto, "RTP/SAVPF");
}

/* Could it be the stream that we relay? */
static bool is_ours(const struct reader *r, const struct sdp_media *m)
{
	if (!m->port || strcasecmp(m->type, "audio"))
		return false;
	return !strcmp(m->proto, "RTP/AVP") || !strcmp(m->proto, "RTP/AVPF") ||
	       (r->profiles == SDP_ANY && sdp_is_secure(m));
}

/* m=audio 10000 RTP/AVP 8 0 101 (RFC 8866 section 5.14). */
static int read_media(struct reader *r, char *p)
{
	struct sdp *s = r->s;
	struct sdp_media *m = &s->media[s->n_media];
	const char *type = word(&p);
	char *port_text = word(&p);
	const char *proto = word(&p);
	char first[sizeof(m->fmts)];
	uint64_t port;
	size_t n;

	r->what = "too many streams";
	if (s->n_media == SDP_MEDIA_MAX)
		return -EINVAL;
	port_text[strcspn(port_text, "/")] = '\0';
	r->what = "not a stream";
	if (read_token(m->type, sizeof(m->type), type) ||
	    read_token(m->proto, sizeof(m->proto), proto) ||
	    number(port_text, UINT16_MAX, &port))
		return -EINVAL;
	m->port = (uint16_t)port;
	/* What will not be relayed is answered with its first format. */
	n = strcspn(p, " ");
	if (n >= sizeof(first))
		return -EINVAL;
	memcpy(first, p, n);
	first[n] = '\0';
	if (read_token(m->fmts, sizeof(m->fmts), first))
		return -EINVAL;
	if (s->audio == UINT8_MAX && is_ours(r, m)) {
		s->audio = s->n_media;
		s->port = m->port;
		s->rtcp_port = (uint16_t)(m->port + 1);
		if (read_formats(r, p))
			return -EINVAL;
	}
	s->n_media++;
	return 0;
}

static struct sdp_fmt *fmt_of(struct sdp *s, const char *text)
{
	uint64_t pt;

	if (number(text, 127, &pt))
		return NULL;
	for (unsigned i = 0; i < s->n_fmts; i++) {
		if (s->fmts[i].pt == pt)
			return &s->fmts[i];
	}
	return NULL;
}

/* a=rtpmap:101 telephone-event/8000 (RFC 8866 section 6.6). */
static int read_rtpmap(struct reader *r, char *p)
{
	struct sdp_fmt *f = fmt_of(r->s, word(&p));
	char *name = word(&p);
	char *clock = strchr(name, '/');
	char *channels = clock ? strchr(clock + 1, '/') : NULL;
	uint64_t hz, n = 0;

	r->what = "not a payload type's name";
	if (!clock)
		return -EINVAL;
	*clock++ = '\0';
	if (channels) {
		*channels++ = '\0';
		if (number(channels, 255, &n))
			return -EINVAL;
	}
	if (number(clock, 1000000, &hz))
		return -EINVAL;
	if (f)
		f->codec = (uint8_t)codec_find(name, (uint32_t)hz, (uint8_t)n);
	return 0;
}

bool sdp_fmtp_ok(const char *text, size_t n)
{
	if (!n || n >= SDP_FMTP_MAX)
		return false;
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)text[i];

		if (!isalnum(c) && !strchr("=;,-./ _+", c))
			return false;
	}
	return true;
}

static void read_fmtp(struct reader *r, char *p)
{
	struct sdp_fmt *f = fmt_of(r->s, word(&p));

	if (f && sdp_fmtp_ok(p, strlen(p)))
		memcpy(f->fmtp, p, strlen(p) + 1);
}

static int read_small(struct reader *r, const char *text, uint64_t max,
		      uint16_t *out)
{
	char digits[8];
	size_t n = strcspn(text, " .");
	uint64_t v;

	r->what = "not a number in its range";
	if (n >= sizeof(digits))
		return -EINVAL;
	memcpy(digits, text, n);
	digits[n] = '\0';
	if (number(digits, max, &v) || !v)
		return -EINVAL;
	*out = (uint16_t)v;
	return 0;
}

static bool read_direction(struct reader *r, const char *text)
{
	static const char *const names[] = {
		[SDP_INACTIVE] = "inactive",
		[SDP_SENDONLY] = "sendonly",
		[SDP_RECVONLY] = "recvonly",
		[SDP_SENDRECV] = "sendrecv",
	};

	for (int i = SDP_INACTIVE; i <= SDP_SENDRECV; i++) {
		if (strcmp(text, names[i]))
			continue;
		if (!r->s->n_media) {
			r->dir = (enum sdp_dir)i;
		} else {
			r->s->dir = (enum sdp_dir)i;
			r->media_dir = true;
		}
		return true;
	}
	return false;
}

/* A line that says nothing we could use is as good as none. */
static void read_crypto(struct reader *r, const char *text)
{
	struct sdp *s = r->s;
	struct sdes *new = &s->crypto[s->n_crypto];

	if (s->n_crypto == SDP_CRYPTO_MAX || sdes_read(new, text))
		return;
	for (unsigned i = 0; i < s->n_crypto; i++) {
		if (s->crypto[i].tag == new->tag) {
			secret_wipe(new, sizeof(*new));
			return;
		}
	}
	s->n_crypto++;
}

static int read_attribute(struct reader *r, char *p)
{
	struct sdp *s = r->s;
	bool ours = s->n_media && s->audio == s->n_media - 1;
	char *value = strchr(p, ':');

	if (value)
		*value++ = '\0';
	if (!value && (ours || !s->n_media) && read_direction(r, p))
		return 0;
	if (!ours)
		return 0;
	if (!strcmp(p, "rtcp-mux")) {
		s->rtcp_mux = true;
		return 0;
	}
	if (!value)
		return 0;
	if (!strcmp(p, "rtpmap"))
		return read_rtpmap(r, value);
	if (!strcmp(p, "ptime"))
		return read_small(r, value, 200, &s->ptime_ms);
	if (!strcmp(p, "maxptime"))
		return read_small(r, value, 1000, &s->maxptime_ms);
	if (!strcmp(p, "rtcp"))
		return read_small(r, value, UINT16_MAX, &s->rtcp_port);
	if (!strcmp(p, "fmtp"))
		read_fmtp(r, value);
	if (!strcmp(p, "crypto"))
		read_crypto(r, value);
	return 0;
}

/* RFC 8866 section 5: v=, o= and s= stand first and in this order. */
static int read_line(struct reader *r, char type, char *value)
{
	static const char first[] = "vos";

	if (r->line <= 3 && type != first[r->line - 1]) {
		r->what = "v=, o= and s= must come first";
		return -EINVAL;
	}
	switch (type) {
	case 'v':
		r->what = "unknown version";
		return r->line == 1 && !strcmp(value, "0") ? 0 : -EINVAL;
	case 'o':
		r->what = "more than one origin";
		return r->line == 2 ? read_origin(r, value) : -EINVAL;
	case 'c':
		return read_connection(r, value);
	case 'm':
		return read_media(r, value);
	case 'a':
		return read_attribute(r, value);
	default:
		return 0; /* t=, b=, i= and the like say nothing to a relay */
	}
}

/* A line as a string; without the control characters no line may have. */
static int cut_line(struct reader *r, const uint8_t *bytes, size_t n,
		    char line[SDP_LINE_MAX + 1])
{
	r->what = "too long";
	if (n > SDP_LINE_MAX)
		return -EINVAL;
	r->what = "not of the form x=...";
	if (n < 2 || bytes[0] < 'a' || bytes[0] > 'z' || bytes[1] != '=')
		return -EINVAL;
	r->what = "control characters";
	for (size_t i = 0; i < n; i++) {
		if (bytes[i] < 0x20 || bytes[i] == 0x7f)
			return -EINVAL;
		line[i] = (char)bytes[i];
	}
	line[n] = '\0';
	return 0;
}

static int read_lines(struct reader *r, const uint8_t *p, size_t n, char *line)
{
	while (n) {
		const uint8_t *end = memchr(p, '\n', n);
		size_t len = end ? (size_t)(end - p) : n;
		size_t used = len + (end != NULL);

		if (len && p[len - 1] == '\r')
			len--;
		r->line++;
		/* An empty line at the very end is common and harmless. */
		if (!len && used == n && r->line > 3)
			return 0;
		if (cut_line(r, p, len, line) ||
		    read_line(r, line[0], line + 2))
			return -EINVAL;
		p += used;
		n -= used;
	}
	r->what = "ends too early";
	return r->line >= 3 ? 0 : -EINVAL;
}

/* What the audio stream does not say itself, the session says for it. */
static int inherit(struct reader *r)
{
	struct sdp *s = r->s;

	if (s->audio == UINT8_MAX) {
		s->audio = s->n_media;
		return 0;
	}
	r->what = "no address for the sound";
	if (!r->media_addr && !r->got_addr)
		return -EINVAL;
	if (!r->media_addr)
		s->addr = r->addr;
	if (!r->media_dir)
		s->dir = r->dir;
	return 0;
}

int sdp_read(struct sdp *s, const uint8_t *bytes, size_t n,
	     enum sdp_profiles profiles, char why[SDP_WHY])
{
	struct sdp out = { .audio = UINT8_MAX, .dir = SDP_SENDRECV };
	struct reader r = { .s = &out,
			    .dir = SDP_SENDRECV,
			    .profiles = profiles };
	char line[SDP_LINE_MAX + 1]; /* of keys, too */
	int err = 0;

	r.what = "empty or too long";
	if (!n || n > SDP_MAX || read_lines(&r, bytes, n, line) ||
	    inherit(&r)) {
		snprintf(why, SDP_WHY, "line %u: %s", r.line, r.what);
		err = -EINVAL;
	} else {
		*s = out;
	}
	secret_wipe(line, sizeof(line));
	secret_wipe(out.crypto, sizeof(out.crypto));
	return err;
}

enum sdp_dir sdp_dir_reverse(enum sdp_dir d)
{
	switch (d) {
	case SDP_SENDONLY:
		return SDP_RECVONLY;
	case SDP_RECVONLY:
		return SDP_SENDONLY;
	case SDP_INACTIVE:
	case SDP_SENDRECV:
		break;
	}
	return d;
}

const struct sdp_fmt *sdp_find(const struct sdp *s, enum codec c)
{
	for (unsigned i = 0; i < s->n_fmts; i++) {
		if (s->fmts[i].codec == c)
			return &s->fmts[i];
	}
	return NULL;
}

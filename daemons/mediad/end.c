#include "end.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "leg.h"
#include "log.h"
#include "nego.h"
#include "secret.h"

int refusal_set(struct refusal *r, const char *name, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(r->text, sizeof(r->text), fmt, ap);
	va_end(ap);
	r->name = name;
	return -EINVAL;
}

struct end *end_new(const char *branch)
{
	struct end *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	snprintf(e->branch, sizeof(e->branch), "%s", branch);
	e->codec = CODEC_NONE;
	/* Positive in 32 bits: some phones read it so. */
	secret_random(&e->ours.session, sizeof(e->ours.session));
	e->ours.session &= 0x7fffffff;
	return e;
}

void end_free(struct end *e)
{
	if (e)
		secret_wipe(e, sizeof(*e)); /* it has keys */
	free(e);
}

void end_enter(struct end *e, const char *call, enum end_state state)
{
	static const char *const names[] = {
		[END_IDLE] = "idle",
		[END_OFFERED] = "offered",
		[END_ASKED] = "asked",
	};

	if (e->state != state)
		log_debug("call %s: %s %s -> %s", call,
			  *e->branch ? e->branch : "leg", names[e->state],
			  names[state]);
	e->state = state;
}

/* FNV-1a, 64 bit: did the text change? No one gains by a collision. */
static uint64_t digest(const uint8_t *p, size_t n)
{
	uint64_t h = 14695981039346656037u;

	while (n--)
		h = (h ^ *p++) * 1099511628211u;
	return h;
}

int end_write(struct end *e, uint16_t port, uint8_t *out, size_t size)
{
	uint64_t version = e->ours.version;
	uint64_t body;
	int n;

	e->ours.addr = e->advertise;
	e->ours.port = port;
	e->ours.rtcp_port = (uint16_t)(port + 1);
	e->ours.version = 0;
	n = sdp_write(&e->ours, out, size);
	e->ours.version = version;
	if (n < 0)
		return n;
	body = digest(out, (size_t)n);
	if (body != e->body)
		e->ours.version++;
	e->body = body;
	return sdp_write(&e->ours, out, size);
}

void end_streams(struct end *e, const struct sdp *offer)
{
	struct sdp *s = &e->ours;

	if (offer) {
		memcpy(s->media, offer->media, sizeof(s->media));
		s->n_media = offer->n_media;
		s->audio = offer->audio;
		return;
	}
	if (s->n_media)
		return;
	s->n_media = 1;
	s->audio = 0;
	snprintf(s->media[0].type, sizeof(s->media[0].type), "audio");
	snprintf(s->media[0].proto, sizeof(s->media[0].proto), "RTP/AVP");
}

void end_ask(struct end *e, enum srtp_mode mode)
{
	end_streams(e, NULL);
	srtp_keys_offer(&e->keys, mode, e->known ? &e->theirs : NULL, &e->ours);
}

void end_settle(struct end *e, const char *call)
{
	srtp_keys_settle(&e->keys, &e->theirs);
	end_enter(e, call, END_IDLE);
}

bool end_repeats(const struct end *e, const struct sdp *offer)
{
	return e->known && e->theirs.session == offer->session &&
	       e->theirs.version == offer->version;
}

/*
 * Is it an address of the box itself? SDP that names one would have us send
 * sound to our own daemons. The kernel speaks to itself from that very address
 * (or another of loopback); nothing is sent to find out.
 */
static bool is_own(const struct addr *a)
{
	struct sockaddr_storage ss;
	socklen_t n = addr_to_sockaddr(a, 9, &ss);
	struct addr from;
	uint16_t port;
	bool own = false;
	int fd;

	if (a->family == AF_INET && a->bytes[0] == 127)
		return true;
	fd = socket(ss.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return true;
	if (connect(fd, (struct sockaddr *)&ss, n) == 0) {
		n = sizeof(ss);
		own = getsockname(fd, (struct sockaddr *)&ss, &n) < 0 ||
		      addr_from_sockaddr(&from, &port, (struct sockaddr *)&ss) <
			      0 ||
		      addr_equal(&from, a);
	}
	(void)close(fd);
	return own;
}

/* May sound go to what its SDP names, wherever in the local networks? */
static bool is_local(const struct end *e)
{
	const struct addr *to = &e->theirs.addr;

	return e->source.local && to->family &&
	       (addr_equal(to, &e->source.addr) || !is_own(to));
}

void end_conf(const struct end *e, struct leg_conf *conf)
{
	nego_conf(&e->theirs, &e->ours, conf);
	if (e->codec != CODEC_NONE && codec_info((enum codec)e->codec)->spoken)
		conf->codec = e->codec;
	conf->latch.sdp = e->theirs.addr;
	conf->latch.sdp_port = e->theirs.port;
	conf->latch.source = e->source.addr;
	conf->latch.local = is_local(e);
	memcpy(conf->latch.permit_ip, e->source.permit_ip,
	       sizeof(conf->latch.permit_ip));
	srtp_keys_agreed(&e->keys, &e->theirs, &conf->keys);
}

#include "leg.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bridge.h"
#include "secret.h"
#include "sound.h"
#include "srtp_leg.h"

enum {
	FOREIGN_EVERY_MS = 10000, /* notices of strangers, a leg */
	KEY_EVERY_MS = 40,        /* no one presses 25 keys a second */
	WAIT_FRAMES = 100,        /* 2 s for a phone behind NAT to be heard */
	FRAME_MS = 20,
	TAIL_MS = 500, /* of a pressed key, in the sound */
};

void notice_free(struct notice *r)
{
	if (!r)
		return;
	secret_wipe(r, sizeof(*r));
	free(r);
}

/* For want of memory a notice is lost, never a thread: sipd has time-outs. */
static struct notice *notice_new(struct leg *l, enum notice_kind kind)
{
	struct notice *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->kind = kind;
	r->owner = l->session->owner;
	r->leg = l->index;
	r->count = l->stats.packets;
	return r;
}

static void notify(struct leg *l, struct notice *r)
{
	if (r)
		mailbox_post(l->session->notices, &r->mail);
}

static void leg_init(struct leg *l, struct media_session *s, unsigned index)
{
	l->session = s;
	l->other = &s->legs[!index];
	l->index = index;
	l->rtp = (struct sock){ .leg = l, .fd = -1 };
	l->rtcp = (struct sock){ .leg = l, .fd = -1, .rtcp = true };
}

struct media_session *session_new(void *owner, struct mailbox *notices)
{
	struct media_session *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->closed = calloc(1, sizeof(*s->closed));
	if (!s->closed) {
		free(s);
		return NULL;
	}
	s->owner = owner;
	s->notices = notices;
	leg_init(&s->legs[0], s, 0);
	leg_init(&s->legs[1], s, 1);
	return s;
}

static void leg_fini(struct leg *l)
{
	leg_stop(l);
	encoder_free(l->encoder);
	bridge_free(l->bridge);
	srtp_leg_free(l->srtp);
	if (l->rtp.fd >= 0)
		(void)close(l->rtp.fd);
	if (l->rtcp.fd >= 0)
		(void)close(l->rtcp.fd);
}

void session_free(struct media_session *s)
{
	if (!s)
		return;
	leg_fini(&s->legs[0]);
	leg_fini(&s->legs[1]);
	notice_free(s->closed);
	free(s);
}

static void stop_listening(struct leg *l)
{
	tone_ear_free(l->ear);
	decoder_free(l->ear_decoder);
	l->ear = NULL;
	l->ear_decoder = NULL;
	collect_wipe(&l->collect);
}

void leg_stop(struct leg *l)
{
	player_stop(&l->player);
	stop_listening(l);
	l->echo = false;
}

/* --- where to send --- */

static void target_set(struct leg *l, struct target *t, const struct addr *a,
		       uint16_t port)
{
	struct addr to = *a;

	*t = (struct target){ 0 };
	if (!port || (l->family == AF_INET && a->family != AF_INET))
		return;
	if (l->family == AF_INET6 && a->family == AF_INET) {
		struct sockaddr_in6 *six = (struct sockaddr_in6 *)&t->to;

		six->sin6_family = AF_INET6;
		six->sin6_port = htons(port);
		six->sin6_addr.s6_addr[10] = 0xff;
		six->sin6_addr.s6_addr[11] = 0xff;
		memcpy(&six->sin6_addr.s6_addr[12], to.bytes, 4);
		t->len = sizeof(*six);
	} else {
		t->len = addr_to_sockaddr(&to, port, &t->to);
	}
	t->known = true;
}

static void retarget(struct leg *l)
{
	struct addr to;
	uint16_t port, rtcp;

	l->rtp_to.known = false;
	l->rtcp_to.known = false;
	l->rtcp_learned = false;
	if (!latch_target(&l->latch, &to, &port))
		return;
	target_set(l, &l->rtp_to, &to, port);
	/* Behind NAT the port of SDP means nothing; the next one is a guess
	   that the phone's own RTCP corrects. */
	rtcp = port == l->conf.latch.sdp_port ? l->conf.rtcp_port
					      : (uint16_t)(port + 1);
	target_set(l, &l->rtcp_to, &to, rtcp);
}

/* Without memory the leg is deaf and mute, never plain. */
static void set_keys(struct leg *l, uint64_t now_ms)
{
	l->secure = l->conf.keys.tx.suite != SRTP_NONE;
	l->out.forward |= l->secure;
	if (!l->secure) {
		srtp_leg_free(l->srtp);
		l->srtp = NULL;
		return;
	}
	if (!l->srtp)
		l->srtp = srtp_leg_new();
	if (l->srtp)
		srtp_leg_set(l->srtp, &l->conf.keys, now_ms);
	secret_wipe(&l->conf.keys, sizeof(l->conf.keys));
}

void leg_set(struct leg *l, const struct leg_conf *conf, uint64_t now_ms)
{
	bool listened = l->set && l->conf.watch == WATCH_ALWAYS;

	l->conf = *conf;
	set_keys(l, now_ms);
	l->set = true;
	latch_set(&l->latch, &conf->latch, now_ms);
	retarget(l);
	if (!listened)
		l->heard_ms = now_ms;
	l->session->silent_told = false;
	if (l->encoder && encoder_codec(l->encoder) != conf->codec) {
		encoder_free(l->encoder);
		l->encoder = NULL;
	}
}

/* A full queue or an ICMP error loses the packet, as networks do. */
static void send_to(const struct sock *s, const struct target *t,
		    const uint8_t *p, size_t n)
{
	(void)!sendto(s->fd, p, n, MSG_DONTWAIT,
		      (const struct sockaddr *)&t->to, t->len);
}

/* In a copy: what is sealed grows, and the caller may still need its own. */
static void send_sealed(struct leg *l, const struct sock *s,
			const struct target *t, const uint8_t *p, size_t n,
			bool rtcp)
{
	_Alignas(uint32_t) uint8_t sealed[RTP_MAX + SRTP_MORE];

	if (!l->srtp || n > RTP_MAX)
		return;
	memcpy(sealed, p, n);
	if (!srtp_leg_seal(l->srtp, sealed, &n, rtcp))
		send_to(s, t, sealed, n);
}

void leg_send(struct leg *l, const uint8_t *p, size_t n)
{
	const struct target *t = &l->rtp_to;

	if (!t->known || !l->conf.receives || l->rtp.fd < 0)
		return;
	if (l->secure)
		send_sealed(l, &l->rtp, t, p, n, false);
	else
		send_to(&l->rtp, t, p, n);
}

struct encoder *leg_encoder(struct leg *l)
{
	if (!l->encoder)
		l->encoder = encoder_new((enum codec)l->conf.codec);
	return l->encoder;
}

/* --- strangers --- */

static void foreign(struct leg *l, const struct addr *from,
		    struct leg_clock *now)
{
	struct notice *r;

	l->stats.foreign++;
	atomic_fetch_add_explicit(&now->foreign, 1, memory_order_relaxed);
	if (now->ms < l->foreign_next_ms)
		return;
	l->foreign_next_ms = now->ms + FOREIGN_EVERY_MS;
	r = notice_new(l, NOTICE_FOREIGN);
	if (!r)
		return;
	r->source = *from;
	r->count = l->stats.foreign - l->foreign_told;
	l->foreign_told = l->stats.foreign;
	notify(l, r);
}

/* --- keys --- */

static void collected(struct leg *l, enum collect_result end)
{
	struct notice *r = notice_new(l, NOTICE_COLLECTED);

	if (r) {
		r->id = l->collect_id;
		r->end = end;
		memcpy(r->digits, l->collect.digits, sizeof(r->digits));
		notify(l, r);
	}
	stop_listening(l);
	player_stop(&l->player);
}

static void collect(struct leg *l, enum collect_way way, char key,
		    const struct leg_clock *now)
{
	enum collect_result end = collect_key(&l->collect, way, key, now->ms);

	if (!l->collect.prompting)
		player_stop(&l->player); /* a key interrupts the prompt */
	if (end != COLLECT_MORE)
		collected(l, end);
}

void leg_key(struct leg *l, char key, struct leg_clock *now)
{
	if (l->collect.on)
		collect(l, COLLECT_BY_INFO, key, now);
}

/* An RFC 4733 press. */
static void pressed(struct leg *l, char key, const struct leg_clock *now)
{
	struct notice *r;

	if (l->collect.on) {
		collect(l, COLLECT_BY_EVENT, key, now);
		return;
	}
	if (now->ms < l->key_next_ms)
		return;
	l->key_next_ms = now->ms + KEY_EVERY_MS;
	r = notice_new(l, NOTICE_KEY);
	if (r)
		r->digits[0] = key;
	notify(l, r);
}

static bool takes_events(const struct leg *l)
{
	return l->conf.tx_pt[CODEC_EVENT8] != CODEC_NONE ||
	       l->conf.tx_pt[CODEC_EVENT48] != CODEC_NONE;
}

/* In the sound itself, for a phone that knows no telephone-event. */
static void listen_for_keys(struct leg *l, enum codec c, const uint8_t *p,
			    size_t n, struct leg_clock *now)
{
	int16_t pcm[SOUND_MAX];
	char keys[16];
	int samples;
	size_t got;

	if (decoder_codec(l->ear_decoder) != c) {
		decoder_free(l->ear_decoder);
		l->ear_decoder = decoder_new(c);
	}
	if (!l->ear)
		l->ear = tone_ear_new();
	if (!l->ear || !l->ear_decoder)
		return;
	samples = decoder_packet(l->ear_decoder, p, n, pcm);
	if (samples <= 0)
		return;
	got = tone_ear_listen(l->ear, pcm, (size_t)samples, keys, sizeof(keys));
	for (size_t i = 0; i < got && l->collect.on; i++)
		collect(l, COLLECT_BY_SOUND, keys[i], now);
	secret_wipe(keys, sizeof(keys));
	secret_wipe(pcm, sizeof(pcm));
	l->mute_until_ms = now->ms + TAIL_MS;
}

/*
 * An event packet of the leg's own. Returns whether it may go on: not while
 * digits are collected, nor what still comes of a press that was collected.
 */
static bool event_passes(struct leg *l, const struct rtp *r, const uint8_t *p,
			 struct leg_clock *now)
{
	bool collecting = l->collect.on;
	char key;

	if (l->dtmf.begun && (int32_t)(r->ts - l->dtmf.ts) < 0)
		return false;
	key = dtmf_packet(&l->dtmf, r->ts, p, r->len);
	if (key) {
		l->swallow = collecting;
		pressed(l, key, now);
	}
	return !collecting && !l->swallow;
}

/* --- packets --- */

static void pass_on(struct leg *from, struct leg *to, struct rtp *r,
		    enum codec c, uint8_t *p, size_t n, struct leg_clock *now)
{
	uint8_t pt = to->conf.tx_pt[c];
	enum out_source source = from == to ? OUT_ECHO : OUT_RELAY;

	if (!to->set || !from->conf.sends || !to->rtp_to.known ||
	    to->player.on || (to->echo && from != to))
		return;
	if (pt != CODEC_NONE) {
		r->pt = pt;
		out_pass(&to->out, source, r, codec_info(c)->clock_hz, now->us);
		rtp_patch(p, r);
		leg_send(to, p, n);
		return;
	}
	if (!to->bridge)
		to->bridge = bridge_new();
	if (to->bridge && !codec_info(c)->event)
		bridge_packet(to->bridge, to, c, r, p + r->at, now);
}

/* Its own sound, known to be the leg's. */
static void heard(struct leg *l, struct rtp *r, uint8_t *p, size_t n,
		  struct leg_clock *now)
{
	enum codec c = (enum codec)l->conf.rx_codec[r->pt];
	const struct codec_info *info = codec_info(c);
	bool passes = !l->collect.on && now->ms >= l->mute_until_ms;

	l->heard_ms = now->ms;
	if (!info)
		return; /* a payload type that nobody agreed on */
	stats_packet(&l->stats, r->ssrc, r->seq, r->ts, info->clock_hz,
		     info->event, now->us);
	collect_heard(&l->collect);
	/* SPEC 4: while digits are collected nothing of the leg goes on. */
	if (info->event)
		passes &= event_passes(l, r, p + r->at, now);
	else if (l->collect.on && !takes_events(l))
		listen_for_keys(l, c, p + r->at, r->len, now);
	if (!passes)
		return;
	pass_on(l, l->echo ? l : l->other, r, c, p, n, now);
}

/* Plain bytes of whoever has the leg's key, or -EBADMSG. */
static int open_packet(struct leg *l, uint8_t *p, size_t *n, bool rtcp,
		       const struct leg_clock *now)
{
	return l->srtp ? srtp_leg_open(l->srtp, p, n, rtcp, now->ms) : -EBADMSG;
}

static void on_rtp(struct leg *l, uint8_t *p, size_t n, const struct addr *from,
		   uint16_t port, struct leg_clock *now)
{
	struct latch_packet packet = {
		.from = *from,
		.port = port,
		.authentic = l->secure,
	};
	struct rtp r;

	if (l->secure && rtp_is(p, n) && open_packet(l, p, &n, false, now)) {
		foreign(l, from, now);
		return;
	}
	if (rtp_read(&r, p, n)) {
		/* Keep-alives of phones look like anything. */
		if (l->latch.locked && !latch_same_host(&l->latch, from))
			foreign(l, from, now);
		return;
	}
	packet.ssrc = r.ssrc;
	packet.seq = r.seq;
	packet.negotiated = l->conf.rx_codec[r.pt] != CODEC_NONE;
	switch (latch_packet(&l->latch, &packet, now->ms)) {
	case LATCH_FOREIGN:
		foreign(l, from, now);
		return;
	case LATCH_WAIT:
		return;
	case LATCH_LOCKED:
		l->dtmf = (struct dtmf){ 0 };
		retarget(l);
		break;
	case LATCH_PASS:
		break;
	}
	heard(l, &r, p, n, now);
}

static void on_rtcp(struct leg *l, uint8_t *p, size_t n,
		    const struct addr *from, uint16_t port, bool own_port,
		    struct leg_clock *now)
{
	struct leg *to = l->other;
	const struct sock *via = to->conf.rtcp_mux ? &to->rtp : &to->rtcp;
	const struct target *t = to->conf.rtcp_mux ? &to->rtp_to : &to->rtcp_to;
	struct rtcp_map map = {
		.from_ssrc = to->out.source_ssrc,
		.to_ssrc = to->out.ssrc,
		.ts_add = to->out.ts_add,
		.about_from = l->out.ssrc,
		.about_to = l->out.source_ssrc,
	};

	if (!latch_same_host(&l->latch, from)) {
		if (l->latch.locked)
			foreign(l, from, now);
		return;
	}
	/* Not counted: some phones say goodbye in the plain, when their keys
	   are gone already. */
	if (l->secure && open_packet(l, p, &n, true, now))
		return;
	if (rtcp_check(p, n))
		return;
	l->heard_ms = now->ms;
	if (own_port && !l->rtcp_learned) {
		target_set(l, &l->rtcp_to, from, port);
		l->rtcp_learned = true;
	}
	if (!to->set || !t->known || via->fd < 0 || l->collect.on ||
	    (to->out.source != OUT_RELAY && to->out.source != OUT_NONE))
		return;
	if (out_renumbered(&to->out) || out_renumbered(&l->out))
		rtcp_rewrite(p, n, &map);
	if (!to->secure)
		send_to(via, t, p, n);
	else if (to->out.begun && get32(p + 4) == to->out.ssrc)
		/* One stream alone: each would be a counter to keep. */
		send_sealed(to, via, t, p, n, true);
}

void leg_packet(struct sock *s, uint8_t *p, size_t n, const struct addr *from,
		uint16_t port, struct leg_clock *now)
{
	struct leg *l = s->leg;

	atomic_fetch_add_explicit(&now->packets, 1, memory_order_relaxed);
	if (!l->set)
		return;
	if (s->rtcp)
		on_rtcp(l, p, n, from, port, true, now);
	else if (!rtcp_is(p, n))
		on_rtp(l, p, n, from, port, now);
	else if (l->conf.rtcp_mux)
		on_rtcp(l, p, n, from, port, false, now);
}

void leg_readable(struct sock *s, struct leg_clock *now)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	/* One more shows what is too long. */
	_Alignas(uint32_t) uint8_t p[RTP_MAX + 1];
	struct addr from;
	uint16_t port;
	ssize_t n = recvfrom(s->fd, p, sizeof(p), MSG_DONTWAIT,
			     (struct sockaddr *)&ss, &len);

	if (n >= 0 && !addr_from_sockaddr(&from, &port, (struct sockaddr *)&ss))
		leg_packet(s, p, (size_t)n, &from, port, now);
}

/* --- what we say --- */

void leg_play(struct leg *l, const struct playlist *list)
{
	stop_listening(l);
	player_start(&l->player, list);
	l->wait_frames = 0;
}

void leg_collect(struct leg *l, const struct playlist *prompts,
		 const struct collect_conf *conf, uint32_t id, uint64_t now_ms)
{
	stop_listening(l);
	player_stop(&l->player);
	if (prompts->n)
		player_start(&l->player, prompts);
	l->wait_frames = 0;
	l->collect_id = id;
	collect_start(&l->collect, conf, prompts->n != 0, l->stats.packets,
		      now_ms);
}

static void played(struct leg *l, uint32_t id, const struct leg_clock *now)
{
	struct notice *r;

	if (l->collect.on) {
		collect_prompted(&l->collect, now->ms);
		return;
	}
	r = notice_new(l, NOTICE_PLAYED);
	if (r)
		r->id = id;
	notify(l, r);
}

static void play_frame(struct leg *l, const struct leg_clock *now)
{
	struct encoder *e = leg_encoder(l);
	uint8_t packet[RTP_HEADER + SOUND_BYTES];
	int16_t pcm[SOUND_FRAME];
	uint32_t id = l->player.list.id;
	uint32_t clock_hz;
	struct rtp r = { 0 };
	int n;

	/* Speaking before we know where to would lose the first words. */
	if (!l->rtp_to.known && l->wait_frames++ < WAIT_FRAMES)
		return;
	if (!player_frame(&l->player, pcm)) {
		played(l, id, now);
		return;
	}
	n = e ? encoder_frame(e, pcm, packet + RTP_HEADER) : -ENOMEM;
	if (n < 0)
		return;
	clock_hz = codec_info(encoder_codec(e))->clock_hz;
	r.pt = l->conf.tx_pt[encoder_codec(e)];
	out_make(&l->out, OUT_PLAY, &r, clock_hz / 1000 * FRAME_MS, clock_hz,
		 now->us);
	rtp_write(packet, &r);
	leg_send(l, packet, RTP_HEADER + (size_t)n);
}

bool leg_tick(struct leg *l, struct leg_clock *now)
{
	enum collect_result end;

	if (l->player.on)
		play_frame(l, now);
	end = collect_tick(&l->collect, now->ms);
	if (end != COLLECT_MORE)
		collected(l, end);
	return l->player.on || l->collect.on;
}

/* --- silence --- */

void session_check(struct media_session *s, uint32_t silence_ms,
		   uint64_t now_ms)
{
	bool all_silent = true;

	for (unsigned i = 0; i < 2; i++) {
		struct leg *l = &s->legs[i];
		bool silent = now_ms >= l->heard_ms + silence_ms;

		all_silent &= silent;
		if (s->silent_told || !silent || !l->set ||
		    l->conf.watch == WATCH_NO ||
		    (l->conf.watch == WATCH_HEARD && !l->stats.packets))
			continue;
		s->silent_told = true;
		notify(l, notice_new(l, NOTICE_SILENT));
	}
	/* Nobody is left who would end it. */
	if (s->orphan && all_silent) {
		s->orphan = false;
		notify(&s->legs[0], notice_new(&s->legs[0], NOTICE_ABANDONED));
	}
}

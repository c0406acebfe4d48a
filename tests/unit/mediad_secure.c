/*
 * SRTP in offers and answers, and its packets on loopback: phones that have
 * libsrtp2, too.
 */
#define BOX_PORT_MIN 62400
#include "mediad/box.h"
#include "mediad/phone.h"
#include "sdp.h"
#include "srtp_leg.h"

enum { CALLER, CALLEE, VOICE = 160 };

/* One side of a call: its SDP, its packets, and what sipd says of it. */
struct side {
	struct phone phone;
	unsigned leg;
	const char *branch;
	const char *profile;
	enum srtp_mode mode;
	const char *more; /* lines of SDP */
	uint8_t pt;       /* of its sound: 8, or 0 */
	const char *codecs;
	struct sdes key; /* what it says is its own; suite NONE: none */
	unsigned version;
	struct srtp_leg *srtp;
	uint16_t to; /* our port */
};

static void side_open(struct side *s, unsigned leg, enum srtp_mode mode,
		      enum srtp_suite suite)
{
	*s = (struct side){
		.leg = leg, .mode = mode, .more = "", .pt = 8, .codecs = ""
	};
	s->branch = leg == CALLEE ? "b1" : "";
	s->profile = mode == SRTP_MODE_MUST ? "RTP/SAVP" : "RTP/AVP";
	phone_open(&s->phone);
	if (suite == SRTP_NONE)
		return;
	sdes_make(&s->key, suite);
	s->key.tag = 1;
}

static void side_close(struct side *s)
{
	srtp_leg_free(s->srtp);
	(void)close(s->phone.fd);
}

static uint32_t text(const struct side *s, uint8_t *out)
{
	char line[SDES_TEXT] = "", crypto[SDES_TEXT + 16] = "";

	if (s->key.suite != SRTP_NONE) {
		CHECK(sdes_write(&s->key, line, sizeof(line)) > 0);
		snprintf(crypto, sizeof(crypto), "a=crypto:%s\r\n", line);
	}
	return (uint32_t)snprintf(
		(char *)out, 4096,
		"v=0\r\no=- 7 %u IN IP4 127.0.0.1\r\ns=-\r\n"
		"c=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio %u %s %u 101\r\n"
		"a=rtpmap:101 telephone-event/8000\r\n%s%s",
		s->version, s->phone.port, s->profile, s->pt, crypto, s->more);
}

#define FILL(in, b, s, id)                                                     \
	do {                                                                   \
		snprintf((in)->call, sizeof((in)->call), "%s", id);            \
		snprintf((in)->branch, sizeof((in)->branch), "%s",             \
			 (s)->branch);                                         \
		snprintf((in)->source, sizeof((in)->source), "127.0.0.1");     \
		snprintf((in)->advertise, sizeof((in)->advertise),             \
			 "127.0.0.1");                                         \
		(in)->leg = (s)->leg;                                          \
		(in)->local = true;                                            \
		(in)->srtp = (s)->mode;                                        \
	} while (0)

static int offer(struct box *b, const char *id, const struct side *from,
		 const struct side *to)
{
	struct media_offer in;

	record_init(&media_offer_record, &in);
	FILL(&in, b, from, id);
	snprintf(in.branch, sizeof(in.branch), "%s",
		 from->leg == CALLER ? to->branch : from->branch);
	in.hears_srtp = to->mode;
	in.sdp_bytes = text(from, in.sdp);
	return calls_offer(b->calls, &in, &b->sdp, &b->why);
}

static int answer(struct box *b, const char *id, const struct side *s,
		  bool final)
{
	struct media_answer in;

	record_init(&media_answer_record, &in);
	FILL(&in, b, s, id);
	in.final = final;
	in.sdp_bytes = text(s, in.sdp);
	record_init(&media_sdp_record, &b->sdp);
	return calls_answer(b->calls, &in, &b->sdp, &b->why);
}

static int accept_side(struct box *b, const char *id, const struct side *s,
		       bool own_offer)
{
	struct media_accept in;

	record_init(&media_accept_record, &in);
	FILL(&in, b, s, id);
	snprintf(in.codecs, sizeof(in.codecs), "%s", s->codecs);
	in.sdp_bytes = own_offer ? 0 : text(s, in.sdp);
	return calls_accept(b->calls, &in, &b->sdp, &b->why);
}

/* What the box said last, read as a phone reads it. */
static void said(const struct box *b, struct sdp *out)
{
	char why[SDP_WHY];

	CHECK_EQ(sdp_read(out, b->sdp.sdp, b->sdp.sdp_bytes, SDP_ANY, why), 0);
}

/* The phone takes the key of ours that its own goes with. */
static void key_up(const struct box *b, struct side *s)
{
	struct srtp_keys keys = { .tx = s->key };
	struct sdp ours;

	said(b, &ours);
	s->to = ours.port;
	if (s->key.suite == SRTP_NONE)
		return;
	for (unsigned i = 0; i < ours.n_crypto; i++) {
		if (ours.crypto[i].suite == s->key.suite) {
			keys.rx = ours.crypto[i];
			s->key.tag = keys.rx.tag;
		}
	}
	CHECK(keys.rx.suite != SRTP_NONE);
	if (!s->srtp)
		s->srtp = srtp_leg_new();
	CHECK(s->srtp);
	srtp_leg_set(s->srtp, &keys, 0);
}

static void connect_both(struct box *b, const char *id, struct side *a,
			 struct side *c)
{
	CHECK_EQ(offer(b, id, a, c), 0);
	key_up(b, c);
	CHECK_EQ(answer(b, id, c, true), 0);
	key_up(b, a);
}

static size_t make(struct side *s, uint8_t *p, uint16_t seq, uint32_t ssrc)
{
	struct rtp r = {
		.pt = s->pt, .seq = seq, .ts = seq * 160u, .ssrc = ssrc
	};
	size_t n = RTP_HEADER + VOICE;

	rtp_write(p, &r);
	memset(p + RTP_HEADER, (uint8_t)seq, VOICE);
	if (s->srtp)
		CHECK_EQ(srtp_leg_seal(s->srtp, p, &n, false), 0);
	return n;
}

static void speak(struct side *s, uint16_t seq, uint32_t ssrc)
{
	uint8_t p[RTP_MAX + SRTP_MORE];
	size_t n = make(s, p, seq, ssrc);

	phone_bytes(&s->phone, s->to, p, n);
}

/* The next packet is this one, whatever it looks like on the wire. */
static struct rtp hear(struct side *s, uint8_t payload)
{
	uint8_t p[RTP_MAX], wire[RTP_MAX];
	ssize_t got = recv(s->phone.fd, p, sizeof(p), 0);
	size_t n = (size_t)got;
	struct rtp r;

	CHECK(got > 0);
	memcpy(wire, p, n);
	if (s->srtp) {
		CHECK_EQ(srtp_leg_open(s->srtp, p, &n, false, 0), 0);
		CHECK(memcmp(wire + RTP_HEADER, p + RTP_HEADER, VOICE));
	}
	CHECK_EQ(n, RTP_HEADER + VOICE);
	CHECK_EQ(rtp_read(&r, p, n), 0);
	for (size_t i = 0; i < VOICE; i++)
		CHECK_EQ(p[RTP_HEADER + i], payload);
	return r;
}

static void hang_up(struct box *b, const char *id, struct side *a,
		    struct side *c)
{
	box_delete(b, id);
	side_close(a);
	side_close(c);
}

static void refused(struct box *b, int err)
{
	CHECK(err);
	CHECK_STR(b->why.name, "Insecure");
}

/* The same of a call that would have begun with it: nothing is left. */
static void no_call(struct box *b, int err)
{
	refused(b, err);
	box_wait(b, &b->n_facts, b->n_facts + 1);
}

/* --- offers and answers --- */

static void a_phone_that_insists(struct box *b)
{
	struct side a, c;
	struct sdp s;

	side_open(&a, CALLER, SRTP_MODE_MAY, SRTP_CM_128_80);
	side_open(&c, CALLEE, SRTP_MODE_OFF, SRTP_NONE);
	a.profile = "RTP/SAVP";
	CHECK_EQ(offer(b, "s", &a, &c), 0);
	said(b, &s);
	CHECK_STR(s.media[0].proto, "RTP/AVP");
	CHECK_EQ(s.n_crypto, 0);
	CHECK_EQ(answer(b, "s", &c, true), 0);
	said(b, &s);
	CHECK_STR(s.media[0].proto, "RTP/SAVP");
	CHECK_EQ(s.n_crypto, 1);
	CHECK_EQ(s.crypto[0].tag, 1);
	CHECK_EQ(s.crypto[0].suite, SRTP_CM_128_80);
	CHECK(memcmp(s.crypto[0].key, a.key.key, 30));
	hang_up(b, "s", &a, &c);
	CHECK_STR(b->fact.caller_srtp, "AES_CM_128_HMAC_SHA1_80");
	CHECK_STR(b->fact.callee_srtp, "");
}

/* A key that everybody on the way can read is none. */
static void without_tls(struct box *b)
{
	struct side a, c;
	struct sdp s;

	side_open(&a, CALLER, SRTP_MODE_OFF, SRTP_CM_128_80);
	side_open(&c, CALLEE, SRTP_MODE_OFF, SRTP_NONE);
	a.profile = "RTP/SAVP";
	no_call(b, offer(b, "u", &a, &c));
	no_call(b, accept_side(b, "u", &a, false));
	/* A plain stream beside it, or a key beside plain RTP: plain. */
	a.more = "m=audio 40002 RTP/AVP 8\r\n";
	CHECK_EQ(offer(b, "u", &a, &c), 0);
	CHECK_EQ(answer(b, "u", &c, true), 0);
	CHECK_STR(box_line(b, "m=audio 0 "), "RTP/SAVP 8");
	said(b, &s);
	CHECK_STR(s.media[s.audio].proto, "RTP/AVP");
	CHECK_EQ(s.n_crypto, 0);
	box_delete(b, "u");
	a.profile = "RTP/AVP";
	a.more = "";
	CHECK_EQ(offer(b, "u", &a, &c), 0);
	CHECK_EQ(answer(b, "u", &c, true), 0);
	said(b, &s);
	CHECK_EQ(s.n_crypto, 0);
	hang_up(b, "u", &a, &c);
	CHECK_STR(b->fact.caller_srtp, "");
}

static void who_must(struct box *b)
{
	struct side a, c;
	struct sdp s;

	side_open(&a, CALLER, SRTP_MODE_MUST, SRTP_NONE);
	side_open(&c, CALLEE, SRTP_MODE_MUST, SRTP_GCM_256);
	a.profile = "RTP/AVP";
	no_call(b, offer(b, "m", &a, &c));
	a.mode = SRTP_MODE_NEVER;
	no_call(b, offer(b, "m", &a, &c));
	a.mode = SRTP_MODE_MAY;
	c.mode = SRTP_MODE_NEVER;
	no_call(b, offer(b, "m", &a, &c));
	no_call(b, accept_side(b, "m", &c, true));
	c.mode = SRTP_MODE_MUST;
	CHECK_EQ(offer(b, "m", &a, &c), 0);
	said(b, &s);
	CHECK_STR(s.media[0].proto, "RTP/SAVP");
	CHECK_EQ(s.n_crypto, 4);
	CHECK_EQ(s.crypto[0].suite, SRTP_GCM_256);
	CHECK_EQ(s.crypto[3].suite, SRTP_CM_128_80);
	for (unsigned i = 0; i < 4; i++)
		CHECK(memcmp(s.crypto[i].key, s.crypto[(i + 1) % 4].key, 16));
	/* Plain, another tag, another suite, two keys, our own key: none. */
	c.key.tag = 9;
	refused(b, answer(b, "m", &c, true));
	c.key.tag = s.crypto[1].tag;
	refused(b, answer(b, "m", &c, true));
	c.key = s.crypto[0];
	refused(b, answer(b, "m", &c, true));
	sdes_make(&c.key, SRTP_GCM_256);
	c.key.tag = s.crypto[0].tag;
	c.more = "a=crypto:4 AES_CM_128_HMAC_SHA1_80 inline:"
		 "d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\r\n";
	refused(b, answer(b, "m", &c, true));
	c.more = "";
	c.key.suite = SRTP_NONE;
	refused(b, answer(b, "m", &c, true));
	c.profile = "RTP/AVP";
	refused(b, answer(b, "m", &c, true));
	c.profile = "RTP/SAVP";
	c.key.suite = SRTP_GCM_256;
	CHECK_EQ(answer(b, "m", &c, true), 0);
	hang_up(b, "m", &a, &c);
	CHECK_STR(b->fact.callee_srtp, "AEAD_AES_256_GCM");
}

/* Phones that may have it: those that know nothing of keys, that send back what
   they do not know, that take one. */
static void who_may(struct box *b)
{
	struct side a, c;
	struct sdp s;

	side_open(&a, CALLER, SRTP_MODE_OFF, SRTP_NONE);
	side_open(&c, CALLEE, SRTP_MODE_MAY, SRTP_NONE);
	for (int i = 0; i < 4; i++) {
		CHECK_EQ(offer(b, "y", &a, &c), 0);
		said(b, &s);
		CHECK_STR(s.media[0].proto, "RTP/AVP");
		CHECK_EQ(s.n_crypto, 4);
		if (i == 1)
			c.key = s.crypto[0];
		if (i == 2)
			c.profile = "RTP/SAVP";
		if (i >= 2)
			sdes_make(&c.key, SRTP_CM_128_80);
		c.key.tag = i == 1 ? s.crypto[0].tag : s.crypto[3].tag;
		if (i == 3)
			c.profile = "RTP/AVP";
		CHECK_EQ(answer(b, "y", &c, true), 0);
		/* What was agreed stays, when we ask again. */
		a.version++;
		CHECK_EQ(offer(b, "y", &a, &c), 0);
		said(b, &s);
		CHECK_EQ(s.n_crypto, i >= 2);
		box_delete(b, "y");
		CHECK_STR(b->fact.callee_srtp,
			  i >= 2 ? "AES_CM_128_HMAC_SHA1_80" : "");
	}
	side_close(&a);
	side_close(&c);
}

static void which_of_many(struct box *b)
{
	struct side a, c;
	struct sdp s;

	side_open(&a, CALLER, SRTP_MODE_MAY, SRTP_NONE);
	side_open(&c, CALLEE, SRTP_MODE_OFF, SRTP_NONE);
	a.profile = "RTP/SAVPF";
	/* Its order counts, but short proofs come last. */
	a.more = "a=crypto:1 AES_CM_128_HMAC_SHA1_32 inline:"
		 "d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\r\n"
		 "a=crypto:2 UNKNOWN_SUITE inline:"
		 "d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\r\n"
		 "a=crypto:3 AES_CM_128_HMAC_SHA1_80 inline:"
		 "d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj KDR=1\r\n"
		 "a=crypto:4 AES_CM_128_HMAC_SHA1_80 inline:"
		 "d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\r\n"
		 "a=crypto:5 AES_256_CM_HMAC_SHA1_80 inline:"
		 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissL"
		 "Q==\r\n";
	CHECK_EQ(offer(b, "w", &a, &c), 0);
	CHECK_EQ(answer(b, "w", &c, true), 0);
	said(b, &s);
	CHECK_STR(s.media[0].proto, "RTP/SAVPF");
	CHECK_EQ(s.n_crypto, 1);
	CHECK_EQ(s.crypto[0].tag, 4);
	box_delete(b, "w");
	a.more = "a=crypto:1 AES_CM_128_HMAC_SHA1_32 inline:"
		 "d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\r\n";
	CHECK_EQ(offer(b, "w", &a, &c), 0);
	CHECK_EQ(answer(b, "w", &c, true), 0);
	said(b, &s);
	CHECK_EQ(s.crypto[0].suite, SRTP_CM_128_32);
	box_delete(b, "w");
	a.more = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:short\r\n";
	no_call(b, offer(b, "w", &a, &c));
	side_close(&a);
	side_close(&c);
}

/* Two phones of a callee: each has keys of its own, and the plain one none. */
static void a_fork(struct box *b)
{
	struct side a, c, d;
	struct sdp first, second;

	side_open(&a, CALLER, SRTP_MODE_OFF, SRTP_NONE);
	side_open(&c, CALLEE, SRTP_MODE_MUST, SRTP_CM_128_80);
	side_open(&d, CALLEE, SRTP_MODE_MAY, SRTP_GCM_128);
	d.branch = "b2";
	CHECK_EQ(offer(b, "f", &a, &c), 0);
	said(b, &first);
	key_up(b, &c);
	CHECK_EQ(offer(b, "f", &a, &d), 0);
	said(b, &second);
	key_up(b, &d);
	CHECK_STR(second.media[0].proto, "RTP/AVP");
	for (unsigned i = 0; i < 4; i++)
		CHECK(memcmp(first.crypto[i].key, second.crypto[i].key, 16));
	/* The first is heard early, then the second picks up. */
	CHECK_EQ(answer(b, "f", &c, false), 0);
	key_up(b, &a);
	for (uint16_t i = 0; i < 5; i++) {
		speak(&c, i, 88);
		CHECK_EQ(hear(&a, (uint8_t)i).ssrc, 88);
		speak(&a, i, 77);
		CHECK_EQ(hear(&c, (uint8_t)i).ssrc, 77);
	}
	CHECK_EQ(answer(b, "f", &d, true), 0);
	for (uint16_t i = 5; i < 10; i++) {
		speak(&a, i, 77);
		CHECK_EQ(hear(&d, (uint8_t)i).seq, i);
		speak(&d, i, 99);
		CHECK_EQ(hear(&a, (uint8_t)i).ssrc, 88);
	}
	side_close(&d);
	hang_up(b, "f", &a, &c);
	CHECK_STR(b->fact.callee_srtp, "AEAD_AES_128_GCM");
}

/* --- packets --- */

static void sound_both_ways(struct box *b, enum srtp_suite left,
			    enum srtp_suite right)
{
	enum srtp_mode modes[] = { SRTP_MODE_OFF, SRTP_MODE_MUST };
	struct side a, c;

	side_open(&a, CALLER, modes[left != SRTP_NONE], left);
	side_open(&c, CALLEE, modes[right != SRTP_NONE], right);
	connect_both(b, "p", &a, &c);
	for (uint16_t i = 0; i < 100; i++) {
		speak(&a, (uint16_t)(i + 32700), 77);
		CHECK_EQ(hear(&c, (uint8_t)(i + 32700)).ssrc, 77);
		speak(&c, i, 99);
		CHECK_EQ(hear(&a, (uint8_t)i).ssrc, 99);
	}
	hang_up(b, "p", &a, &c);
	CHECK_EQ(b->fact.caller_packets, 100);
	CHECK_EQ(b->fact.callee_packets, 100);
	CHECK_EQ(b->fact.caller_foreign + b->fact.callee_foreign, 0);
}

/* Who stands at the phone's very address, and has not its key. */
static void others_are_not_heard(struct box *b)
{
	struct side a, c;
	uint8_t p[RTP_MAX + SRTP_MORE];
	size_t n;

	side_open(&a, CALLER, SRTP_MODE_MUST, SRTP_CM_128_80);
	side_open(&c, CALLEE, SRTP_MODE_OFF, SRTP_NONE);
	connect_both(b, "o", &a, &c);
	/* Not even the lock is theirs. */
	phone_send(&a.phone, a.to, 8, 500, 666, p, VOICE);
	speak(&a, 1, 77);
	hear(&c, 1);
	phone_send(&a.phone, a.to, 8, 2, 77, p, VOICE);
	n = make(&a, p, 3, 77);
	p[n - 1] ^= 1;
	phone_bytes(&a.phone, a.to, p, n);
	p[n - 1] ^= 1;
	phone_bytes(&a.phone, a.to, p, n);
	hear(&c, 3);
	phone_bytes(&a.phone, a.to, p, n); /* again */
	speak(&a, 4, 77);
	hear(&c, 4);
	/* A keep-alive is no packet of anybody. */
	phone_bytes(&a.phone, a.to, "\r\n\r\n", 4);
	speak(&a, 5, 77);
	hear(&c, 5);
	hang_up(b, "o", &a, &c);
	CHECK_EQ(b->fact.caller_packets, 4);
	CHECK_EQ(b->fact.caller_foreign, 4);
}

/* Its NAT gives the phone another port: the key says who it is. */
static void a_phone_that_moves(struct box *b)
{
	struct side a, c;
	struct phone other, first;
	uint8_t p[RTP_MAX + SRTP_MORE];
	struct pollfd heard;
	size_t n;

	side_open(&a, CALLER, SRTP_MODE_MUST, SRTP_CM_128_80);
	side_open(&c, CALLEE, SRTP_MODE_OFF, SRTP_NONE);
	connect_both(b, "n", &a, &c);
	heard = (struct pollfd){ .fd = c.phone.fd, .events = POLLIN };
	speak(&a, 1, 77);
	hear(&c, 1);
	phone_open(&other);
	first = a.phone;
	/* Four in a row over 60 ms, as at the beginning of a call. */
	for (uint16_t i = 2; !poll(&heard, 1, 25); i++) {
		CHECK(i < 400);
		n = make(&a, p, i, 77);
		phone_bytes(&other, a.to, p, n);
	}
	a.phone = other;
	speak(&c, 1, 99);
	hear(&a, 1);
	phone_hears_nothing(&first);
	(void)close(first.fd);
	hang_up(b, "n", &a, &c);
}

/* Hold and resume: the keys and their counters go on. */
static void hold(struct box *b)
{
	struct side a, c;
	struct sdp before, after;

	side_open(&a, CALLER, SRTP_MODE_MUST, SRTP_CM_128_80);
	side_open(&c, CALLEE, SRTP_MODE_MAY, SRTP_GCM_256);
	connect_both(b, "h", &a, &c);
	said(b, &before);
	for (uint32_t i = 65530; i < 65540; i++) {
		speak(&a, (uint16_t)i, 77);
		hear(&c, (uint8_t)i);
		speak(&c, (uint16_t)i, 99);
		hear(&a, (uint8_t)i);
	}
	for (int i = 0; i < 2; i++) {
		a.more = i ? "" : "a=sendonly\r\n";
		c.more = i ? "" : "a=recvonly\r\n";
		a.version++;
		CHECK_EQ(offer(b, "h", &a, &c), 0);
		said(b, &after);
		CHECK_EQ(after.n_crypto, 1);
		CHECK_EQ(after.crypto[0].suite, SRTP_GCM_256);
		c.version++;
		c.key.tag = after.crypto[0].tag;
		CHECK_EQ(answer(b, "h", &c, true), 0);
		said(b, &after);
		CHECK(!memcmp(&before.crypto[0], &after.crypto[0],
			      sizeof(after.crypto[0])));
	}
	for (uint16_t i = 4; i < 10; i++) {
		speak(&a, i, 77);
		hear(&c, (uint8_t)i);
		speak(&c, i, 99);
		hear(&a, (uint8_t)i);
	}
	/* A re-INVITE with a new key, and what still flies with the old. */
	a.version++;
	{
		uint8_t p[RTP_MAX + SRTP_MORE];
		size_t n = make(&a, p, 10, 77);

		sdes_make(&a.key, SRTP_CM_128_80);
		a.key.tag = 5;
		CHECK_EQ(offer(b, "h", &a, &c), 0);
		c.version++;
		CHECK_EQ(answer(b, "h", &c, true), 0);
		phone_bytes(&a.phone, a.to, p, n);
		hear(&c, 10);
	}
	key_up(b, &a);
	speak(&a, 11, 77);
	hear(&c, 11);
	speak(&c, 12, 99);
	hear(&a, 12);
	/* An offer that is refused leaves it as it is. */
	{
		struct media_call in = box_leg("h", CALLEE);

		c.version++;
		CHECK_EQ(offer(b, "h", &c, &a), 0);
		CHECK_EQ(calls_rollback(b->calls, &in, &b->why), 0);
	}
	speak(&a, 13, 77);
	hear(&c, 13);
	hang_up(b, "h", &a, &c);
	CHECK_EQ(b->fact.caller_foreign + b->fact.callee_foreign, 0);
}

/* Another suite, plain RTP, and back again: never with a key that was used, for
   its counters would begin anew. */
static void there_and_back(struct box *b)
{
	static const enum srtp_suite suites[] = {
		SRTP_CM_128_80, SRTP_GCM_256,   SRTP_CM_128_80,
		SRTP_NONE,      SRTP_CM_128_80,
	};
	struct sdes seen[5];
	struct side a, c;
	struct sdp s;

	side_open(&a, CALLER, SRTP_MODE_MAY, SRTP_NONE);
	side_open(&c, CALLEE, SRTP_MODE_OFF, SRTP_NONE);
	for (unsigned i = 0; i < 5; i++) {
		a.key.suite = SRTP_NONE;
		if (suites[i] != SRTP_NONE)
			sdes_make(&a.key, suites[i]);
		a.key.tag = 1;
		a.version++;
		c.version++;
		CHECK_EQ(offer(b, "x", &a, &c), 0);
		key_up(b, &c);
		CHECK_EQ(answer(b, "x", &c, true), 0);
		if (suites[i] == SRTP_NONE) {
			srtp_leg_free(a.srtp);
			a.srtp = NULL;
		}
		key_up(b, &a);
		said(b, &s);
		seen[i] = s.crypto[0];
		for (unsigned k = 0; k < i; k++)
			CHECK(s.n_crypto == 0 ||
			      memcmp(seen[k].key, seen[i].key, 16));
		speak(&a, (uint16_t)i, 77);
		hear(&c, (uint8_t)i);
		speak(&c, (uint16_t)i, 99);
		hear(&a, (uint8_t)i);
	}
	hang_up(b, "x", &a, &c);
}

/* The caller has heard a prompt; the callee is asked by the box itself. Two
   phones of a callee, one plain: each has what is its own. */
static void after_a_prompt(struct box *b)
{
	struct side a, c, d;
	struct sdp s;

	side_open(&a, CALLER, SRTP_MODE_MUST, SRTP_GCM_128);
	side_open(&c, CALLEE, SRTP_MODE_MUST, SRTP_CM_128_80);
	side_open(&d, CALLEE, SRTP_MODE_OFF, SRTP_NONE);
	d.branch = "";
	CHECK_EQ(accept_side(b, "v", &a, false), 0);
	key_up(b, &a);
	CHECK_EQ(accept_side(b, "v", &c, true), 0);
	said(b, &s);
	CHECK_STR(s.media[0].proto, "RTP/SAVP");
	key_up(b, &c);
	CHECK_EQ(accept_side(b, "v", &d, true), 0);
	said(b, &s);
	CHECK_STR(s.media[0].proto, "RTP/AVP");
	CHECK_EQ(s.n_crypto, 0);
	CHECK_EQ(answer(b, "v", &c, true), 0);
	for (uint16_t i = 0; i < 10; i++) {
		speak(&a, i, 77);
		hear(&c, (uint8_t)i);
		speak(&c, i, 99);
		hear(&a, (uint8_t)i);
	}
	side_close(&d);
	hang_up(b, "v", &a, &c);
}

/* The payload is the number: silence, 0xff in mu-law and 0xd5 in A-law, whose
   smallest step is the next one in mu-law. */
static void no_common_codec(struct box *b)
{
	struct side a, c;

	side_open(&a, CALLER, SRTP_MODE_MUST, SRTP_CM_128_80);
	side_open(&c, CALLEE, SRTP_MODE_MUST, SRTP_GCM_128);
	a.pt = 0;
	c.codecs = "pcma";
	CHECK_EQ(accept_side(b, "k", &a, false), 0);
	key_up(b, &a);
	CHECK_EQ(accept_side(b, "k", &c, true), 0);
	key_up(b, &c);
	CHECK_EQ(answer(b, "k", &c, true), 0);
	speak(&a, 0xff, 77);
	CHECK_EQ(hear(&c, 0xd5).pt, 8);
	speak(&c, 0xd5, 99);
	CHECK_EQ(hear(&a, 0xfe).pt, 0);
	hang_up(b, "k", &a, &c);
}

/* The caller's own phones, which share one side: who answers counts. */
static void we_call_both(struct box *b)
{
	struct side a, other;
	struct sdp s;

	side_open(&a, CALLER, SRTP_MODE_MAY, SRTP_GCM_128);
	side_open(&other, CALLER, SRTP_MODE_OFF, SRTP_NONE);
	for (int i = 0; i < 2; i++) {
		CHECK_EQ(accept_side(b, "c", &a, true), 0);
		key_up(b, &a);
		CHECK_EQ(accept_side(b, "c", &other, true), 0);
		said(b, &s);
		CHECK_EQ(s.n_crypto, 0);
		CHECK_EQ(answer(b, "c", i ? &other : &a, true), 0);
		box_delete(b, "c");
		CHECK_STR(b->fact.caller_srtp, i ? "" : "AEAD_AES_128_GCM");
	}
	side_close(&other);
	side_close(&a);
}

/* RTCP, on the port of RTP and on its own. */
static void rtcp(struct box *b)
{
	static const uint8_t report[] = { 0x80, 201, 0, 1, 0, 0, 0, 77 };
	struct side a, c;
	uint8_t p[RTP_MAX + SRTP_MORE];
	size_t n;

	side_open(&a, CALLER, SRTP_MODE_MUST, SRTP_CM_128_32);
	side_open(&c, CALLEE, SRTP_MODE_MUST, SRTP_CM_128_80);
	a.more = c.more = "a=rtcp-mux\r\n";
	connect_both(b, "r", &a, &c);
	speak(&a, 1, 77);
	hear(&c, 1);
	speak(&c, 1, 99);
	hear(&a, 1);
	memcpy(p, report, sizeof(report));
	n = sizeof(report);
	phone_bytes(&a.phone, a.to, p, n); /* in the plain: to nobody */
	CHECK_EQ(srtp_leg_seal(a.srtp, p, &n, true), 0);
	phone_bytes(&a.phone, a.to, p, n);
	n = (size_t)recv(c.phone.fd, p, sizeof(p), 0);
	CHECK(n > sizeof(report));
	CHECK_EQ(srtp_leg_open(c.srtp, p, &n, true, 0), 0);
	CHECK_EQ(n, sizeof(report));
	CHECK(!memcmp(p, report, n));
	/* Of a source that is not the stream's: each would cost a counter. */
	memcpy(p, report, sizeof(report));
	p[7] = 78;
	CHECK_EQ(srtp_leg_seal(a.srtp, p, &n, true), 0);
	phone_bytes(&a.phone, a.to, p, n);
	speak(&a, 2, 77);
	hear(&c, 2);
	hang_up(b, "r", &a, &c);
	CHECK_EQ(b->fact.caller_foreign, 0);
}

/* A sender that begins anew below where it was: no number goes out twice. */
static void a_sender_that_turns_back(struct box *b)
{
	struct side a, c;
	struct rtp r, last;

	side_open(&a, CALLER, SRTP_MODE_OFF, SRTP_NONE);
	side_open(&c, CALLEE, SRTP_MODE_MUST, SRTP_CM_128_80);
	connect_both(b, "t", &a, &c);
	speak(&a, 40000, 77);
	last = hear(&c, (uint8_t)40000);
	CHECK(last.seq < 0x8000);
	speak(&a, 39000, 77);
	r = hear(&c, (uint8_t)39000);
	CHECK_EQ(r.seq, (uint16_t)(last.seq + 1));
	CHECK(r.marker);
	speak(&a, 39001, 77);
	CHECK_EQ(hear(&c, (uint8_t)39001).seq, (uint16_t)(last.seq + 2));
	hang_up(b, "t", &a, &c);
}

/* A prompt, digits, an echo: what mediad itself says and hears. */
static void of_our_own(struct box *b)
{
	struct media_call leg = box_leg("q", CALLER);
	struct media_collect in;
	struct media_play play;
	struct side a;
	uint8_t p[RTP_MAX + SRTP_MORE];

	side_open(&a, CALLER, SRTP_MODE_MUST, SRTP_GCM_256);
	CHECK_EQ(accept_side(b, "q", &a, false), 0);
	key_up(b, &a);
	record_init(&media_play_record, &play);
	snprintf(play.call, sizeof(play.call), "q");
	snprintf(play.prompts, sizeof(play.prompts), "tone/warning");
	play.id = 3;
	b->n_events = 0;
	CHECK_EQ(calls_play(b->calls, &play, &b->why), 0);
	for (uint16_t i = 0; i < 30; i++) { /* 600 ms */
		ssize_t got = recv(a.phone.fd, p, sizeof(p), 0);
		size_t n = (size_t)got;

		CHECK(got > 0);
		CHECK_EQ(srtp_leg_open(a.srtp, p, &n, false, 0), 0);
		CHECK_EQ(n, RTP_HEADER + VOICE);
		CHECK(i || get16(p + 2) < 0x8000);
	}
	box_wait(b, &b->n_events, 1);
	CHECK_EQ(b->event.kind, MEDIA_EVENT_KIND_PLAYED);
	record_init(&media_collect_record, &in);
	snprintf(in.call, sizeof(in.call), "q");
	in.max_digits = 1;
	CHECK_EQ(calls_collect(b->calls, &in, &b->why), 0);
	b->n_events = 0;
	for (uint16_t i = 0; i < 4; i++) {
		struct rtp r = { .pt = 101, .seq = i, .ts = 160, .ssrc = 77 };
		size_t n = RTP_HEADER + 4;

		rtp_write(p, &r);
		memcpy(p + RTP_HEADER,
		       i > 1 ? "\x05\x8a\x03\x20" : "\x05\x0a\x01\x40", 4);
		CHECK_EQ(srtp_leg_seal(a.srtp, p, &n, false), 0);
		phone_bytes(&a.phone, a.to, p, n);
	}
	box_wait(b, &b->n_events, 1);
	CHECK_EQ(b->event.kind, MEDIA_EVENT_KIND_COLLECTED);
	CHECK_STR(b->event.digits, "5");
	CHECK_EQ(calls_echo(b->calls, &leg, &b->why), 0);
	/* The order may come after the first packets. */
	for (uint16_t i = 10;; i++) {
		struct pollfd heard = { .fd = a.phone.fd, .events = POLLIN };

		CHECK(i < 1000);
		speak(&a, i, 77);
		if (poll(&heard, 1, 10) == 1)
			break;
	}
	{
		ssize_t got = recv(a.phone.fd, p, sizeof(p), 0);
		size_t n = (size_t)got;

		CHECK_EQ(srtp_leg_open(a.srtp, p, &n, false, 0), 0);
		CHECK_EQ(n, RTP_HEADER + VOICE);
	}
	box_delete(b, "q");
	side_close(&a);
}

int main(void)
{
	struct box b;

	box_open(&b);
	a_phone_that_insists(&b);
	without_tls(&b);
	who_must(&b);
	who_may(&b);
	which_of_many(&b);
	a_fork(&b);
	sound_both_ways(&b, SRTP_CM_128_80, SRTP_NONE);
	sound_both_ways(&b, SRTP_NONE, SRTP_CM_256_80);
	sound_both_ways(&b, SRTP_GCM_128, SRTP_CM_128_80);
	others_are_not_heard(&b);
	a_phone_that_moves(&b);
	hold(&b);
	there_and_back(&b);
	after_a_prompt(&b);
	no_common_codec(&b);
	we_call_both(&b);
	rtcp(&b);
	a_sender_that_turns_back(&b);
	of_our_own(&b);
	box_close(&b);
	return 0;
}

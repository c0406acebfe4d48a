/* Real packets on loopback, through the media thread. */
#include <math.h>

#define BOX_PORT_MIN 62200
#include "mediad/box.h"
#include "mediad/phone.h"
#include "sound.h"

enum { CALLER, CALLEE };

struct pair {
	struct phone a, c;
	uint16_t to_a, to_c; /* our ports that face them */
};

static void connect_pair(struct box *b, struct pair *p, const char *call,
			 const char *a_pts, const char *c_pts)
{
	phone_open(&p->a);
	phone_open(&p->c);
	CHECK_EQ(box_offer(b, call, CALLER, "", p->a.port, a_pts, ""), 0);
	p->to_c = box_port(b);
	CHECK_EQ(box_answer(b, call, CALLEE, "b", p->c.port, c_pts, true, ""),
		 0);
	p->to_a = box_port(b);
}

static void hang_up(struct box *b, struct pair *p, const char *call)
{
	box_delete(b, call);
	(void)close(p->a.fd);
	(void)close(p->c.fd);
}

static void bytes_go_through_untouched(struct box *b)
{
	struct pair p;
	uint8_t in[160], out[RTP_MAX];
	struct rtp r;

	connect_pair(b, &p, "r", "8 101", "8 101");
	for (uint16_t i = 0; i < 50; i++) {
		memset(in, i, sizeof(in));
		phone_send(&p.a, p.to_a, 8, (uint16_t)(i + 65500), 77, in, 160);
		CHECK_EQ(phone_hear(&p.c, &r, out), 160);
		CHECK(!memcmp(in, out, 160));
		CHECK_EQ(r.ssrc, 77);
		CHECK_EQ(r.seq, (uint16_t)(i + 65500));
		phone_send(&p.c, p.to_c, 8, i, 99, in, 160);
		CHECK_EQ(phone_hear(&p.a, &r, out), 160);
		CHECK_EQ(r.ssrc, 99);
	}
	hang_up(b, &p, "r");
	CHECK_EQ(b->fact.caller_packets, 50);
	CHECK_EQ(b->fact.callee_packets, 50);
	CHECK_EQ(b->fact.caller_lost, 0);
	CHECK(b->fact.caller_mos_centi > 300);
}

static void strangers_are_counted_not_heard(struct box *b)
{
	struct pair p;
	struct phone x;
	uint8_t in[160] = { 0 }, out[RTP_MAX];
	struct rtp r;
	int events;

	connect_pair(b, &p, "s", "8 101", "8 101");
	phone_open(&x);
	/* The source is right (loopback), but not the port: on probation, and
	   the exact one wins. */
	phone_send(&x, p.to_a, 8, 1, 666, in, 160);
	phone_send(&p.a, p.to_a, 8, 1, 77, in, 160);
	CHECK_EQ(phone_hear(&p.c, &r, out), 160);
	CHECK_EQ(r.ssrc, 77);
	events = b->n_events;
	for (uint16_t i = 2; i < 20; i++)
		phone_send(&x, p.to_a, 8, i, 77, in, 160);
	phone_send(&p.a, p.to_a, 8, 2, 78, in, 160); /* another SSRC */
	phone_send(&p.a, p.to_a, 8, 2, 77, in, 160);
	CHECK_EQ(phone_hear(&p.c, &r, out), 160);
	CHECK_EQ(r.seq, 2);
	phone_hears_nothing(&p.c);
	box_wait(b, &b->n_events, events + 1);
	CHECK_EQ(b->event.kind, MEDIA_EVENT_KIND_FOREIGN);
	CHECK_STR(b->event.source, "127.0.0.1");
	(void)close(x.fd);
	hang_up(b, &p, "s");
	CHECK_EQ(b->fact.caller_foreign, 19);
	/* One event for all of them. */
	CHECK_EQ(b->n_events, events + 1);
}

static void nonsense_is_dropped(struct box *b)
{
	struct pair p;
	uint8_t in[RTP_MAX] = { 0x80, 8 }, out[RTP_MAX];
	struct rtp r;

	connect_pair(b, &p, "z", "8 101", "8 101");
	phone_send(&p.a, p.to_a, 8, 1, 77, in, 160);
	CHECK_EQ(phone_hear(&p.c, &r, out), 160);
	phone_bytes(&p.a, p.to_a, in, 0);
	phone_bytes(&p.a, p.to_a, in, 4);
	phone_bytes(&p.a, p.to_a, "\x00\x01\x00\x00\x21\x12\xa4\x42", 8);
	phone_bytes(&p.a, p.to_a, "\x80\xc8\x00\x06", 4);
	phone_send(&p.a, p.to_a, 63, 2, 77, in, 160); /* not agreed on */
	phone_send(&p.a, p.to_a, 8, 3, 77, in, 160);
	CHECK_EQ(phone_hear(&p.c, &r, out), 160);
	CHECK_EQ(r.seq, 3);
	hang_up(b, &p, "z");
}

static void digits_go_to_the_collector_alone(struct box *b)
{
	struct pair p;
	struct media_collect in;
	uint8_t sound[160] = { 0 }, out[RTP_MAX];
	struct rtp r;
	uint16_t seq = 10;
	int events;

	connect_pair(b, &p, "k", "8 101", "8 101");
	phone_send(&p.a, p.to_a, 8, 1, 77, sound, 160);
	CHECK_EQ(phone_hear(&p.c, &r, out), 160);
	/* Outside of collecting a key is relayed, and told. */
	events = b->n_events;
	phone_key(&p.a, p.to_a, &seq, 77, 9);
	for (int i = 0; i < 4; i++)
		CHECK_EQ(phone_hear(&p.c, &r, out), 4);
	box_wait(b, &b->n_events, events + 1);
	CHECK_EQ(b->event.kind, MEDIA_EVENT_KIND_DIGIT);
	CHECK_STR(b->event.digits, "9");

	record_init(&media_collect_record, &in);
	snprintf(in.call, sizeof(in.call), "k");
	snprintf(in.end_digit, sizeof(in.end_digit), "#");
	in.id = 4;
	CHECK_EQ(calls_collect(b->calls, &in, &b->why), 0);
	/* An order and a packet travel different ways: play a tone after it
	   on the same leg would end it, so ask the other leg. */
	events = b->n_events;
	{
		struct media_play play;

		record_init(&media_play_record, &play);
		snprintf(play.call, sizeof(play.call), "k");
		snprintf(play.prompts, sizeof(play.prompts), "tone/warning");
		play.leg = CALLEE;
		play.id = 1;
		CHECK_EQ(calls_play(b->calls, &play, &b->why), 0);
		CHECK_EQ(phone_hear(&p.c, &r, out), 160);
	}
	seq = 30;
	phone_key(&p.a, p.to_a, &seq, 77, 4);
	phone_key(&p.a, p.to_a, &seq, 77, 2);
	phone_key(&p.a, p.to_a, &seq, 77, 11);
	box_wait(b, &b->n_events, events + 1);
	if (b->event.kind == MEDIA_EVENT_KIND_PLAYED)
		box_wait(b, &b->n_events, events + 2);
	CHECK_EQ(b->event.kind, MEDIA_EVENT_KIND_COLLECTED);
	CHECK_EQ(b->event.end, MEDIA_EVENT_END_COMPLETE);
	CHECK_EQ(b->event.id, 4);
	CHECK_STR(b->event.digits, "42");
	/* Wait for the tone's end; then sound passes again, and before it not
	   one packet of the keys came, not even of the last. */
	if (b->n_events < events + 2)
		box_wait(b, &b->n_events, events + 2);
	phone_send(&p.a, p.to_a, 8, 60, 77, sound, 160);
	for (;;) {
		size_t n = phone_hear(&p.c, &r, out);

		CHECK(n != 4);
		CHECK_EQ(r.pt, 8);
		if (r.marker)
			break; /* the relay again */
	}
	hang_up(b, &p, "k");
}

/* A phone without telephone-event: its keys are in the sound. */
static void keys_in_the_sound(struct box *b)
{
	struct encoder *e = encoder_new(CODEC_PCMA);
	struct media_collect in;
	struct phone a;
	int16_t pcm[SOUND_FRAME];
	uint8_t bytes[SOUND_BYTES];
	uint16_t to;

	CHECK(e);
	phone_open(&a);
	CHECK_EQ(box_accept(b, "i", CALLER, a.port, "8"), 0);
	CHECK_STR(box_line(b, "RTP/AVP "), "8");
	to = box_port(b);
	record_init(&media_collect_record, &in);
	snprintf(in.call, sizeof(in.call), "i");
	in.max_digits = 1;
	CHECK_EQ(calls_collect(b->calls, &in, &b->why), 0);
	b->n_events = 0;
	/* '5' is 770 and 1336 Hz. */
	for (int i = 0; i < 20; i++) {
		for (int k = 0; k < SOUND_FRAME; k++) {
			double t = (i * SOUND_FRAME + k) / 8000.0 * 6.283185307;

			pcm[k] = (int16_t)(4000 * sin(770 * t) +
					   4000 * sin(1336 * t));
		}
		CHECK_EQ(encoder_frame(e, pcm, bytes), SOUND_FRAME);
		phone_send(&a, to, 8, (uint16_t)i, 77, bytes, SOUND_FRAME);
	}
	box_wait(b, &b->n_events, 1);
	CHECK_EQ(b->event.kind, MEDIA_EVENT_KIND_COLLECTED);
	CHECK_STR(b->event.digits, "5");
	encoder_free(e);
	box_delete(b, "i");
	(void)close(a.fd);
}

static void collect(struct box *b, const char *call, uint32_t max_digits,
		    uint32_t silent_s)
{
	struct media_collect in;

	record_init(&media_collect_record, &in);
	snprintf(in.call, sizeof(in.call), "%s", call);
	in.max_digits = max_digits;
	in.silent_s = silent_s;
	CHECK_EQ(calls_collect(b->calls, &in, &b->why), 0);
	b->n_events = 0;
}

/* A phone that says nothing before its call is answered; then it does. */
static void nobody_is_heard(struct box *b)
{
	uint8_t sound[160] = { 0 };
	struct media_key key;
	struct phone a;
	uint16_t to;

	phone_open(&a);
	CHECK_EQ(box_accept(b, "y", CALLER, a.port, "8 101"), 0);
	to = box_port(b);
	collect(b, "y", 1, 1);
	box_wait(b, &b->n_events, 1);
	CHECK_EQ(b->event.kind, MEDIA_EVENT_KIND_COLLECTED);
	CHECK_EQ(b->event.end, MEDIA_EVENT_END_SILENT);
	CHECK_STR(b->event.digits, "");
	/* The packet before the key: it was heard, and is no more silent. */
	phone_send(&a, to, 8, 1, 77, sound, 160);
	collect(b, "y", 1, 1);
	record_init(&media_key_record, &key);
	snprintf(key.call, sizeof(key.call), "y");
	snprintf(key.key, sizeof(key.key), "3");
	CHECK_EQ(calls_key(b->calls, &key, &b->why), 0);
	box_wait(b, &b->n_events, 1);
	CHECK_EQ(b->event.end, MEDIA_EVENT_END_COMPLETE);
	CHECK_STR(b->event.digits, "3");
	box_delete(b, "y");
	(void)close(a.fd);
}

/* A key that came by SIP INFO, and one that nobody collects. */
static void keys_beside_the_sound(struct box *b)
{
	struct media_collect in;
	struct media_key key;

	CHECK_EQ(box_accept(b, "j", CALLER, 40000, "8"), 0);
	record_init(&media_key_record, &key);
	snprintf(key.call, sizeof(key.call), "j");
	snprintf(key.key, sizeof(key.key), "x");
	CHECK(calls_key(b->calls, &key, &b->why));
	snprintf(key.key, sizeof(key.key), "7");
	CHECK_EQ(calls_key(b->calls, &key, &b->why), 0);
	record_init(&media_collect_record, &in);
	snprintf(in.call, sizeof(in.call), "j");
	in.max_digits = 2;
	CHECK_EQ(calls_collect(b->calls, &in, &b->why), 0);
	b->n_events = 0;
	CHECK_EQ(calls_key(b->calls, &key, &b->why), 0);
	CHECK_EQ(calls_key(b->calls, &key, &b->why), 0);
	box_wait(b, &b->n_events, 1);
	CHECK_STR(b->event.digits, "77");
	CHECK_EQ(b->event.kind, MEDIA_EVENT_KIND_COLLECTED);
	box_delete(b, "j");
}

static void a_prompt_then_the_callee(struct box *b)
{
	struct pair p;
	struct media_play play;
	uint8_t sound[160] = { 0 }, out[RTP_MAX];
	struct rtp r, last = { 0 };

	phone_open(&p.a);
	phone_open(&p.c);
	CHECK_EQ(box_accept(b, "q", CALLER, p.a.port, "0 101"), 0);
	p.to_a = box_port(b);
	record_init(&media_play_record, &play);
	snprintf(play.call, sizeof(play.call), "q");
	snprintf(play.prompts, sizeof(play.prompts),
		 "tone/warning;tone/warning");
	play.id = 3;
	CHECK_EQ(calls_play(b->calls, &play, &b->why), 0);
	for (int i = 0; i < 60; i++) { /* twice 600 ms */
		CHECK_EQ(phone_hear(&p.a, &r, out), 160);
		CHECK_EQ(r.pt, 0);
		if (i) {
			CHECK_EQ(r.seq, (uint16_t)(last.seq + 1));
			CHECK_EQ(r.ts, last.ts + 160);
			CHECK_EQ(r.ssrc, last.ssrc);
		}
		last = r;
	}
	b->n_events = 0;
	box_wait(b, &b->n_events, 1);
	CHECK_EQ(b->event.kind, MEDIA_EVENT_KIND_PLAYED);
	CHECK_EQ(b->event.id, 3);
	CHECK_EQ(box_accept(b, "q", CALLEE, 0, ""), 0);
	p.to_c = box_port(b);
	CHECK_EQ(box_answer(b, "q", CALLEE, "b", p.c.port, "0 101", true, ""),
		 0);
	phone_send(&p.c, p.to_c, 0, 5000, 99, sound, 160);
	CHECK_EQ(phone_hear(&p.a, &r, out), 160);
	CHECK_EQ(r.ssrc, last.ssrc);
	CHECK_EQ(r.seq, (uint16_t)(last.seq + 1));
	CHECK(r.marker);
	CHECK(r.ts - last.ts < 80000);
	hang_up(b, &p, "q");
}

static void two_phones_without_a_common_codec(struct box *b)
{
	struct pair p;
	uint8_t in[160], out[RTP_MAX];
	struct rtp r;

	connect_pair(b, &p, "t", "0 101", "0 101");
	memset(in, 0xff, sizeof(in));
	hang_up(b, &p, "t");

	phone_open(&p.a);
	phone_open(&p.c);
	/* Tied to PCMU by a prompt; the callee takes PCMA only. */
	CHECK_EQ(box_accept(b, "t", CALLER, p.a.port, "0 101"), 0);
	p.to_a = box_port(b);
	{
		struct media_accept own;

		record_init(&media_accept_record, &own);
		snprintf(own.call, sizeof(own.call), "t");
		snprintf(own.advertise, sizeof(own.advertise), "127.0.0.1");
		snprintf(own.codecs, sizeof(own.codecs), "pcma;gsm");
		own.leg = CALLEE;
		CHECK_EQ(calls_accept(b->calls, &own, &b->sdp, &b->why), 0);
	}
	CHECK_STR(box_line(b, "RTP/AVP "), "8 3 101");
	p.to_c = box_port(b);
	CHECK_EQ(box_answer(b, "t", CALLEE, "b", p.c.port, "8 101", true, ""),
		 0);
	for (uint16_t i = 0; i < 10; i++) {
		phone_send(&p.a, p.to_a, 0, i, 77, in, 160);
		CHECK_EQ(phone_hear(&p.c, &r, out), 160);
		CHECK_EQ(r.pt, 8);
		CHECK_EQ(out[0], 0xd5); /* silence in A-law */
	}
	phone_send(&p.c, p.to_c, 8, 1, 99, out, 160);
	CHECK_EQ(phone_hear(&p.a, &r, out), 160);
	CHECK_EQ(r.pt, 0);
	hang_up(b, &p, "t");
}

static void echo(struct box *b)
{
	struct phone a;
	struct media_call leg = box_leg("e", CALLER);
	uint8_t in[160] = { 1, 2, 3 }, out[RTP_MAX];
	struct rtp r;
	uint16_t to;

	phone_open(&a);
	CHECK(calls_echo(b->calls, &leg, &b->why));
	CHECK_STR(b->why.name, "NoSuch");
	CHECK_EQ(box_accept(b, "e", CALLER, a.port, "8 101"), 0);
	to = box_port(b);
	CHECK_EQ(calls_echo(b->calls, &leg, &b->why), 0);
	/* The order may come after the first packets. */
	for (uint16_t i = 0;; i++) {
		struct pollfd p = { .fd = a.fd, .events = POLLIN };

		CHECK(i < 1000);
		phone_send(&a, to, 8, i, 77, in, 160);
		if (poll(&p, 1, 10) == 1)
			break;
	}
	CHECK_EQ(phone_hear(&a, &r, out), 160);
	CHECK(!memcmp(in, out, 160));
	box_delete(b, "e");
	(void)close(a.fd);
}

/* One that goes silent, and one that nobody is left to end. */
static void silence(struct box *b)
{
	struct pair p;

	connect_pair(b, &p, "w", "8 101", "8 101");
	b->n_events = 0;
	relay_silence(b->relays[0], 1);
	box_wait(b, &b->n_events, 1);
	CHECK_EQ(b->event.kind, MEDIA_EVENT_KIND_TIMEOUT);
	hang_up(b, &p, "w");

	connect_pair(b, &p, "u", "8 101", "8 101");
	b->n_facts = 0;
	calls_orphan(b->calls);
	box_wait(b, &b->n_facts, 1);
	CHECK_STR(b->fact.call, "u");
	relay_silence(b->relays[0], 60);
	(void)close(p.a.fd);
	(void)close(p.c.fd);
}

static void an_open_call_at_the_end(struct box *b)
{
	CHECK_EQ(box_offer(b, "last", CALLER, "", 40000, "8", ""), 0);
}

int main(void)
{
	struct box b;

	box_open(&b);
	bytes_go_through_untouched(&b);
	strangers_are_counted_not_heard(&b);
	nonsense_is_dropped(&b);
	digits_go_to_the_collector_alone(&b);
	keys_in_the_sound(&b);
	nobody_is_heard(&b);
	keys_beside_the_sound(&b);
	a_prompt_then_the_callee(&b);
	two_phones_without_a_common_codec(&b);
	echo(&b);
	silence(&b);
	an_open_call_at_the_end(&b);
	box_close(&b);
	return 0;
}

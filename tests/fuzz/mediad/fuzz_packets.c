/*
 * What arrives at a leg's two ports: RTP, RTCP, STUN and the like, from the
 * phone and from strangers, while it relays, echoes, plays or collects.
 *
 * Input, again and again: one byte what to do, one byte how many follow, those.
 *
 *	bits 0-1  from: the phone, another port, another host, RTCP port
 *	bit  2    leg
 *	bits 3-5  before: nothing, echo, collect, play, stop, key, new SDP, 20
 *ms
 *	bit  6    the leg has SRTP from now on
 *	bit  7    sealed by who has its key
 */
#include <assert.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "clip.h"
#include "leg.h"
#include "srtp_leg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct leg_conf make_conf(unsigned leg, bool other)
{
	struct leg_conf c = { .rtcp_port = 4001,
			      .rtcp_mux = other,
			      .sends = true,
			      .receives = true,
			      .watch = WATCH_ALWAYS };

	c.latch.sdp = (struct addr){ AF_INET, { 127, 0, 0, 1 } };
	c.latch.source = c.latch.sdp;
	c.latch.sdp_port = other ? 4002 : 4000;
	c.latch.local = true;
	memset(c.rx_codec, CODEC_NONE, sizeof(c.rx_codec));
	memset(c.tx_pt, CODEC_NONE, sizeof(c.tx_pt));
	c.codec = leg ? CODEC_PCMA : CODEC_OPUS;
	c.rx_codec[0] = CODEC_PCMU;
	c.rx_codec[8] = CODEC_PCMA;
	c.rx_codec[9] = CODEC_G722;
	c.rx_codec[3] = CODEC_GSM;
	c.rx_codec[96] = CODEC_OPUS;
	c.tx_pt[c.codec] = leg ? 8 : 96;
	if (leg) {
		c.rx_codec[101] = CODEC_EVENT8;
		c.tx_pt[CODEC_EVENT8] = 101;
	}
	return c;
}

static void play(struct leg *l)
{
	struct playlist list = { .n = 1, .id = 1 };

	list.clips[0] = clip_new(400);
	assert(list.clips[0]);
	leg_play(l, &list);
}

static void before(struct leg *l, unsigned what, struct leg_clock *now)
{
	const struct collect_conf collect = { .max_digits = 4,
					      .silent_ms = 100,
					      .end_digit = '#' };
	const struct playlist none = { .n = 0 };
	struct leg_conf conf;

	switch (what) {
	case 1:
		l->echo = true;
		break;
	case 2:
		leg_collect(l, &none, &collect, 1, now->ms);
		break;
	case 3:
		play(l);
		break;
	case 4:
		leg_stop(l);
		break;
	case 5:
		leg_key(l, '5', now);
		break;
	case 6:
		conf = make_conf(l->index, now->ms & 32);
		leg_set(l, &conf, now->ms);
		break;
	case 7:
		(void)leg_tick(l, now);
		break;
	default:
		break;
	}
}

static void use_srtp(struct leg *l, uint64_t now_ms, void **library)
{
	struct leg_conf conf = make_conf(l->index, now_ms & 32);

	assert(!srtp_start(library));
	conf.keys.rx.suite = l->index ? SRTP_CM_128_80 : SRTP_GCM_128;
	conf.keys.tx = conf.keys.rx;
	leg_set(l, &conf, now_ms);
}

/* By the leg itself, whose two keys are the same here. */
static size_t seal(struct leg *l, uint8_t *p, size_t n, bool rtcp)
{
	if (l->srtp && n >= RTP_HEADER)
		(void)srtp_leg_seal(l->srtp, p, &n, rtcp);
	return n;
}

static void arrive(struct media_session *s, uint8_t what, uint8_t *p, size_t n,
		   struct leg_clock *now, void **library)
{
	static const uint16_t ports[] = { 4000, 5000, 4000, 4001 };
	struct leg *l = &s->legs[what >> 2 & 1];
	struct addr from = { AF_INET, { 127, 0, 0, 1 } };

	if ((what & 3) == 2)
		from.bytes[3] = 66;
	before(l, what >> 3 & 7, now);
	if (what & 0x40)
		use_srtp(l, now->ms, library);
	if (what & 0x80)
		n = seal(l, p, n, (what & 3) == 3);
	leg_packet((what & 3) == 3 ? &l->rtcp : &l->rtp, p, n, &from,
		   ports[what & 3], now);
}

static void drain(struct mailbox *box)
{
	struct mail_list list = STAILQ_HEAD_INITIALIZER(list);

	mailbox_take(box, &list);
	while (!STAILQ_EMPTY(&list)) {
		struct notice *notice = (struct notice *)STAILQ_FIRST(&list);

		STAILQ_REMOVE_HEAD(&list, link);
		notice_free(notice);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mailbox *box = mailbox_new();
	struct media_session *s = box ? session_new(NULL, box) : NULL;
	struct leg_clock now = { .ms = 1000, .us = 1000000 };
	static void *library; /* kept, for it takes long to begin */

	assert(s);
	for (unsigned i = 0; i < 2; i++) {
		struct leg_conf conf = make_conf(i, false);

		/* Takes what is sent, and keeps it off the network. */
		s->legs[i].rtp.fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
		s->legs[i].rtcp.fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
		s->legs[i].family = AF_INET6;
		leg_set(&s->legs[i], &conf, now.ms);
	}
	while (size >= 2) {
		uint8_t packet[256 + SRTP_MORE];
		size_t n = data[1] < size - 2 ? data[1] : size - 2;

		memcpy(packet, data + 2, n);
		arrive(s, data[0], packet, n, &now, &library);
		data += 2 + n;
		size -= 2 + n;
		now.ms += 20;
		now.us += 20000;
	}
	session_check(s, 1000, now.ms);
	session_free(s);
	drain(box);
	mailbox_free(box);
	return 0;
}

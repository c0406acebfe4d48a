/* RFC 3264 between two legs. */
#include <errno.h>

#include "check.h"
#include "leg.h"
#include "nego.h"

#define ALL "opus;g722;pcma;pcmu;gsm"

static struct sdp sdp(const char *pts)
{
	char text[1024], why[SDP_WHY];
	struct sdp s;

	snprintf(text, sizeof(text),
		 "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\n"
		 "c=IN IP4 192.0.2.1\r\nm=audio 5000 RTP/AVP %s\r\n"
		 "a=rtpmap:96 opus/48000/2\r\n"
		 "a=rtpmap:97 opus/48000/2\r\n"
		 "a=rtpmap:98 speex/8000\r\n"
		 "a=rtpmap:100 telephone-event/48000\r\n"
		 "a=rtpmap:101 telephone-event/8000\r\n"
		 "a=rtpmap:102 telephone-event/8000\r\n",
		 pts);
	if (sdp_read(&s, (uint8_t *)text, strlen(text), SDP_ANY, why))
		fprintf(stderr, "%s\n", why);
	return s;
}

static const char *pts(const struct sdp *s)
{
	static _Thread_local char text[128];
	size_t n = 0;

	text[0] = '\0';
	for (unsigned i = 0; i < s->n_fmts; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%u",
				      i ? " " : "", s->fmts[i].pt);
	return text;
}

static void an_offer_follows_the_list(void)
{
	struct sdp in = sdp("0 8 98 3 101"), out = { 0 };

	CHECK_EQ(nego_offer(&in, ALL, CODEC_NONE, &out), 0);
	CHECK_STR(pts(&out), "8 0 3 101");
	CHECK_EQ(nego_offer(&in, "PCMU", CODEC_NONE, &out), 0);
	CHECK_STR(pts(&out), "0 101");
	CHECK_EQ(nego_offer(&in, ALL, CODEC_GSM, &out), 0);
	CHECK_STR(pts(&out), "3 101");
}

static void nothing_shared_is_translated(void)
{
	struct sdp in = sdp("3 101"), out = { 0 };

	CHECK_EQ(nego_offer(&in, "pcma;opus", CODEC_NONE, &out), 0);
	CHECK_STR(pts(&out), "8 96 101");
	/* What we cannot speak cannot be translated. */
	in = sdp("18");
	CHECK_EQ(nego_offer(&in, "pcma", CODEC_NONE, &out), -ENOTSUP);
	in = sdp("98 101");
	CHECK_EQ(nego_offer(&in, ALL, CODEC_NONE, &out), -ENOTSUP);
}

static void an_answer_takes_what_was_asked(void)
{
	struct sdp asked = sdp("8 0 101"), a = sdp("18 8 101");

	CHECK_EQ(nego_check(&a, &asked), 0);
	CHECK_STR(pts(&a), "8 101");
	a = sdp("18 101");
	CHECK_EQ(nego_check(&a, &asked), -ENOTSUP);
	a = sdp("8");
	a.audio = a.n_media;
	CHECK_EQ(nego_check(&a, &asked), -ENOTSUP);
}

static void numbers_differ_on_both_sides(void)
{
	struct sdp offer = sdp("96 8 101"), out = { 0 };
	struct sdp answer = sdp("97 102");

	CHECK_EQ(nego_answer(&offer, &answer, "", CODEC_NONE, &out), 0);
	CHECK_STR(pts(&out), "96 101");
}

static void an_answer_that_shares_nothing(void)
{
	struct sdp offer = sdp("3 0 101"), out = { 0 };
	struct sdp answer = sdp("8 101");

	CHECK_EQ(nego_answer(&offer, &answer, "", CODEC_NONE, &out), 0);
	CHECK_STR(pts(&out), "0 101");
	offer = sdp("18");
	CHECK_EQ(nego_answer(&offer, &answer, "", CODEC_NONE, &out), -ENOTSUP);
}

static void we_answer_ourselves(void)
{
	struct sdp offer = sdp("96 9 8 0 101"), out = { 0 };

	CHECK_EQ(nego_answer(&offer, NULL, ALL, CODEC_NONE, &out), 0);
	CHECK_STR(pts(&out), "9 101");
	CHECK_EQ(nego_answer(&offer, NULL, "pcmu;pcma", CODEC_NONE, &out), 0);
	CHECK_STR(pts(&out), "0 101");
	offer = sdp("96 100");
	CHECK_EQ(nego_answer(&offer, NULL, ALL, CODEC_NONE, &out), 0);
	CHECK_STR(pts(&out), "96 100");
	offer = sdp("18 98");
	CHECK_EQ(nego_answer(&offer, NULL, ALL, CODEC_NONE, &out), -ENOTSUP);
}

static void hold(void)
{
	static const struct {
		enum sdp_dir offer, answer, want;
	} rows[] = {
		{ SDP_SENDRECV, SDP_SENDRECV, SDP_SENDRECV },
		{ SDP_SENDONLY, SDP_RECVONLY, SDP_RECVONLY },
		{ SDP_SENDONLY, SDP_SENDRECV, SDP_RECVONLY },
		{ SDP_SENDONLY, SDP_INACTIVE, SDP_INACTIVE },
		{ SDP_RECVONLY, SDP_SENDRECV, SDP_SENDONLY },
		{ SDP_INACTIVE, SDP_SENDRECV, SDP_INACTIVE },
		{ SDP_SENDRECV, SDP_RECVONLY, SDP_RECVONLY },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct sdp o = sdp("8"), a = sdp("8"), out = { 0 };

		o.dir = rows[i].offer;
		a.dir = rows[i].answer;
		CHECK_EQ(nego_offer(&o, ALL, CODEC_NONE, &out), 0);
		CHECK_EQ(out.dir, rows[i].offer);
		CHECK_EQ(nego_answer(&o, &a, "", CODEC_NONE, &out), 0);
		CHECK_EQ(out.dir, rows[i].want);
	}
}

static void hold_of_old(void)
{
	struct sdp s = sdp("8");

	s.addr.family = 0;
	nego_normalize(&s);
	CHECK_EQ(s.dir, SDP_SENDONLY);
	s.dir = SDP_RECVONLY;
	nego_normalize(&s);
	CHECK_EQ(s.dir, SDP_INACTIVE);
}

static void what_packets_mean(void)
{
	struct sdp theirs = sdp("97 102"), ours = sdp("96 8 101");
	struct leg_conf conf = { 0 };

	nego_conf(&theirs, &ours, &conf);
	CHECK_EQ(conf.rx_codec[96], CODEC_OPUS);
	CHECK_EQ(conf.rx_codec[97], CODEC_OPUS);
	CHECK_EQ(conf.rx_codec[101], CODEC_EVENT8);
	CHECK_EQ(conf.rx_codec[8], CODEC_NONE);
	CHECK_EQ(conf.tx_pt[CODEC_OPUS], 97);
	CHECK_EQ(conf.tx_pt[CODEC_EVENT8], 102);
	CHECK_EQ(conf.tx_pt[CODEC_PCMA], CODEC_NONE);
	CHECK_EQ(conf.codec, CODEC_OPUS);
}

int main(void)
{
	an_offer_follows_the_list();
	nothing_shared_is_translated();
	an_answer_takes_what_was_asked();
	numbers_differ_on_both_sides();
	an_answer_that_shares_nothing();
	we_answer_ourselves();
	hold();
	hold_of_old();
	what_packets_mean();
	return 0;
}

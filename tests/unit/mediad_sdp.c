/* The parser against what phones send, and against what they should not. */
#include <arpa/inet.h>
#include <errno.h>

#include "check.h"
#include "sdp.h"

static const char baresip[] =
	"v=0\r\n"
	"o=- 3795366137 2076230614 IN IP4 192.168.1.20\r\n"
	"s=-\r\n"
	"c=IN IP4 192.168.1.20\r\n"
	"t=0 0\r\n"
	"a=tool:baresip 1.0.0\r\n"
	"m=audio 18416 RTP/AVP 96 8 0 101\r\n"
	"a=rtpmap:96 opus/48000/2\r\n"
	"a=fmtp:96 stereo=1;sprop-stereo=1\r\n"
	"a=rtpmap:8 PCMA/8000\r\n"
	"a=rtpmap:0 PCMU/8000\r\n"
	"a=rtpmap:101 telephone-event/8000\r\n"
	"a=fmtp:101 0-15\r\n"
	"a=rtcp:18417\r\n"
	"a=sendrecv\r\n"
	"a=label:1\r\n"
	"a=rtcp-rsize\r\n"
	"a=ssrc:3022172486 cname:sip:801@192.168.1.1\r\n"
	"a=ptime:20\r\n";

static const char linphone[] =
	"v=0\r\n"
	"o=ada 1867 3456 IN IP4 192.168.1.21\r\n"
	"s=Talk\r\n"
	"c=IN IP4 192.168.1.21\r\n"
	"t=0 0\r\n"
	"a=rtcp-xr:rcvr-rtt=all:10000 stat-summary=loss,dup,jitt,TTL\r\n"
	"a=record:off\r\n"
	"m=audio 7078 RTP/AVPF 96 97 98 0 8 18 101 99 100\r\n"
	"a=rtpmap:96 opus/48000/2\r\n"
	"a=fmtp:96 useinbandfec=1\r\n"
	"a=rtpmap:97 speex/16000\r\n"
	"a=fmtp:97 vbr=on\r\n"
	"a=rtpmap:98 speex/8000\r\n"
	"a=fmtp:98 vbr=on\r\n"
	"a=fmtp:18 annexb=yes\r\n"
	"a=rtpmap:101 telephone-event/48000\r\n"
	"a=rtpmap:99 telephone-event/16000\r\n"
	"a=rtpmap:100 telephone-event/8000\r\n"
	"a=rtcp-fb:* trr-int 1000\r\n"
	"a=rtcp-mux\r\n"
	"m=video 9078 RTP/AVPF 96 97\r\n"
	"c=IN IP4 192.168.1.99\r\n"
	"a=rtpmap:96 VP8/90000\r\n"
	"a=sendonly\r\n";

static const char sipp[] = "v=0\n"
			   "o=user1 53655765 2353687637 IN IP4 10.0.0.7\n"
			   "s=-\n"
			   "c=IN IP4 10.0.0.7\n"
			   "t=0 0\n"
			   "m=audio 6000 RTP/AVP 0\n"
			   "a=rtpmap:0 PCMU/8000\n";

static const char yealink[] = "v=0\r\n"
			      "o=- 20003 20004 IN IP4 192.168.1.30\r\n"
			      "s=SDP data\r\n"
			      "c=IN IP4 192.168.1.30\r\n"
			      "t=0 0\r\n"
			      "m=audio 11784 RTP/AVP 9 0 8 18 101\r\n"
			      "a=rtpmap:0 PCMU/8000\r\n"
			      "a=rtpmap:8 PCMA/8000\r\n"
			      "a=rtpmap:18 G729/8000\r\n"
			      "a=fmtp:18 annexb=no\r\n"
			      "a=rtpmap:9 G722/8000\r\n"
			      "a=fmtp:101 0-15\r\n"
			      "a=rtpmap:101 telephone-event/8000\r\n"
			      "a=ptime:20\r\n"
			      "a=sendonly\r\n";

static const char browser[] =
	"v=0\r\n"
	"o=- 4611731400430051336 2 IN IP4 127.0.0.1\r\n"
	"s=-\r\n"
	"t=0 0\r\n"
	"a=group:BUNDLE 0\r\n"
	"m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8\r\n"
	"c=IN IP4 0.0.0.0\r\n"
	"a=ice-ufrag:abcd\r\n"
	"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:aaaa\r\n";

static int parse(struct sdp *s, const char *text, char why[SDP_WHY])
{
	return sdp_read(s, (const uint8_t *)text, strlen(text), SDP_ANY, why);
}

static struct sdp must(const char *text)
{
	struct sdp s;
	char why[SDP_WHY];

	CHECK_EQ(parse(&s, text, why), 0);
	return s;
}

static void phones(void)
{
	struct sdp s = must(baresip);
	char addr[ADDR_TEXT];

	addr_format(&s.addr, addr);
	CHECK_STR(addr, "192.168.1.20");
	CHECK_EQ(s.session, 3795366137);
	CHECK_EQ(s.port, 18416);
	CHECK_EQ(s.rtcp_port, 18417);
	CHECK_EQ(s.n_fmts, 4);
	CHECK_EQ(s.fmts[0].codec, CODEC_OPUS);
	CHECK_STR(s.fmts[0].fmtp, "stereo=1;sprop-stereo=1");
	CHECK_EQ(s.fmts[3].codec, CODEC_EVENT8);
	CHECK_EQ(s.ptime_ms, 20);
	CHECK_EQ(s.dir, SDP_SENDRECV);
	CHECK(!s.rtcp_mux);

	s = must(linphone);
	addr_format(&s.addr, addr);
	CHECK_STR(addr, "192.168.1.21"); /* not that of the video */
	CHECK_EQ(s.dir, SDP_SENDRECV);
	CHECK_EQ(s.n_media, 2);
	CHECK_EQ(s.audio, 0);
	CHECK_STR(s.media[1].type, "video");
	CHECK_STR(s.media[1].fmts, "96");
	CHECK_EQ(s.fmts[1].codec, CODEC_NONE);
	CHECK_EQ(sdp_find(&s, CODEC_EVENT48)->pt, 101);
	CHECK_EQ(sdp_find(&s, CODEC_EVENT8)->pt, 100);
	CHECK_EQ(sdp_find(&s, CODEC_G729)->pt, 18);
	CHECK(s.rtcp_mux);

	s = must(sipp);
	CHECK_EQ(s.port, 6000);
	CHECK_EQ(s.rtcp_port, 6001);
	CHECK_EQ(s.n_fmts, 1);

	s = must(yealink);
	CHECK_EQ(s.dir, SDP_SENDONLY);
	CHECK_EQ(s.fmts[0].codec, CODEC_G722);

	s = must(browser);
	CHECK_EQ(s.audio, s.n_media); /* nothing that we carry */
}

static void holds(void)
{
	struct sdp s = must("v=0\r\no=- 1 2 IN IP4 1.2.3.4\r\ns=-\r\n"
			    "c=IN IP4 0.0.0.0\r\nm=audio 5000 RTP/AVP 8\r\n");

	CHECK_EQ(s.addr.family, 0);
	s = must("v=0\no=- 1 2 IN IP6 ::1\ns=-\nc=IN IP6 2001:db8::5\n"
		 "a=inactive\nm=audio 5000 RTP/AVP 8\n");
	CHECK_EQ(s.addr.family, AF_INET6);
	CHECK_EQ(s.dir, SDP_INACTIVE);
	s = must("v=0\no=- 1 2 IN IP4 1.2.3.4\ns=-\nc=IN IP4 1.2.3.4\n"
		 "a=inactive\nm=audio 5000 RTP/AVP 8\na=recvonly\n");
	CHECK_EQ(s.dir, SDP_RECVONLY);
}

static void refuse(const char *text, const char *want)
{
	struct sdp s;
	char why[SDP_WHY];

	CHECK_EQ(parse(&s, text, why), -EINVAL);
	CHECK_STR(why, want);
}

#define HEAD "v=0\r\no=- 1 2 IN IP4 1.2.3.4\r\ns=-\r\n"
#define CONN "c=IN IP4 1.2.3.4\r\n"
#define AUDIO "m=audio 5000 RTP/AVP 8\r\n"

static void nonsense(void)
{
	refuse("", "line 0: empty or too long");
	refuse("v=0\r\n", "line 1: ends too early");
	refuse("v=1\r\n", "line 1: unknown version");
	refuse("o=- 1 2 IN IP4 1.2.3.4\r\n",
	       "line 1: v=, o= and s= must come first");
	refuse("v=0\r\no=- x 2 IN IP4 1.2.3.4\r\n", "line 2: not an origin");
	refuse(HEAD "hello\r\n", "line 4: not of the form x=...");
	refuse(HEAD "\r\n" CONN, "line 4: not of the form x=...");
	refuse(HEAD "i=a\tb\r\n", "line 4: control characters");
	refuse(HEAD "c=IN IP4 example.com\r\n",
	       "line 4: not an address of one host");
	refuse(HEAD "c=IN IP4 224.0.0.1/16\r\n",
	       "line 4: not an address of one host");
	refuse(HEAD "c=IN IP4 255.255.255.255\r\n",
	       "line 4: not an address of one host");
	refuse(HEAD "c=IN IP6 ff02::1\r\n",
	       "line 4: not an address of one host");
	refuse(HEAD AUDIO, "line 4: no address for the sound");
	refuse(HEAD CONN "m=audio 70000 RTP/AVP 8\r\n", "line 5: not a stream");
	refuse(HEAD CONN "m=audio -1 RTP/AVP 8\r\n", "line 5: not a stream");
	refuse(HEAD CONN "m=audio 5000 RTP/AVP 200\r\n",
	       "line 5: not a payload type");
	refuse(HEAD CONN "m=audio 5000 RTP/AVP\r\n", "line 5: not a stream");
	refuse(HEAD CONN AUDIO "a=rtpmap:8 PCMA\r\n",
	       "line 6: not a payload type's name");
	refuse(HEAD CONN AUDIO "a=ptime:0\r\n",
	       "line 6: not a number in its range");
	refuse(HEAD CONN AUDIO "o=- 1 2 IN IP4 1.2.3.4\r\n",
	       "line 6: more than one origin");
	refuse(HEAD CONN AUDIO AUDIO AUDIO AUDIO AUDIO AUDIO AUDIO AUDIO AUDIO,
	       "line 13: too many streams");
}

static void parameters_that_pass(void)
{
	struct sdp s = must(HEAD CONN "m=audio 5000 RTP/AVP 18 8\r\n"
				      "a=fmtp:18 annexb=no\r\n"
				      "a=fmtp:8 <script>\r\n");

	CHECK_STR(s.fmts[0].fmtp, "annexb=no");
	CHECK_STR(s.fmts[1].fmtp, "");
}

static void long_things(void)
{
	char text[SDP_MAX + 2];
	struct sdp s;
	char why[SDP_WHY];
	size_t n = (size_t)snprintf(text, sizeof(text), "%si=", HEAD);

	memset(text + n, 'x', sizeof(text) - n);
	CHECK_EQ(sdp_read(&s, (uint8_t *)text, SDP_MAX + 1, SDP_ANY, why),
		 -EINVAL);
	CHECK_EQ(sdp_read(&s, (uint8_t *)text, SDP_MAX, SDP_ANY, why), -EINVAL);
	CHECK_STR(why, "line 4: too long");
	/* A zero byte ends nothing. */
	memcpy(text, "v=0\0\r\n", 6);
	CHECK_EQ(sdp_read(&s, (uint8_t *)text, 6, SDP_ANY, why), -EINVAL);
}

static void ours(void)
{
	struct sdp s = must(linphone);
	uint8_t out[SDP_MAX];
	int n;

	CHECK(!addr_parse(&s.addr, "198.51.100.1"));
	s.session = 11;
	s.version = 12;
	s.port = 10000;
	s.fmts[0] = *sdp_find(&s, CODEC_PCMA);
	s.fmts[1] = *sdp_find(&s, CODEC_EVENT8);
	s.n_fmts = 2;
	n = sdp_write(&s, out, sizeof(out));
	CHECK(n > 0);
	out[n] = '\0';
	CHECK_STR((char *)out, "v=0\r\n"
			       "o=- 11 12 IN IP4 198.51.100.1\r\n"
			       "s=-\r\n"
			       "c=IN IP4 198.51.100.1\r\n"
			       "t=0 0\r\n"
			       "m=audio 10000 RTP/AVPF 8 100\r\n"
			       "a=rtpmap:8 PCMA/8000\r\n"
			       "a=rtpmap:100 telephone-event/8000\r\n"
			       "a=rtcp-mux\r\n"
			       "a=sendrecv\r\n"
			       "m=video 0 RTP/AVPF 96\r\n");
	CHECK_EQ(sdp_write(&s, out, 50), -ENOSPC);
}

int main(void)
{
	phones();
	holds();
	nonsense();
	parameters_that_pass();
	long_things();
	ours();
	return 0;
}

/* A phone must never hear its stream jump. */
#include "check.h"
#include "out.h"

static struct rtp rtp(uint32_t ssrc, uint16_t seq, uint32_t ts)
{
	return (struct rtp){ .pt = 8, .ssrc = ssrc, .seq = seq, .ts = ts };
}

static void a_pure_relay_is_not_touched(void)
{
	struct out o = { 0 };

	for (uint16_t i = 0; i < 10; i++) {
		struct rtp r = rtp(77, (uint16_t)(65530 + i), i * 160u);

		out_pass(&o, OUT_RELAY, &r, 8000, i * 20000u);
		CHECK_EQ(r.ssrc, 77);
		CHECK_EQ(r.seq, (uint16_t)(65530 + i));
		CHECK_EQ(r.ts, i * 160u);
		CHECK(!r.marker);
	}
	CHECK(!out_renumbered(&o));
}

static void a_prompt_then_the_other_leg(void)
{
	struct out o = { 0 };
	struct rtp a = { 0 }, b = { 0 }, c = rtp(77, 5000, 123456);
	struct rtp d = rtp(77, 5001, 123616);

	out_make(&o, OUT_PLAY, &a, 160, 8000, 1000000);
	CHECK(a.marker);
	out_make(&o, OUT_PLAY, &b, 160, 8000, 1020000);
	CHECK(!b.marker);
	CHECK_EQ(b.ssrc, a.ssrc);
	CHECK_EQ(b.seq, (uint16_t)(a.seq + 1));
	CHECK_EQ(b.ts, a.ts + 160);
	/* One second later the callee answers. */
	out_pass(&o, OUT_RELAY, &c, 8000, 2020000);
	CHECK_EQ(c.ssrc, a.ssrc);
	CHECK(c.marker);
	CHECK_EQ(c.seq, (uint16_t)(b.seq + 1));
	CHECK_EQ(c.ts, b.ts + 8000);
	out_pass(&o, OUT_RELAY, &d, 8000, 2040000);
	CHECK(!d.marker);
	CHECK_EQ(d.seq, (uint16_t)(c.seq + 1));
	CHECK_EQ(d.ts, c.ts + 160);
	CHECK(out_renumbered(&o));
}

static void late_packets_keep_their_place(void)
{
	struct out o = { 0 };
	struct rtp a = rtp(1, 10, 1600), b = rtp(1, 9, 1440),
		   c = rtp(1, 11, 1760);

	out_pass(&o, OUT_RELAY, &a, 8000, 0);
	out_pass(&o, OUT_RELAY, &b, 8000, 1);
	out_pass(&o, OUT_RELAY, &c, 8000, 2);
	CHECK_EQ(b.seq, 9);
	CHECK_EQ(c.seq, 11);
	CHECK_EQ(o.seq, 11);
}

/* Where each number counts for a key: they begin in the lower half, and do not
   turn back. What is only late keeps its own. */
static void a_stream_that_is_srtp(void)
{
	struct out o = { .forward = true }, made = { .forward = true };
	struct rtp r = rtp(77, 65530, 1000), late = rtp(77, 65500, 0);
	struct rtp anew = rtp(77, 65000, 5000), next = rtp(77, 65001, 5160);

	out_pass(&o, OUT_RELAY, &r, 8000, 20000);
	CHECK_EQ(r.seq, 65530 & 0x7fff);
	CHECK_EQ(r.ts, 1000);
	CHECK(!r.marker);
	out_pass(&o, OUT_RELAY, &late, 8000, 30000);
	CHECK_EQ(late.seq, 65500 & 0x7fff);
	out_pass(&o, OUT_RELAY, &anew, 8000, 40000);
	CHECK_EQ(anew.seq, (65530 & 0x7fff) + 1);
	CHECK_EQ(anew.ts, 1160);
	CHECK(anew.marker);
	out_pass(&o, OUT_RELAY, &next, 8000, 60000);
	CHECK_EQ(next.seq, (65530 & 0x7fff) + 2);
	CHECK_EQ(next.ts, 1320);
	for (int i = 0; i < 100; i++) {
		made.begun = false;
		out_make(&made, OUT_PLAY, &r, 160, 8000, 20000);
		CHECK(r.seq <= 0x8000);
	}
}

int main(void)
{
	a_pure_relay_is_not_touched();
	a_prompt_then_the_other_leg();
	late_packets_keep_their_place();
	a_stream_that_is_srtp();
	return 0;
}

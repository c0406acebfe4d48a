#include <errno.h>

#include "check.h"
#include "rtp.h"

static void a_plain_packet(void)
{
	const uint8_t p[16] = { 0x80, 0x88, 0x12, 0x34, 0, 0, 1, 0,
				0xde, 0xad, 0xbe, 0xef, 1, 2, 3, 4 };
	struct rtp r;

	CHECK_EQ(rtp_read(&r, p, sizeof(p)), 0);
	CHECK_EQ(r.pt, 8);
	CHECK(r.marker);
	CHECK_EQ(r.seq, 0x1234);
	CHECK_EQ(r.ts, 256);
	CHECK_EQ(r.ssrc, 0xdeadbeef);
	CHECK_EQ(r.at, 12);
	CHECK_EQ(r.len, 4);
}

static void csrc_extension_and_padding(void)
{
	uint8_t p[32] = { 0xb1, 0x08 };
	struct rtp r;

	p[16 + 3] = 1; /* an extension of one word */
	p[31] = 4;     /* four bytes of padding */
	CHECK_EQ(rtp_read(&r, p, 32), 0);
	CHECK_EQ(r.at, 12 + 4 + 4 + 4);
	CHECK_EQ(r.len, 32 - 24 - 4);
	p[31] = 9;
	CHECK_EQ(rtp_read(&r, p, 32), -EBADMSG);
	p[31] = 0;
	CHECK_EQ(rtp_read(&r, p, 32), -EBADMSG);
	p[31] = 4;
	p[16 + 2] = 0xff;
	CHECK_EQ(rtp_read(&r, p, 32), -EBADMSG);
	CHECK_EQ(rtp_read(&r, p, 19), -EBADMSG);
	CHECK_EQ(rtp_read(&r, p, 11), -EBADMSG);
	CHECK_EQ(rtp_read(&r, p, 0), -EBADMSG);
}

static void a_patch_changes_four_fields(void)
{
	uint8_t p[14] = { 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 42, 43 };
	struct rtp r = {
		.pt = 101, .marker = true, .seq = 7, .ts = 8, .ssrc = 9
	};
	struct rtp back;

	rtp_patch(p, &r);
	CHECK_EQ(rtp_read(&back, p, sizeof(p)), 0);
	CHECK_EQ(back.pt, 101);
	CHECK(back.marker);
	CHECK_EQ(back.seq, 7);
	CHECK_EQ(back.ts, 8);
	CHECK_EQ(back.ssrc, 9);
	CHECK_EQ(p[12], 42);
}

/* A sender report with one block, and a description. */
static void rtcp(void)
{
	uint8_t p[52 + 8] = { 0x81, 200, 0, 12, 0, 0, 0, 1 };
	const struct rtcp_map map = { .from_ssrc = 1,
				      .to_ssrc = 100,
				      .ts_add = 5,
				      .about_from = 2,
				      .about_to = 200 };

	put32(p + 16, 10);
	put32(p + 28, 2);
	p[52] = 0x81;
	p[53] = 202;
	p[55] = 1;
	put32(p + 56, 1);
	CHECK(rtcp_is(p, sizeof(p)));
	CHECK_EQ(rtcp_check(p, sizeof(p)), 0);
	rtcp_rewrite(p, sizeof(p), &map);
	CHECK_EQ(get32(p + 4), 100);
	CHECK_EQ(get32(p + 16), 15);
	CHECK_EQ(get32(p + 28), 200);
	CHECK_EQ(get32(p + 56), 100);
	CHECK_EQ(rtcp_check(p, sizeof(p) - 1), -EBADMSG);
	p[3] = 200;
	CHECK_EQ(rtcp_check(p, sizeof(p)), -EBADMSG);
	p[3] = 12;
	p[1] = 202;
	CHECK_EQ(rtcp_check(p, sizeof(p)), -EBADMSG);
}

int main(void)
{
	a_plain_packet();
	csrc_extension_and_padding();
	a_patch_changes_four_fields();
	rtcp();
	return 0;
}

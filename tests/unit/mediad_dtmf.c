/* RFC 4733: each press once. */
#include "check.h"
#include "dtmf.h"

static char event(struct dtmf *d, uint32_t ts, uint8_t key, uint16_t duration,
		  bool end)
{
	uint8_t p[4] = { key, (uint8_t)(end << 7 | 10),
			 (uint8_t)(duration >> 8), (uint8_t)duration };

	return dtmf_packet(d, ts, p, sizeof(p));
}

static void a_press_with_its_repeats(void)
{
	struct dtmf d = { 0 };

	CHECK_EQ(event(&d, 1000, 5, 160, false), '5');
	CHECK_EQ(event(&d, 1000, 5, 320, false), 0);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(event(&d, 1000, 5, 480, true), 0);
	CHECK_EQ(event(&d, 3000, 5, 160, false), '5');
	/* Only the end arrives of this one. */
	CHECK_EQ(event(&d, 6000, 11, 800, true), '#');
	CHECK_EQ(event(&d, 6000, 11, 800, true), 0);
}

static void late_packets_of_an_older_press(void)
{
	struct dtmf d = { 0 };

	CHECK_EQ(event(&d, 1000, 1, 160, false), '1');
	CHECK_EQ(event(&d, 3000, 2, 160, false), '2');
	CHECK_EQ(event(&d, 1000, 1, 480, true), 0);
	CHECK_EQ(event(&d, 3000, 2, 480, true), 0);
}

static void the_timestamp_wraps(void)
{
	struct dtmf d = { 0 };

	CHECK_EQ(event(&d, 0xffffff00, 1, 160, true), '1');
	CHECK_EQ(event(&d, 0x00000400, 2, 160, true), '2');
}

static void a_very_long_press_is_one(void)
{
	struct dtmf d = { 0 };

	CHECK_EQ(event(&d, 0, 1, 0xfff0, false), '1');
	CHECK_EQ(event(&d, 0, 1, 0xffff, false), 0);
	CHECK_EQ(event(&d, 0xffff, 1, 160, false), 0);
	CHECK_EQ(event(&d, 0xffff, 1, 320, true), 0);
}

static void nonsense(void)
{
	struct dtmf d = { 0 };
	uint8_t p[4] = { 16, 0, 0, 0 };

	CHECK_EQ(dtmf_packet(&d, 1, p, 4), 0); /* flash is no key */
	p[0] = 1;
	CHECK_EQ(dtmf_packet(&d, 1, p, 3), 0);
	CHECK_EQ(dtmf_packet(&d, 1, p, 0), 0);
	p[0] = 255;
	CHECK_EQ(dtmf_packet(&d, 1, p, 4), 0);
}

int main(void)
{
	a_press_with_its_repeats();
	late_packets_of_an_older_press();
	the_timestamp_wraps();
	a_very_long_press_is_one();
	nonsense();
	return 0;
}

#include "check.h"
#include "stats.h"

static void feed(struct stats *s, uint16_t seq, uint64_t late_us)
{
	stats_packet(s, 1, seq, (uint32_t)seq * 160, 8000, false,
		     (uint64_t)seq * 20000 + late_us + 1000000);
}

static void nothing_lost(void)
{
	struct stats s = { 0 };

	for (uint32_t i = 65500; i < 65500 + 100; i++)
		stats_packet(&s, 1, (uint16_t)i, i * 160, 8000, false,
			     (uint64_t)i * 20000);
	CHECK_EQ(s.packets, 100);
	CHECK_EQ(stats_lost(&s), 0);
	CHECK_EQ(stats_jitter_us(&s), 0);
	CHECK(stats_mos_centi(&s, CODEC_PCMA) > 430);
}

static void some_lost(void)
{
	struct stats s = { 0 };

	for (uint16_t i = 1; i <= 100; i++) {
		if (i % 10)
			feed(&s, i, 0);
	}
	CHECK_EQ(s.packets, 90);
	CHECK_EQ(stats_lost(&s), 9); /* the last one is not known of */
	CHECK(stats_mos_centi(&s, CODEC_PCMA) < 420);
}

static void repeats_are_no_gain(void)
{
	struct stats s = { 0 };

	feed(&s, 1, 0);
	feed(&s, 2, 0);
	feed(&s, 2, 0);
	feed(&s, 2, 0);
	CHECK_EQ(stats_lost(&s), 0);
}

static void jitter(void)
{
	struct stats s = { 0 };

	for (uint16_t i = 0; i < 1000; i++)
		feed(&s, i, i % 2 ? 5000 : 0);
	CHECK(stats_jitter_us(&s) > 4500 && stats_jitter_us(&s) < 5500);
}

static void a_new_source_keeps_what_was_lost(void)
{
	struct stats s = { 0 };

	feed(&s, 1, 0);
	feed(&s, 5, 0);
	CHECK_EQ(stats_lost(&s), 3);
	stats_packet(&s, 2, 30000, 0, 8000, false, 9000000);
	stats_packet(&s, 2, 30002, 320, 8000, false, 9040000);
	CHECK_EQ(stats_lost(&s), 4);
	CHECK_EQ(s.packets, 4);
}

static void silence_has_no_opinion(void)
{
	struct stats s = { 0 };

	CHECK_EQ(stats_mos_centi(&s, CODEC_PCMA), 0);
	CHECK_EQ(stats_mos_centi(&s, CODEC_NONE), 0);
}

int main(void)
{
	nothing_lost();
	some_lost();
	repeats_are_no_gain();
	jitter();
	a_new_source_keeps_what_was_lost();
	silence_has_no_opinion();
	return 0;
}

#include "check.h"
#include "collect.h"

static void the_end_digit_ends(void)
{
	struct collect_conf conf = { .end_digit = '#', .max_digits = 12 };
	struct collect c = { 0 };

	collect_start(&c, &conf, false, 0);
	CHECK_EQ(collect_key(&c, '4', 100), COLLECT_MORE);
	CHECK_EQ(collect_key(&c, '8', 200), COLLECT_MORE);
	CHECK_EQ(collect_key(&c, '#', 300), COLLECT_COMPLETE);
	CHECK_STR(c.digits, "48");
	collect_wipe(&c);
	for (size_t i = 0; i < sizeof(c); i++)
		CHECK_EQ(((const char *)&c)[i], 0);
}

static void the_last_digit_ends(void)
{
	struct collect_conf conf = { .max_digits = 2 };
	struct collect c = { 0 };

	collect_start(&c, &conf, false, 0);
	CHECK_EQ(collect_key(&c, '#', 1), COLLECT_MORE);
	CHECK_EQ(collect_key(&c, '1', 2), COLLECT_COMPLETE);
	CHECK_STR(c.digits, "#1");
	CHECK_EQ(collect_key(&c, '2', 3), COLLECT_MORE);
	CHECK_STR(c.digits, "#1");
}

static void the_clock_begins_after_the_prompt(void)
{
	struct collect_conf conf = { .first_ms = 1000, .next_ms = 500 };
	struct collect c = { 0 };

	collect_start(&c, &conf, true, 0);
	CHECK_EQ(collect_tick(&c, 100000), COLLECT_MORE);
	collect_prompted(&c, 100000);
	CHECK_EQ(collect_tick(&c, 100999), COLLECT_MORE);
	CHECK_EQ(collect_tick(&c, 101000), COLLECT_TIMEOUT);
	CHECK_EQ(collect_key(&c, '1', 101000), COLLECT_MORE);
	CHECK_EQ(collect_tick(&c, 101499), COLLECT_MORE);
	CHECK_EQ(collect_tick(&c, 101500), COLLECT_TIMEOUT);
	CHECK_STR(c.digits, "1");
}

static void a_key_interrupts_the_prompt(void)
{
	struct collect_conf conf = { .next_ms = 500 };
	struct collect c = { 0 };

	collect_start(&c, &conf, true, 0);
	CHECK_EQ(collect_key(&c, '1', 50), COLLECT_MORE);
	CHECK_EQ(collect_tick(&c, 550), COLLECT_TIMEOUT);
}

static void more_than_fits_is_not_kept(void)
{
	struct collect_conf conf = { .max_digits = 1000 };
	struct collect c = { 0 };

	collect_start(&c, &conf, false, 0);
	for (int i = 0; i < COLLECT_MAX - 1; i++)
		CHECK_EQ(collect_key(&c, '7', 1), COLLECT_MORE);
	CHECK_EQ(collect_key(&c, '7', 1), COLLECT_COMPLETE);
	CHECK_EQ(strlen(c.digits), COLLECT_MAX);
	CHECK_EQ(collect_key(&c, '7', 1), COLLECT_MORE);
	CHECK_EQ(strlen(c.digits), COLLECT_MAX);
}

static void off_means_off(void)
{
	struct collect c = { 0 };

	CHECK_EQ(collect_key(&c, '1', 1), COLLECT_MORE);
	CHECK_EQ(collect_tick(&c, 1000000), COLLECT_MORE);
	CHECK_EQ(c.n, 0);
}

int main(void)
{
	the_end_digit_ends();
	the_last_digit_ends();
	the_clock_begins_after_the_prompt();
	a_key_interrupts_the_prompt();
	more_than_fits_is_not_kept();
	off_means_off();
	return 0;
}

#include "check.h"
#include "collect.h"

static void the_end_digit_ends(void)
{
	struct collect_conf conf = { .end_digit = '#', .max_digits = 12 };
	struct collect c = { 0 };

	collect_start(&c, &conf, false, true, 0);
	CHECK_EQ(collect_key(&c, COLLECT_BY_EVENT, '4', 100), COLLECT_MORE);
	CHECK_EQ(collect_key(&c, COLLECT_BY_EVENT, '8', 200), COLLECT_MORE);
	CHECK_EQ(collect_key(&c, COLLECT_BY_EVENT, '#', 300), COLLECT_COMPLETE);
	CHECK_STR(c.digits, "48");
	collect_wipe(&c);
	for (size_t i = 0; i < sizeof(c); i++)
		CHECK_EQ(((const char *)&c)[i], 0);
}

static void the_last_digit_ends(void)
{
	struct collect_conf conf = { .max_digits = 2 };
	struct collect c = { 0 };

	collect_start(&c, &conf, false, true, 0);
	CHECK_EQ(collect_key(&c, COLLECT_BY_EVENT, '#', 1), COLLECT_MORE);
	CHECK_EQ(collect_key(&c, COLLECT_BY_EVENT, '1', 2), COLLECT_COMPLETE);
	CHECK_STR(c.digits, "#1");
	CHECK_EQ(collect_key(&c, COLLECT_BY_EVENT, '2', 3), COLLECT_MORE);
	CHECK_STR(c.digits, "#1");
}

static void the_clock_begins_after_the_prompt(void)
{
	struct collect_conf conf = { .first_ms = 1000, .next_ms = 500 };
	struct collect c = { 0 };

	collect_start(&c, &conf, true, true, 0);
	CHECK_EQ(collect_tick(&c, 100000), COLLECT_MORE);
	collect_prompted(&c, 100000);
	CHECK_EQ(collect_tick(&c, 100999), COLLECT_MORE);
	CHECK_EQ(collect_tick(&c, 101000), COLLECT_TIMEOUT);
	CHECK_EQ(collect_key(&c, COLLECT_BY_EVENT, '1', 101000), COLLECT_MORE);
	CHECK_EQ(collect_tick(&c, 101499), COLLECT_MORE);
	CHECK_EQ(collect_tick(&c, 101500), COLLECT_TIMEOUT);
	CHECK_STR(c.digits, "1");
}

static void a_key_interrupts_the_prompt(void)
{
	struct collect_conf conf = { .next_ms = 500 };
	struct collect c = { 0 };

	collect_start(&c, &conf, true, true, 0);
	CHECK_EQ(collect_key(&c, COLLECT_BY_EVENT, '1', 50), COLLECT_MORE);
	CHECK_EQ(collect_tick(&c, 550), COLLECT_TIMEOUT);
}

static void more_than_fits_is_not_kept(void)
{
	struct collect_conf conf = { .max_digits = 1000 };
	struct collect c = { 0 };

	collect_start(&c, &conf, false, true, 0);
	for (int i = 0; i < COLLECT_MAX - 1; i++)
		CHECK_EQ(collect_key(&c, COLLECT_BY_EVENT, '7', 1),
			 COLLECT_MORE);
	CHECK_EQ(collect_key(&c, COLLECT_BY_EVENT, '7', 1), COLLECT_COMPLETE);
	CHECK_EQ(strlen(c.digits), COLLECT_MAX);
	CHECK_EQ(collect_key(&c, COLLECT_BY_EVENT, '7', 1), COLLECT_MORE);
	CHECK_EQ(strlen(c.digits), COLLECT_MAX);
}

static void off_means_off(void)
{
	struct collect c = { 0 };

	CHECK_EQ(collect_key(&c, COLLECT_BY_EVENT, '1', 1), COLLECT_MORE);
	CHECK_EQ(collect_tick(&c, 1000000), COLLECT_MORE);
	CHECK_EQ(c.n, 0);
}

/* A phone that sends a press as INFO and plays its tone presses once. */
static void a_press_counts_by_its_first_way(void)
{
	struct collect_conf conf = { .max_digits = 4 };
	struct collect c = { 0 };

	collect_start(&c, &conf, false, true, 0);
	CHECK_EQ(collect_key(&c, COLLECT_BY_INFO, '4', 1), COLLECT_MORE);
	CHECK_EQ(collect_key(&c, COLLECT_BY_SOUND, '4', 2), COLLECT_MORE);
	CHECK_EQ(collect_key(&c, COLLECT_BY_INFO, '4', 3), COLLECT_MORE);
	CHECK_EQ(collect_key(&c, COLLECT_BY_EVENT, '1', 4), COLLECT_MORE);
	CHECK_STR(c.digits, "44");
	/* The next entry may come another way. */
	collect_start(&c, &conf, false, true, 5);
	CHECK_EQ(collect_key(&c, COLLECT_BY_SOUND, '7', 6), COLLECT_MORE);
	CHECK_STR(c.digits, "7");
}

static void who_was_never_heard_is_silent(void)
{
	struct collect_conf conf = { .silent_ms = 2000, .first_ms = 1000 };
	struct collect c = { 0 };

	/* The prompt makes no difference: nobody may hear it. */
	collect_start(&c, &conf, true, false, 100);
	CHECK_EQ(collect_tick(&c, 2099), COLLECT_MORE);
	CHECK_EQ(collect_tick(&c, 2100), COLLECT_SILENT);
	/* One packet, or one key by INFO, is somebody. */
	collect_start(&c, &conf, true, false, 0);
	collect_heard(&c);
	CHECK_EQ(collect_tick(&c, 60000), COLLECT_MORE);
	collect_start(&c, &conf, true, false, 0);
	CHECK_EQ(collect_key(&c, COLLECT_BY_INFO, '1', 10), COLLECT_MORE);
	CHECK_EQ(collect_tick(&c, 2500), COLLECT_MORE);
	CHECK_EQ(collect_tick(&c, 5010), COLLECT_TIMEOUT);
	/* Heard before: a phone may be silent when nobody speaks. */
	collect_start(&c, &conf, true, true, 0);
	CHECK_EQ(collect_tick(&c, 60000), COLLECT_MORE);
	conf.silent_ms = 0;
	collect_start(&c, &conf, true, false, 0);
	CHECK_EQ(collect_tick(&c, 60000), COLLECT_MORE);
}

int main(void)
{
	the_end_digit_ends();
	the_last_digit_ends();
	the_clock_begins_after_the_prompt();
	a_key_interrupts_the_prompt();
	more_than_fits_is_not_kept();
	off_means_off();
	a_press_counts_by_its_first_way();
	who_was_never_heard_is_silent();
	return 0;
}

/* The calls that a trunk did not take in a day, hour by hour. */
#include "check.h"
#include "trunk_failures.h"

#define HOUR 3600000ULL

/* Whatever the minute, it counts for 24 hours and for less than 25. */
static void test_a_day(void)
{
	for (uint64_t minute = 0; minute < 60; minute++) {
		uint64_t at = 700 * HOUR + minute * 60000;
		struct trunk_failures f = { 0 };

		trunk_failures_add(&f, at);
		CHECK_EQ(trunk_failures_day(&f, at), 1);
		CHECK_EQ(trunk_failures_day(&f, at + 24 * HOUR), 1);
		CHECK_EQ(trunk_failures_day(&f, at + 25 * HOUR), 0);
	}
}

/* One an hour, looked at or not: a day has 25 at most. */
static void test_each_hour(void)
{
	struct trunk_failures f = { 0 };

	for (uint64_t h = 1; h <= 100; h++)
		trunk_failures_add(&f, h * HOUR);
	CHECK_EQ(trunk_failures_day(&f, 100 * HOUR), 25);
	CHECK_EQ(trunk_failures_day(&f, 112 * HOUR), 13);
	CHECK_EQ(trunk_failures_day(&f, 124 * HOUR), 1);
	CHECK_EQ(trunk_failures_day(&f, 125 * HOUR), 0);
}

/* A long silence empties all, and what comes then counts alone. */
static void test_silence(void)
{
	struct trunk_failures f = { 0 };

	for (int i = 0; i < 1000; i++)
		trunk_failures_add(&f, 5 * HOUR);
	CHECK_EQ(trunk_failures_day(&f, 6 * HOUR), 1000);
	trunk_failures_add(&f, 100000 * HOUR);
	CHECK_EQ(trunk_failures_day(&f, 100000 * HOUR), 1);
	/* 25 hours on, to the hour: the same place in the ring */
	trunk_failures_add(&f, 100025 * HOUR);
	CHECK_EQ(trunk_failures_day(&f, 100025 * HOUR), 1);
}

static void test_turn(void)
{
	CHECK_EQ(trunk_failures_turn_ms(0), HOUR);
	CHECK_EQ(trunk_failures_turn_ms(HOUR - 1), 1);
	CHECK_EQ(trunk_failures_turn_ms(HOUR), HOUR);
}

int main(void)
{
	test_a_day();
	test_each_hour();
	test_silence();
	test_turn();
	return 0;
}

#include "rate.h"

#include "check.h"

static void test_burst_then_rate(void)
{
	struct rate r;

	rate_init(&r, 3, 2);
	for (int i = 0; i < 3; i++)
		CHECK(rate_take(&r, 1000));
	CHECK(!rate_take(&r, 1000));
	CHECK(!rate_take(&r, 1499));
	CHECK_EQ(r.refused, 2);
	CHECK(rate_take(&r, 1500));
	CHECK_EQ(r.refused, 0);
	CHECK(!rate_take(&r, 1500));
}

static void test_never_more_than_burst(void)
{
	struct rate r;
	int passed = 0;

	rate_init(&r, 5, 1000000);
	CHECK(rate_take(&r, 0));
	for (int i = 0; i < 100; i++)
		passed += rate_take(&r, UINT64_MAX);
	CHECK_EQ(passed, 5);
}

static void test_clock_going_back(void)
{
	struct rate r;

	rate_init(&r, 1, 1);
	CHECK(rate_take(&r, 5000));
	CHECK(!rate_take(&r, 10));
	CHECK(!rate_take(&r, 5999));
	CHECK(rate_take(&r, 6000));
}

static void test_closed(void)
{
	struct rate none, once;

	rate_init(&none, 0, 1000);
	CHECK(!rate_take(&none, 1000000));

	rate_init(&once, 1, 0);
	CHECK(rate_take(&once, 1));
	CHECK(!rate_take(&once, UINT64_MAX));
}

int main(void)
{
	test_burst_then_rate();
	test_never_more_than_burst();
	test_clock_going_back();
	test_closed();
	return 0;
}

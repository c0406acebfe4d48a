/* How long a call may go on, second by second. */
#include "allowance.h"
#include "check.h"

enum { WALL = 1000000 };

static uint32_t wait_ms;

static enum allowance_deed at(struct allowance *a, uint64_t talk_ms)
{
	return allowance_next(a, talk_ms, WALL, &wait_ms);
}

static void test_renewed(void)
{
	struct allowance a;

	allowance_begin(&a, 60, 0);
	CHECK(allowance_any(&a));
	CHECK_EQ(at(&a, 0), ALLOWANCE_WAIT);
	CHECK_EQ(wait_ms, 40000);
	CHECK_EQ(at(&a, 40000), ALLOWANCE_ASK);
	/* Awaited: not asked twice, not warned of. */
	CHECK_EQ(at(&a, 40500), ALLOWANCE_WAIT);
	CHECK_EQ(wait_ms, 1000);
	allowance_answer(&a, 40500, 120, false);
	CHECK_EQ(at(&a, 40500), ALLOWANCE_WAIT);
	CHECK_EQ(at(&a, 40500 + 53000), ALLOWANCE_ASK);
	/* Within the last seconds of a slice that is being renewed. */
	CHECK_EQ(at(&a, 115000), ALLOWANCE_WAIT);
	allowance_answer(&a, 115000, 180, false);
	CHECK_EQ(at(&a, 121000), ALLOWANCE_WAIT);
}

static void test_refused(void)
{
	struct allowance a;

	allowance_begin(&a, 60, 0);
	CHECK_EQ(at(&a, 40000), ALLOWANCE_ASK);
	allowance_answer(&a, 40100, 60, true);
	CHECK_EQ(at(&a, 40100), ALLOWANCE_WAIT);
	CHECK_EQ(wait_ms, 9900);
	CHECK_EQ(at(&a, 50000), ALLOWANCE_WARN);
	CHECK_EQ(at(&a, 50000), ALLOWANCE_WAIT);
	CHECK_EQ(wait_ms, 10000);
	CHECK_EQ(at(&a, 59999), ALLOWANCE_WAIT);
	CHECK_EQ(wait_ms, 1);
	CHECK_EQ(at(&a, 60000), ALLOWANCE_CUT);
	/* A lease that is refused and shortened ends sooner. */
	allowance_begin(&a, 60, 0);
	CHECK_EQ(at(&a, 40000), ALLOWANCE_ASK);
	allowance_answer(&a, 40000, 30, true);
	CHECK_EQ(at(&a, 40000), ALLOWANCE_CUT);
	/* No number in the refusal: what was lent stands. */
	allowance_begin(&a, 60, 0);
	allowance_answer(&a, 40000, 0, true);
	CHECK_EQ(at(&a, 59999), ALLOWANCE_WARN);
	CHECK_EQ(at(&a, 60000), ALLOWANCE_CUT);
}

static void test_silent(void)
{
	struct allowance a;

	allowance_begin(&a, 30, 0);
	for (uint64_t t = 20000; t < 30000; t += 1000) {
		CHECK_EQ(at(&a, t), ALLOWANCE_ASK);
		allowance_silent(&a, t);
		if (t == 20000)
			CHECK_EQ(at(&a, t), ALLOWANCE_WARN);
		CHECK_EQ(at(&a, t), ALLOWANCE_WAIT);
		CHECK_EQ(wait_ms, 1000);
	}
	CHECK_EQ(at(&a, 30000), ALLOWANCE_CUT);
	CHECK(a.unsure);
}

/* The smallest slice there is: every question comes a second after the last. */
static void test_tiny(void)
{
	struct allowance a;

	allowance_begin(&a, 1, 0);
	CHECK_EQ(at(&a, 0), ALLOWANCE_WAIT);
	CHECK_EQ(wait_ms, 666);
	CHECK_EQ(at(&a, 666), ALLOWANCE_ASK);
	allowance_answer(&a, 700, 2, false);
	CHECK_EQ(at(&a, 700), ALLOWANCE_WAIT);
	CHECK_EQ(at(&a, 1700), ALLOWANCE_ASK);
}

/* It had no end, and routed has come to want one. */
static void test_due(void)
{
	struct allowance a;

	allowance_begin(&a, 0, 0);
	allowance_due(&a, 0);
	CHECK(allowance_any(&a));
	CHECK_EQ(at(&a, 0), ALLOWANCE_WAIT);
	CHECK_EQ(wait_ms, 1);
	CHECK_EQ(at(&a, 1), ALLOWANCE_ASK);
	/* Silence is no end; it is asked again. */
	allowance_silent(&a, 1);
	CHECK_EQ(at(&a, 900), ALLOWANCE_WAIT);
	CHECK_EQ(at(&a, 1001), ALLOWANCE_ASK);
	allowance_answer(&a, 1001, 61, false);
	CHECK_EQ(at(&a, 1001), ALLOWANCE_WAIT);
	CHECK_EQ(wait_ms, 39999);
	/* In the middle of it; what it talked may be too much already. */
	allowance_begin(&a, 0, 0);
	allowance_due(&a, 500000);
	CHECK_EQ(at(&a, 500000), ALLOWANCE_ASK);
	allowance_answer(&a, 500001, 499, true);
	CHECK_EQ(at(&a, 500001), ALLOWANCE_CUT);
}

static void test_until(void)
{
	struct allowance a;

	allowance_begin(&a, 0, WALL + 60000);
	CHECK(allowance_any(&a));
	/* The wall clock may be set at any time. */
	CHECK_EQ(at(&a, 0), ALLOWANCE_WAIT);
	CHECK_EQ(wait_ms, 1000);
	CHECK_EQ(allowance_next(&a, 5000, WALL + 51000, &wait_ms),
		 ALLOWANCE_WARN);
	CHECK_EQ(allowance_next(&a, 5000, WALL + 59500, &wait_ms),
		 ALLOWANCE_WAIT);
	CHECK_EQ(wait_ms, 500);
	CHECK_EQ(allowance_next(&a, 5000, WALL + 60000, &wait_ms),
		 ALLOWANCE_CUT);
	/* Set back: it goes on. */
	CHECK_EQ(allowance_next(&a, 5000, WALL, &wait_ms), ALLOWANCE_WAIT);
	allowance_begin(&a, 0, 0);
	CHECK(!allowance_any(&a));
}

int main(void)
{
	test_renewed();
	test_refused();
	test_silent();
	test_tiny();
	test_due();
	test_until();
	return 0;
}

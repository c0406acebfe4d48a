/* When to register again, after whatever was answered. */
#include "check.h"
#include "trunk_register.h"

enum { NOW = 1000000 };

static struct trunk_register begun(uint32_t expires_s)
{
	struct trunk_register r;

	trunk_register_begin(&r, expires_s, NOW);
	CHECK_EQ(r.due_ms, NOW);
	CHECK(!trunk_register_holds(&r, NOW));
	return r;
}

static void answer(struct trunk_register *r, uint64_t now,
		   struct trunk_reply reply, uint32_t chance)
{
	trunk_register_answer(r, now, &reply, chance);
}

static void test_held(void)
{
	struct trunk_register r = begun(600);

	answer(&r, NOW, (struct trunk_reply){ .code = 200, .expires_s = 300 },
	       0);
	CHECK_EQ(r.how, TRUNK_HELD);
	CHECK_EQ(r.due_ms, NOW + 225000);
	CHECK_EQ(r.until_ms, NOW + 300000);
	CHECK(trunk_register_holds(&r, NOW + 299999));
	CHECK(!trunk_register_holds(&r, NOW + 300000));
	/* Not all at the same time. */
	answer(&r, NOW, (struct trunk_reply){ .code = 200, .expires_s = 300 },
	       999);
	CHECK(r.due_ms > NOW + 269000 && r.due_ms < NOW + 270000);
	/* Not said: as asked. More than a day is nobody's. */
	answer(&r, NOW, (struct trunk_reply){ .code = 200 }, 0);
	CHECK_EQ(r.until_ms, NOW + 600000);
	answer(&r, NOW,
	       (struct trunk_reply){ .code = 200, .expires_s = UINT32_MAX }, 0);
	CHECK_EQ(r.until_ms, NOW + 86400000);
}

static void test_refused(void)
{
	struct trunk_register r = begun(600);
	uint64_t most = 0;

	answer(&r, NOW, (struct trunk_reply){ .code = 403 }, 500);
	CHECK_EQ(r.how, TRUNK_REFUSED);
	CHECK_EQ(r.due_ms, NOW + 60000);
	answer(&r, NOW, (struct trunk_reply){ .code = 403 }, 500);
	CHECK_EQ(r.due_ms, NOW + 120000);
	for (uint32_t i = 0; i < 100; i++) {
		answer(&r, NOW, (struct trunk_reply){ .code = 604 }, i * 10);
		if (r.due_ms - NOW > most)
			most = r.due_ms - NOW;
	}
	CHECK_EQ(r.how, TRUNK_REFUSED);
	CHECK(most > 1800000 && most <= 1800000 * 6 / 5);
	/* A success forgets them. */
	answer(&r, NOW, (struct trunk_reply){ .code = 200 }, 0);
	answer(&r, NOW, (struct trunk_reply){ .code = 403 }, 500);
	CHECK_EQ(r.due_ms, NOW + 60000);
	CHECK(!trunk_register_holds(&r, NOW));
}

static void test_unheard(void)
{
	struct trunk_register r = begun(600);

	answer(&r, NOW, (struct trunk_reply){ .code = 503, .silent = true },
	       500);
	CHECK_EQ(r.how, TRUNK_UNHEARD);
	CHECK_EQ(r.due_ms, NOW + 5000);
	answer(&r, NOW, (struct trunk_reply){ .code = 503 }, 0);
	CHECK_EQ(r.due_ms, NOW + 8000);
	answer(&r, NOW,
	       (struct trunk_reply){ .code = 503, .retry_after_s = 77 }, 0);
	CHECK_EQ(r.due_ms, NOW + 77000);
	answer(&r, NOW,
	       (struct trunk_reply){ .code = 503, .retry_after_s = 1000000 },
	       0);
	CHECK_EQ(r.due_ms, NOW + 3600000);
	for (uint32_t i = 0; i < 100; i++)
		answer(&r, NOW, (struct trunk_reply){ .code = 500 }, 500);
	CHECK_EQ(r.due_ms, NOW + 300000);
	/* What was granted stands until it expires; then people see it. */
	answer(&r, NOW, (struct trunk_reply){ .code = 200, .expires_s = 100 },
	       0);
	answer(&r, NOW + 90000,
	       (struct trunk_reply){ .code = 503, .retry_after_s = 60 }, 0);
	CHECK(trunk_register_holds(&r, NOW + 90000));
	CHECK_EQ(r.due_ms, NOW + 100000);
}

static void test_too_brief(void)
{
	struct trunk_register r = begun(60);

	answer(&r, NOW,
	       (struct trunk_reply){ .code = 423, .min_expires_s = 300 }, 0);
	CHECK_EQ(r.expires_s, 300);
	CHECK_EQ(r.due_ms, NOW);
	CHECK_EQ(r.how, TRUNK_ASKING);
	/* The same again leads nowhere. */
	answer(&r, NOW,
	       (struct trunk_reply){ .code = 423, .min_expires_s = 300 }, 500);
	CHECK_EQ(r.how, TRUNK_REFUSED);
	CHECK_EQ(r.due_ms, NOW + 60000);
	r = begun(60);
	answer(&r, NOW,
	       (struct trunk_reply){ .code = 423, .min_expires_s = 1000000 },
	       500);
	CHECK_EQ(r.how, TRUNK_REFUSED);
}

int main(void)
{
	test_held();
	test_refused();
	test_unheard();
	test_too_brief();
	return 0;
}

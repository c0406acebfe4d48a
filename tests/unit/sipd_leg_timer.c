/* RFC 4028's arithmetic. */
#include "check.h"
#include "leg_timer.h"

static void test_uas(void)
{
	struct leg_timer_terms t = { .supported = true, .expires_s = 1800 };
	struct leg_timer r = leg_timer_uas(&t, 600);

	CHECK_EQ(r.interval_s, 600);
	CHECK_EQ(r.refresher, REFRESHER_PEER);
	t.min_s = 1200;
	CHECK_EQ(leg_timer_uas(&t, 600).interval_s, 1200);
	t.refresher_uas = true;
	CHECK_EQ(leg_timer_uas(&t, 600).refresher, REFRESHER_US);
	t = (struct leg_timer_terms){ .supported = false };
	CHECK_EQ(leg_timer_uas(&t, 600).interval_s, 0);
	CHECK_EQ(leg_timer_uas(&t, 600).refresher, REFRESHER_NONE);
	/* A proxy asked, the phone knows nothing of it: we refresh. */
	t.expires_s = 300;
	CHECK_EQ(leg_timer_uas(&t, 600).refresher, REFRESHER_US);
	t.expires_s = 89;
	CHECK(leg_timer_too_short(&t));
}

static void test_uac(void)
{
	struct leg_timer_terms t = { .supported = true };

	CHECK_EQ(leg_timer_uac(&t).refresher, REFRESHER_NONE);
	t.expires_s = 1800;
	CHECK_EQ(leg_timer_uac(&t).refresher, REFRESHER_US);
	t.refresher_uas = true;
	CHECK_EQ(leg_timer_uac(&t).refresher, REFRESHER_PEER);
	t.expires_s = 1;
	CHECK_EQ(leg_timer_uac(&t).interval_s, LEG_MIN_SE);
}

static void test_due(void)
{
	struct leg_timer t = { 1800, REFRESHER_US };

	CHECK_EQ(leg_timer_due_s(&t), 900);
	t.refresher = REFRESHER_PEER;
	CHECK_EQ(leg_timer_due_s(&t), 1768);
	t.interval_s = 90;
	CHECK_EQ(leg_timer_due_s(&t), 60);
	t.refresher = REFRESHER_NONE;
	CHECK_EQ(leg_timer_due_s(&t), 0);
}

int main(void)
{
	test_uas();
	test_uac();
	test_due();
	return 0;
}

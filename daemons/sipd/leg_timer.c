#include "leg_timer.h"

bool leg_timer_too_short(const struct leg_timer_terms *t)
{
	return t->expires_s != 0 && t->expires_s < LEG_MIN_SE;
}

struct leg_timer leg_timer_uas(const struct leg_timer_terms *t, uint32_t wish_s)
{
	struct leg_timer out = { 0, REFRESHER_NONE };
	uint32_t floor_s = t->min_s > LEG_MIN_SE ? t->min_s : LEG_MIN_SE;

	/* A peer that knows no timers would be asked in vain to refresh. */
	if (!t->supported && t->expires_s == 0)
		return out;
	if (wish_s < floor_s)
		wish_s = floor_s;
	out.interval_s = t->expires_s != 0 && t->expires_s < wish_s
				 ? t->expires_s
				 : wish_s;
	/* Table 2 of section 9: the peer's wish, else the one that can. */
	if (t->refresher_uas || !t->supported)
		out.refresher = REFRESHER_US;
	else
		out.refresher = REFRESHER_PEER;
	return out;
}

struct leg_timer leg_timer_uac(const struct leg_timer_terms *t)
{
	struct leg_timer out = { 0, REFRESHER_NONE };

	if (t->expires_s == 0)
		return out;
	/* An answer below what the RFC allows would have us refresh without
	   end. */
	out.interval_s = t->expires_s < LEG_MIN_SE ? LEG_MIN_SE : t->expires_s;
	out.refresher = t->refresher_uas ? REFRESHER_PEER : REFRESHER_US;
	return out;
}

uint32_t leg_timer_due_s(const struct leg_timer *t)
{
	uint32_t third_s = t->interval_s / 3;

	switch (t->refresher) {
	case REFRESHER_NONE:
		return 0;
	case REFRESHER_US:
		return t->interval_s / 2;
	case REFRESHER_PEER:
		return t->interval_s - (third_s < 32 ? third_s : 32);
	}
	return 0;
}

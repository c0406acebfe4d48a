#include "price.h"

uint64_t price_billed_s(const struct price *p, uint32_t talk_s)
{
	uint64_t more;

	if (talk_s <= p->first_s)
		return p->first_s;
	more = talk_s - p->first_s;
	return p->first_s + (more + p->next_s - 1) / p->next_s * p->next_s;
}

uint64_t price_of(const struct price *p, uint32_t talk_s)
{
	uint64_t milli_s = p->minute_milli * price_billed_s(p, talk_s);

	return p->connect_milli + (milli_s + 59) / 60;
}

uint32_t price_reach(const struct price *p, uint64_t milli)
{
	uint64_t billed_s;

	if (milli < price_of(p, 0))
		return 0;
	if (p->minute_milli == 0)
		return UINT32_MAX;
	/* Rounded up it costs at most m exactly when it does unrounded. */
	milli -= p->connect_milli;
	if (milli > UINT64_MAX / 60)
		return UINT32_MAX;
	billed_s = milli * 60 / p->minute_milli - p->first_s;
	billed_s = p->first_s + billed_s / p->next_s * p->next_s;
	return billed_s < UINT32_MAX ? (uint32_t)billed_s : UINT32_MAX;
}

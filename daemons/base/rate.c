#include "rate.h"

enum { TOKEN = 1000 }; /* thousandths */

void rate_init(struct rate *r, uint32_t burst, uint32_t per_s)
{
	*r = (struct rate){
		.burst = burst,
		.per_s = per_s,
		.level_milli = (uint64_t)burst * TOKEN,
	};
}

static void refill(struct rate *r, uint64_t now_ms)
{
	uint64_t full = (uint64_t)r->burst * TOKEN;
	uint64_t passed = now_ms > r->last_ms ? now_ms - r->last_ms : 0;

	/* One token a second is one thousandth a millisecond. */
	if (r->per_s && passed > full / r->per_s)
		r->level_milli = full;
	else
		r->level_milli += passed * r->per_s;
	if (r->level_milli > full)
		r->level_milli = full;
	if (passed)
		r->last_ms = now_ms;
}

bool rate_take(struct rate *r, uint64_t now_ms)
{
	refill(r, now_ms);
	if (r->level_milli < TOKEN) {
		if (r->refused < UINT32_MAX)
			r->refused++;
		return false;
	}
	r->level_milli -= TOKEN;
	r->refused = 0;
	return true;
}

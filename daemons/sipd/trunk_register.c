#include "trunk_register.h"

#include <string.h>

enum {
	EXPIRES_MAX_S = 86400,
	REFUSED_FIRST_S = 60,
	REFUSED_MOST_S = 1800,
	UNHEARD_FIRST_S = 5,
	UNHEARD_MOST_S = 300,
	RETRY_AFTER_MOST_S = 3600,
	SPREAD = 1000,
};

void trunk_register_begin(struct trunk_register *r, uint32_t expires_s,
			  uint64_t now_ms)
{
	memset(r, 0, sizeof(*r));
	r->expires_s = expires_s;
	r->due_ms = now_ms;
}

bool trunk_register_holds(const struct trunk_register *r, uint64_t now_ms)
{
	return r->until_ms > now_ms;
}

/* From three quarters to nine tenths of what was granted. */
static uint64_t renewal_ms(uint32_t granted_s, uint32_t chance)
{
	return granted_s * (750ULL + 150 * (chance % SPREAD) / SPREAD);
}

static void held(struct trunk_register *r, uint64_t now_ms, uint32_t granted_s,
		 uint32_t chance)
{
	if (granted_s == 0)
		granted_s = r->expires_s;
	if (granted_s > EXPIRES_MAX_S)
		granted_s = EXPIRES_MAX_S;
	r->how = TRUNK_HELD;
	r->failures = 0;
	r->until_ms = now_ms + granted_s * 1000ULL;
	r->due_ms = now_ms + renewal_ms(granted_s, chance);
}

static bool longer_wanted(struct trunk_register *r, uint64_t now_ms,
			  const struct trunk_reply *reply)
{
	if (reply->silent || reply->code != 423 ||
	    reply->min_expires_s <= r->expires_s ||
	    reply->min_expires_s > EXPIRES_MAX_S)
		return false;
	r->expires_s = reply->min_expires_s;
	r->due_ms = now_ms;
	return true;
}

/* Doubles with each failure, within four fifths and six fifths of it. */
static uint64_t wait_ms(uint32_t first_s, uint32_t most_s, uint32_t failures,
			uint32_t chance)
{
	uint64_t wait_s = first_s;

	while (failures-- > 1 && wait_s < most_s)
		wait_s *= 2;
	if (wait_s > most_s)
		wait_s = most_s;
	return wait_s * (800ULL + 400 * (chance % SPREAD) / SPREAD);
}

void trunk_register_answer(struct trunk_register *r, uint64_t now_ms,
			   const struct trunk_reply *reply, uint32_t chance)
{
	bool refused =
		!reply->silent && reply->code < 500 && reply->code != 408;
	uint32_t after_s = reply->retry_after_s;
	uint64_t wait;

	if (!reply->silent && reply->code >= 200 && reply->code < 300) {
		held(r, now_ms, reply->expires_s, chance);
		return;
	}
	if (longer_wanted(r, now_ms, reply))
		return;
	/* 6xx is a refusal, too. */
	refused = refused || (!reply->silent && reply->code >= 600);
	r->how = refused ? TRUNK_REFUSED : TRUNK_UNHEARD;
	if (refused)
		r->until_ms = 0;
	r->failures++;
	wait = refused ? wait_ms(REFUSED_FIRST_S, REFUSED_MOST_S, r->failures,
				 chance)
		       : wait_ms(UNHEARD_FIRST_S, UNHEARD_MOST_S, r->failures,
				 chance);
	if (after_s > RETRY_AFTER_MOST_S)
		after_s = RETRY_AFTER_MOST_S;
	if (after_s * 1000ULL > wait)
		wait = after_s * 1000ULL;
	r->due_ms = now_ms + wait;
	/* When it is no longer in force, people must see it. */
	if (r->until_ms > now_ms && r->due_ms > r->until_ms)
		r->due_ms = r->until_ms;
}

#include "credit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	SLICE_S = 60,
	/* One second could not be told from none: see CUT_EARLY_S. */
	SHORTEST_S = 2,
};

/* What one limit leaves for this call alone. */
struct left {
	struct limit limit; /* cap NULL: none applies */
	const char *who;
	struct amount used; /* by others, what they hold included */
	uint32_t reach_s;   /* in all, from the answer */
	bool unpriced;      /* a limit in money, and nobody knows the price */
};

static uint64_t minus(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

static struct left left_of(const struct limit *limit, const struct purse *a,
			   const struct amount *own,
			   const struct period_starts *now,
			   const struct credit_call *call)
{
	struct left l = { .limit = *limit, .reach_s = UINT32_MAX };
	uint64_t reach;

	if (a) {
		l.used = purse_used(a, (enum period)limit->cap->period, now);
		l.used.seconds += minus(a->held.seconds, own->seconds);
		l.used.milli += minus(a->held.milli, own->milli);
	}
	if (limit->seconds) {
		reach = minus(limit->seconds, l.used.seconds);
		if (reach < l.reach_s)
			l.reach_s = (uint32_t)reach;
	}
	if (!limit->money_milli)
		return l;
	l.unpriced = !call->priced;
	reach = l.unpriced ? 0
			   : price_reach(&call->price, minus(limit->money_milli,
							     l.used.milli));
	if (reach < l.reach_s)
		l.reach_s = (uint32_t)reach;
	return l;
}

/* The tightest of all limits that apply. */
static struct left tightest(const struct caps *caps,
			    const struct purses *purses,
			    const struct period_starts *now,
			    const struct credit_call *call, bool *money)
{
	struct left least = { .reach_s = UINT32_MAX };

	for (size_t s = 0; s < N_SCOPES; s++) {
		const char *who = call->who[s];
		const struct purse *a = purse_find(purses, (enum scope)s, who);
		struct caps_walk walk = caps_of(caps, (enum scope)s, who);
		struct limit limit;

		while (caps_next(&walk, &limit)) {
			struct left l =
				left_of(&limit, a, &call->own[s], now, call);

			*money = *money || limit.money_milli;
			if (least.limit.cap && l.reach_s >= least.reach_s)
				continue;
			least = l;
			least.who = who;
		}
	}
	return least;
}

static void say_unpriced(const struct credit_call *call,
			 const struct credit *cap, char *why, size_t size)
{
	if (!*call->rates)
		snprintf(
			why, size,
			"limit %s is in money, and the trunk has no price list",
			cap->name);
	else if (!*call->number)
		snprintf(why, size,
			 "limit %s is in money: no price for a number that is "
			 "not international",
			 cap->name);
	else
		snprintf(why, size, "limit %s: no price for %s in list %s",
			 cap->name, call->number, call->rates);
}

static void say(const struct credit_call *call, const struct left *l, char *why,
		size_t size)
{
	static const char *const periods[N_PERIODS] = { "a day", "a week",
							"a month", "in all" };
	const struct credit *cap = l->limit.cap;
	char money[64] = "", seconds[64] = "", whose[72] = "";

	if (l->unpriced) {
		say_unpriced(call, cap, why, size);
		return;
	}
	if (caps_is_each(cap))
		snprintf(whose, sizeof(whose), " for %s", l->who);
	if (l->limit.seconds)
		snprintf(seconds, sizeof(seconds),
			 ", %" PRIu64 " of %" PRIu64 " s", l->used.seconds,
			 l->limit.seconds);
	if (l->limit.money_milli)
		snprintf(money, sizeof(money),
			 ", %" PRIu64 ".%03u of %" PRIu64 ".%03u",
			 l->used.milli / 1000, (unsigned)(l->used.milli % 1000),
			 l->limit.money_milli / 1000,
			 (unsigned)(l->limit.money_milli % 1000));
	snprintf(why, size, "limit %s%s%s%s %s", cap->name, whose, seconds,
		 money, periods[cap->period]);
}

bool credit_grant(const struct caps *caps, const struct purses *purses,
		  const struct period_starts *now,
		  const struct credit_call *call, struct credit_grant *out)
{
	uint64_t wanted = (uint64_t)call->lease_s + SLICE_S;
	bool money = false;
	struct left l = tightest(caps, purses, now, call, &money);

	*out = (struct credit_grant){ .longest_s = l.reach_s };
	if (money && call->priced)
		wanted = price_billed_s(&call->price, (uint32_t)wanted);
	if (l.limit.cap) {
		out->limited = true;
		snprintf(out->credit, sizeof(out->credit), "%s",
			 l.limit.cap->name);
		say(call, &l, out->why, sizeof(out->why));
	}
	out->last = l.reach_s < wanted;
	out->lease_s = out->last ? l.reach_s : (uint32_t)wanted;
	if (out->lease_s >= SHORTEST_S && out->lease_s > call->lease_s)
		return true;
	out->lease_s = call->lease_s;
	out->last = true;
	return false;
}

struct amount credit_hold(const struct credit_call *call, uint32_t lease_s)
{
	return (struct amount){
		.seconds = lease_s,
		.milli = call->priced ? price_of(&call->price, lease_s) : 0,
	};
}

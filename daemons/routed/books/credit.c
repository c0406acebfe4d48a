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

struct caps {
	struct credit *rows; /* by scope and who */
	size_t n;
};

static int by_whose(const void *a, const void *b)
{
	const struct credit *x = a, *y = b;
	int rc;

	if (x->scope != y->scope)
		return x->scope < y->scope ? -1 : 1;
	rc = strcmp(x->who, y->who);
	return rc ? rc : strcmp(x->name, y->name);
}

struct caps *caps_new(const struct plan_rows *rows)
{
	struct caps *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->rows = calloc(rows->n + 1, sizeof(*c->rows));
	if (!c->rows) {
		free(c);
		return NULL;
	}
	for (size_t i = 0; i < rows->n; i++)
		c->rows[c->n++] = *(const struct credit *)plan_row(rows, i);
	qsort(c->rows, c->n, sizeof(*c->rows), by_whose);
	return c;
}

void caps_free(struct caps *c)
{
	if (!c)
		return;
	free(c->rows);
	free(c);
}

int caps_check(const struct credit *row, struct issue *issue)
{
	if (!*row->who)
		return issue_set(issue, "who",
				 "names a trunk, an extension, a PIN holder or "
				 "a dial rule");
	if (!row->seconds && !row->money_milli)
		return issue_set(issue, "seconds",
				 "give seconds, or money_milli, or both: this "
				 "would limit nothing");
	return 0;
}

void caps_each(const struct caps *c, caps_fn fn, void *ctx)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->rows[i].enabled)
			fn(ctx, &c->rows[i]);
}

/* The first limit that is not before (scope, who). */
static size_t first_of(const struct caps *c, enum scope scope, const char *who)
{
	struct credit key = { .scope = (uint32_t)scope };
	size_t low = 0, high = c->n;

	if (strlen(who) >= sizeof(key.who))
		return c->n;
	memcpy(key.who, who, strlen(who) + 1);
	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (by_whose(&c->rows[mid], &key) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool is_of(const struct caps *c, size_t i, enum scope scope,
		  const char *who)
{
	return i < c->n && c->rows[i].scope == (uint32_t)scope &&
	       !strcmp(c->rows[i].who, who);
}

void caps_of(const struct caps *c, enum scope scope, const char *who,
	     caps_fn fn, void *ctx)
{
	for (size_t i = first_of(c, scope, who); is_of(c, i, scope, who); i++)
		fn(ctx, &c->rows[i]);
}

bool caps_in_all(const struct caps *c, enum scope scope, const char *who)
{
	for (size_t i = first_of(c, scope, who); is_of(c, i, scope, who); i++)
		if (c->rows[i].period == PERIOD_TOTAL)
			return true;
	return false;
}

void caps_began(const struct caps *before, const struct caps *now, caps_fn fn,
		void *ctx)
{
	for (size_t i = 0; i < now->n; i++) {
		const struct credit *cap = &now->rows[i];

		if (cap->period == PERIOD_TOTAL &&
		    !caps_in_all(before, (enum scope)cap->scope, cap->who))
			fn(ctx, cap);
	}
}

/* What one limit leaves for this call alone. */
struct left {
	const struct credit *cap;
	struct amount used; /* by others, what they hold included */
	uint32_t reach_s;   /* in all, from the answer */
	bool unpriced;      /* a limit in money, and nobody knows the price */
};

static uint64_t minus(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

static struct left left_of(const struct credit *cap, const struct purse *a,
			   const struct amount *own,
			   const struct period_starts *now,
			   const struct credit_call *call)
{
	struct left l = { .cap = cap, .reach_s = UINT32_MAX };
	uint64_t reach;

	if (a) {
		l.used = purse_used(a, (enum period)cap->period, now);
		l.used.seconds += minus(a->held.seconds, own->seconds);
		l.used.milli += minus(a->held.milli, own->milli);
	}
	if (cap->seconds) {
		reach = minus(cap->seconds, l.used.seconds);
		if (reach < l.reach_s)
			l.reach_s = (uint32_t)reach;
	}
	if (!cap->money_milli)
		return l;
	l.unpriced = !call->priced;
	reach = l.unpriced ? 0
			   : price_reach(&call->price,
					 minus(cap->money_milli, l.used.milli));
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
		size_t i = first_of(caps, (enum scope)s, who);

		for (; *who && is_of(caps, i, (enum scope)s, who); i++) {
			struct left l = left_of(&caps->rows[i], a,
						&call->own[s], now, call);

			if (!l.cap->enabled)
				continue;
			*money = *money || l.cap->money_milli;
			if (!least.cap || l.reach_s < least.reach_s)
				least = l;
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
	const struct credit *cap = l->cap;
	char money[64] = "", seconds[64] = "";

	if (l->unpriced) {
		say_unpriced(call, cap, why, size);
		return;
	}
	if (cap->seconds)
		snprintf(seconds, sizeof(seconds),
			 ", %" PRIu64 " of %" PRIu64 " s", l->used.seconds,
			 cap->seconds);
	if (cap->money_milli)
		snprintf(money, sizeof(money),
			 ", %" PRIu64 ".%03u of %" PRIu64 ".%03u",
			 l->used.milli / 1000, (unsigned)(l->used.milli % 1000),
			 cap->money_milli / 1000,
			 (unsigned)(cap->money_milli % 1000));
	snprintf(why, size, "limit %s%s%s %s", cap->name, seconds, money,
		 periods[cap->period]);
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
	if (l.cap) {
		out->limited = true;
		snprintf(out->credit, sizeof(out->credit), "%s", l.cap->name);
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

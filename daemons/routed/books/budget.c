#include "budget.h"

#include <stdio.h>

#include "books_impl.h"

/* One question, asked of each limit. */
struct question {
	const struct purse *purse; /* NULL: nothing used yet */
	const struct period_starts *now;
	bool money;
	uint64_t from_ms, until_ms;
	struct budget least;
};

/* How many periods of a kind the span touches, and does one of them hold now?
 */
static uint64_t periods_in(const struct question *q, enum period period,
			   bool *holds_now)
{
	struct period_starts at = { { 0 } };
	uint64_t start = UINT64_MAX, n = 0;

	for (uint64_t t = q->from_ms; t < q->until_ms; t = at.until_ms) {
		period_starts(t, &at);
		if (at.until_ms <= t)
			return UINT64_MAX; /* no year that a clock can show */
		if (at.at_ms[period] == start)
			continue;
		start = at.at_ms[period];
		n++;
		*holds_now |= start == q->now->at_ms[period];
	}
	return n;
}

static void take_limit(struct question *q, const struct limit *of)
{
	uint64_t limit = q->money ? of->money_milli : of->seconds;
	enum period period = (enum period)of->cap->period;
	struct amount used = { 0 };
	bool holds_now = false;
	uint64_t n, sum, spent;

	if (!limit)
		return;
	n = periods_in(q, period, &holds_now);
	if (n && limit > (UINT64_MAX - 1) / n)
		return;
	sum = limit * n;
	if (holds_now && q->purse)
		used = purse_used(q->purse, period, q->now);
	spent = q->money ? used.milli : used.seconds;
	sum -= spent < limit ? spent : limit;
	if (sum >= q->least.amount)
		return;
	q->least.amount = sum;
	snprintf(q->least.credit, sizeof(q->least.credit), "%s", of->cap->name);
}

struct budget books_budget(struct books *b, enum usage_of of, const char *who,
			   bool money, uint64_t from_ms, uint64_t until_ms,
			   uint64_t now_ms)
{
	static const enum scope scopes[] = {
		[USAGE_OF_TRUNK] = SCOPE_TRUNK,
		[USAGE_OF_DIAL_RULE] = SCOPE_DIAL_RULE,
		[USAGE_OF_EXTENSION] = SCOPE_EXTENSION,
	};
	struct question q = {
		.money = money,
		.from_ms = from_ms,
		.until_ms = until_ms,
		.least = { .amount = UINT64_MAX },
	};
	struct caps_walk walk;
	struct limit limit;

	q.now = books_now(b, now_ms);
	q.purse = purse_find(b->purses, scopes[of], who);
	walk = caps_of(b->caps, scopes[of], who);
	while (caps_next(&walk, &limit))
		take_limit(&q, &limit);
	return q.least;
}

/*
 * Nobody overspends: random calls at the same time, over weeks, against random
 * limits of every kind, each cut when its lease ends and no sooner. What their
 * provider would count (its own sums, its own prices) is never above a limit.
 */
#include <time.h>

#include "books_world.h"
#include "check.h"

enum { ROUNDS = 4, STEPS = 400, ACTIVE = 12, CAPS = 8, PEOPLE = 3 };

struct talk {
	bool on;
	char id[16];
	int who[4]; /* by scope; -1: none */
	int list;   /* which price */
	uint64_t answer_ms;
	uint32_t wants_s;
	uint32_t lease_s; /* 0: no end */
	bool last;
};

/* What the other side counts against a limit. */
struct sum {
	uint64_t period;
	uint64_t seconds, milli;
};

struct world {
	struct books_world books;
	struct talk talks[ACTIVE];
	struct sum sums[CAPS][PEOPLE];
	uint32_t dice;
	int n_calls, out, refused, cut;
};

static const struct {
	uint64_t minute, connect;
	uint32_t first, next;
} prices[] = { { 60, 0, 60, 60 },
	       { 1333, 77, 1, 1 },
	       { 9, 1000, 30, 6 },
	       { 0, 0, 1, 1 } };
enum { LISTS = sizeof(prices) / sizeof(*prices) };

static uint32_t roll(struct world *w, uint32_t sides)
{
	w->dice = w->dice * 1664525 + 1013904223;
	return (w->dice >> 8) % sides;
}

static const char *const scope_names[] = { "trunk", "extension", "pin_holder",
					   "dial_rule" };
static const char *const period_names[] = { "day", "week", "month", "total" };

static void make_limits(struct world *w)
{
	static const char *const whose[] = { "who0", "who1", "who2", "*" };
	char words[200];

	for (int i = 0; i < CAPS; i++) {
		uint32_t seconds = roll(w, 2) ? 30 + roll(w, 4000) : 0;
		uint32_t milli =
			!seconds || roll(w, 2) ? 100 + roll(w, 9000) : 0;

		snprintf(words, sizeof(words),
			 "name=cap%d scope=%s who=%s period=%s seconds=%u "
			 "money_milli=%u",
			 i, scope_names[roll(w, 4)], whose[roll(w, PEOPLE + 1)],
			 period_names[roll(w, 4)], seconds, milli);
		books_world_cap(&w->books, words);
	}
	for (int i = 0; i < LISTS; i++) {
		snprintf(words, sizeof(words),
			 "id=list%d/49 price_milli=%u connect_milli=%u "
			 "first_s=%u next_s=%u",
			 i, (unsigned)prices[i].minute,
			 (unsigned)prices[i].connect, prices[i].first,
			 prices[i].next);
		books_world_rate(&w->books, words);
	}
}

static void begin(struct world *w, struct talk *t)
{
	char words[256];

	*t = (struct talk){ .list = (int)roll(w, LISTS),
			    .wants_s = 1 + roll(w, 1500),
			    .answer_ms = w->books.now_ms };
	for (int s = 0; s < 4; s++)
		t->who[s] = (int)roll(w, PEOPLE);
	if (roll(w, 3) == 0)
		t->who[2] = -1;
	snprintf(t->id, sizeof(t->id), "c%d", w->n_calls++);
	snprintf(words, sizeof(words),
		 "call=%s extension=who%d trunk=who%d dial_rule=who%d "
		 "rates=list%d number=4930 pin_holder=",
		 t->id, t->who[1], t->who[0], t->who[3], t->list);
	if (t->who[2] >= 0)
		snprintf(words + strlen(words), sizeof(words) - strlen(words),
			 "who%d", t->who[2]);
	t->on = book_ask(&w->books, words);
	t->lease_s = w->books.credit.lease_s;
	w->out += t->on;
	w->refused += !t->on;
}

static uint64_t period_of(uint64_t ms, uint32_t period)
{
	time_t t = (time_t)(ms / 1000);
	uint64_t day = ms / 86400000;
	struct tm tm;

	CHECK(gmtime_r(&t, &tm));
	return period == 0   ? day
	       : period == 1 ? (day + 3) / 7
	       : period == 2 ? (uint64_t)(tm.tm_year * 12 + tm.tm_mon)
			     : 0;
}

static uint64_t cost(int list, uint32_t talk_s)
{
	uint64_t billed = prices[list].first;

	while (billed < talk_s)
		billed += prices[list].next;
	return prices[list].connect + (prices[list].minute * billed + 59) / 60;
}

/* Does an own limit go before one on each? */
static bool has_own(const struct world *w, const struct credit *each,
		    const char *who, bool money)
{
	for (int i = 0; i < CAPS; i++) {
		const struct credit *c = &w->books.credits[i];

		if (c->scope == each->scope && c->period == each->period &&
		    !strcmp(c->who, who) &&
		    (money ? c->money_milli : c->seconds))
			return true;
	}
	return false;
}

static void count_in(struct world *w, int i, int person, uint32_t talk_s,
		     uint64_t milli)
{
	const struct credit *cap = &w->books.credits[i];
	uint64_t p = period_of(w->books.now_ms, cap->period);
	struct sum *s = &w->sums[i][person];
	bool each = !strcmp(cap->who, "*");
	char name[16];

	snprintf(name, sizeof(name), "who%d", person);
	if (!each && strcmp(name, cap->who))
		return;
	if (s->period != p)
		*s = (struct sum){ .period = p };
	s->seconds += talk_s;
	s->milli += milli;
	if (!each || !has_own(w, cap, name, false))
		CHECK(!cap->seconds || s->seconds <= cap->seconds);
	if (!each || !has_own(w, cap, name, true))
		CHECK(!cap->money_milli || s->milli <= cap->money_milli);
}

static void count(struct world *w, const struct talk *t, uint32_t talk_s)
{
	uint64_t milli = cost(t->list, talk_s);

	for (int i = 0; i < CAPS; i++) {
		int person = t->who[w->books.credits[i].scope];

		if (person >= 0)
			count_in(w, i, person, talk_s, milli);
	}
}

static void end(struct world *w, struct talk *t, uint32_t talk_s)
{
	book_end(&w->books, t->id, talk_s);
	CHECK_EQ(w->books.err, 0);
	t->on = false;
	if (talk_s)
		count(w, t, talk_s);
}

/* What a call does now: ends as it wants, is cut, asks for more, or goes on. */
static void go_on(struct world *w, struct talk *t)
{
	uint32_t talk_s = (uint32_t)((w->books.now_ms - t->answer_ms) / 1000);

	if (talk_s >= t->wants_s && (!t->lease_s || t->wants_s <= t->lease_s)) {
		end(w, t, roll(w, 8) ? t->wants_s : 0);
	} else if (t->lease_s && talk_s >= t->lease_s) {
		end(w, t, t->lease_s + 1); /* BYE was slow */
		w->cut++;
	} else if (t->lease_s && !t->last && talk_s * 3 >= t->lease_s * 2) {
		book_renew(&w->books, t->id, talk_s);
		CHECK(w->books.lease.lease_s >= t->lease_s);
		t->lease_s = w->books.lease.lease_s;
		t->last = w->books.lease.final;
	}
}

static void step(struct world *w)
{
	w->books.now_ms += 1000 * (1 + roll(w, roll(w, 40) ? 25 : 90000));
	for (int i = 0; i < ACTIVE; i++) {
		struct talk *t = &w->talks[i];

		if (t->on)
			go_on(w, t);
		else if (roll(w, 3) == 0)
			begin(w, t);
	}
	if (roll(w, 100) == 0) {
		books_world_close(&w->books);
		books_world_open(&w->books);
	}
}

int main(void)
{
	int out = 0, refused = 0, cut = 0;

	setenv("TZ", "UTC", 1);
	for (uint32_t i = 0; i < ROUNDS; i++) {
		struct world w = { .dice = i };

		books_world_init(&w.books);
		make_limits(&w);
		for (int k = 0; k < STEPS; k++)
			step(&w);
		books_world_fini(&w.books);
		out += w.out;
		refused += w.refused;
		cut += w.cut;
	}
	printf("%d calls went out, %d were cut, %d refused\n", out, cut,
	       refused);
	CHECK(out > 100 && cut > 20 && refused > 100);
	return 0;
}

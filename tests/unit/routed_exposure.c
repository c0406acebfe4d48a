/*
 * What Exposure says is the most: thieves of chance, with a stolen password
 * and all the time of a span, against the real plan and the real books. What
 * the provider counts by its own prices is never more. And a table of what it
 * says.
 */
#include <stdlib.h>
#include <time.h>

#include "books_world.h"
#include "brake.h"
#include "budget.h"
#include "check.h"
#include "exposure.h"
#include "price.h"
#include "routed_world.h"

enum { LINES = 6, TRIES = 60 };

/* A call of the thief's. */
struct talk {
	bool on, last;
	char id[16];
	char trunk[33];
	uint64_t answer_ms, wants_s, lease_s;
	uint64_t longest_s, until_ms; /* 0: none */
};

struct theft {
	struct world world;
	struct books_world books;
	struct talk talks[LINES];
	uint32_t dice;
	unsigned n_calls, n_out;
	uint64_t milli, talk_s; /* as the provider counts */
	struct brakes *brakes;  /* NULL: none in force */
	bool patient;           /* he never hangs up */
};

static uint32_t roll(struct theft *t, uint32_t sides)
{
	t->dice = t->dice * 1664525 + 1013904223;
	return (t->dice >> 8) % sides;
}

/* --- what was used: the real books --- */

static uint32_t calls(void *ctx, enum usage_of of, const char *who)
{
	struct theft *t = ctx;

	return books_calls(t->books.books, of, who);
}

static bool credit(void *ctx, const struct plan_call *call,
		   struct usage_credit *out)
{
	struct theft *t = ctx;

	return books_credit(t->books.books, call, out);
}

static enum usage_brake brake(void *ctx, const struct plan_call *call,
			      struct usage_brake_why *why)
{
	struct theft *t = ctx;

	return t->brakes ? brakes_ask(t->brakes, call, why) : USAGE_BRAKE_OFF;
}

/* --- prices: cheap, dear, and one that costs by the call --- */

static const struct price prices[] = { { 60, 0, 60, 60 },
				       { 1900, 250, 30, 6 },
				       { 0, 3000, 1, 1 } };
static const char *const trunk_names[] = { "cheap", "dear", "fee" };

static const struct price *price_at(const char *trunk)
{
	for (size_t i = 0; i < 3; i++)
		if (!strcmp(trunk_names[i], trunk))
			return &prices[i];
	abort();
}

static void make_prices(struct theft *t)
{
	char words[160];

	for (size_t i = 0; i < 3; i++) {
		snprintf(words, sizeof(words),
			 "id=%s/49 price_milli=%u connect_milli=%u first_s=%u "
			 "next_s=%u",
			 trunk_names[i], (unsigned)prices[i].minute_milli,
			 (unsigned)prices[i].connect_milli, prices[i].first_s,
			 prices[i].next_s);
		books_world_rate(&t->books, words);
	}
}

/* --- a box of chance --- */

static void make_trunks(struct theft *t)
{
	char row[200];

	for (size_t i = 0; i < 3; i++) {
		snprintf(row, sizeof(row),
			 "trunk name=%s host=a.example rates=%s max_calls=%u",
			 trunk_names[i], trunk_names[i], roll(t, 4));
		world_add(&t->world, row);
	}
}

static void make_rules(struct theft *t)
{
	static const char *const hours[] = { "", " time_rule=office",
					     " time_rule=cuts",
					     " pin_set=staff" };
	static const char *const trunks[] = { "cheap", "dear", "fee;dear",
					      "cheap;fee;dear" };
	char row[200];

	world_add(&t->world, "pin_set name=staff");
	world_add(&t->world, "time_rule name=office zone=UTC "
			     "hours=mon-fri~09:00-18:00");
	world_add(&t->world, "time_rule name=cuts zone=UTC "
			     "hours=00:00-20:00 cut_at_close=true");
	for (int i = 0; i < 4; i++) {
		snprintf(row, sizeof(row),
			 "dial_rule name=rule%d pattern=%d. strip=1 "
			 "trunks=%s max_calls=%u longest_s=%u%s",
			 i, i, trunks[roll(t, 4)], roll(t, 3), roll(t, 2) * 600,
			 hours[roll(t, 4)]);
		world_add(&t->world, row);
	}
	snprintf(row, sizeof(row),
		 "call_profile extension=801 max_calls=%u longest_s=3600",
		 roll(t, 4));
	world_add(&t->world, row);
}

static void make_caps(struct theft *t)
{
	static const char *const scopes[] = {
		"extension who=801",   "trunk who=cheap",
		"trunk who=dear",      "trunk who=fee",
		"dial_rule who=rule0", "dial_rule who=rule1",
		"dial_rule who=rule2", "dial_rule who=rule3",
		"trunk who=*",         "dial_rule who=*",
		"extension who=*"
	};
	static const char *const periods[] = { "day", "week", "month",
					       "total" };
	char words[200];

	for (int i = 0; i < 11; i++) {
		/* The extension, and each of them, is capped in few of the
		   boxes only: it would cover all else. */
		if (roll(t, 4) == 0 || (i == 0 && roll(t, 3)) ||
		    (i >= 8 && roll(t, 12)))
			continue;
		snprintf(words, sizeof(words),
			 "name=cap%d scope=%s period=%s seconds=%u "
			 "money_milli=%u",
			 i, scopes[i], periods[roll(t, 4)],
			 roll(t, 2) ? 300 + roll(t, 3000) : 0,
			 2000 + roll(t, 20000));
		books_world_cap(&t->books, words);
	}
}

/* --- the thief --- */

static struct talk *free_line(struct theft *t)
{
	for (size_t i = 0; i < LINES; i++)
		if (!t->talks[i].on)
			return &t->talks[i];
	return NULL;
}

static void on_done(void *ctx, int err)
{
	struct books_world *w = ctx;

	w->err = err;
	w->done = true;
}

static bool reserve(struct theft *t, const struct ask *ask,
		    const struct plan_choice *choice)
{
	t->books.done = false;
	books_reserve(t->books.books, ask, choice, t->books.now_ms, on_done,
		      &t->books);
	books_world_wait(&t->books);
	return t->books.err == 0;
}

static void on_news(void *ctx, const struct brake_news *news)
{
	(void)ctx;
	(void)news;
}

/* The brakes hear of a call that went out. */
static void note(struct theft *t, const struct ask *ask,
		 const struct plan_choice *choice)
{
	const struct plan_call call = { .id = ask->call,
					.extension = ask->who,
					.source = "",
					.dial_rule = choice->dial_rule,
					.trunk = choice->trunk,
					.rates = choice->rates,
					.number = choice->number,
					.pin = "",
					.pin_holder = "",
					.now_ms = t->books.now_ms };

	if (t->brakes)
		brakes_went(t->brakes, &call, on_news, NULL);
}

/* Begins a call if routed lets him; it is answered at once. */
static void try_call(struct theft *t)
{
	const struct plan_usage usage = {
		.ctx = t, .calls = calls, .credit = credit, .brake = brake
	};
	struct plan_question q = { .now_ms = t->books.now_ms, .usage = &usage };
	struct talk *talk = free_line(t);
	struct plan_choice choice;
	struct verdict v;
	struct ask ask;

	if (!talk)
		return;
	record_init(&ask_record, &ask);
	snprintf(ask.call, sizeof(ask.call), "c%u", t->n_calls++);
	snprintf(ask.who, sizeof(ask.who), "801");
	snprintf(ask.number, sizeof(ask.number), "%u0049%u", roll(t, 4),
		 1000 + roll(t, 1000));
	q.ask = &ask;
	plan_decide(world_plan(&t->world), &q, &v, &choice);
	if (v.action != VERDICT_ACTION_DIAL || !reserve(t, &ask, &choice))
		return;
	t->n_out++;
	note(t, &ask, &choice);
	*talk = (struct talk){ .on = true,
			       .answer_ms = t->books.now_ms,
			       .wants_s =
				       roll(t, 3) ? roll(t, 4000) : roll(t, 2),
			       .lease_s = v.lease_s ? v.lease_s : UINT32_MAX,
			       .longest_s = v.longest_s,
			       .until_ms = v.until_ms };
	if (t->patient)
		talk->wants_s = UINT32_MAX;
	memcpy(talk->id, ask.call, sizeof(talk->id));
	memcpy(talk->trunk, v.trunk, sizeof(talk->trunk));
}

static uint64_t end_ms(const struct talk *talk)
{
	uint64_t s = talk->wants_s, end;

	if (talk->longest_s && talk->longest_s < s)
		s = talk->longest_s;
	if (talk->lease_s < s)
		s = talk->lease_s;
	end = talk->answer_ms + s * 1000;
	return talk->until_ms && talk->until_ms < end ? talk->until_ms : end;
}

/* When something is due: the end, or more time at two thirds. */
static uint64_t due_ms(const struct talk *talk)
{
	uint64_t renew = talk->answer_ms + talk->lease_s * 1000 * 2 / 3;

	return !talk->last && talk->lease_s != UINT32_MAX &&
			       renew < end_ms(talk)
		       ? renew
		       : end_ms(talk);
}

static void hang_up(struct theft *t, struct talk *talk)
{
	uint64_t talk_ms = t->books.now_ms - talk->answer_ms;
	struct cdr row;

	record_init(&cdr_record, &row);
	memcpy(row.id, talk->id, sizeof(talk->id));
	row.start_ms = row.answer_ms = talk->answer_ms;
	row.end_ms = t->books.now_ms;
	row.disposition = CDR_DISPOSITION_ANSWERED;
	t->books.done = false;
	books_end(t->books.books, &row, t->books.now_ms, on_done, &t->books);
	books_world_wait(&t->books);
	CHECK_EQ(t->books.err, 0);
	/* The provider rounds up what it heard. */
	t->talk_s += (talk_ms + 999) / 1000;
	t->milli += price_of(price_at(talk->trunk),
			     (uint32_t)((talk_ms + 999) / 1000));
	talk->on = false;
	if (t->brakes)
		brakes_ended(t->brakes, talk->id);
}

static void renew(struct theft *t, struct talk *talk)
{
	book_renew(&t->books, talk->id,
		   (uint32_t)((t->books.now_ms - talk->answer_ms) / 1000));
	if (t->books.lease.lease_s > talk->lease_s)
		talk->lease_s = t->books.lease.lease_s;
	talk->last = t->books.lease.final;
}

/* Time goes on; what is due on the way happens when it is due. */
static void pass_until(struct theft *t, uint64_t at)
{
	for (;;) {
		struct talk *first = NULL;

		for (size_t i = 0; i < LINES; i++)
			if (t->talks[i].on &&
			    (!first || due_ms(&t->talks[i]) < due_ms(first)))
				first = &t->talks[i];
		if (!first || due_ms(first) > at)
			break;
		if (due_ms(first) > t->books.now_ms)
			t->books.now_ms = due_ms(first);
		if (t->books.now_ms >= end_ms(first))
			hang_up(t, first);
		else
			renew(t, first);
	}
	if (at > t->books.now_ms)
		t->books.now_ms = at;
}

static void steal(struct theft *t, const struct exposure_span *s)
{
	pass_until(t, s->from_ms);
	for (int i = 0; i < TRIES && t->books.now_ms < s->until_ms; i++) {
		uint64_t rest = (s->until_ms - s->from_ms) / TRIES;

		for (uint32_t n = 1 + roll(t, 4); n; n--)
			try_call(t);
		pass_until(t,
			   t->books.now_ms + 1 + roll(t, (uint32_t)rest * 2));
	}
	/* What he has at the end counts, too. */
	t->books.now_ms =
		t->books.now_ms < s->until_ms ? t->books.now_ms : s->until_ms;
	for (size_t i = 0; i < LINES; i++)
		if (t->talks[i].on)
			hang_up(t, &t->talks[i]);
}

/* --- what Exposure says --- */

struct said {
	struct theft *theft;
	struct exposure_line all;
	unsigned rules;
};

static void limit(void *ctx, enum usage_of of, const char *who, bool money,
		  const struct exposure_span *span, struct exposure_limit *out)
{
	const struct said *said = ctx;
	struct books_world *w = &said->theft->books;
	struct budget b = books_budget(w->books, of, who, money, span->from_ms,
				       span->until_ms, w->now_ms);

	out->amount = b.amount;
	snprintf(out->by, sizeof(out->by), "%s", b.credit);
}

static void on_line(void *ctx, const struct exposure_line *line)
{
	struct said *said = ctx;

	if (!*line->dial_rule)
		said->all = *line;
	else
		said->rules++;
	CHECK(*line->money_by || !line->money_milli);
	CHECK(*line->talk_by || !line->talk_s);
}

static struct said ask(struct theft *t, const struct exposure_span *span)
{
	struct said said = { .theft = t };

	CHECK_EQ(exposure(world_plan(&t->world),
			  &(struct exposure_question){ .extension = "801",
						       .span = *span,
						       .limit = limit,
						       .line = on_line,
						       .ctx = &said }),
		 0);
	return said;
}

static void theft_init(struct theft *t, uint32_t dice)
{
	*t = (struct theft){ .dice = dice };
	world_init(&t->world);
	world_add(&t->world, "extension number=801");
	books_world_init(&t->books);
	t->books.now_ms = 1780305000000; /* 2026-06-01T09:10:00Z, a Monday */
	make_prices(t);
}

static void theft_fini(struct theft *t)
{
	brakes_free(t->brakes);
	world_fini(&t->world);
	books_world_fini(&t->books);
}

static void make_brakes(struct theft *t)
{
	static const char *const rows[] = {
		"name=hour kind=calls_per_hour act=2",
		"name=lines kind=calls_at_once act=2",
	};
	struct brake row;

	t->brakes = brakes_new(&(struct brakes_when){ 0 });
	CHECK(t->brakes);
	brakes_rows_begin(t->brakes, "49");
	for (size_t i = 0; i < 2; i++) {
		record_init(&brake_record, &row);
		words_set(&brake_record, &row, rows[i]);
		brakes_rows_add(t->brakes, &row);
	}
}

/* How near a thief came to what was said, in percent; -1: it had no bound. */
static int one_theft(uint32_t dice, unsigned *n_out)
{
	struct exposure_span spans[EXPOSURE_SPANS];
	struct said said;
	struct theft t;
	int percent = -1;

	theft_init(&t, dice);
	make_trunks(&t);
	make_rules(&t);
	make_caps(&t);
	exposure_spans(world_plan(&t.world), t.books.now_ms, spans);
	said = ask(&t, &spans[dice % EXPOSURE_SPANS]);
	if (dice % 4 == 0)
		make_brakes(&t);
	steal(&t, &spans[dice % EXPOSURE_SPANS]);
	*n_out += t.n_out;
	if (*said.all.money_by) {
		CHECK(t.milli <= said.all.money_milli);
		percent = said.all.money_milli
				  ? (int)(t.milli * 100 / said.all.money_milli)
				  : 0;
	}
	if (*said.all.talk_by)
		CHECK(t.talk_s <= said.all.talk_s);
	if (!said.rules)
		CHECK_EQ(t.n_out, 0);
	theft_fini(&t);
	return percent;
}

static void test_thieves(void)
{
	unsigned n_out = 0, bounded = 0, near = 0, unbounded = 0;

	for (uint32_t dice = 1; dice <= 24; dice++) {
		int percent = one_theft(dice, &n_out);

		bounded += percent >= 0;
		unbounded += percent < 0;
		near += percent >= 50;
	}
	/* These were thefts, and the bound is no fairy tale. */
	CHECK(bounded > 5 && unbounded > 2);
	CHECK(near > 2);
}

/* Why brakes do not count: under the strictest that lets a call out at all, one
   call an hour, a single patient call reaches the figure. */
static void test_brakes_are_no_caps(void)
{
	struct exposure_span spans[EXPOSURE_SPANS];
	struct said said;
	struct theft t;

	theft_init(&t, 1);
	t.patient = true;
	world_add(&t.world, "trunk name=dear host=a.example rates=dear");
	world_add(&t.world, "dial_rule name=out pattern=X. strip=1 "
			    "trunks=dear");
	books_world_cap(&t.books, "name=all scope=trunk who=dear "
				  "period=total money_milli=20000");
	exposure_spans(world_plan(&t.world), t.books.now_ms, spans);
	said = ask(&t, &spans[0]);
	CHECK_EQ(said.all.money_milli, 20000);
	make_brakes(&t);
	for (int i = 0; i < LINES; i++)
		try_call(&t);
	CHECK_EQ(t.n_out, 1);
	pass_until(&t, t.books.now_ms + 3600 * 1000);
	CHECK(!t.talks[0].on);
	CHECK(t.milli <= said.all.money_milli);
	CHECK(t.milli * 100 >= said.all.money_milli * 95);
	theft_fini(&t);
}

/* --- what it says of a box that one can count oneself --- */

static void test_says(void)
{
	struct exposure_span spans[EXPOSURE_SPANS];
	struct said said;
	struct theft t;

	theft_init(&t, 1);
	world_add(&t.world, "trunk name=dear host=a.example rates=dear");
	world_add(&t.world, "pin_set name=staff");
	world_add(&t.world, "dial_rule name=pin pattern=1. trunks=dear "
			    "pin_set=staff");
	exposure_spans(world_plan(&t.world), t.books.now_ms, spans);
	said = ask(&t, &spans[0]);
	CHECK_EQ(said.rules, 0);
	CHECK_STR(said.all.money_by, "nothing is open");
	CHECK_EQ(said.all.money_milli, 0);

	/* five lines, and nothing that stops the money */
	world_add(&t.world, "dial_rule name=out pattern=0. trunks=dear");
	said = ask(&t, &spans[0]);
	CHECK_STR(said.all.money_by, "");
	CHECK(strstr(said.all.why, "rule out over trunk dear"));
	CHECK_EQ(said.all.talk_s, 5 * 86400);
	CHECK_STR(said.all.talk_by, "calls at once");

	/* a cap a day: the day touches two of them */
	books_world_cap(&t.books, "name=daily scope=trunk who=dear period=day "
				  "money_milli=5000 seconds=600");
	said = ask(&t, &spans[0]);
	CHECK_EQ(said.all.money_milli, 10000);
	CHECK_STR(said.all.money_by, "daily");
	CHECK_EQ(said.all.talk_s, 1200);
	/* Friday evening to Monday morning: four days */
	said = ask(&t, &spans[1]);
	CHECK_EQ(said.all.money_milli, 20000);
	said = ask(&t, &spans[2]);
	CHECK_EQ(said.all.money_milli, 32 * 5000);

	/* one in all beats it; what was used is gone from it */
	books_world_cap(&t.books, "name=all scope=extension who=801 "
				  "period=total money_milli=9000");
	said = ask(&t, &spans[2]);
	CHECK_EQ(said.all.money_milli, 9000);
	CHECK_STR(said.all.money_by, "all");
	CHECK(book_ask(&t.books, "call=x extension=801 trunk=dear rates=dear "
				 "number=49123 dial_rule=out"));
	book_end(&t.books, "x", 30);
	said = ask(&t, &spans[2]);
	CHECK_EQ(said.all.money_milli, 9000 - 250 - 950);

	/* one on each extension, until it has an own one of that kind */
	books_world_cap(&t.books, "name=each scope=extension who=* "
				  "period=total money_milli=100");
	CHECK_EQ(ask(&t, &spans[2]).all.money_milli, 9000 - 250 - 950);
	books_world_drop(&t.books, "all");
	books_world_cap(&t.books, "name=each scope=extension who=* "
				  "period=month money_milli=4000");
	said = ask(&t, &spans[0]);
	CHECK_EQ(said.all.money_milli, 4000 - 250 - 950);
	CHECK_STR(said.all.money_by, "each");

	/* hours, the kill switch, an extension that is off */
	world_add(&t.world, "time_rule name=never");
	world_add(&t.world, "dial_rule name=out time_rule=never");
	CHECK_EQ(ask(&t, &spans[0]).all.money_milli, 0);
	world_add(&t.world, "dial_rule name=out time_rule=");
	world_add(&t.world, "route_settings name=general kill_switch=true");
	CHECK_STR(ask(&t, &spans[0]).all.why, "the kill switch is thrown");
	world_add(&t.world, "route_settings name=general kill_switch=false");
	world_add(&t.world, "extension number=801 enabled=false");
	CHECK_STR(ask(&t, &spans[0]).all.why, "the extension is switched off");
	theft_fini(&t);
}

int main(void)
{
	CHECK_EQ(setenv("TZ", "UTC", 1), 0);
	tzset();
	test_says();
	test_brakes_are_no_caps();
	test_thieves();
	return 0;
}

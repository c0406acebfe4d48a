/* How each kind of brake counts: a row of a table. */
#include <stdio.h>
#include <string.h>

#include "brake_impl.h"

enum { MINUTE_MS = 60000, HOUR_MS = 3600000 };

static const struct kind {
	uint64_t window_ms; /* 0: what goes on now */
	const char *one, *many;
} kinds[] = {
	[BRAKE_KIND_CALLS_PER_MINUTE] = { MINUTE_MS, "call within a minute",
					  "calls within a minute" },
	[BRAKE_KIND_CALLS_PER_HOUR] = { HOUR_MS, "call within an hour",
					"calls within an hour" },
	[BRAKE_KIND_CALLS_AT_ONCE] = { 0, "call at once", "calls at once" },
	[BRAKE_KIND_NIGHT_CALLS] = { 12 * HOUR_MS, "call in the night",
				     "calls in a night" },
	[BRAKE_KIND_HOLIDAY_CALLS] = { 24 * HOUR_MS, "call on a holiday",
				       "calls on a holiday" },
	[BRAKE_KIND_NEW_COUNTRY] = { 24 * HOUR_MS, "new country in a day",
				     "new countries in a day" },
	[BRAKE_KIND_PIN_PARALLEL] = { 0, "call with one PIN",
				      "calls at once with one PIN" },
};

static bool starts_with(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* Whose count the call belongs to; false: none of this brake. */
static bool whose(const struct brake *row, const struct plan_call *call,
		  char out[65])
{
	const struct country *c;
	const char *who = "";

	if (row->kind == BRAKE_KIND_PIN_PARALLEL) {
		who = call->pin;
	} else if (row->scope == BRAKE_SCOPE_EXTENSION) {
		who = call->extension;
	} else if (row->scope == BRAKE_SCOPE_DIAL_RULE) {
		who = call->dial_rule;
	} else if (row->scope == BRAKE_SCOPE_ALL) {
		out[0] = '\0';
		return true;
	} else if (row->who[0]) {
		who = starts_with(call->number, row->who) ? row->who : "";
	} else {
		c = country_of(call->number);
		who = c ? c->code : "";
	}
	if (!*who || (row->who[0] && strcmp(row->who, who) != 0))
		return false;
	snprintf(out, 65, "%s", who);
	return true;
}

static const struct country *foreign(const struct brakes *b,
				     const struct plan_call *call)
{
	const struct country *c = country_of(call->number);

	return c && strcmp(c->code, b->own) != 0 ? c : NULL;
}

bool brake_is_new(const struct brakes *b, const struct plan_call *call)
{
	const struct country *c = foreign(b, call);
	uint64_t last_ms;

	if (!c)
		return false;
	last_ms = b->seen[country_index(c)].last_ms;
	return last_ms == 0 ||
	       (call->now_ms > last_ms &&
		call->now_ms - last_ms > BRAKE_NEW_DAYS * 24ULL * HOUR_MS);
}

void brake_see(struct brakes *b, const struct plan_call *call)
{
	const struct country *c = foreign(b, call);
	struct country_seen *seen;

	if (!c)
		return;
	seen = &b->seen[country_index(c)];
	if (seen->first_ms == 0) {
		record_init(&country_seen_record, seen);
		snprintf(seen->country, sizeof(seen->country), "%s", c->code);
		snprintf(seen->name, sizeof(seen->name), "%s", c->name);
		seen->first_ms = call->now_ms;
	}
	seen->last_ms = call->now_ms;
	seen->calls += seen->calls < UINT32_MAX;
	snprintf(seen->extension, sizeof(seen->extension), "%s",
		 call->extension);
	if (b->store.country)
		b->store.country(b->store.ctx, seen);
}

static bool now_counts(const struct brakes *b, const struct brake *row,
		       const struct plan_call *call)
{
	const struct brakes_when *w = &b->when;

	switch ((enum brake_kind)row->kind) {
	case BRAKE_KIND_CALLS_PER_MINUTE:
	case BRAKE_KIND_CALLS_PER_HOUR:
	case BRAKE_KIND_CALLS_AT_ONCE:
	case BRAKE_KIND_PIN_PARALLEL:
		return true;
	case BRAKE_KIND_NIGHT_CALLS:
		return w->night && w->night(w->ctx, call->now_ms);
	case BRAKE_KIND_HOLIDAY_CALLS:
		return w->holiday && w->holiday(w->ctx, call->now_ms);
	case BRAKE_KIND_NEW_COUNTRY:
		return brake_is_new(b, call);
	}
	return false;
}

/* Calls that go on and count together with this one. */
static uint32_t at_once(const struct brakes *b, const struct brake *row,
			const char *who)
{
	uint32_t n = 0;

	for (const struct brake_open *o = b->open; o; o = o->hh.next) {
		struct plan_call call = {
			.extension = o->extension,
			.dial_rule = o->dial_rule,
			.number = o->number,
			.pin = o->pin,
		};
		char other[65];

		n += whose(row, &call, other) && strcmp(other, who) == 0;
	}
	return n;
}

static void key_of(const struct brake *row, const char *who,
		   char key[TALLY_KEY])
{
	snprintf(key, TALLY_KEY, "%s/%s", row->name, who);
}

/* What it counted when it was of another kind is none of it. */
static struct tally *of_window(struct brakes *b, const char *key,
			       uint64_t window_ms)
{
	struct tally *t = tally_find(b->tallies, key);

	return t && t->slot_ms == window_ms / TALLY_PARTS ? t : NULL;
}

void brake_count(struct brakes *b, const struct brake *row,
		 const struct plan_call *call, struct brake_says *says)
{
	const struct kind *k = &kinds[row->kind];
	char key[TALLY_KEY];

	*says = (struct brake_says){ 0 };
	if (!row->enabled || !whose(row, call, says->whose) ||
	    !now_counts(b, row, call))
		return;
	key_of(row, says->whose, key);
	says->count = 1;
	if (k->window_ms > 0)
		says->count += tally_sum(of_window(b, key, k->window_ms),
					 call->now_ms);
	else
		says->count += at_once(b, row, says->whose);
	if (row->act > 0 && says->count >= row->act)
		says->level = BRAKE_ACTED;
	else if (row->warn > 0 && says->count >= row->warn)
		says->level = BRAKE_WARNED;
}

static void keep(struct brakes *b, const struct brake *row,
		 const struct tally *t, const struct brake_says *says)
{
	struct brake_count out;

	if (!b->store.count)
		return;
	record_init(&brake_count_record, &out);
	snprintf(out.id, sizeof(out.id), "%s", t->key);
	snprintf(out.brake, sizeof(out.brake), "%s", row->name);
	snprintf(out.whose, sizeof(out.whose), "%s", says->whose);
	out.level = t->level;
	out.count = says->count;
	out.last_ms = t->last_ms;
	out.slot_ms = t->slot_ms;
	tally_text(t, out.slots, sizeof(out.slots));
	b->store.count(b->store.ctx, &out);
}

bool brake_add(struct brakes *b, const struct brake *row,
	       const struct plan_call *call, const struct brake_says *says)
{
	const struct kind *k = &kinds[row->kind];
	char key[TALLY_KEY];
	struct tally *t;
	bool higher;

	if (k->window_ms == 0)
		return says->level > BRAKE_FINE;
	key_of(row, says->whose, key);
	t = tally_get(b->tallies, key, k->window_ms);
	if (!t)
		return says->level > BRAKE_FINE;
	tally_add(b->tallies, t, call->now_ms);
	higher = says->level > t->level;
	t->level = says->level;
	keep(b, row, t, says);
	return higher;
}

void brake_text(const struct brake *row, const struct brake_says *says,
		char text[201])
{
	const struct country *c = NULL;

	if (row->scope == BRAKE_SCOPE_PREFIX)
		c = country_find(says->whose);
	snprintf(text, 201, "%u %s%s%s%s%s%s", says->count,
		 says->count == 1 ? kinds[row->kind].one
				  : kinds[row->kind].many,
		 row->kind == BRAKE_KIND_PIN_PARALLEL                 ? ", of"
		 : says->whose[0] && row->scope == BRAKE_SCOPE_PREFIX ? " to"
		 : says->whose[0]                                     ? " by"
								      : "",
		 says->whose[0] ? " " : "", says->whose, c ? " " : "",
		 c ? c->name : "");
}

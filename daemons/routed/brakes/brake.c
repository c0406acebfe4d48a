#include "brake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "brake_impl.h"

struct brakes *brakes_new(const struct brakes_when *when)
{
	struct brakes *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	if (when)
		b->when = *when;
	b->tallies = tallies_new();
	if (b->tallies)
		return b;
	free(b);
	return NULL;
}

static void forget(struct brakes *b, struct brake_open *o)
{
	HASH_DEL(b->open, o);
	free(o);
}

void brakes_free(struct brakes *b)
{
	if (!b)
		return;
	while (b->open)
		forget(b, b->open);
	tallies_free(b->tallies);
	free(b);
}

void brakes_rows_begin(struct brakes *b, const char *own)
{
	b->n_rows = 0;
	snprintf(b->own, sizeof(b->own), "%s", own);
}

void brakes_rows_add(struct brakes *b, const struct brake *row)
{
	if (b->n_rows < BRAKES_MAX)
		b->rows[b->n_rows++] = *row;
}

int brake_check(const struct brake *row, struct issue *issue)
{
	size_t n = strlen(row->who);

	if (row->warn == 0 && row->act == 0)
		return issue_set(issue, "warn",
				 "give a level to warn at, to act at, or both");
	if (row->warn > 0 && row->act > 0 && row->warn > row->act)
		return issue_set(issue, "warn",
				 "must not be above %u, where it acts",
				 row->act);
	if (row->action == BRAKE_ACTION_PIN && row->act == 0)
		return issue_set(issue, "act",
				 "from which count on is the PIN asked for?");
	if (row->scope == BRAKE_SCOPE_ALL && n > 0 &&
	    row->kind != BRAKE_KIND_PIN_PARALLEL)
		return issue_set(issue, "who",
				 "must be empty: it counts all together");
	if ((row->scope == BRAKE_SCOPE_PREFIX ||
	     row->scope == BRAKE_SCOPE_EXTENSION) &&
	    row->kind != BRAKE_KIND_PIN_PARALLEL &&
	    strspn(row->who, "0123456789") != n)
		return issue_set(issue, "who", "must be digits%s",
				 row->scope == BRAKE_SCOPE_PREFIX
					 ? ", with the country code first"
					 : "");
	return 0;
}

/* ---- deciding ---- */

static bool is_open(const struct brakes *b, const char *id)
{
	const struct brake_open *o;

	HASH_FIND_STR(b->open, id, o);
	return o != NULL;
}

enum usage_brake brakes_ask(struct brakes *b, const struct plan_call *call,
			    struct usage_brake_why *why)
{
	enum usage_brake most = USAGE_BRAKE_OFF;

	/* Counted before: another trunk is tried. */
	if (is_open(b, call->id))
		return USAGE_BRAKE_OFF;
	for (size_t i = 0; i < b->n_rows; i++) {
		const struct brake *row = &b->rows[i];
		enum usage_brake does = USAGE_BRAKE_REFUSE;
		struct brake_says says;
		char text[201];

		if (row->action == BRAKE_ACTION_ALERT)
			continue;
		if (row->action == BRAKE_ACTION_PIN)
			does = USAGE_BRAKE_PIN;
		if (does <= most)
			continue;
		brake_count(b, row, call, &says);
		if (says.level < BRAKE_ACTED)
			continue;
		most = does;
		brake_text(row, &says, text);
		snprintf(why->brake, sizeof(why->brake), "%s", row->name);
		snprintf(why->pin_set, sizeof(why->pin_set), "%s",
			 does == USAGE_BRAKE_PIN ? row->pin_set : "");
		snprintf(why->why, sizeof(why->why), "brake %s: %.80s",
			 row->name, text);
	}
	return most;
}

static void tell(const struct brake *row, const struct brake_says *says,
		 brake_news_fn news, void *ctx)
{
	struct brake_news n = { .row = row,
				.level = says->level,
				.count = says->count };

	snprintf(n.whose, sizeof(n.whose), "%s", says->whose);
	brake_text(row, says, n.text);
	news(ctx, &n);
}

void brakes_open_add(struct brakes *b, const struct plan_call *call)
{
	struct brake_open *o;

	if (is_open(b, call->id) || HASH_COUNT(b->open) >= BRAKES_OPEN_MAX)
		return;
	o = calloc(1, sizeof(*o));
	if (!o)
		return;
	snprintf(o->id, sizeof(o->id), "%s", call->id);
	snprintf(o->extension, sizeof(o->extension), "%s", call->extension);
	snprintf(o->dial_rule, sizeof(o->dial_rule), "%s", call->dial_rule);
	snprintf(o->number, sizeof(o->number), "%s", call->number);
	snprintf(o->pin, sizeof(o->pin), "%s", call->pin);
	HASH_ADD_STR(b->open, id, o);
}

void brakes_went(struct brakes *b, const struct plan_call *call,
		 brake_news_fn news, void *ctx)
{
	if (is_open(b, call->id))
		return;
	for (size_t i = 0; i < b->n_rows; i++) {
		const struct brake *row = &b->rows[i];
		struct brake_says says;

		brake_count(b, row, call, &says);
		if (says.count > 0 && brake_add(b, row, call, &says))
			tell(row, &says, news, ctx);
	}
	brake_see(b, call);
	brakes_open_add(b, call);
}

void brakes_held(struct brakes *b, const struct plan_call *call,
		 brake_news_fn news, void *ctx)
{
	for (size_t i = 0; i < b->n_rows; i++) {
		const struct brake *row = &b->rows[i];
		struct brake_says says;

		if (row->action == BRAKE_ACTION_ALERT)
			continue;
		brake_count(b, row, call, &says);
		if (says.level == BRAKE_ACTED)
			tell(row, &says, news, ctx);
	}
}

void brakes_ended(struct brakes *b, const char *id)
{
	struct brake_open *o;

	HASH_FIND_STR(b->open, id, o);
	if (o)
		forget(b, o);
}

void brakes_open_begin(struct brakes *b)
{
	for (struct brake_open *o = b->open; o; o = o->hh.next)
		o->missed++;
}

void brakes_open_known(struct brakes *b, const char *id)
{
	struct brake_open *o;

	HASH_FIND_STR(b->open, id, o);
	if (o)
		o->missed = 0;
}

void brakes_open_end(struct brakes *b)
{
	struct brake_open *o, *next;

	HASH_ITER(hh, b->open, o, next)
	{
		if (o->missed >= 2)
			forget(b, o);
	}
}

/* ---- what stays ---- */

void brakes_store(struct brakes *b, const struct brakes_store *store)
{
	b->store = *store;
	tallies_on_drop(b->tallies, store->count_gone, store->ctx);
}

void brakes_load_count(struct brakes *b, const struct brake_count *row)
{
	struct tally *t;

	if (row->slot_ms == 0 || row->last_ms == 0)
		return;
	t = tally_get(b->tallies, row->id, row->slot_ms * TALLY_PARTS);
	if (!t || tally_take(t, row->slots) < 0)
		return;
	t->at = row->last_ms / row->slot_ms;
	t->last_ms = row->last_ms;
	t->level = row->level;
}

void brakes_load_country(struct brakes *b, const struct country_seen *row)
{
	const struct country *c = country_find(row->country);

	if (c)
		b->seen[country_index(c)] = *row;
}

void brakes_sweep(struct brakes *b, uint64_t now_ms)
{
	struct tally *t;

	while ((t = tally_oldest(b->tallies)) &&
	       now_ms > t->last_ms + t->slot_ms * TALLY_SLOTS)
		tally_drop(b->tallies, t);
}

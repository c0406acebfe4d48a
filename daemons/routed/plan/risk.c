#include "risk.h"

#include <stdio.h>
#include <string.h>

#include "country.h"
#include "decide.h"
#include "names.h"
#include "number_kind.h"

enum {
	/* No number of the world has fewer digits (Niue, Saint Helena), and
	   none of North America, where all are as long. */
	WORLD_SHORTEST = 7,
	AMERICA_SHORTEST = 11,
	PLACES = PATTERN_ITEMS + 33, /* a prepended text before a pattern */
	DIGITS = 0x3ff,
	ANY_SYMBOL = 0x1fff,
	TAIL = PATTERN_SOME | PATTERN_ANY,
	DAYS = 40, /* within which hours that close have closed */
};

/* All numbers of a rule: what may stand at each place. */
struct shape {
	uint16_t sets[PLACES];
	size_t n;
	bool open; /* anything may follow */
};

static void shape_make(struct shape *s, const struct pattern *p, uint32_t strip,
		       const char *prepend)
{
	uint16_t last = p->items[p->n - 1] & TAIL;
	size_t fixed = p->n - (last ? 1u : 0u);

	*s = (struct shape){ .open = last };
	while (*prepend && s->n < PLACES - PATTERN_ITEMS)
		s->sets[s->n++] = pattern_bit(*prepend++);
	for (size_t i = strip; i < fixed; i++)
		s->sets[s->n++] = p->items[i];
	if (last & PATTERN_SOME && strip <= fixed)
		s->sets[s->n++] = ANY_SYMBOL;
}

/* Can these characters stand from a place on? */
static bool stands(const struct shape *s, size_t at, const char *text)
{
	for (; *text; text++, at++)
		if (at < s->n ? !(s->sets[at] & pattern_bit(*text)) : !s->open)
			return false;
	return true;
}

/* One way to read a number: behind `prefix`, and with `country` in front. */
struct reading {
	const char *prefix, *country;
};

enum { READINGS = 5 };

static size_t shortest(const char *country)
{
	return *country == '1' ? AMERICA_SHORTEST : WORLD_SHORTEST;
}

static bool may_read(const struct shape *s, const struct reading *r)
{
	size_t behind = strlen(r->prefix);

	if (!stands(s, 0, r->prefix))
		return false;
	for (size_t i = behind; i < s->n; i++)
		if (!(s->sets[i] & DIGITS))
			return false;
	return s->open ||
	       s->n - behind + strlen(r->country) >= shortest(r->country);
}

/* Can it be a number that begins with `code`, in international digits? */
static bool reaches(const struct shape *s, const struct reading *r,
		    const char *code)
{
	size_t given = strlen(r->country);

	return strncmp(code, r->country, given) == 0 &&
	       stands(s, strlen(r->prefix), code + given);
}

/* --- the dearest --- */

struct search {
	const struct route_settings *settings;
	struct shape shape;
	struct reading readings[READINGS];
	size_t n;
	struct risk_line *out;
};

static void read_as(struct search *s, const char *prefix, const char *country)
{
	struct reading r = { prefix, country };

	if (may_read(&s->shape, &r))
		s->readings[s->n++] = r;
}

static void find_readings(struct search *s, bool codes)
{
	const struct route_settings *set = s->settings;
	const char *own = set->country;

	s->n = 0;
	read_as(s, "+", "");
	if (*set->international_prefix)
		read_as(s, set->international_prefix, "");
	if (*own)
		read_as(s, set->national_prefix, own);
	if (*own && *set->national_prefix && number_is_dialled_whole(own))
		read_as(s, "", own);
	if (codes)
		read_as(s, "", "");
}

static void take(struct search *s, uint32_t risk, const struct reading *r,
		 const char *code, const char *what)
{
	const struct country *of = country_of(code);

	s->out->risk = risk;
	snprintf(s->out->why, sizeof(s->out->why), "can reach %s%s: %s%s",
		 r->prefix, code + strlen(r->country), what,
		 of ? of->name : "no country");
}

static void find_kind(struct search *s, enum number_kind kind, uint32_t risk,
		      const char *what)
{
	const struct number_kind_row *row;

	for (size_t i = 0; i < s->n; i++)
		for (size_t k = 0; (row = number_kind_at(k)); k++)
			if (row->kind == kind &&
			    reaches(&s->shape, &s->readings[i], row->code)) {
				take(s, risk, &s->readings[i], row->code, what);
				return;
			}
}

static void find_abroad(struct search *s)
{
	const struct country *c;

	for (size_t i = 0; i < s->n; i++)
		for (size_t k = 0; (c = country_at(k)); k++)
			if (strcmp(c->code, s->settings->country) != 0 &&
			    reaches(&s->shape, &s->readings[i], c->code)) {
				take(s, RISK_LINE_RISK_INTERNATIONAL,
				     &s->readings[i], c->code, "");
				return;
			}
}

/* The dearest first: what is found ends the search. */
static void find(struct search *s, bool codes)
{
	uint32_t was = s->out->risk;

	find_readings(s, codes);
	if (was < RISK_LINE_RISK_PREMIUM)
		find_kind(s, NUMBER_PREMIUM, RISK_LINE_RISK_PREMIUM,
			  "premium number, ");
	if (s->out->risk < RISK_LINE_RISK_INTERNATIONAL)
		find_abroad(s);
	if (s->out->risk < RISK_LINE_RISK_MOBILE)
		find_kind(s, NUMBER_MOBILE, RISK_LINE_RISK_MOBILE, "mobile, ");
}

/* What cannot be known must be said, or "local" would promise too much. */
static void say_unknown(const struct route_settings *s, struct risk_line *out)
{
	const struct country *own = country_of(s->country);

	if (out->risk == RISK_LINE_RISK_PREMIUM)
		return;
	if (!*s->country)
		snprintf(out->unknown, sizeof(out->unknown),
			 "the own country code is not set, so its premium "
			 "numbers are not known");
	else if (!number_kinds_know(s->country))
		snprintf(out->unknown, sizeof(out->unknown),
			 "the premium numbers of %s are not known",
			 own ? own->name : s->country);
}

/* --- what stands before it --- */

/* A time rule that never closes guards nothing. */
static bool closes(const struct times *t, const char *name, uint64_t now_ms)
{
	const struct timed *rule = times_find(t, name);

	return rule && (times_ask(t, rule, now_ms) != TIMES_OPEN ||
			times_change_ms(t, rule, now_ms, DAYS));
}

static bool trunks_are_capped(const struct dial_rule *row,
			      const struct risk_question *q)
{
	char name[33];
	size_t i;

	for (i = 0; names_at(row->trunks, i, name); i++)
		if (!q->is_capped(q->ctx, USAGE_OF_TRUNK, name))
			return false;
	return i > 0;
}

static void find_guard(const struct plan *p, const struct dial_rule *row,
		       const struct risk_question *q, struct risk_line *out)
{
	if (*row->pin_set)
		out->guard = RISK_LINE_GUARD_PIN;
	else if (closes(&p->times, row->time_rule, q->now_ms))
		out->guard = RISK_LINE_GUARD_HOURS;
	else if (q->is_capped(q->ctx, USAGE_OF_DIAL_RULE, row->name) ||
		 q->is_capped(q->ctx, USAGE_OF_EXTENSION, "*") ||
		 trunks_are_capped(row, q))
		out->guard = RISK_LINE_GUARD_CAP;
}

void risk_of(const struct plan *p, const struct dial_rule *row,
	     const struct risk_question *q, struct risk_line *out)
{
	struct search s = { .settings = &p->settings, .out = out };
	struct pattern pattern;
	char why[128];

	record_init(&risk_line_record, out);
	memcpy(out->dial_rule, row->name, sizeof(out->dial_rule));
	find_guard(p, row, q, out);
	/* One that cannot be read was never let into the table. */
	if (pattern_parse(&pattern, row->pattern, why, sizeof(why)))
		return;
	shape_make(&s.shape, &pattern, row->strip, row->prepend);
	find(&s, *row->prepend);
	shape_make(&s.shape, &pattern, 0, "");
	find(&s, false);
	say_unknown(&p->settings, out);
}

void risk_each(const struct plan *p, const struct risk_question *q, risk_fn fn,
	       void *ctx)
{
	struct risk_line line;

	for (size_t i = 0; i < p->rules.n; i++) {
		risk_of(p, &p->rules.all[i].row, q, &line);
		fn(ctx, &line);
	}
}

/*
 * No rule has too small a word. Numbers of the world are made first, then rules
 * of chance that take them; what each number is, is told by what is sent, read
 * as the gates read it.
 */
#include "check.h"
#include "country.h"
#include "number.h"
#include "number_kind.h"
#include "pattern.h"
#include "risk.h"
#include "routed_world.h"

enum { ROUNDS = 60000, DIALLED = 40, TEXT = 65 };

struct box {
	const char *country, *international, *national;
};

static const struct box boxes[] = {
	{ "49", "00", "0" },    { "44", "00", "0" },  { "1", "011", "1" },
	{ "39", "00", "" },     { "7", "810", "8" },  { "", "00", "0" },
	{ "1876", "011", "1" }, { "353", "00", "0" },
};

enum { BOXES = sizeof(boxes) / sizeof(*boxes) };

static uint32_t next(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*seed >> 33);
}

static bool is_capped(void *ctx, enum usage_of of, const char *who)
{
	(void)ctx, (void)of, (void)who;
	return false;
}

static void digits(uint64_t *seed, char *text, unsigned n)
{
	while (n--)
		*text++ = (char)('0' + next(seed) % 10);
	*text = '\0';
}

static const char *any_code(uint64_t *seed)
{
	size_t kinds = 0, countries = 0;

	while (number_kind_at(kinds))
		kinds++;
	while (country_at(countries))
		countries++;
	if (next(seed) % 2)
		return number_kind_at(next(seed) % kinds)->code;
	return country_at(next(seed) % countries)->code;
}

/* A number as one dials it in this box's country: often one of that. */
static void make_number(const struct box *b, uint64_t *seed, char *dialled)
{
	char world[TEXT];
	const char *code = any_code(seed);
	size_t own = strlen(b->country);

	for (uint32_t i = next(seed) % 80; i; i--)
		if (strncmp(code, b->country, own) != 0)
			code = any_code(seed);
	snprintf(world, sizeof(world), "%s", code);
	digits(seed, world + strlen(world), 5 + next(seed) % 5);
	if (own && !strncmp(world, b->country, own) && next(seed) % 4)
		snprintf(dialled, DIALLED, "%s%s", b->national, world + own);
	else
		snprintf(dialled, DIALLED, "%s%s",
			 next(seed) % 2 ? "+" : b->international, world);
}

/* Makes the rule dial what is to be sent with other digits in front. */
static void manipulate(uint64_t *seed, char *dialled, struct dial_rule *row)
{
	char sent[DIALLED];
	unsigned front = next(seed) % 7, strip = next(seed) % 4;

	if (next(seed) % 3 == 0)
		return;
	snprintf(sent, sizeof(sent), "%s", dialled);
	snprintf(row->prepend, sizeof(row->prepend), "%.*s", (int)front, sent);
	row->strip = strip;
	digits(seed, dialled, strip);
	snprintf(dialled + strip, DIALLED - strip, "%s", sent + front);
}

static void make_pattern(uint64_t *seed, const char *number,
			 struct dial_rule *row)
{
	size_t n = strlen(number), at = 0, tail = next(seed) % 2 ? n : 0;

	if (tail)
		tail = row->strip + next(seed) % (n - row->strip);
	for (size_t i = 0; i < (tail ? tail : n) && at + 8 < TEXT; i++) {
		char c = number[i];
		int len = 1;

		switch (c == '+' ? 9 : next(seed) % 6) {
		case 0:
			row->pattern[at] = 'X';
			break;
		case 1:
			row->pattern[at] = c > '0' ? 'Z' : c;
			break;
		case 2:
			row->pattern[at] = c > '1' ? 'N' : c;
			break;
		case 3:
			len = snprintf(row->pattern + at, TEXT - at, "[%c%u]",
				       c, next(seed) % 10);
			break;
		default:
			row->pattern[at] = c;
		}
		at += (size_t)len;
	}
	if (tail)
		row->pattern[at++] = next(seed) % 2 ? '.' : '!';
	row->pattern[at] = '\0';
}

/* The least that must be said of a number. */
static uint32_t least(const struct route_settings *s, const char *number)
{
	const struct number_kind_row *row;
	const struct country *c;
	uint32_t risk = RISK_LINE_RISK_LOCAL;
	char world[TEXT];

	number_world(s, number, world, sizeof(world));
	if (strlen(world) < (*s->country == '1' && *world == '1' ? 11 : 7))
		return risk;
	c = country_of(world);
	for (size_t i = 0; (row = number_kind_at(i)); i++) {
		if (strncmp(world, row->code, strlen(row->code)) != 0)
			continue;
		if (row->kind == NUMBER_PREMIUM)
			return RISK_LINE_RISK_PREMIUM;
		risk = RISK_LINE_RISK_MOBILE;
	}
	return c && strcmp(c->code, s->country) ? RISK_LINE_RISK_INTERNATIONAL
						: risk;
}

struct tally {
	unsigned by_risk[RISK_LINE_RISK_PREMIUM + 1], exact;
};

static void try(const struct plan *p, const struct route_settings *s,
		const struct box *b, uint64_t *seed, struct tally *t)
{
	struct risk_question q = { .is_capped = is_capped };
	struct pattern pattern;
	struct dial_rule row;
	struct risk_line line;
	char dialled[DIALLED], sent[TEXT], err[128];
	const char *why;
	uint32_t want, typed;

	record_init(&dial_rule_record, &row);
	make_number(b, seed, dialled);
	manipulate(seed, dialled, &row);
	if (strlen(dialled) <= row.strip || strchr(dialled + 1, '+'))
		return;
	make_pattern(seed, dialled, &row);
	CHECK_EQ(pattern_parse(&pattern, row.pattern, err, sizeof(err)), 0);
	if (!pattern_matches(&pattern, dialled) ||
	    row.strip > pattern_shortest(&pattern) ||
	    !number_change(dialled, row.strip, row.prepend, sent, sizeof(sent),
			   &why))
		return;
	risk_of(p, &row, &q, &line);
	want = least(s, sent);
	typed = least(s, dialled);
	if (typed > want)
		want = typed;
	if (line.risk < want)
		fprintf(stderr, "%s -%u +%s: %s is sent as %s: %u < %u\n",
			row.pattern, row.strip, row.prepend, dialled, sent,
			line.risk, want);
	CHECK(line.risk >= want);
	CHECK(line.risk == RISK_LINE_RISK_LOCAL || *line.why);
	t->by_risk[want]++;
	t->exact += line.risk == want;
}

int main(void)
{
	struct tally t = { { 0 } };
	uint64_t seed = 1;

	for (int i = 0; i < BOXES; i++) {
		struct route_settings s;
		struct world w;
		char text[120];

		record_init(&route_settings_record, &s);
		snprintf(s.country, sizeof(s.country), "%s", boxes[i].country);
		snprintf(s.international_prefix, sizeof(s.international_prefix),
			 "%s", boxes[i].international);
		snprintf(s.national_prefix, sizeof(s.national_prefix), "%s",
			 boxes[i].national);
		snprintf(text, sizeof(text),
			 "route_settings name=general country=%s "
			 "international_prefix=%s national_prefix=%s",
			 s.country, s.international_prefix, s.national_prefix);
		world_init(&w);
		world_add(&w, text);
		for (int k = 0; k < ROUNDS / BOXES; k++)
			try(world_plan(&w), &s, &boxes[i], &seed, &t);
		world_fini(&w);
	}
	printf("local %u, mobile %u, international %u, premium %u; exact: %u\n",
	       t.by_risk[0], t.by_risk[1], t.by_risk[2], t.by_risk[3], t.exact);
	/* The dice reached every word, and the words are not all the worst. */
	for (int i = 0; i <= RISK_LINE_RISK_PREMIUM; i++)
		CHECK(t.by_risk[i] > 300);
	CHECK(t.exact > ROUNDS / 4);
	return 0;
}

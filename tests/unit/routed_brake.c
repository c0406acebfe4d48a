/*
 * The brakes against golden files: routed_brake DIR [--write]. Each DIR/NAME.in
 * is a script, NAME.out what the brakes do:
 *
 *   own 49                            the box's country code
 *   row NAME field=value ...          a brake; check: may it be
 *   clear                             away with all brakes
 *   at SECONDS, night on, holiday on  the time
 *   call ID EXTENSION RULE NUMBER [PIN]    asks, and goes out if it may
 *   given ID ...                      the same, after a PIN was given
 *   end ID
 *   restart                           kept rows are all that stays
 */
#include "brake.h"
#include "check.h"
#include "golden.h"

enum { KEPT = 100 };

struct script {
	struct brakes *brakes;
	bool night, holiday;
	uint64_t now_ms;
	FILE *out;
	struct brake rows[BRAKES_MAX];
	size_t n_rows;
	char own[5];
	struct brake_count counts[KEPT];
	struct country_seen countries[KEPT];
	size_t n_counts, n_countries;
	struct {
		char id[41], extension[33], rule[33], number[65], pin[33];
	} open[KEPT];
	size_t n_open;
};

static bool night(void *ctx, uint64_t now_ms)
{
	(void)now_ms;
	return ((struct script *)ctx)->night;
}

static bool holiday(void *ctx, uint64_t now_ms)
{
	(void)now_ms;
	return ((struct script *)ctx)->holiday;
}

static void keep_count(void *ctx, const struct brake_count *row)
{
	struct script *s = ctx;
	struct issue issue;
	size_t i = 0;

	CHECK_EQ(record_check(&brake_count_record, (void *)row, &issue), 0);
	while (i < s->n_counts && strcmp(s->counts[i].id, row->id) != 0)
		i++;
	CHECK(i < KEPT);
	s->counts[i] = *row;
	s->n_counts += i == s->n_counts;
}

static void lose_count(void *ctx, const char *id)
{
	struct script *s = ctx;

	for (size_t i = 0; i < s->n_counts; i++)
		if (strcmp(s->counts[i].id, id) == 0)
			s->counts[i--] = s->counts[--s->n_counts];
}

static void keep_country(void *ctx, const struct country_seen *row)
{
	struct script *s = ctx;
	size_t i = 0;

	while (i < s->n_countries &&
	       strcmp(s->countries[i].country, row->country) != 0)
		i++;
	CHECK(i < KEPT);
	s->countries[i] = *row;
	s->n_countries += i == s->n_countries;
}

static void set_rows(struct script *s)
{
	brakes_rows_begin(s->brakes, s->own);
	for (size_t i = 0; i < s->n_rows; i++)
		brakes_rows_add(s->brakes, &s->rows[i]);
}

static struct plan_call open_call(const struct script *s, size_t i)
{
	return (struct plan_call){ .id = s->open[i].id,
				   .extension = s->open[i].extension,
				   .source = "",
				   .dial_rule = s->open[i].rule,
				   .trunk = "acme",
				   .rates = "",
				   .number = s->open[i].number,
				   .pin = s->open[i].pin,
				   .pin_holder = "",
				   .now_ms = s->now_ms };
}

static void start(struct script *s)
{
	s->brakes = brakes_new(&(struct brakes_when){ night, holiday, s });
	CHECK(s->brakes);
	for (size_t i = 0; i < s->n_counts; i++)
		brakes_load_count(s->brakes, &s->counts[i]);
	for (size_t i = 0; i < s->n_countries; i++)
		brakes_load_country(s->brakes, &s->countries[i]);
	brakes_store(s->brakes, &(struct brakes_store){ keep_count, lose_count,
							keep_country, s });
	set_rows(s);
	for (size_t i = 0; i < s->n_open; i++) {
		struct plan_call call = open_call(s, i);

		brakes_open_add(s->brakes, &call);
	}
}

static struct brake read_row(char *rest)
{
	struct brake row;
	struct issue issue;
	char *word;

	record_init(&brake_record, &row);
	snprintf(row.name, sizeof(row.name), "%s", strsep(&rest, " "));
	while ((word = strsep(&rest, " "))) {
		char *name = strsep(&word, "=");
		const struct field *f = record_field(&brake_record, name);

		CHECK(f && word);
		CHECK_EQ(field_set(&brake_record, f, &row, word, &issue), 0);
	}
	return row;
}

static void on_news(void *ctx, const struct brake_news *n)
{
	struct script *s = ctx;

	fprintf(s->out, "  %s: %s: %s\n", n->row->name,
		n->level == BRAKE_ACTED ? "acts" : "warns", n->text);
}

static void call(struct script *s, char *rest, bool given)
{
	const char *words[5] = { "", "", "", "", "" };
	struct usage_brake_why why = { 0 };
	enum usage_brake does;
	struct plan_call c;
	char *word;

	for (size_t i = 0; i < 5 && (word = strsep(&rest, " ")); i++)
		words[i] = word;
	CHECK(s->n_open < KEPT);
	snprintf(s->open[s->n_open].id, 41, "%s", words[0]);
	snprintf(s->open[s->n_open].extension, 33, "%s", words[1]);
	snprintf(s->open[s->n_open].rule, 33, "%s", words[2]);
	snprintf(s->open[s->n_open].number, 65, "%s", words[3]);
	snprintf(s->open[s->n_open].pin, 33, "%s", words[4]);
	c = open_call(s, s->n_open);
	does = brakes_ask(s->brakes, &c, &why);
	if (does == USAGE_BRAKE_REFUSE)
		fprintf(s->out, "  refused: %s\n", why.why);
	else if (does == USAGE_BRAKE_PIN && !given)
		fprintf(s->out, "  asks for a PIN of %s: %s\n", why.pin_set,
			why.why);
	else {
		fprintf(s->out, "  goes out\n");
		brakes_went(s->brakes, &c, on_news, s);
		s->n_open++;
		return;
	}
	brakes_held(s->brakes, &c, on_news, s);
}

static void end(struct script *s, const char *id)
{
	brakes_ended(s->brakes, id);
	for (size_t i = 0; i < s->n_open; i++)
		if (strcmp(s->open[i].id, id) == 0)
			s->open[i--] = s->open[--s->n_open];
}

static void check(struct script *s, char *rest)
{
	struct brake row = read_row(rest);
	struct issue issue;

	if (brake_check(&row, &issue) < 0)
		fprintf(s->out, "  refused: %s: %s\n", issue.field, issue.what);
	else
		fprintf(s->out, "  may be\n");
}

static void line(void *ctx, char *rest)
{
	struct script *s = ctx;
	const char *v = strsep(&rest, " ");

	if (strcmp(v, "own") == 0)
		snprintf(s->own, sizeof(s->own), "%s", rest);
	else if (strcmp(v, "row") == 0)
		s->rows[s->n_rows++] = read_row(rest);
	else if (strcmp(v, "check") == 0)
		check(s, rest);
	else if (strcmp(v, "clear") == 0)
		s->n_rows = 0;
	else if (strcmp(v, "at") == 0)
		s->now_ms = (uint64_t)(1767225600000 +
				       strtoll(rest, NULL, 10) * 1000);
	else if (strcmp(v, "night") == 0)
		s->night = strcmp(rest, "on") == 0;
	else if (strcmp(v, "holiday") == 0)
		s->holiday = strcmp(rest, "on") == 0;
	else if (strcmp(v, "end") == 0)
		end(s, rest);
	else if (strcmp(v, "restart") == 0) {
		brakes_free(s->brakes);
		start(s);
	} else {
		CHECK(strcmp(v, "call") == 0 || strcmp(v, "given") == 0);
		call(s, rest, v[0] == 'g');
	}
	set_rows(s);
	brakes_sweep(s->brakes, s->now_ms);
}

static void *begin(FILE *out)
{
	struct script *s = calloc(1, sizeof(*s));

	CHECK(s);
	s->out = out;
	start(s);
	return s;
}

static void finish(void *ctx)
{
	struct script *s = ctx;

	brakes_free(s->brakes);
	free(s);
}

static void test_countries(void)
{
	static const char *const numbers[][2] = {
		{ "4989123", "Germany" },  { "12125551234", "1" },
		{ "18765551234", "1876" }, { "77012345", "77" },
		{ "74951234", "Russia" },  { "882161", "882" },
		{ "390669812", "Italy" },
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		const struct country *c = country_of(numbers[i][0]);

		CHECK(c);
		CHECK(!strcmp(c->code, numbers[i][1]) ||
		      !strcmp(c->name, numbers[i][1]));
	}
	CHECK(!country_of(""));
	CHECK(!country_of("0"));
	CHECK(!country_of("999"));
	CHECK(!country_of("*21#"));
	/* In order, or it would not be found. */
	for (size_t i = 0; country_at(i); i++) {
		CHECK(country_find(country_at(i)->code) == country_at(i));
		CHECK_EQ(country_index(country_at(i)), i);
	}
}

/* Bounded, whoever calls what. */
static void test_full(void)
{
	struct tallies *ts = tallies_new();
	char key[TALLY_KEY];

	CHECK(ts);
	for (size_t i = 0; i < TALLIES_MAX + 100; i++) {
		struct tally *t;

		snprintf(key, sizeof(key), "hour/%zu", i);
		t = tally_get(ts, key, 3600000);
		CHECK(t);
		tally_add(ts, t, 1000000 + i);
	}
	CHECK(!tally_find(ts, "hour/99"));
	CHECK(tally_find(ts, "hour/100"));
	tallies_free(ts);
}

int main(int argc, char **argv)
{
	test_countries();
	test_full();
	return golden_main(argc, argv,
			   &(struct golden_ops){ begin, line, finish });
}

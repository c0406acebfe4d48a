/*
 * Patterns: what they take and which is chosen; and many at once, against a
 * plain reference that walks over the text of each and knows nothing of sets.
 */
#include <ctype.h>

#include "check.h"
#include "dialled.h"
#include "match.h"

static struct pattern parsed(const char *text)
{
	struct pattern p = { 0 };
	char why[128];

	if (pattern_parse(&p, text, why, sizeof(why))) {
		fprintf(stderr, "%s: %s\n", text, why);
		abort();
	}
	return p;
}

static void test_takes(void)
{
	static const struct row {
		const char *pattern, *number;
		bool takes;
	} rows[] = {
		{ "473X.", "47312", true },
		{ "473X.", "4731", false },
		{ "473X.", "473", false },
		{ "_473x.", "4730049891234", true },
		{ "0!", "0", true },
		{ "0!", "00", true },
		{ "0!", "1", false },
		{ "9.", "911", true },
		{ "9.", "9", false },
		{ "X"
		  "XX",
		  "911", true },
		{ "X"
		  "XX",
		  "9111", false },
		{ "NZX", "210", true },
		{ "NZX", "110", false },
		{ "NZX", "200", false },
		{ "nzx", "999", true },
		{ "[1-35]0", "30", true },
		{ "[1-35]0", "40", false },
		{ "[1-35]0", "50", true },
		{ "[*#0]1", "*1", true },
		{ "[*#0]1", "+1", false },
		{ "*43", "*43", true },
		{ "#", "#", true },
		{ "+49.", "+4930", true },
		{ "+49.", "4930", false },
		{ "0-800-X", "08005", true },
		{ "X.", "+49", false },
		{ "!", "+49*#", true },
		{ ".", "5", true },
		{ "X", "500&600", false },
		{ "500!", "500&600", false },
		{ "500.", "500&", false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct pattern p = parsed(rows[i].pattern);
		const struct pattern *one[] = { &p };
		struct matcher *m = matcher_new(one, 1);
		/* What cannot be dialled never comes so far; match.c is asked
		   all the same. */
		bool valid = dialled_is_valid(rows[i].number);

		CHECK(m);
		if (valid)
			CHECK_EQ(pattern_matches(&p, rows[i].number),
				 rows[i].takes);
		CHECK_EQ(matcher_next(m, rows[i].number, 0) == 0,
			 rows[i].takes);
		matcher_free(m);
	}
}

static void test_refused(void)
{
	static const struct row {
		const char *pattern, *why;
	} rows[] = {
		{ "", "column 1: the pattern is empty" },
		{ "_", "column 2: the pattern is empty" },
		{ "--", "column 3: the pattern is empty" },
		{ "0Y", "column 2: a pattern has 0-9 * # + X Z N [ ] . ! "
			"and -" },
		{ "0 1", "column 2: a pattern has 0-9 * # + X Z N [ ] . ! "
			 "and -" },
		{ "__1", "column 2: a pattern has 0-9 * # + X Z N [ ] . ! "
			 "and -" },
		{ "1]", "column 2: a pattern has 0-9 * # + X Z N [ ] . ! "
			"and -" },
		{ "9.1", "column 3: nothing can follow '.'" },
		{ "9!!", "column 3: nothing can follow '!'" },
		{ "0+49", "column 2: a + stands in front only" },
		{ "1[", "column 2: this [ has no ]" },
		{ "1[2-", "column 4: only 0-9, * and # can stand inside of "
			  "[ ]" },
		{ "1[]", "column 2: the set is empty" },
		{ "1[5-2]", "column 3: the range 5-2 goes backwards" },
		{ "1[2-]", "column 3: a range goes from digit to digit" },
		{ "1[X]", "column 3: only 0-9, * and # can stand inside of "
			  "[ ]" },
		{ "1[+]", "column 3: only 0-9, * and # can stand inside of "
			  "[ ]" },
		{ "01234567890123456789012345678901234567890123456789"
		  "012345678901234",
		  "column 65: longer than any number" },
	};
	struct pattern p, before;
	char why[128];

	memset(&p, 7, sizeof(p));
	before = p;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		CHECK(pattern_parse(&p, rows[i].pattern, why, sizeof(why)) < 0);
		CHECK_STR(why, rows[i].why);
		CHECK(!memcmp(&p, &before, sizeof(p)));
	}
}

/* Each row: a number, and patterns in the order in which they are chosen. What
   comes first is the same as in Asterisk's documentation of its own. */
static void test_order(void)
{
	static const struct row {
		const char *number;
		const char *patterns[10];
	} rows[] = {
		{ "911",
		  { "911", "9.",
		    "X"
		    "XX" } },
		{ "0", { "0", "0!", "!" } },
		{ "6421",
		  { "64NX", "64XX", "6[34]NX", "6[45]NX", "6XX1", "6." } },
		{ "6401", { "640X", "64XX", "6XX1", "6." } },
		{ "34", { "[234]X", "[345]X" } },
		{ "25",
		  { "2X", "[0-2]X", "[1-5]X", "NX", "ZX", "XX", "X.", ".",
		    "!" } },
		{ "25", { "[2-9]5", "N[0-9]", "NX" } },
		{ "55", { "5[0-9*]", "5.", "5!" } },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		for (size_t k = 0; k < 10 && rows[i].patterns[k]; k++) {
			struct pattern a = parsed(rows[i].patterns[k]), b;

			CHECK(pattern_matches(&a, rows[i].number));
			CHECK_EQ(pattern_compare(&a, &a), 0);
			if (k + 1 == 10 || !rows[i].patterns[k + 1])
				continue;
			b = parsed(rows[i].patterns[k + 1]);
			if (strcmp(rows[i].patterns[k + 1], "NX") == 0 &&
			    strcmp(rows[i].patterns[k], "N[0-9]") == 0) {
				CHECK_EQ(pattern_compare(&a, &b), 0);
				continue;
			}
			CHECK(pattern_compare(&a, &b) < 0);
			CHECK(pattern_compare(&b, &a) > 0);
		}
	}
}

/* --- the reference: text against text, one character after the other --- */

/* Does the class at *p take c? *p then stands behind it. */
static bool class_takes(const char **p, char c)
{
	char k = (char)toupper((unsigned char)*(*p)++);
	bool takes = false;

	if (k == 'X')
		return isdigit((unsigned char)c);
	if (k == 'Z')
		return c >= '1' && c <= '9';
	if (k == 'N')
		return c >= '2' && c <= '9';
	if (k != '[')
		return k == c;
	for (; **p != ']'; (*p)++) {
		if ((*p)[1] == '-') {
			takes |= c >= (*p)[0] && c <= (*p)[2];
			*p += 2;
		} else {
			takes |= c == **p;
		}
	}
	(*p)++;
	return takes;
}

static bool plain_matches(const char *p, const char *number)
{
	for (;;) {
		while (*p == '-' || *p == '_')
			p++;
		if (*p == '!' || (*p == '.' && *number))
			return true;
		if (!*p || !*number || *p == '.')
			return !*p && !*number;
		if (!class_takes(&p, *number++))
			return false;
	}
}

/* How many characters the next class takes, 14 for '.', 15 for '!', 0 at the
   end; and which ones, as text. */
static int plain_openness(const char **p, char takes[16])
{
	int n = 0;
	const char *end = *p;

	takes[0] = '\0';
	while (**p == '-' || **p == '_')
		(*p)++;
	if (!**p)
		return 0;
	if (**p == '.' || **p == '!')
		return *(*p)++ == '.' ? 14 : 15;
	for (const char *c = "0123456789*#+"; *c; c++) {
		end = *p;
		if (class_takes(&end, *c))
			takes[n++] = *c == '*'   ? ':'
				     : *c == '#' ? ';'
				     : *c == '+' ? '<'
						 : *c;
	}
	takes[n] = '\0';
	*p = end;
	return n;
}

static int plain_compare(const char *a, const char *b)
{
	char in_a[16], in_b[16];
	int d;

	do {
		int n = plain_openness(&a, in_a);

		d = n - plain_openness(&b, in_b);
		if (!d)
			d = strcmp(in_a, in_b);
		if (!n)
			return d;
	} while (!d);
	return d;
}

/* --- random patterns and numbers --- */

static uint32_t next(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*seed >> 33);
}

static void random_pattern(uint64_t *seed, char *out)
{
	static const char *const items[] = {
		"X",    "Z",     "N",     "x",     "[1-35]", "[02-4]",
		"[*#]", "[0-9]", "[1-5]", "[3-7]", "-",      "0",
		"1",    "2",     "4",     "5",     "*",      "[0-8]",
	};
	uint32_t n = next(seed) % 5;

	*out = '\0';
	if (next(seed) % 8 == 0)
		strcat(out, "_");
	if (next(seed) % 10 == 0)
		strcat(out, "+");
	strcat(out, next(seed) % 3 ? "5" : "X");
	while (n--)
		strcat(out,
		       items[next(seed) % (sizeof(items) / sizeof(*items))]);
	if (next(seed) % 3 == 0)
		strcat(out, next(seed) % 2 ? "." : "!");
}

static void random_number(uint64_t *seed, char *out)
{
	uint32_t n = 1 + next(seed) % 6;

	if (next(seed) % 10 == 0)
		*out++ = '+';
	*out++ = next(seed) % 2 ? '5' : '3';
	while (--n)
		*out++ = "0123456789*#"[next(seed) % 12];
	*out = '\0';
}

enum { MANY = 400 };

struct texts {
	char text[MANY][40];
};

static int by_plain(const void *a, const void *b, void *texts)
{
	const struct texts *t = texts;
	size_t x = *(const size_t *)a, y = *(const size_t *)b;
	int d = plain_compare(t->text[x], t->text[y]);

	return d ? d : (x > y) - (x < y);
}

struct compiled {
	struct pattern all[MANY];
};

static int by_ours(const void *a, const void *b, void *compiled)
{
	const struct compiled *c = compiled;
	size_t x = *(const size_t *)a, y = *(const size_t *)b;
	int d = pattern_compare(&c->all[x], &c->all[y]);

	return d ? d : (x > y) - (x < y);
}

/* All candidates of a number, in the same order as the reference has them. */
static void check_number(const struct texts *t, const size_t *plain,
			 const size_t *ours, const struct matcher *m,
			 const char *number)
{
	size_t rank = 0;

	for (size_t i = 0; i < MANY; i++) {
		if (!plain_matches(t->text[plain[i]], number))
			continue;
		rank = matcher_next(m, number, rank);
		CHECK(rank != SIZE_MAX);
		CHECK_STR(t->text[ours[rank]], t->text[plain[i]]);
		CHECK_EQ(ours[rank], plain[i]);
		rank++;
	}
	CHECK(matcher_next(m, number, rank) == SIZE_MAX);
}

static void test_property(uint64_t seed)
{
	static struct texts t;
	static struct compiled c;
	const struct pattern *patterns[MANY];
	size_t plain[MANY], ours[MANY];
	struct matcher *m;
	char number[16];

	for (size_t i = 0; i < MANY; i++) {
		random_pattern(&seed, t.text[i]);
		c.all[i] = parsed(t.text[i]);
		plain[i] = ours[i] = i;
	}
	qsort_r(plain, MANY, sizeof(*plain), by_plain, &t);
	qsort_r(ours, MANY, sizeof(*ours), by_ours, &c);
	for (size_t i = 0; i < MANY; i++)
		patterns[i] = &c.all[ours[i]];
	m = matcher_new(patterns, MANY);
	CHECK(m);
	for (int i = 0; i < 500; i++) {
		random_number(&seed, number);
		check_number(&t, plain, ours, m, number);
	}
	matcher_free(m);
}

static void test_empty(void)
{
	struct matcher *m = matcher_new(NULL, 0);

	CHECK(m);
	CHECK(matcher_next(m, "1", 0) == SIZE_MAX);
	matcher_free(m);
}

int main(void)
{
	test_takes();
	test_refused();
	test_order();
	test_empty();
	for (uint64_t seed = 1; seed <= 20; seed++)
		test_property(seed);
	return 0;
}

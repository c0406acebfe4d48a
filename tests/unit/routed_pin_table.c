/* The rules between the rows of the table pin, also within one change. */
#include <event2/event.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "pin_make.h"
#include "pin_table.h"
#include "records.h"
#include "seal.h"
#include "store.h"
#include "table.h"
#include "table_impl.h"
#include "temp.h"

enum { MANY = 2000 };

struct bench {
	struct event_base *base;
	struct store *store;
	struct seal *seal;
	struct table *sets;
	struct table *pins;
	char dir[TEMP_PATH];
	char state[80];
	char view[80];
	struct refusal refusal;
	int ended;
};

static int on_check(void *ctx, const void *old, void *row, bool force,
		    struct issue *issue)
{
	const struct bench *b = ctx;

	return pin_table_check(b->pins, old, row, force, issue);
}

static struct table *open_table(struct bench *b, const struct record *record,
				const struct table_ops *ops)
{
	struct table_config config = { .record = record,
				       .ops = ops,
				       .ctx = b,
				       .store = b->store,
				       .seal = b->seal };
	char why[256] = "";
	struct table *t = table_open(&config, why, sizeof(why));

	CHECK_STR(why, "");
	CHECK(t);
	return t;
}

static void open_all(struct bench *b)
{
	static const struct table_ops pin_ops = { .check = on_check };
	struct store_config config = { .state_dir = b->state,
				       .view_dir = b->view,
				       .truth_max = 64 << 20,
				       .view_max = 16 << 20 };
	char why[256] = "";

	temp_dir(b->dir);
	snprintf(b->state, sizeof(b->state), "%s/state", b->dir);
	snprintf(b->view, sizeof(b->view), "%s/view", b->dir);
	CHECK(!mkdir(b->state, 0700) && !mkdir(b->view, 0755));
	b->base = event_base_new();
	b->store = store_open(b->base, &config, why, sizeof(why));
	CHECK_STR(why, "");
	b->seal = seal_open(b->state, why, sizeof(why));
	CHECK(b->seal);
	b->sets = open_table(b, &pin_set_record, NULL);
	b->pins = open_table(b, &pin_record, &pin_ops);
}

static void close_all(struct bench *b)
{
	table_close(b->pins);
	table_close(b->sets);
	store_close(b->store);
	seal_free(b->seal);
	event_base_free(b->base);
	temp_remove(b->dir);
}

static void on_end(void *ctx, const struct table_change *c,
		   const struct refusal *refusal)
{
	struct bench *b = ctx;

	(void)c;
	b->refusal = *refusal;
	b->ended++;
}

/* One change of n rows; row i is NAMEi with these fields. */
static const char *put(struct bench *b, struct table *t, size_t n,
		       const char *name, const struct table_pair *pairs,
		       size_t n_pairs, bool force)
{
	struct table_change *c = change_new(t, n);

	CHECK(c);
	for (size_t i = 0; i < n; i++) {
		snprintf(c->items[i].key, TABLE_KEY, "%s%zu", name, i);
		c->items[i].pairs = pairs;
		c->items[i].n_pairs = n_pairs;
	}
	c->force = force;
	b->ended = 0;
	change_start(c, on_end, b);
	store_wait(b->store);
	CHECK_EQ(b->ended, 1);
	return b->refusal.name ? b->refusal.issue.what : "";
}

static const char *put_pin(struct bench *b, size_t n, const char *name,
			   const char *set, const char *digits, bool force)
{
	const struct table_pair pairs[] = { { "pin_set", set },
					    { "pin", digits } };

	return put(b, b->pins, n, name, pairs, 2, force);
}

static void no_two_are_the_same(struct bench *b)
{
	const char *said;

	CHECK_STR(put_pin(b, 1, "ada", "set0", "482913", false), "");
	said = put_pin(b, 1, "bob", "set0", "482913", false);
	CHECK(strstr(said, "cannot be taken"));
	CHECK(!strstr(said, "ada"));
	/* Another set may have it; itself may keep it. */
	CHECK_STR(put_pin(b, 1, "bob", "set1", "482913", false), "");
	CHECK_STR(put_pin(b, 1, "ada", "set0", "482913", false), "");
	/* Into a set where somebody has it. */
	CHECK(strstr(put_pin(b, 1, "bob", "set0", "482913", false), "taken"));
	/* Two of one change. */
	CHECK(strstr(put_pin(b, 2, "eve", "set1", "7351", false), "taken"));
	CHECK(!table_get(b->pins, "eve0"));
	/* Not even by force; but an easy one may be forced. */
	CHECK(strstr(put_pin(b, 1, "eve", "set0", "482913", true), "taken"));
	CHECK(strstr(put_pin(b, 1, "eve", "set0", "1111", false), "guessed"));
	CHECK_STR(put_pin(b, 1, "eve", "set0", "1111", true), "");
	/* What stands there may be edited, whatever it is. */
	CHECK_STR(put_pin(b, 1, "eve", "set0", "1111", false), "");
	CHECK(strstr(put_pin(b, 1, "eve", "set1", "1111", false), "guessed"));
}

static uint32_t grade_of(struct bench *b, const char *digits)
{
	const struct pin *row;

	CHECK_STR(put_pin(b, 1, "graded", "set0", digits, true), "");
	row = table_get(b->pins, "graded0");
	CHECK(row);
	return row->grade;
}

static void each_has_a_grade(struct bench *b)
{
	static const char *const weak[] = { "4829",     "48291",    "111111",
					    "654321",   "251284",   "841225",
					    "25121984", "19841225", "12251984",
					    "48284828", "737373",   "482482" };
	static const char *const strong[] = { "907384", "4829136", "48291369",
					      "99318402", "729184063512" };

	for (size_t i = 0; i < sizeof(weak) / sizeof(*weak); i++)
		CHECK_EQ(grade_of(b, weak[i]), PIN_GRADE_WEAK);
	for (size_t i = 0; i < sizeof(strong) / sizeof(*strong); i++)
		CHECK_EQ(grade_of(b, strong[i]), PIN_GRADE_STRONG);
	CHECK_EQ(grade_of(b, ""), PIN_GRADE_STRONG);
}

static int by_digits(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void many_at_once(struct bench *b)
{
	const char *digits[MANY];
	char key[TABLE_KEY];

	CHECK_STR(put_pin(b, MANY, "made", "set0", "", false), "");
	for (size_t i = 0; i < MANY; i++) {
		const struct pin *row;

		snprintf(key, sizeof(key), "made%zu", i);
		row = table_get(b->pins, key);
		CHECK(row && pin_made_is_good(row->pin));
		digits[i] = row->pin;
	}
	qsort(digits, MANY, sizeof(*digits), by_digits);
	for (size_t i = 1; i < MANY; i++)
		CHECK(strcmp(digits[i - 1], digits[i]) != 0);
}

int main(void)
{
	static const struct table_pair none[] = { { "note", "" } };
	struct bench b = { 0 };

	open_all(&b);
	CHECK_STR(put(&b, b.sets, 2, "set", none, 1, false), "");
	no_two_are_the_same(&b);
	each_has_a_grade(&b);
	many_at_once(&b);
	close_all(&b);
	return 0;
}

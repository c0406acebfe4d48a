/* PINs: what they may be, made ones, whose one is. */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "pin_make.h"
#include "pins.h"
#include "records.h"

static void what_a_pin_may_be(void)
{
	CHECK(!pin_wrong("4829"));
	CHECK(!pin_wrong("482913482913"));
	CHECK(pin_wrong(""));
	CHECK(pin_wrong("482"));
	CHECK(pin_wrong("4829134829134"));
	CHECK(pin_wrong("48#2"));
	CHECK(pin_wrong("48 2"));
	CHECK(pin_easy("1111"));
	CHECK(pin_easy("123456"));
	CHECK(pin_easy("9876"));
	CHECK(!pin_easy("1357"));
	CHECK(!pin_easy("482913"));
}

static void what_is_never_made(void)
{
	static const char *const bad[] = {
		"111111", "123456", "654321",  "121212", "123123", "482482",
		"310185", "013185", "850131",  "112200", "481235", "498765",
		"555123", "48291",  "4829134", "48a913",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (pin_made_is_good(bad[i])) {
			printf("%s\n", bad[i]);
			CHECK(false);
		}
	CHECK(pin_made_is_good("482913"));
	CHECK(pin_made_is_good("907384"));
}

/* Made ones are good, and no digit is rare in them. */
static void made_ones(void)
{
	unsigned seen[10] = { 0 };
	char pin[PIN_DIGITS_MAX + 1];

	for (int i = 0; i < 5000; i++) {
		pin_make(pin);
		CHECK(pin_made_is_good(pin));
		for (const char *p = pin; *p; p++)
			seen[*p - '0']++;
	}
	for (int d = 0; d < 10; d++)
		CHECK(seen[d] > 1500); /* 3000 of 30000, more or less */
}

static void add(struct pins *p, const char *name, const char *set,
		const char *digits, uint64_t until_ms, bool enabled)
{
	struct pin row;

	record_init(&pin_record, &row);
	snprintf(row.name, sizeof(row.name), "%s", name);
	snprintf(row.pin_set, sizeof(row.pin_set), "%s", set);
	snprintf(row.pin, sizeof(row.pin), "%s", digits);
	snprintf(row.holder, sizeof(row.holder), "The holder of %s", name);
	row.until_ms = until_ms;
	row.enabled = enabled;
	pins_add(p, &row);
}

static struct pins *make_book(void)
{
	static const char *const names[] = { "staff", "boss" };
	struct pins *p = pins_new(2, 6);
	struct pin_set set;

	CHECK(p);
	for (size_t i = 0; i < 2; i++) {
		record_init(&pin_set_record, &set);
		snprintf(set.name, sizeof(set.name), "%s", names[i]);
		set.record_in_cdr = i == 1;
		pins_add_set(p, &set);
	}
	add(p, "ada", "staff", "482913", 0, true);
	add(p, "old", "staff", "7351", 1000, true);
	add(p, "off", "staff", "662097", 0, false);
	add(p, "long", "staff", "482913482913", 0, true);
	add(p, "eve", "boss", "590817", 0, true);
	add(p, "gone", "nobody", "1357", 0, true);
	pins_sort(p);
	return p;
}

static void whose_it_is(void)
{
	static const struct row {
		const char *set, *digits, *name;
		enum pins_found found;
	} rows[] = {
		{ "staff", "482913", "ada", PINS_RIGHT },
		{ "staff", "482914", NULL, PINS_NONE },
		{ "staff", "48291", NULL, PINS_NONE },
		{ "staff", "4829130", NULL, PINS_NONE },
		{ "staff", "482913482913", "long", PINS_RIGHT },
		{ "staff", "4829134829130", NULL, PINS_NONE },
		{ "staff", "", NULL, PINS_NONE },
		{ "staff", "*82913", NULL, PINS_NONE },
		{ "staff", "7351", "old", PINS_EXPIRED },
		{ "staff", "662097", "off", PINS_OFF },
		{ "staff", "590817", NULL, PINS_NONE }, /* another set's */
		{ "boss", "590817", "eve", PINS_RIGHT },
		{ "none", "482913", NULL, PINS_NONE },
		{ "", "482913", NULL, PINS_NONE },
	};
	struct pins *p = make_book();

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct pins_row *row = NULL;

		CHECK_EQ(pins_match(p, rows[i].set, rows[i].digits, 1000, &row),
			 rows[i].found);
		CHECK_EQ(row != NULL, rows[i].name != NULL);
		if (row)
			CHECK_STR(row->name, rows[i].name);
	}
	pins_free(p);
}

static void what_was_right_a_moment_ago(void)
{
	const struct pins_row *row = NULL;
	struct pins *p = make_book();

	CHECK_EQ(pins_again(p, "ada", 0, &row), PINS_RIGHT);
	CHECK_STR(row->holder, "The holder of ada");
	CHECK_EQ(pins_again(p, "old", 999, &row), PINS_RIGHT);
	CHECK_EQ(pins_again(p, "old", 1000, &row), PINS_EXPIRED);
	CHECK_EQ(pins_again(p, "off", 0, &row), PINS_OFF);
	CHECK_EQ(pins_again(p, "ad", 0, &row), PINS_NONE);
	CHECK(pins_set(p, "boss")->record);
	CHECK(!pins_set(p, "nobody"));
	pins_free(p);
	p = pins_new(0, 0);
	CHECK(!pins_set(p, "staff"));
	CHECK_EQ(pins_match(p, "staff", "482913", 0, &row), PINS_NONE);
	pins_free(p);
}

int main(void)
{
	what_a_pin_may_be();
	what_is_never_made();
	made_ones();
	whose_it_is();
	what_was_right_a_moment_ago();
	return 0;
}

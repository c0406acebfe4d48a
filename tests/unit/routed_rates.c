/*
 * Prices: the longest prefix, as a plain look at all finds it; lists from CSV,
 * all of it or nothing, with every mistake by its line.
 */
#include <errno.h>
#include <event2/event.h>

#include "check.h"
#include "rate_csv.h"
#include "rate_import.h"
#include "rates.h"
#include "store.h"
#include "table.h"
#include "temp.h"

enum { PREFIXES = 4000, NUMBERS = 20000, MANY = 50000 };

static uint32_t roll(uint32_t *dice, uint32_t sides)
{
	*dice = *dice * 1664525 + 1013904223;
	return (*dice >> 8) % sides;
}

static const void *rate_at(const void *from, size_t i)
{
	return &((const struct call_rate *)from)[i];
}

static void digits(uint32_t *dice, char *text, uint32_t most)
{
	uint32_t n = 1 + roll(dice, most);

	for (uint32_t i = 0; i < n; i++)
		text[i] = (char)('0' + roll(dice, i ? 10 : 3));
	text[n] = '\0';
}

static void test_longest_prefix(void)
{
	static struct call_rate rows[PREFIXES];
	uint32_t dice = 7, found = 0;
	struct rates *rates;
	struct price p;
	char number[24];

	for (size_t i = 0; i < PREFIXES; i++) {
		record_init(&call_rate_record, &rows[i]);
		digits(&dice, number, 6);
		snprintf(rows[i].id, sizeof(rows[i].id), "%s/%s",
			 roll(&dice, 2) ? "acme" : "acme-2", number);
		rows[i].price_milli = i;
	}
	rates = rates_new(&(struct plan_rows){ rate_at, rows, PREFIXES });
	CHECK(rates);
	for (size_t k = 0; k < NUMBERS; k++) {
		size_t longest = 0;

		digits(&dice, number, 15);
		for (size_t i = 0; i < PREFIXES; i++) {
			const char *prefix = rows[i].id + 5;
			size_t n = strlen(prefix);

			if (!strncmp(rows[i].id, "acme/", 5) && n > longest &&
			    !strncmp(number, prefix, n))
				longest = n;
		}
		CHECK_EQ(rates_find(rates, "acme", number, &p), longest > 0);
		if (!longest)
			continue;
		found++;
		CHECK(!strncmp(rows[p.minute_milli].id, "acme/", 5));
		CHECK_EQ(strlen(rows[p.minute_milli].id + 5), longest);
	}
	CHECK(found > NUMBERS / 4);
	CHECK(!rates_find(rates, "", "1", &p));
	CHECK(!rates_find(rates, "acme", "", &p));
	CHECK(!rates_find(rates, "nobody", "1", &p));
	rates_free(rates);
}

static void test_ids(void)
{
	struct issue issue;

	CHECK_EQ(rates_check_id("acme/49", &issue), 0);
	CHECK_EQ(rates_check_id("acme-2/123456789012345", &issue), 0);
	CHECK_EQ(rates_check_id("acme/1234567890123456", &issue), -EINVAL);
	CHECK_EQ(rates_check_id("acme/", &issue), -EINVAL);
	CHECK_EQ(rates_check_id("acme", &issue), -EINVAL);
	CHECK_EQ(rates_check_id("/49", &issue), -EINVAL);
	CHECK_EQ(rates_check_id("acme/+49", &issue), -EINVAL);
	CHECK_EQ(rates_check_id("a/b/49", &issue), -EINVAL);
}

/* --- CSV --- */

static void first_wrong(const char *text, uint32_t line, const char *column,
			const char *what)
{
	struct rate_csv *c = rate_csv_new("acme");
	const struct rates_note *note;

	CHECK(c);
	rate_csv_feed(c, text, strlen(text));
	rate_csv_end(c);
	note = rate_csv_note(c, 0);
	CHECK(note);
	CHECK_STR(note->what, what);
	CHECK_EQ(note->line, line);
	CHECK_STR(note->column, column);
	rate_csv_free(c);
}

static void test_mistakes(void)
{
	char longest[1100];

	first_wrong("49,Germany,0.01\n49,Again,0.02\n", 2, "prefix",
		    "49 stands in line 1 already");
	first_wrong("prefix,price\n0049,0.01\n", 2, "prefix",
		    "begins with the country code, without 00");
	first_wrong("49,Germany,cheap\n", 1, "price",
		    "\"cheap\" is no price, as in 0.019");
	first_wrong("49,Germany,-1\n", 1, "price",
		    "\"-1\" is no price, as in 0.019");
	first_wrong("49,Germany,0.01.2\n", 1, "price",
		    "\"0.01.2\" is no price, as in 0.019");
	first_wrong("49,Germany,\n", 1, "price", "is missing");
	first_wrong("49,Germany,9999999\n", 1, "price", "is too high");
	first_wrong("49,Germany,1,0,0\n", 1, "first_s", "must be 1 to 3600");
	first_wrong("49,Germany,1,0,60,1m\n", 1, "next_s",
		    "\"1m\" is no number of seconds");
	first_wrong("\n\n49,\"Germany,1\n", 3, "",
		    "a quotation mark is missing");
	first_wrong("49,a,1,1,1,1,1\n", 1, "", "has more than 6 columns");
	first_wrong("prefix,colour,price\n", 1, "",
		    "\"colour\" is no column: prefix, destination, price, "
		    "connect, first_s, next_s");
	first_wrong("prefix,destination\n", 1, "price",
		    "the column is missing");
	first_wrong("49x,Germany,1\n", 1, "prefix", "must be 1 to 15 digits");
	first_wrong("", 0, "", "there is no price in it");
	memset(longest, '1', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	first_wrong(longest, 1, "", "is longer than 1000 bytes");
}

static void test_taken(void)
{
	static const char text[] =
		"\xef\xbb\xbf"
		"price;prefix;destination;next_s;connect\r\n"
		"0,0121;+49;\"Germany; \"\"all\"\" of it\";6;\r\n"
		"\r\n"
		"1;33;France;;,05";
	struct rate_csv *c = rate_csv_new("acme");
	const struct call_rate *rows;
	size_t n;

	CHECK(c);
	for (size_t i = 0; i < sizeof(text) - 1; i++)
		rate_csv_feed(c, text + i, 1);
	rate_csv_end(c);
	CHECK_EQ(rate_csv_wrong(c), 0);
	rows = rate_csv_rows(c, &n);
	CHECK_EQ(n, 2);
	CHECK_STR(rows[0].id, "acme/33");
	CHECK_EQ(rows[0].price_milli, 1000);
	CHECK_EQ(rows[0].connect_milli, 50);
	CHECK_EQ(rows[0].next_s, 60);
	CHECK_STR(rows[1].id, "acme/49");
	CHECK_STR(rows[1].destination, "Germany; \"all\" of it");
	CHECK_EQ(rows[1].price_milli, 13); /* 12.1, rounded up */
	CHECK_EQ(rows[1].next_s, 6);
	rate_csv_free(c);
}

/* --- into the table --- */

struct bench {
	struct event_base *base;
	struct store *store;
	struct table *table;
	struct rate_import *import;
	char dir[TEMP_PATH];
	char run[80];
	struct rates_note summary;
	int notes;
	int in_force;
	char error[256];
	bool done;
};

static void on_force(void *ctx)
{
	struct bench *b = ctx;

	b->in_force++;
}

static void open_table(struct bench *b)
{
	const struct store_config config = { .state_dir = b->dir,
					     .view_dir = b->run };
	char why[256] = "";

	b->store = store_open(b->base, &config, why, sizeof(why));
	CHECK_STR(why, "");
	b->table =
		table_open(&(struct table_config){ .record = &call_rate_record,
						   .store = b->store },
			   why, sizeof(why));
	CHECK_STR(why, "");
	b->import = rate_import_new(b->base, b->table, on_force, b);
	CHECK(b->import);
}

static void close_table(struct bench *b)
{
	rate_import_free(b->import);
	table_close(b->table);
	store_close(b->store);
}

static void on_note(void *ctx, const struct rates_note *note)
{
	struct bench *b = ctx;

	if (!b->notes++)
		b->summary = *note;
}

static void on_done(void *ctx, const char *error, const struct issue *issue)
{
	struct bench *b = ctx;

	snprintf(b->error, sizeof(b->error), "%s%s%s", error ? error : "",
		 issue ? ": " : "", issue ? issue->what : "");
	b->done = true;
}

static void send_part(struct bench *b, const char *actor, const char *csv,
		      uint32_t part, bool more, bool dry)
{
	static struct rates_import in;

	record_init(&rates_import_record, &in);
	snprintf(in.list, sizeof(in.list), "acme");
	snprintf(in.csv, sizeof(in.csv), "%s", csv);
	in.part = part;
	in.more = more;
	in.dry_run = dry;
	b->notes = 0;
	b->done = false;
	rate_import_part(b->import, actor, &in,
			 &(struct rate_import_ops){ on_note, on_done, b });
	while (!b->done)
		CHECK(event_base_loop(b->base, EVLOOP_ONCE) >= 0);
}

static void test_import(struct bench *b)
{
	send_part(b, "root", "49,Germany,0.01\n33,France,0.02\n", 0, false,
		  true);
	CHECK_STR(b->error, "");
	CHECK_STR(b->summary.what,
		  "2 new, 0 changed, 0 as they were, 0 gone, 0 wrong");
	CHECK(!b->summary.done);
	CHECK_EQ(table_count(b->table), 0);
	send_part(b, "root", "49,Germany,0.01\n33,France,0.02\n", 0, false,
		  false);
	CHECK(b->summary.done);
	CHECK_EQ(table_count(b->table), 2);
	/* One mistake: nothing. */
	send_part(b, "root", "49,Germany,0.05\n44,UK,x\n44,UK,y\n", 0, false,
		  false);
	CHECK_EQ(b->notes, 3);
	CHECK(!b->summary.done);
	CHECK_STR(b->summary.what,
		  "0 new, 1 changed, 0 as they were, 1 gone, 2 wrong");
	CHECK_EQ(table_count(b->table), 2);
	/* In parts, cut inside a line; in somebody else's way. */
	send_part(b, "root", "49,Germany,0.05\n4", 0, true, false);
	CHECK_STR(b->error, "");
	send_part(b, "ada", "1,Home,0\n", 0, false, false);
	CHECK_STR(b->error, "Busy: another import goes on; try again in a "
			    "minute");
	send_part(b, "root", "4,UK,0.03\n", 2, false, false);
	CHECK_STR(b->error, "Invalid: is not the next one; begin again with 0");
	send_part(b, "root", "4,UK,0.03\n", 1, false, false);
	CHECK_STR(b->summary.what,
		  "1 new, 1 changed, 0 as they were, 1 gone, 0 wrong");
	CHECK_EQ(table_count(b->table), 2);
	CHECK(table_get(b->table, "acme/44"));
	CHECK(!table_get(b->table, "acme/33"));
	CHECK_EQ(b->in_force, 2);
}

static const char *const other_list[] = { "beta/1", "zeta/1" };

static void put_others(struct bench *b)
{
	for (size_t i = 0; i < 2; i++) {
		struct call_rate row;

		record_init(&call_rate_record, &row);
		snprintf(row.id, sizeof(row.id), "%s", other_list[i]);
		CHECK_EQ(table_put(b->table, "root", row.id, &row, NULL, NULL),
			 0);
	}
	store_wait(b->store);
}

/* As many as there can be: one transaction, one entry in the journal. */
static void test_many(struct bench *b)
{
	char *part = malloc(65536);
	uint32_t parts = 0;
	size_t used = 0, journal = store_count(b->store, "journal");

	CHECK(part);
	put_others(b);
	for (int i = 0; i < MANY - 2; i++) {
		used += (size_t)snprintf(part + used, 65000 - used,
					 "%d,Place %d,0.%03d\n", 10000 + i, i,
					 i % 1000);
		if (used < 64900 && i < MANY - 3)
			continue;
		send_part(b, "root", part, parts++, i < MANY - 3, false);
		CHECK_STR(b->error, "");
		used = 0;
	}
	free(part);
	CHECK(b->summary.done);
	CHECK_EQ(b->summary.new, MANY - 2);
	CHECK_EQ(b->summary.gone, 2);
	CHECK_EQ(table_count(b->table), MANY);
	CHECK_EQ(store_count(b->store, "journal"), journal + 3);
	/* One more than there can be, with the others. */
	send_part(b, "root", "1,x,1\n", 0, false, true);
	close_table(b);
	open_table(b);
	CHECK_EQ(table_count(b->table), MANY);
	CHECK_STR(((const struct call_rate *)table_at(b->table, MANY - 1))->id,
		  "zeta/1");
	for (size_t i = 1; i < MANY; i++)
		CHECK(strcmp(((const struct call_rate *)table_at(b->table,
								 i - 1))
				     ->id,
			     ((const struct call_rate *)table_at(b->table, i))
				     ->id) < 0);
	send_part(b, "root", "1,Home,1\n", 0, false, false);
	CHECK_EQ(b->summary.gone, MANY - 2);
	CHECK_EQ(table_count(b->table), 3);
	CHECK_STR(((const struct call_rate *)table_at(b->table, 0))->id,
		  "acme/1");
}

int main(void)
{
	struct bench b = { .base = event_base_new() };

	test_longest_prefix();
	test_ids();
	test_mistakes();
	test_taken();
	temp_dir(b.dir);
	snprintf(b.run, sizeof(b.run), "%s/run", b.dir);
	open_table(&b);
	test_import(&b);
	test_many(&b);
	close_table(&b);
	event_base_free(b.base);
	temp_remove(b.dir);
	return 0;
}

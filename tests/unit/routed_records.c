/*
 * Call records: what a filter finds is what a plain look at all of them finds,
 * newest first, page by page, by an index or without; old ones go.
 */
#include <errno.h>
#include <event2/event.h>

#include "books_world.h"
#include "cdr.h"
#include "cdr_filter.h"
#include "cdr_search.h"
#include "check.h"
#include "clock.h"
#include "retention.h"
#include "store.h"

enum { CALLS = 3000, OLD = 2000, FILTERS = 400 };

struct bench {
	struct books_world world;
	struct cdr_searches *searches;
	struct cdr *rows; /* oldest first */
	uint64_t start_ms;
	uint32_t dice;
	bool done;
	int err;
	size_t found[CALLS];
	size_t n_found;
};

static uint32_t roll(struct bench *b, uint32_t sides)
{
	b->dice = b->dice * 1664525 + 1013904223;
	return (b->dice >> 8) % sides;
}

static const char *const holders[] = { "", "Ada", "Eve", "Grace", "ada" };
static const char *const trunks[] = { "", "acme", "beta" };

static void make_row(struct bench *b, size_t i)
{
	struct cdr *row = &b->rows[i];

	record_init(&cdr_record, row);
	snprintf(row->id, sizeof(row->id), "call%05zu", i);
	/* Two at a time; the old ones are older than a day. */
	row->start_ms = b->start_ms + i / 2 * 1000 + (i >= OLD) * 3600000;
	row->end_ms = row->start_ms + 5000;
	row->answer_ms = roll(b, 3) ? row->start_ms + 1000 : 0;
	row->talk_s = row->answer_ms ? 1 + roll(b, 100) : 0;
	row->ring_s = 1;
	row->cost_milli = roll(b, 4) ? 0 : roll(b, 1000);
	row->disposition =
		row->answer_ms ? CDR_DISPOSITION_ANSWERED : roll(b, 5);
	snprintf(row->caller, sizeof(row->caller), "%u", 800 + roll(b, 20));
	snprintf(row->callee, sizeof(row->callee), "%u", 4930 + roll(b, 300));
	snprintf(row->trunk, sizeof(row->trunk), "%s", trunks[roll(b, 3)]);
	snprintf(row->pin_holder, sizeof(row->pin_holder), "%s",
		 holders[roll(b, 5)]);
}

static void on_done(void *ctx, int err)
{
	struct bench *b = ctx;

	b->done = true;
	b->err = err;
}

static void put_rows(struct bench *b)
{
	struct store_batch *batch = store_batch_new(b->world.store);

	CHECK(batch);
	for (size_t i = 0; i < CALLS; i++) {
		make_row(b, i);
		CHECK_EQ(cdr_put(batch, &b->rows[i]), 0);
	}
	b->done = false;
	CHECK_EQ(store_commit(b->world.store, batch, on_done, b), 0);
	while (!b->done)
		CHECK(event_base_loop(b->world.base, EVLOOP_ONCE) >= 0);
}

static void on_row(void *ctx, const struct cdr *row)
{
	struct bench *b = ctx;

	b->found[b->n_found++] = strtoul(row->id + 4, NULL, 10);
}

static void search(struct bench *b, const char *filter, uint64_t limit)
{
	struct issue issue = { 0 };
	int rc;

	b->n_found = 0;
	b->done = false;
	rc = cdr_search(b->searches,
			&(struct cdr_hunt){ .filter = filter,
					    .limit = limit,
					    .row = on_row,
					    .done = on_done,
					    .ctx = b },
			&issue);
	if (rc)
		fprintf(stderr, "%s: %s\n", filter, issue.what);
	CHECK_EQ(rc, 0);
	while (!b->done)
		CHECK(event_base_loop(b->world.base, EVLOOP_ONCE) >= 0);
	CHECK_EQ(b->err, 0);
}

/* All that a filter should find, by looking at each. */
static void check_found(struct bench *b, const char *filter)
{
	struct cdr_filter f;
	struct issue issue;
	size_t n = 0;

	CHECK_EQ(cdr_filter_parse(&f, filter, &issue), 0);
	for (size_t i = CALLS; i-- > 0;) {
		const struct cdr *row = &b->rows[i];

		if (row->start_ms < f.from_ms || row->start_ms >= f.to_ms ||
		    !cdr_filter_passes(&f, row))
			continue;
		CHECK(n < b->n_found);
		CHECK_EQ(b->found[n], i);
		n++;
	}
	CHECK_EQ(b->n_found, n);
}

static void random_filter(struct bench *b, char *text, size_t size)
{
	const char *const words[] = {
		"caller=805",         "callee=5000",
		"trunk=acme",         "trunk=",
		"pin_holder=Ada",     "pin_holder~ada",
		"cost_milli>0",       "talk_s<50",
		"disposition=BUSY",   "callee^49",
		"caller!=805",        "disposition=ANSWERED",
		"disposition!=BUSY",  "answer_ms=0",
		"direction=internal",
	};
	const uint32_t n_words = sizeof(words) / sizeof(*words);

	*text = '\0';
	for (uint32_t i = roll(b, 4); i-- > 0;) {
		size_t n = strlen(text);
		uint32_t w = roll(b, n_words + 2);

		if (w < n_words)
			snprintf(text + n, size - n, "%s;", words[w]);
		else
			snprintf(text + n, size - n, "%s=%" PRIu64 ";",
				 w == n_words ? "from" : "to",
				 b->start_ms + 1000 * roll(b, 6000));
	}
}

/* The same in pages of so many: nothing twice, nothing left out. */
static void check_pages(struct bench *b, const char *filter, uint64_t limit)
{
	size_t all[CALLS], n = b->n_found, at = 0;
	char with[256];

	memcpy(all, b->found, n * sizeof(*all));
	snprintf(with, sizeof(with), "%s", filter);
	do {
		search(b, with, limit);
		CHECK(at + b->n_found <= n);
		CHECK(!memcmp(all + at, b->found, b->n_found * sizeof(*all)));
		at += b->n_found;
		if (b->n_found)
			snprintf(with, sizeof(with), "%s;before=call%05zu",
				 filter, b->found[b->n_found - 1]);
	} while (b->n_found == limit);
	CHECK_EQ(at, n);
}

static void test_filters(struct bench *b)
{
	char filter[256];

	for (int i = 0; i < FILTERS; i++) {
		random_filter(b, filter, sizeof(filter));
		search(b, filter, UINT64_MAX);
		check_found(b, filter);
		if (i % 10 == 0)
			check_pages(b, filter, 1 + roll(b, 700));
	}
}

static void refused(const char *filter, const char *why)
{
	struct cdr_filter f;
	struct issue issue;

	CHECK_EQ(cdr_filter_parse(&f, filter, &issue), -EINVAL);
	CHECK_STR(issue.what, why);
}

static void test_wrong_words(void)
{
	refused("colour=red", "a call record has no field \"colour\"");
	refused("red", "\"red\" is no field=text (or != < > ^ ~)");
	refused("caller!8", "\"caller!8\" is no field=text (or != < > ^ ~)");
	refused("caller>8", "caller is text: use = != ^ or ~");
	refused("talk_s>x", "talk_s: \"x\" is no number");
	refused("talk_s>99999999999999999999",
		"talk_s: \"99999999999999999999\" is no number");
	refused("from=yesterday",
		"from: write 2026-12-24, 2026-12-24T18:00 or ms");
	refused("to=2026-13-24",
		"to: write 2026-12-24, 2026-12-24T18:00 or ms");
	refused("caller=1;caller=1;caller=1;caller=1;caller=1;caller=1;"
		"caller=1;caller=1;caller=1",
		"at most 8 words");
	refused("before=01234567890123456789012345678901234567890123456789",
		"before: no such call");
}

/* At most 8 at once, and those that go on when all ends are told. */
static void test_many_searches(struct bench *b)
{
	struct cdr_hunt hunt = { .filter = "codec=none",
				 .limit = 1,
				 .row = on_row,
				 .done = on_done,
				 .ctx = b };
	struct issue issue;

	for (int i = 0; i < 8; i++)
		CHECK_EQ(cdr_search(b->searches, &hunt, &issue), 0);
	CHECK_EQ(cdr_search(b->searches, &hunt, &issue), -EBUSY);
	b->done = false;
	cdr_searches_free(b->searches);
	CHECK(b->done);
	CHECK_EQ(b->err, -ECANCELED);
	b->searches = cdr_searches_new(b->world.base, b->world.store);
}

static void wait_for_rows(struct bench *b, size_t rows)
{
	while (store_count(b->world.store, CDR_DB) != rows)
		CHECK(event_base_loop(b->world.base, EVLOOP_ONCE) >= 0);
}

static void test_retention(struct bench *b)
{
	struct retention *r = retention_new(b->world.base, b->world.store);
	size_t index = store_count(b->world.store, CDR_INDEX_DB);
	uint8_t key[CDR_KEY_MAX];
	size_t n;

	CHECK(r);
	retention_look(r, clock_wall_ms()); /* keeps all */
	retention_set(r, CALLS - 250, 0);
	retention_look(r, clock_wall_ms());
	wait_for_rows(b, CALLS - 250);
	CHECK_EQ(store_count(b->world.store, CDR_ID_DB), CALLS - 250);
	CHECK(store_count(b->world.store, CDR_INDEX_DB) < index);
	CHECK_EQ(cdr_find(b->world.store, "call00249", key, &n), -ENOENT);
	CHECK_EQ(cdr_find(b->world.store, "call00250", key, &n), 0);
	retention_set(r, CALLS, 1);
	retention_look(r, clock_wall_ms());
	wait_for_rows(b, CALLS - OLD);
	store_wait(b->world.store);
	retention_free(r);
	search(b, "", UINT64_MAX);
	CHECK_EQ(b->n_found, CALLS - OLD);
	CHECK_EQ(b->found[b->n_found - 1], OLD);
	/* No index is left of those that went. */
	search(b, "disposition=BUSY", UINT64_MAX);
	for (size_t i = 0; i < b->n_found; i++)
		CHECK(b->found[i] >= OLD);
}

int main(void)
{
	const uint64_t day_ms = 86400000;
	struct bench b = { .dice = 1 };

	b.start_ms = clock_wall_ms() - day_ms - 1800000;

	b.rows = calloc(CALLS, sizeof(*b.rows));
	CHECK(b.rows);
	books_world_init(&b.world);
	b.searches = cdr_searches_new(b.world.base, b.world.store);
	search(&b, "", 10);
	CHECK_EQ(b.n_found, 0);
	put_rows(&b);
	test_filters(&b);
	test_wrong_words();
	test_many_searches(&b);
	test_retention(&b);
	cdr_searches_free(b.searches);
	books_world_fini(&b.world);
	free(b.rows);
	return 0;
}

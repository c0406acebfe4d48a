/*
 * Call records by the million: how long a page of 50 takes, by filter, over so
 * many of them in a store of their own.
 *
 *	records_load [RECORDS]    (1,000,000)
 *
 * Prints one line of name=value pairs; times in ms, the middle of 21 pages.
 */
#include <event2/event.h>
#include <time.h>

#include "cdr.h"
#include "cdr_search.h"
#include "check.h"
#include "store.h"
#include "temp.h"

enum { RECORDS = 1000000, TOGETHER = 2000, PAGE = 50, PAGES = 21 };

struct load {
	struct event_base *base;
	struct store *store;
	struct cdr_searches *searches;
	uint32_t dice;
	uint64_t rows;
	bool done;
};

static double now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static uint32_t roll(struct load *l, uint32_t sides)
{
	l->dice = l->dice * 1664525 + 1013904223;
	return (l->dice >> 8) % sides;
}

/* A year of a busy house: a third goes out, one in a hundred by Ada. */
static void make_row(struct load *l, size_t i, struct cdr *row)
{
	record_init(&cdr_record, row);
	snprintf(row->id, sizeof(row->id), "%08x%08x%08x%08x", roll(l, 1 << 24),
		 roll(l, 1 << 24), roll(l, 1 << 24), (uint32_t)i);
	row->start_ms = 1760000000000 + i * 30000;
	row->answer_ms = roll(l, 4) ? row->start_ms + 5000 : 0;
	row->talk_s = row->answer_ms ? 1 + roll(l, 600) : 0;
	row->end_ms = row->start_ms + 5000 + row->talk_s * 1000;
	row->disposition = row->answer_ms ? CDR_DISPOSITION_ANSWERED
					  : CDR_DISPOSITION_NO_ANSWER;
	snprintf(row->caller, sizeof(row->caller), "%u", 1000 + roll(l, 1000));
	snprintf(row->callee, sizeof(row->callee), "%u", 1000 + roll(l, 1000));
	snprintf(row->source, sizeof(row->source), "192.168.1.100");
	snprintf(row->codec, sizeof(row->codec), "PCMA");
	snprintf(row->reason, sizeof(row->reason), "the caller hung up");
	if (roll(l, 3))
		return;
	row->direction = CDR_DIRECTION_OUTBOUND;
	row->cost_milli = 10 * row->talk_s;
	snprintf(row->callee, sizeof(row->callee), "00%u", roll(l, 1 << 24));
	snprintf(row->sent, sizeof(row->sent), "%s", row->callee);
	snprintf(row->trunk, sizeof(row->trunk), "acme");
	snprintf(row->dial_rule, sizeof(row->dial_rule), "abroad");
	if (!roll(l, 33))
		snprintf(row->pin_holder, sizeof(row->pin_holder), "Ada");
}

static void on_done(void *ctx, int err)
{
	struct load *l = ctx;

	CHECK_EQ(err, 0);
	l->done = true;
}

static void turn(struct load *l)
{
	while (!l->done)
		CHECK(event_base_loop(l->base, EVLOOP_ONCE) >= 0);
}

static void fill(struct load *l, size_t records)
{
	struct store_batch *batch = NULL;
	struct cdr row;

	for (size_t i = 0; i < records; i++) {
		if (!batch)
			batch = store_batch_new(l->store);
		CHECK(batch);
		make_row(l, i, &row);
		CHECK_EQ(cdr_put(batch, &row), 0);
		if ((i + 1) % TOGETHER && i + 1 < records)
			continue;
		l->done = false;
		CHECK_EQ(store_commit(l->store, batch, on_done, l), 0);
		turn(l);
		batch = NULL;
	}
}

static void on_row(void *ctx, const struct cdr *row)
{
	struct load *l = ctx;

	(void)row;
	l->rows++;
}

static double search(struct load *l, const char *filter, uint64_t limit)
{
	double begin = now_ms();
	struct issue issue;

	l->rows = 0;
	l->done = false;
	CHECK_EQ(cdr_search(l->searches,
			    &(struct cdr_hunt){ .filter = filter,
						.limit = limit,
						.row = on_row,
						.done = on_done,
						.ctx = l },
			    &issue),
		 0);
	turn(l);
	return now_ms() - begin;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void page(struct load *l, const char *name, const char *filter)
{
	double ms[PAGES];

	for (int i = 0; i < PAGES; i++)
		ms[i] = search(l, filter, PAGE);
	qsort(ms, PAGES, sizeof(*ms), by_size);
	printf("%s_ms=%.3f %s_worst_ms=%.3f ", name, ms[PAGES / 2], name,
	       ms[PAGES - 1]);
}

int main(int argc, char **argv)
{
	size_t records = argc > 1 ? strtoul(argv[1], NULL, 10) : RECORDS;
	struct load l = { .base = event_base_new(), .dice = 1 };
	char dir[TEMP_PATH], run[TEMP_PATH + 8], why[256] = "";
	double begin;

	temp_dir(dir);
	snprintf(run, sizeof(run), "%s/run", dir);
	l.store = store_open(
		l.base,
		&(struct store_config){ .state_dir = dir,
					.view_dir = run,
					.truth_max = (size_t)8 << 30 },
		why, sizeof(why));
	CHECK_STR(why, "");
	l.searches = cdr_searches_new(l.base, l.store);
	begin = now_ms();
	fill(&l, records);
	printf("rows=%zu write_us=%.2f ", records,
	       (now_ms() - begin) * 1000 / (double)records);
	page(&l, "first", "");
	page(&l, "caller", "caller=1500");
	page(&l, "callee", "callee=1500");
	page(&l, "trunk", "trunk=acme");
	page(&l, "holder", "pin_holder=Ada");
	page(&l, "result", "disposition=NO ANSWER");
	page(&l, "costly", "cost_milli>5000");
	page(&l, "nobody", "caller=nobody");
	begin = search(&l, "", UINT64_MAX);
	printf("all_ms=%.0f all_rows=%" PRIu64 "\n", begin, l.rows);
	cdr_searches_free(l.searches);
	store_close(l.store);
	event_base_free(l.base);
	temp_remove(dir);
	return 0;
}

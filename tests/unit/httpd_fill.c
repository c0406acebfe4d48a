/*
 * Call records for the tests of their export: httpd_fill STATE N writes so many
 * into the store of a routed that does not run. The i-th, from 0, is
 * "record-%07d" of caller 1000 + i % 10, 30 s after the one before.
 */
#include <event2/event.h>
#include <stdlib.h>

#include "store.h"

#include "cdr.h"

#include "check.h"
#include "temp.h"

enum { TOGETHER = 2000 };

static void make_row(size_t i, struct cdr *row)
{
	record_init(&cdr_record, row);
	snprintf(row->id, sizeof(row->id), "record-%07zu", i);
	row->start_ms = 1760000000123 + i * 30000;
	row->answer_ms = row->start_ms + 5000;
	row->end_ms = row->start_ms + 15000;
	row->talk_s = 10;
	row->disposition = CDR_DISPOSITION_ANSWERED;
	row->direction = CDR_DIRECTION_OUTBOUND;
	row->cost_milli = 100;
	snprintf(row->caller, sizeof(row->caller), "%zu", 1000 + i % 10);
	snprintf(row->callee, sizeof(row->callee), "+4930%zu", 100000 + i);
	snprintf(row->trunk, sizeof(row->trunk), "acme");
	snprintf(row->reason, sizeof(row->reason), "=1+\"one\"; %zu", i);
}

static void on_done(void *ctx, int err)
{
	bool *done = ctx;

	CHECK_EQ(err, 0);
	*done = true;
}

static void commit(struct event_base *base, struct store *store,
		   struct store_batch *batch)
{
	bool done = false;

	CHECK_EQ(store_commit(store, batch, on_done, &done), 0);
	while (!done)
		CHECK(event_base_loop(base, EVLOOP_ONCE) >= 0);
}

int main(int argc, char **argv)
{
	struct event_base *base = event_base_new();
	struct store_batch *batch = NULL;
	char why[256] = "", view[TEMP_PATH];
	struct store *store;
	struct cdr row;
	size_t n;

	CHECK(argc == 3);
	n = strtoul(argv[2], NULL, 10);
	temp_dir(view);
	store = store_open(base,
			   &(struct store_config){ .state_dir = argv[1],
						   .view_dir = view },
			   why, sizeof(why));
	CHECK_STR(why, "");
	for (size_t i = 0; i < n; i++) {
		if (!batch)
			batch = store_batch_new(store);
		CHECK(batch);
		make_row(i, &row);
		CHECK_EQ(cdr_put(batch, &row), 0);
		if ((i + 1) % TOGETHER && i + 1 < n)
			continue;
		commit(base, store, batch);
		batch = NULL;
	}
	store_close(store);
	temp_remove(view);
	event_base_free(base);
	return 0;
}

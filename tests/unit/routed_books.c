/* The books: on disk before they say so, once a call, newest first. */
#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "books.h"
#include "check.h"
#include "store.h"
#include "temp.h"

struct bench {
	struct event_base *base;
	struct store *store;
	struct books *books;
	char dir[TEMP_PATH];
	char state[80];
	char view[80];
	int written;
	char ids[512];
};

static void open_books(struct bench *b)
{
	struct store_config config = {
		.state_dir = b->state,
		.view_dir = b->view,
		.truth_max = 64 << 20,
		.view_max = 16 << 20,
	};
	char why[256] = "";

	b->store = store_open(b->base, &config, why, sizeof(why));
	CHECK_STR(why, "");
	b->books = books_new(b->store);
	CHECK(b->store && b->books);
}

static void close_books(struct bench *b)
{
	books_free(b->books);
	store_close(b->store);
}

static void on_written(void *ctx, int err)
{
	struct bench *b = ctx;

	CHECK_EQ(err, 0);
	if (!--b->written)
		event_base_loopbreak(b->base);
}

static void write_call(struct bench *b, const char *id, uint64_t start_ms,
		       const char *caller)
{
	struct cdr row;

	record_init(&cdr_record, &row);
	snprintf(row.id, sizeof(row.id), "%s", id);
	snprintf(row.caller, sizeof(row.caller), "%s", caller);
	row.start_ms = start_ms;
	row.answer_ms = start_ms + 3500;
	row.end_ms = start_ms + 10000;
	b->written++;
	books_write(b->books, &row, on_written, b);
}

static void on_row(void *ctx, const struct cdr *row)
{
	struct bench *b = ctx;
	size_t n = strlen(b->ids);

	snprintf(b->ids + n, sizeof(b->ids) - n, "%s ", row->id);
	CHECK_EQ(row->ring_s, 3);
	CHECK_EQ(row->talk_s, 7);
}

static const char *page(struct bench *b, const char *filter, uint32_t limit)
{
	struct records_ask ask = { .limit = limit };
	struct issue issue;

	snprintf(ask.filter, sizeof(ask.filter), "%s", filter);
	b->ids[0] = '\0';
	CHECK_EQ(books_page(b->books, &ask, on_row, b, &issue), 0);
	return b->ids;
}

static void test_pages(struct bench *b)
{
	struct records_ask ask = { .limit = 5, .filter = "colour=red" };
	struct issue issue;

	CHECK_STR(page(b, "", 50), "");
	write_call(b, "b", 2000, "801");
	write_call(b, "a", 1000, "802");
	write_call(b, "c", 3000, "801");
	write_call(b, "c", 3000, "801"); /* told twice, before it is on disk */
	event_base_dispatch(b->base);
	write_call(b, "a", 1000, "802"); /* and after */
	CHECK_EQ(b->written, 0);
	CHECK_STR(page(b, "", 50), "c b a ");
	CHECK_STR(page(b, "", 2), "c b ");
	CHECK_STR(page(b, "before=b", 2), "a ");
	CHECK_STR(page(b, "caller=801", 50), "c b ");
	CHECK_STR(page(b, "caller=801;before=c", 50), "b ");
	CHECK_EQ(books_page(b->books, &ask, on_row, b, &issue), -EINVAL);
}

int main(void)
{
	struct bench b = { 0 };

	temp_dir(b.dir);
	snprintf(b.state, sizeof(b.state), "%s/s", b.dir);
	snprintf(b.view, sizeof(b.view), "%s/v", b.dir);
	CHECK_EQ(mkdir(b.state, 0700), 0);
	CHECK_EQ(mkdir(b.view, 0700), 0);
	b.base = event_base_new();
	open_books(&b);
	test_pages(&b);
	close_books(&b);
	open_books(&b);
	CHECK_STR(page(&b, "", 50), "c b a ");
	close_books(&b);
	event_base_free(b.base);
	temp_remove(b.dir);
	return 0;
}

/*
 * The books: on disk before they say so, once a call, newest first; calls at
 * the same time cannot overspend together.
 */
#include <errno.h>
#include <event2/event.h>

#include "books_world.h"
#include "cdr_search.h"
#include "check.h"

struct pages {
	struct books_world world;
	struct cdr_searches *searches;
	int left;
	char ids[512];
};

static void on_written(void *ctx, int err)
{
	struct pages *p = ctx;

	CHECK_EQ(err, 0);
	p->left--;
}

static void wait_for(struct pages *p)
{
	while (p->left)
		CHECK(event_base_loop(p->world.base, EVLOOP_ONCE) >= 0);
}

static void write_call(struct pages *p, const char *id, uint64_t start_ms,
		       const char *caller)
{
	struct cdr row;

	record_init(&cdr_record, &row);
	snprintf(row.id, sizeof(row.id), "%s", id);
	snprintf(row.caller, sizeof(row.caller), "%s", caller);
	row.start_ms = start_ms;
	row.answer_ms = start_ms + 3500;
	row.end_ms = start_ms + 10000;
	p->left++;
	books_end(p->world.books, &row, row.end_ms, on_written, p);
}

static void on_row(void *ctx, const struct cdr *row)
{
	struct pages *p = ctx;
	size_t n = strlen(p->ids);

	snprintf(p->ids + n, sizeof(p->ids) - n, "%s ", row->id);
	CHECK_EQ(row->ring_s, 3);
	CHECK_EQ(row->talk_s, 7);
}

static const char *page(struct pages *p, const char *filter, uint32_t limit)
{
	struct issue issue;

	p->ids[0] = '\0';
	p->left = 1;
	CHECK_EQ(cdr_search(p->searches,
			    &(struct cdr_hunt){ .filter = filter,
						.limit = limit,
						.row = on_row,
						.done = on_written,
						.ctx = p },
			    &issue),
		 0);
	wait_for(p);
	return p->ids;
}

static void test_pages(void)
{
	struct pages p = { 0 };

	books_world_init(&p.world);
	p.searches = cdr_searches_new(p.world.base, p.world.store);
	CHECK_STR(page(&p, "", 50), "");
	write_call(&p, "b", 2000, "801");
	write_call(&p, "a", 1000, "802");
	write_call(&p, "c", 3000, "801");
	write_call(&p, "c", 3000, "801"); /* told twice, before it is on disk */
	wait_for(&p);
	write_call(&p, "a", 1000, "802"); /* and after */
	CHECK_EQ(p.left, 0);
	CHECK_STR(page(&p, "", 50), "c b a ");
	CHECK_STR(page(&p, "", 2), "c b ");
	CHECK_STR(page(&p, "before=b", 2), "a ");
	CHECK_STR(page(&p, "caller=801", 50), "c b ");
	CHECK_STR(page(&p, "caller=801;before=c", 50), "b ");
	cdr_searches_free(p.searches);
	books_world_close(&p.world);
	books_world_open(&p.world);
	p.searches = cdr_searches_new(p.world.base, p.world.store);
	CHECK_STR(page(&p, "", 50), "c b a ");
	cdr_searches_free(p.searches);
	books_world_fini(&p.world);
}

/* --- a hundred calls at once --- */

enum { CALLS = 100, CAP_S = 1830, SLICE_S = 60 };

struct rush {
	struct books_world world;
	int asked;
	int out;
	int refused;
};

static void on_reserved(void *ctx, int err)
{
	struct rush *r = ctx;

	CHECK(err == 0 || err == -EDQUOT);
	r->asked--;
	if (err)
		r->refused++;
	else
		r->out++;
}

static void rush_ask(struct rush *r, int i)
{
	const struct plan_choice choice = { .outbound = true,
					    .trunk = "acme",
					    .dial_rule = "out" };
	struct ask ask;

	record_init(&ask_record, &ask);
	snprintf(ask.call, sizeof(ask.call), "call-%d", i);
	snprintf(ask.who, sizeof(ask.who), "%d", 800 + i);
	r->asked++;
	books_reserve(r->world.books, &ask, &choice, r->world.now_ms,
		      on_reserved, r);
}

static uint64_t held(const struct books_world *w, uint32_t *calls)
{
	struct usage_credit c;
	uint64_t used;

	(void)books_credit(w->books,
			   &(struct plan_call){ .id = "",
						.extension = "1",
						.trunk = "acme",
						.dial_rule = "",
						.rates = "",
						.number = "",
						.pin_holder = "",
						.now_ms = w->now_ms },
			   &c);
	CHECK_EQ(sscanf(c.why, "limit acme, %" SCNu64, &used), 1);
	*calls = books_calls(w->books, USAGE_OF_TRUNK, "acme");
	return used;
}

/* All ask before the first is on disk: those that go out hold 30 slices of 60 s
   and one of 30 s, and the others wait for no one. */
static void test_rush(void)
{
	struct rush r = { 0 };
	uint32_t calls;
	char id[32];

	books_world_init(&r.world);
	books_world_cap(&r.world,
			"name=acme scope=trunk who=acme seconds=1830");
	for (int i = 0; i < CALLS; i++)
		rush_ask(&r, i);
	while (r.asked)
		CHECK(event_base_loop(r.world.base, EVLOOP_ONCE) >= 0);
	CHECK_EQ(r.out, (CAP_S + SLICE_S - 1) / SLICE_S);
	CHECK_EQ(r.refused, CALLS - r.out);
	CHECK_EQ(held(&r.world, &calls), CAP_S);
	CHECK_EQ(calls, r.out);
	/* They talk for 20 s each; what is left is there for others. */
	for (int i = 0; i < CALLS; i++) {
		snprintf(id, sizeof(id), "call-%d", i);
		book_end(&r.world, id, i < r.out ? 20 : 0);
	}
	CHECK_EQ(held(&r.world, &calls), 20u * (unsigned)r.out);
	CHECK_EQ(calls, 0);
	books_world_close(&r.world);
	books_world_open(&r.world);
	CHECK_EQ(held(&r.world, &calls), 20u * (unsigned)r.out);
	books_world_fini(&r.world);
}

/* The end overtakes the beginning: sipd gave up before the disk was done. */
static void test_end_before_reserved(void)
{
	struct rush r = { 0 };
	uint32_t calls;

	books_world_init(&r.world);
	books_world_cap(&r.world,
			"name=acme scope=trunk who=acme seconds=1830");
	rush_ask(&r, 1);
	book_end(&r.world, "call-1", 0);
	CHECK_EQ(r.asked, 0);
	CHECK_EQ(held(&r.world, &calls), 0);
	CHECK_EQ(calls, 0);
	books_world_close(&r.world);
	books_world_open(&r.world);
	CHECK_EQ(held(&r.world, &calls), 0);
	CHECK_EQ(calls, 0);
	books_world_fini(&r.world);
}

/* --- what a record says of a call over a trunk --- */

static void test_completed(void)
{
	struct books_world w;
	struct cdr row;

	books_world_init(&w);
	CHECK(book_ask(&w, "call=a extension=801 dialled=0049 number=49 "
			   "trunk=acme dial_rule=out pin_holder=Ada "
			   "pin_digits=4711 source=192.0.2.7"));
	CHECK(book_ask(&w, "call=b extension=801 trunk=acme pin_holder=Ada "
			   "pin_digits=4711"));
	book_end(&w, "a", 30);
	book_end(&w, "b", 0); /* FAILED: it did not get out */
	CHECK(book_record(&w, "a", &row));
	CHECK_STR(row.caller, "801");
	CHECK_STR(row.callee, "0049");
	CHECK_STR(row.trunk, "acme");
	CHECK_STR(row.dial_rule, "out");
	CHECK_STR(row.pin_holder, "Ada");
	CHECK_STR(row.pin, "4711");
	CHECK_EQ(row.direction, CDR_DIRECTION_OUTBOUND);
	CHECK(book_record(&w, "b", &row));
	CHECK_STR(row.pin_holder, "Ada");
	CHECK_STR(row.pin, "");
	books_world_fini(&w);
}

int main(void)
{
	test_pages();
	test_rush();
	test_end_before_reserved();
	test_completed();
	return 0;
}

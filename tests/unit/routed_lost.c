/*
 * Calls that sipd lost are settled up to when they were last known to go on;
 * those that it still has, or still has to tell of, are left to it. And what
 * limits have used is shown, and told once when it is much.
 */
#include <errno.h>
#include <event2/event.h>

#include "books_impl.h"
#include "books_world.h"
#include "check.h"
#include "clock.h"
#include "live.h"
#include "lost.h"
#include "spend.h"
#include "store.h"

/* sipd, as far as others see it: its view. */
struct sipd {
	struct store *store;
	struct live *calls;
	char state[80];
	char view[96];
};

static void sipd_open(struct sipd *s, struct books_world *w)
{
	char why[256] = "";

	snprintf(s->state, sizeof(s->state), "%s/sipd-state", w->dir);
	snprintf(s->view, sizeof(s->view), "%s/sipd", w->run);
	(void)mkdir(s->state, 0700);
	(void)mkdir(s->view, 0700);
	s->store = store_open(w->base,
			      &(struct store_config){ .state_dir = s->state,
						      .view_dir = s->view },
			      why, sizeof(why));
	CHECK_STR(why, "");
	s->calls = live_open(&call_record, NULL, s->store, NULL, NULL);
	CHECK(s->calls);
	CHECK_EQ(store_view_publish(s->store), 0);
}

static void sipd_close(struct sipd *s)
{
	live_close(s->calls);
	store_close(s->store);
}

static void sipd_call(struct sipd *s, const char *id, uint64_t alive_ms,
		      uint32_t talk_s)
{
	struct call row;

	record_init(&call_record, &row);
	snprintf(row.id, sizeof(row.id), "%s", id);
	row.alive_ms = alive_ms;
	row.talk_s = talk_s;
	CHECK_EQ(live_put(s->calls, &row), 0);
	CHECK_EQ(store_view_flush(s->store), 0);
}

static void sipd_tells_later(struct sipd *s, const char *id)
{
	CHECK_EQ(live_del(s->calls, id), 0);
	CHECK_EQ(store_view_put(s->store, "ended",
				(struct bytes){ id, strlen(id) },
				(struct bytes){ "cdr", 3 }),
		 0);
	CHECK_EQ(store_view_flush(s->store), 0);
}

static void look(struct books_world *w, int times)
{
	for (int i = 0; i < times; i++)
		lost_look(w->books->lost);
	store_wait(w->store);
}

static void test_lost(void)
{
	struct books_world w;
	struct sipd sipd;
	struct cdr row;

	books_world_init(&w);
	CHECK(book_ask(&w, "call=early extension=801 trunk=acme"));
	look(&w, 9); /* sipd never ran: nobody knows */
	CHECK(!book_record(&w, "early", &row));
	sipd_open(&sipd, &w);
	sipd_call(&sipd, "stays", w.now_ms, 5);
	sipd_call(&sipd, "told", w.now_ms, 5);
	sipd_call(&sipd, "gone", w.now_ms + 20000, 17);
	CHECK(book_ask(&w, "call=stays extension=801 trunk=acme"));
	CHECK(book_ask(&w, "call=told extension=801 trunk=acme"));
	CHECK(book_ask(&w, "call=gone extension=802 trunk=acme "
			   "dial_rule=out"));
	CHECK(book_ask(&w, "call=renewed extension=803 trunk=acme"));
	book_renew(&w, "renewed", 40);
	look(&w, 2);
	CHECK(!book_record(&w, "early", &row));
	CHECK_EQ(live_del(sipd.calls, "gone"), 0);
	sipd_tells_later(&sipd, "told");
	look(&w, 3);
	/* Known to go on when sipd showed it last, or when it asked for more.
	 */
	CHECK(book_record(&w, "gone", &row));
	CHECK_EQ(row.talk_s, 17);
	CHECK_EQ(row.end_ms, w.now_ms + 20000);
	CHECK_EQ(row.disposition, CDR_DISPOSITION_ANSWERED);
	CHECK_STR(row.dial_rule, "out");
	CHECK(book_record(&w, "renewed", &row));
	CHECK_EQ(row.talk_s, 40);
	CHECK(book_record(&w, "early", &row));
	CHECK_EQ(row.talk_s, 0);
	CHECK_EQ(row.disposition, CDR_DISPOSITION_FAILED);
	CHECK(!book_record(&w, "stays", &row));
	CHECK(!book_record(&w, "told", &row));
	CHECK_EQ(books_calls(w.books, USAGE_OF_TRUNK, "acme"), 2);
	/* Told after all: the record stands, nothing counts twice. */
	book_end(&w, "gone", 500);
	CHECK_EQ(w.err, 0);
	CHECK(book_record(&w, "gone", &row));
	CHECK_EQ(row.talk_s, 17);
	sipd_close(&sipd);
	books_world_fini(&w);
}

static void test_told_once(void)
{
	struct usage row;
	struct books_world w;
	uint8_t buf[512];
	size_t n = sizeof(buf);

	books_world_init(&w);
	w.now_ms = clock_wall_ms();
	books_world_cap(&w, "name=day scope=trunk who=acme seconds=100 "
			    "warn_percent=50 period=total");
	CHECK(book_ask(&w, "call=a extension=801 trunk=acme"));
	book_end(&w, "a", 40);
	spend_look(w.books->spend);
	CHECK_EQ(w.alarms, 0);
	/* What a call holds counts: 40 and 60. */
	CHECK(book_ask(&w, "call=b extension=801 trunk=acme"));
	spend_look(w.books->spend);
	spend_look(w.books->spend);
	CHECK_EQ(w.alarms, 1);
	CHECK_STR(w.alarm, "acme: limit day: 100 of 100 s are used, over 50 %");
	CHECK_EQ(store_view_get(w.store, "usage", (struct bytes){ "day", 3 },
				buf, &n),
		 0);
	CHECK_EQ(record_decode(&usage_record, &row, buf, n), 0);
	CHECK_EQ(row.seconds, 40);
	CHECK_EQ(row.held_seconds, 60);
	CHECK_EQ(row.calls, 1);
	books_world_close(&w);
	books_world_open(&w);
	spend_look(w.books->spend);
	CHECK_EQ(w.alarms, 1);
	/* A limit that is made anew warns anew. */
	books_world_drop(&w, "day");
	spend_look(w.books->spend);
	n = sizeof(buf);
	CHECK_EQ(store_view_get(w.store, "usage", (struct bytes){ "day", 3 },
				buf, &n),
		 -ENOENT);
	books_world_cap(&w, "name=day scope=trunk who=acme seconds=60 "
			    "period=total");
	spend_look(w.books->spend);
	CHECK_EQ(w.alarms, 2);
	books_world_fini(&w);
}

int main(void)
{
	test_lost();
	test_told_once();
	return 0;
}

/* The PIN locks in the daemon: rows and clocks, what a kill leaves, silent
   phones, who is told. */
#include <event2/event.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "mutes.h"
#include "pin_desk.h"
#include "pin_row.h"
#include "records.h"
#include "store.h"
#include "temp.h"
#include "usage.h"

/* --- rows --- */

static const struct pin_now before = { 50000000, 1800000000000 };

static struct pin_line a_line(void)
{
	struct pin_line line = { .times = 2,
				 .last_ms = 49999000,
				 .since_ms = 49999000,
				 .until_ms = 50000000 + 90000 };

	snprintf(line.extension, sizeof(line.extension), "801");
	snprintf(line.source, sizeof(line.source), "192.168.1.7");
	line.wrong.n = 2;
	line.wrong.at_ms[0] = 40000000;
	line.wrong.at_ms[1] = 49999000;
	line.failed.n = 1;
	line.failed.at_ms[0] = 49999000;
	snprintf(line.open[1].call, sizeof(line.open[1].call), "c7");
	line.open[1].at_ms = 49998000;
	return line;
}

static void a_row_says_it_all(void)
{
	struct pin_line line = a_line(), back;
	/* The box was off for ten seconds; its other clock began anew. */
	struct pin_now after = { 3000, before.wall_ms + 10000 };
	struct pin_lock row;

	pin_row_write(&line, &before, &row);
	CHECK_STR(row.extension, "801");
	CHECK_EQ(row.until_ms, before.wall_ms + 90000);
	CHECK(row.locked);
	CHECK_STR(row.wrong_at, "1799990000;1799999999");
	CHECK_STR(row.failed_at, "1799999999;1799999998");
	pin_row_read(&row, &after, &back);
	CHECK_EQ(back.until_ms, 3000 + 80000);
	CHECK_EQ(back.times, 2);
	CHECK_EQ(back.wrong.n, 2);
	CHECK_EQ((int64_t)(after.mono_ms - back.wrong.at_ms[0]), 10010000);
	/* The call that was going on has failed. */
	CHECK_EQ(back.failed.n, 2);
	CHECK_STR(back.open[1].call, "");
	CHECK_STR(back.source, "192.168.1.7");
}

static void a_clock_that_was_set(void)
{
	struct pin_line line = a_line(), back;
	struct pin_now after = { 3000, before.wall_ms - 3600000 };
	struct pin_lock row;

	/* Back by an hour: no entry is older than it is, nor in the future. */
	pin_row_write(&line, &before, &row);
	pin_row_read(&row, &after, &back);
	CHECK_EQ(back.wrong.at_ms[1], after.mono_ms);
	CHECK_EQ(back.until_ms, 3000 + 3690000);
	/* Back by years: the lock does not last for years. */
	after.wall_ms = before.wall_ms - 400ULL * 24 * 3600 * 1000;
	pin_row_read(&row, &after, &back);
	CHECK_EQ(back.until_ms,
		 3000 + ((uint64_t)PIN_LOCK_MS << PIN_DOUBLINGS));
	/* Forward by years: it is over, and so is the day. */
	after.wall_ms = before.wall_ms + 400ULL * 24 * 3600 * 1000;
	pin_row_read(&row, &after, &back);
	CHECK(!back.until_ms && !back.for_ever);
	/* One that waits for a person waits at any time. */
	line.for_ever = true;
	line.until_ms = 0;
	pin_row_write(&line, &before, &row);
	CHECK(row.locked && !row.until_ms);
	pin_row_read(&row, &after, &back);
	CHECK(back.for_ever);
	/* Nonsense on disk is no more than nothing. */
	snprintf(row.wrong_at, sizeof(row.wrong_at), ";;x;9999999999999");
	pin_row_read(&row, &after, &back);
	CHECK_EQ(back.wrong.n, 0);
}

/* --- silent phones --- */

static void silent_phones(void)
{
	static struct mutes m;
	char source[16];

	CHECK(!mutes_knows(&m, "801", "192.168.1.7"));
	mutes_meet(&m, "801", "192.168.1.7");
	CHECK(mutes_knows(&m, "801", "192.168.1.7"));
	CHECK(!mutes_knows(&m, "801", "192.168.1.8"));
	CHECK(!mutes_knows(&m, "802", "192.168.1.7"));
	for (int i = 0; i < MUTES_MAX - 1; i++) {
		snprintf(source, sizeof(source), "10.0.0.%d", i);
		mutes_meet(&m, "802", source);
	}
	/* All are known; one more, and the first gives way. */
	CHECK(mutes_knows(&m, "801", "192.168.1.7"));
	mutes_meet(&m, "801", "192.168.1.7");
	mutes_meet(&m, "803", "10.0.1.1");
	CHECK(mutes_knows(&m, "801", "192.168.1.7"));
	CHECK(!mutes_knows(&m, "802", "10.0.0.0"));
	CHECK(mutes_knows(&m, "802", "10.0.0.1"));
}

/* --- the desk --- */

struct bench {
	struct event_base *base;
	struct store *store;
	struct pin_desk *desk;
	char dir[TEMP_PATH];
	char state[80];
	char view[80];
	int reports, locks;
	char last[160];
};

static void on_report(void *ctx, bool locked, const char *extension,
		      const char *source, const char *detail)
{
	struct bench *b = ctx;

	b->reports += !locked;
	b->locks += locked;
	CHECK_STR(extension, "801");
	CHECK_STR(source, "192.168.1.7");
	snprintf(b->last, sizeof(b->last), "%s", detail);
}

static void open_desk(struct bench *b)
{
	const struct store_config config = { .state_dir = b->state,
					     .view_dir = b->view,
					     .truth_max = 64 << 20,
					     .view_max = 16 << 20 };
	char why[256] = "";

	b->store = store_open(b->base, &config, why, sizeof(why));
	CHECK_STR(why, "");
	b->desk = pin_desk_new(&(struct pin_desk_config){
		.base = b->base,
		.store = b->store,
		.report = on_report,
		.ctx = b,
	});
	CHECK(b->desk);
}

static void close_desk(struct bench *b)
{
	pin_desk_free(b->desk);
	store_close(b->store);
}

static void note(struct bench *b, const char *call, enum pin_event event)
{
	const struct plan_choice choice = { .pin_event = event };
	struct ask ask;

	record_init(&ask_record, &ask);
	snprintf(ask.call, sizeof(ask.call), "%s", call);
	snprintf(ask.who, sizeof(ask.who), "801");
	snprintf(ask.source, sizeof(ask.source), "192.168.1.7");
	pin_desk_note(b->desk, &ask, &choice);
}

static void ended(struct bench *b, const char *call)
{
	struct cdr cdr;

	record_init(&cdr_record, &cdr);
	snprintf(cdr.id, sizeof(cdr.id), "%s", call);
	snprintf(cdr.caller, sizeof(cdr.caller), "801");
	pin_desk_ended(b->desk, &cdr);
}

/* "" when it may enter a PIN. */
static const char *locked(struct bench *b, const char *extension)
{
	static char why[121];
	struct plan_call call = { .id = "new",
				  .extension = extension,
				  .source = "192.168.1.7",
				  .now_ms = 0 };
	struct timespec t;

	CHECK(!clock_gettime(CLOCK_REALTIME, &t));
	call.now_ms = (uint64_t)t.tv_sec * 1000;
	return pin_desk_locked(b->desk, &call, why) ? why : "";
}

static void a_lock_outlives_us(struct bench *b)
{
	open_desk(b);
	note(b, "c1", PIN_EVENT_WRONG);
	note(b, "c1", PIN_EVENT_FAILED);
	note(b, "c2", PIN_EVENT_WRONG);
	ended(b, "c2");
	CHECK_EQ(b->reports, 2);
	CHECK_STR(locked(b, "801"), "");
	/* A kill between the entries of the third call is no new chance. */
	note(b, "c3", PIN_EVENT_WRONG);
	close_desk(b);
	open_desk(b);
	CHECK(strstr(locked(b, "801"), "other calls"));
	CHECK_STR(locked(b, "802"), "");
	note(b, "c4", PIN_EVENT_FAILED);
	CHECK_EQ(b->locks, 1);
	CHECK(strstr(b->last, "3 calls failed"));
	close_desk(b);
	open_desk(b);
	CHECK(strstr(locked(b, "801"), "locked for 801 until 2"));
	CHECK_EQ(pin_desk_unlock(b->desk, "802"), -ENOENT);
	CHECK_EQ(pin_desk_unlock(b->desk, "801"), 0);
	CHECK_STR(locked(b, "801"), "");
	close_desk(b);
	open_desk(b);
	CHECK_STR(locked(b, "801"), "");
	close_desk(b);
}

static void until_a_person_looks(struct bench *b)
{
	char call[16];

	open_desk(b);
	b->locks = 0;
	for (int i = 0; i < 20; i++) {
		CHECK_STR(locked(b, "801"), "");
		snprintf(call, sizeof(call), "d%d", i);
		note(b, call, PIN_EVENT_WRONG);
		note(b, call, PIN_EVENT_RIGHT);
	}
	CHECK_EQ(b->locks, 1);
	CHECK(strstr(b->last, "20 wrong PINs in a day"));
	CHECK(strstr(locked(b, "801"), "until a person"));
	close_desk(b);
	open_desk(b);
	CHECK(strstr(locked(b, "801"), "until a person"));
	CHECK_EQ(pin_desk_unlock(b->desk, "801"), 0);
	note(b, "e", PIN_EVENT_SILENT);
	CHECK(pin_desk_mute(b->desk,
			    &(struct plan_call){ .extension = "801",
						 .source = "192.168.1.7" }));
	close_desk(b);
}

int main(void)
{
	struct bench b = { 0 };

	a_row_says_it_all();
	a_clock_that_was_set();
	silent_phones();
	temp_dir(b.dir);
	snprintf(b.state, sizeof(b.state), "%s/state", b.dir);
	snprintf(b.view, sizeof(b.view), "%s/view", b.dir);
	CHECK(!mkdir(b.state, 0700) && !mkdir(b.view, 0755));
	b.base = event_base_new();
	a_lock_outlives_us(&b);
	until_a_person_looks(&b);
	event_base_free(b.base);
	temp_remove(b.dir);
	return 0;
}

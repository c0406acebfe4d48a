#include "spend.h"

#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "clock.h"
#include "live.h"
#include "store.h"

#include "books_impl.h"

#define WARNED_DB "warned"

enum { LOOK_S = 1 };

enum { ID = sizeof(((struct usage *)0)->id) };

/* A limit as it is shown; one on each is shown for everybody who used it. */
struct shown {
	struct usage row;
	uint64_t warned_ms; /* the start of the period; 0: never */
	bool warned;
	uint32_t round;
	UT_hash_handle hh;
};

struct spend {
	struct books *books;
	struct live *live;
	struct event *timer;
	struct shown *by_id;
	const struct period_starts *now;
	uint32_t round;
};

static struct shown *shown_of(struct spend *s, const char *id)
{
	struct shown *v;

	HASH_FIND_STR(s->by_id, id, v);
	if (v)
		return v;
	v = calloc(1, sizeof(*v));
	if (!v)
		return NULL;
	snprintf(v->row.id, sizeof(v->row.id), "%s", id);
	HASH_ADD_STR(s->by_id, row.id, v);
	if (v->hh.tbl)
		return v;
	free(v);
	return NULL;
}

/* Warnings of the run before: id -> the start of the period, in digits. */
static bool on_warned(void *ctx, struct bytes key, struct bytes value)
{
	char id[ID] = "", ms[24] = "";
	struct shown *v;

	if (key.size >= sizeof(id) || value.size >= sizeof(ms))
		return true;
	memcpy(id, key.data, key.size);
	memcpy(ms, value.data, value.size);
	v = shown_of(ctx, id);
	if (v) {
		v->warned = true;
		v->warned_ms = strtoull(ms, NULL, 10);
	}
	return true;
}

/* Shown by the run before: it goes unless it is shown again. */
static void on_row(void *ctx, const void *row)
{
	const struct usage *u = row;

	(void)shown_of(ctx, u->id);
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	spend_look(ctx);
}

struct spend *spend_new(struct books *b)
{
	const struct timeval every = { LOOK_S, 0 };
	struct spend *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->books = b;
	s->live = live_open(&usage_record, b->config.bus, b->store, NULL, s);
	s->timer = event_new(b->config.base, -1, EV_PERSIST, on_timer, s);
	if (!s->live || !s->timer || event_add(s->timer, &every)) {
		spend_free(s);
		return NULL;
	}
	(void)store_each(b->store, WARNED_DB, (struct bytes){ 0 }, false,
			 on_warned, s);
	(void)live_each(s->live, on_row, s);
	return s;
}

void spend_free(struct spend *s)
{
	struct shown *v, *next;

	if (!s)
		return;
	HASH_ITER(hh, s->by_id, v, next)
	{
		HASH_DEL(s->by_id, v);
		free(v);
	}
	if (s->timer)
		event_free(s->timer);
	if (s->live)
		live_close(s->live);
	free(s);
}

/* So that a restart does not say it again. What cannot be written is said again
   then, and that is all. */
static void remember(const struct spend *s, const struct shown *v)
{
	struct store_batch *batch = store_batch_new(s->books->store);
	char ms[24];
	int n = snprintf(ms, sizeof(ms), "%" PRIu64, v->warned_ms);

	if (!batch)
		return;
	if (store_batch_put(batch, WARNED_DB,
			    (struct bytes){ v->row.id, strlen(v->row.id) },
			    (struct bytes){ ms, (size_t)n }) < 0 ||
	    store_commit(s->books->store, batch, NULL, NULL) < 0)
		store_batch_free(batch);
}

static bool reaches(uint64_t used, uint64_t cap, uint32_t percent)
{
	/* Sums of money stay far below 2^63 / 100: see call_rate.toml. */
	return cap && used * 100 >= cap * (uint64_t)percent;
}

static void warn(struct spend *s, struct shown *v, const struct credit *cap)
{
	uint64_t seconds = v->row.seconds + v->row.held_seconds;
	uint64_t milli = v->row.money_milli + v->row.held_milli;
	uint64_t most = v->row.most_milli;
	bool time = reaches(seconds, v->row.most_seconds, cap->warn_percent);

	if (v->warned && v->warned_ms >= v->row.period_ms)
		return;
	if (!time && !reaches(milli, most, cap->warn_percent))
		return;
	v->warned = true;
	v->warned_ms = v->row.period_ms;
	remember(s, v);
	if (time)
		books_alarm(s->books, v->row.who,
			    "limit %s: %" PRIu64 " of %" PRIu64
			    " s are used, over %u %%",
			    cap->name, seconds, v->row.most_seconds,
			    cap->warn_percent);
	else
		books_alarm(s->books, v->row.who,
			    "limit %s: %" PRIu64 ".%03u of %" PRIu64
			    ".%03u are used, over %u %%",
			    cap->name, milli / 1000, (unsigned)(milli % 1000),
			    most / 1000, (unsigned)(most % 1000),
			    cap->warn_percent);
}

static void fill(const struct spend *s, const struct limit *limit,
		 const struct purse *a, struct usage *row)
{
	enum period period = (enum period)limit->cap->period;
	struct amount used = { 0 };

	memcpy(row->credit, limit->cap->name, sizeof(row->credit));
	row->period_ms = s->now->at_ms[period];
	row->most_seconds = limit->seconds;
	row->most_milli = limit->money_milli;
	if (!a)
		return;
	used = purse_used(a, period, s->now);
	row->seconds = used.seconds;
	row->money_milli = used.milli;
	row->held_seconds = a->held.seconds;
	row->held_milli = a->held.milli;
	row->calls = a->calls;
}

/* What `who` used of a limit. */
static void show_one(struct spend *s, const struct limit *limit,
		     const char *who, const struct purse *a)
{
	const struct credit *cap = limit->cap;
	struct shown *v;
	struct usage row;

	record_init(&usage_record, &row);
	fill(s, limit, a, &row);
	snprintf(row.who, sizeof(row.who), "%s", who);
	snprintf(row.id, sizeof(row.id), "%s%s%s", cap->name,
		 caps_is_each(cap) ? "/" : "", caps_is_each(cap) ? who : "");
	v = shown_of(s, row.id);
	if (!v)
		return;
	if (!v->round || !record_equal(&usage_record, &row, &v->row, NULL))
		(void)live_put(s->live, &row);
	v->row = row;
	v->round = s->round;
	warn(s, v, cap);
}

/* A limit on each, and the purses it may be on. */
struct each {
	struct spend *spend;
	const struct credit *cap;
};

static void on_purse(void *ctx, enum scope scope, const char *who,
		     struct purse *a)
{
	const struct each *e = ctx;
	struct amount used;
	struct limit limit;

	if (scope != (enum scope)e->cap->scope)
		return;
	used = purse_used(a, (enum period)e->cap->period, e->spend->now);
	if (!a->calls && !used.seconds && !used.milli)
		return;
	if (caps_limit(e->spend->books->caps, e->cap, who, &limit))
		show_one(e->spend, &limit, who, a);
}

static void show(void *ctx, const struct credit *cap)
{
	struct spend *s = ctx;
	const struct purses *purses = s->books->purses;
	struct limit limit;

	if (caps_is_each(cap))
		purses_each(purses, on_purse, &(struct each){ s, cap });
	else if (caps_limit(s->books->caps, cap, cap->who, &limit))
		show_one(s, &limit, cap->who,
			 purse_find(purses, (enum scope)cap->scope, cap->who));
}

/* A limit that is gone, or nobody uses it any more; another of its name warns
   again. */
static void forget(struct spend *s, struct shown *v)
{
	struct bytes key = { v->row.id, strlen(v->row.id) };
	struct store_batch *batch = NULL;

	(void)live_del(s->live, v->row.id);
	if (v->warned)
		batch = store_batch_new(s->books->store);
	if (batch && (store_batch_del(batch, WARNED_DB, key) < 0 ||
		      store_commit(s->books->store, batch, NULL, NULL) < 0))
		store_batch_free(batch);
	HASH_DEL(s->by_id, v);
	free(v);
}

void spend_look(struct spend *s)
{
	struct shown *v, *next;

	s->now = books_now(s->books, clock_wall_ms());
	s->round++;
	caps_each(s->books->caps, show, s);
	HASH_ITER(hh, s->by_id, v, next)
	if (v->round != s->round)
		forget(s, v);
}

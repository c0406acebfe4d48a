#include "lost.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "clock.h"
#include "log.h"
#include "store.h"

#include "books_impl.h"
#include "settle.h"

enum {
	LOOK_S = 10,
	LOOKS = 3, /* missing so often in a row is lost */
	ROW_MAX = 1024,
};

/* A call that sipd did not know when we looked. */
struct missing {
	char id[41];
	uint32_t looks;
	uint32_t round;
	UT_hash_handle hh;
};

struct lost {
	struct books *books;
	struct view *sipd;
	struct event *timer;
	struct missing *missing;
	uint32_t round;
};

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	lost_look(ctx);
}

struct lost *lost_new(struct books *b)
{
	const struct timeval every = { LOOK_S, 0 };
	struct lost *l = calloc(1, sizeof(*l));
	char dir[512];

	if (!l)
		return NULL;
	l->books = b;
	if (!b->config.run_dir)
		return l;
	snprintf(dir, sizeof(dir), "%s/sipd", b->config.run_dir);
	l->sipd = view_open(dir);
	l->timer = event_new(b->config.base, -1, EV_PERSIST, on_timer, l);
	if (!l->sipd || !l->timer || event_add(l->timer, &every)) {
		lost_free(l);
		return NULL;
	}
	return l;
}

static void forget(struct lost *l, struct missing *m)
{
	HASH_DEL(l->missing, m);
	free(m);
}

void lost_free(struct lost *l)
{
	struct missing *m, *next;

	if (!l)
		return;
	HASH_ITER(hh, l->missing, m, next)
	forget(l, m);
	if (l->timer)
		event_free(l->timer);
	if (l->sipd)
		view_close(l->sipd);
	free(l);
}

/* Does sipd know the call? Anything but "no such row" counts as yes. */
static bool is_known(struct lost *l, const struct open_call *call)
{
	struct bytes key = { call->call, strlen(call->call) };
	uint8_t buf[ROW_MAX];
	size_t size = sizeof(buf);
	struct call row;
	int rc = view_get(l->sipd, "call", key, buf, &size);

	if (!rc && !record_decode(&call_record, &row, buf, size))
		open_calls_alive(l->books->open, call->call, row.alive_ms,
				 row.talk_s);
	if (rc != -ENOENT)
		return true;
	size = sizeof(buf);
	return view_get(l->sipd, "ended", key, buf, &size) != -ENOENT;
}

static void on_settled(void *ctx, int err)
{
	(void)ctx;
	if (err)
		log_warn("a lost call cannot be settled (%s): trying again",
			 strerror(-err));
}

static void settle_lost(struct lost *l, const struct open_call *call)
{
	struct cdr row;

	record_init(&cdr_record, &row);
	memcpy(row.id, call->call, sizeof(row.id));
	row.start_ms = call->start_ms;
	row.end_ms = call->alive_ms;
	row.talk_s = call->talk_s;
	if (call->talk_s) {
		row.answer_ms = call->alive_ms - call->talk_s * UINT64_C(1000);
		row.disposition = CDR_DISPOSITION_ANSWERED;
	}
	snprintf(row.reason, sizeof(row.reason),
		 "lost; counted up to when it was last known to go on");
	log_warn("call %s of %s was lost: settled after %u s of talking",
		 call->call, call->extension, call->talk_s);
	settle_end(l->books->settle, &row, clock_wall_ms(), on_settled, NULL);
}

/* How often in a row it was missing, this time included; 0: no memory. */
static uint32_t count(struct lost *l, const char *id)
{
	struct missing *m;

	HASH_FIND_STR(l->missing, id, m);
	if (!m) {
		m = calloc(1, sizeof(*m));
		if (!m)
			return 0;
		snprintf(m->id, sizeof(m->id), "%s", id);
		HASH_ADD_STR(l->missing, id, m);
		if (!m->hh.tbl) {
			free(m);
			return 0;
		}
	}
	m->round = l->round;
	return ++m->looks;
}

static void look_at(void *ctx, const struct open_call *call)
{
	struct lost *l = ctx;

	if (settle_pending(l->books->settle, call->call) || is_known(l, call))
		return;
	if (count(l, call->call) >= LOOKS)
		settle_lost(l, call);
}

void lost_look(struct lost *l)
{
	struct missing *m, *next;

	if (!l->sipd || !view_exists(l->sipd))
		return;
	l->round++;
	open_calls_each(l->books->open, look_at, l);
	HASH_ITER(hh, l->missing, m, next)
	if (m->round != l->round)
		forget(l, m);
}

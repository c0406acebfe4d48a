#include "retention.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "store.h"

#include "cdr.h"

enum { LOOK_S = 60, PAUSE_MS = 20, TOGETHER = 100 };

struct retention {
	struct store *store;
	struct event *timer;
	size_t most;
	uint32_t days;
	size_t gone; /* in this sweep */
	bool busy;
};

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	retention_look(ctx, clock_wall_ms());
}

static void look_again(struct retention *r, uint32_t ms)
{
	const struct timeval tv = { ms / 1000, (ms % 1000) * 1000L };

	if (event_add(r->timer, &tv))
		log_err("no memory: old call records stay until a restart");
}

struct retention *retention_new(struct event_base *base, struct store *store)
{
	struct retention *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->store = store;
	r->most = SIZE_MAX;
	r->timer = event_new(base, -1, 0, on_timer, r);
	if (!r->timer) {
		free(r);
		return NULL;
	}
	look_again(r, LOOK_S * 1000);
	return r;
}

void retention_free(struct retention *r)
{
	if (!r)
		return;
	event_free(r->timer);
	free(r);
}

void retention_set(struct retention *r, size_t most, uint32_t days)
{
	r->most = most;
	r->days = days;
}

/* The oldest that are too many or too old, up to TOGETHER. */
struct old {
	struct store_batch *batch;
	size_t too_many;
	uint64_t until_ms; /* what began before is too old */
	size_t n;
	int err;
};

static bool on_oldest(void *ctx, struct bytes key, struct bytes value)
{
	struct old *o = ctx;
	struct cdr row;

	if (!o->too_many && cdr_key_ms(key) >= o->until_ms)
		return false;
	if (record_decode(&cdr_record, &row, value.data, value.size) < 0)
		o->err = store_batch_del(o->batch, CDR_DB, key);
	else
		o->err = cdr_del(o->batch, &row);
	if (o->too_many)
		o->too_many--;
	return !o->err && ++o->n < TOGETHER;
}

static void on_committed(void *ctx, int err)
{
	struct retention *r = ctx;

	r->busy = false;
	if (err)
		log_err("old call records cannot be deleted: %s",
			strerror(-err));
	look_again(r, err ? LOOK_S * 1000 : PAUSE_MS);
}

void retention_look(struct retention *r, uint64_t now_ms)
{
	uint64_t age_ms = r->days * UINT64_C(86400000);
	size_t n = store_count(r->store, CDR_DB);
	struct old o = {
		.too_many = n > r->most ? n - r->most : 0,
		.until_ms = age_ms && now_ms > age_ms ? now_ms - age_ms : 0,
	};

	if (r->busy)
		return;
	o.batch = store_batch_new(r->store);
	if (o.batch)
		(void)store_each(r->store, CDR_DB, (struct bytes){ 0 }, false,
				 on_oldest, &o);
	if (o.batch && o.n && !o.err) {
		store_batch_frees(o.batch);
		r->busy = !store_commit(r->store, o.batch, on_committed, r);
	}
	if (r->busy) {
		r->gone += o.n;
		return;
	}
	store_batch_free(o.batch);
	if (r->gone)
		log_info("%zu old call records are deleted", r->gone);
	r->gone = 0;
	look_again(r, LOOK_S * 1000);
}

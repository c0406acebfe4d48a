/*
 * Counters in the view at once (the store copies them to the truth every few
 * seconds), so that a restart gives nobody new tries:
 *
 *   counter    "sip@203.0.113.9" -> up to 16 times: when (64 bit, ms since
 *              1970), how many (32 bit), both big endian
 *
 * Incidents and offenders in the truth, written behind:
 *
 *   incident   id (64 bit, big endian) -> the record
 *   offender   "sip@203.0.113.9" -> times (32 bit), last ban (64 bit, ms since
 *              1970), both big endian
 */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "guardd.h"
#include "incidents.h"
#include "log.h"
#include "service.h"
#include "store.h"

enum { OFFENDER_BYTES = 12, INCIDENT_BYTES = 1024, POINT_BYTES = 12 };

static const char counter_db[] = "counter";
static const char incident_db[] = "incident";
static const char offender_db[] = "offender";

/* ---- counters ---- */

void keep_counter(struct guardd *d, const struct guard_key *key)
{
	struct counter_point points[COUNTER_POINTS];
	uint8_t value[COUNTER_POINTS * POINT_BYTES];
	size_t n = counters_points(d->guard.counters, key, points);
	char text[GUARD_KEY_TEXT];
	struct guard_now now;
	int err;

	guardd_now(d, &now);
	for (size_t i = 0; i < n; i++) {
		uint64_t age_ms = now.mono_ms - points[i].at_ms;
		uint64_t at = htobe64(now.wall_ms - age_ms);
		uint32_t tries = htobe32(points[i].n);

		memcpy(value + i * POINT_BYTES, &at, sizeof(at));
		memcpy(value + i * POINT_BYTES + sizeof(at), &tries,
		       sizeof(tries));
	}
	guard_key_format(key, text);
	err = store_view_put(d->service->store, counter_db,
			     (struct bytes){ text, strlen(text) },
			     (struct bytes){ value, n * POINT_BYTES });
	if (err < 0)
		log_limited(&d->log, LOG_ERR,
			    "tries cannot be written down: %s; a restart "
			    "forgets them",
			    strerror(-err));
}

static void on_drop(void *ctx, const struct guard_key *key)
{
	struct guardd *d = ctx;
	char text[GUARD_KEY_TEXT];

	guard_key_format(key, text);
	(void)store_view_del(d->service->store, counter_db,
			     (struct bytes){ text, strlen(text) });
}

static bool key_of(struct bytes bytes, struct guard_key *key)
{
	char text[GUARD_KEY_TEXT];

	if (bytes.size >= sizeof(text))
		return false;
	memcpy(text, bytes.data, bytes.size);
	text[bytes.size] = '\0';
	return guard_key_parse(key, text) == 0;
}

static bool on_counter(void *ctx, struct bytes key, struct bytes value)
{
	struct counter_point points[COUNTER_POINTS];
	size_t n = value.size / POINT_BYTES;
	const uint8_t *at = value.data;
	struct guardd *d = ctx;
	struct guard_now now;
	struct guard_key k;

	if (value.size % POINT_BYTES || n > COUNTER_POINTS || !key_of(key, &k))
		return true;
	guardd_now(d, &now);
	for (size_t i = 0; i < n; i++, at += POINT_BYTES) {
		uint64_t when_ms;
		uint32_t tries;

		memcpy(&when_ms, at, sizeof(when_ms));
		memcpy(&tries, at + sizeof(when_ms), sizeof(tries));
		when_ms = be64toh(when_ms);
		/* From the future: the clock was set back. */
		if (when_ms > now.wall_ms)
			when_ms = now.wall_ms;
		/* Ages count modulo 2^64, so a time before the boot is fine. */
		points[i].at_ms = now.mono_ms - (now.wall_ms - when_ms);
		points[i].n = be32toh(tries);
	}
	(void)counters_load(d->guard.counters, &k, points, n);
	return true;
}

static int load_counters(struct guardd *d)
{
	struct store *s = d->service->store;
	int err = store_view_keep(s, counter_db);

	if (err == 0)
		err = store_view_each(s, counter_db, on_counter, d);
	counters_on_drop(d->guard.counters, on_drop, d);
	return err == -ENOENT ? 0 : err;
}

/* ---- reading ---- */

static bool on_incident(void *ctx, struct bytes key, struct bytes value)
{
	struct guardd *d = ctx;
	struct incident row;
	uint64_t id;

	if (key.size != sizeof(id) ||
	    record_decode(&incident_record, &row, value.data, value.size) < 0)
		return true;
	memcpy(&id, key.data, sizeof(id));
	row.id = be64toh(id);
	/* Rows come in order: below the first there is nothing to delete. */
	if (d->incident_first == 0)
		d->incident_first = row.id;
	incidents_load(d->incidents, &row);
	return true;
}

static bool on_offender(void *ctx, struct bytes key, struct bytes value)
{
	struct guardd *d = ctx;
	struct offender o;
	uint32_t times;
	uint64_t last_ms;

	if (value.size != OFFENDER_BYTES || !key_of(key, &o.key))
		return true;
	memcpy(&times, value.data, sizeof(times));
	memcpy(&last_ms, (const uint8_t *)value.data + sizeof(times),
	       sizeof(last_ms));
	o.times = be32toh(times);
	o.last_ms = be64toh(last_ms);
	return offenders_note(d->guard.offenders, &o) == 0;
}

static void already_kept(void *ctx, const struct offender *o, bool gone)
{
	(void)ctx;
	(void)o;
	(void)gone;
}

int keep_load(struct guardd *d)
{
	struct bytes all = { NULL, 0 };
	int err = store_each(d->service->store, incident_db, all, false,
			     on_incident, d);

	if (d->incident_first == 0)
		d->incident_first = 1;
	if (err == 0 || err == -ENOENT)
		err = store_each(d->service->store, offender_db, all, false,
				 on_offender, d);
	offenders_changes(d->guard.offenders, already_kept, NULL);
	if (err == 0 || err == -ENOENT)
		err = load_counters(d);
	return err == -ENOENT ? 0 : err;
}

/* ---- writing ---- */

struct writing {
	struct store_batch *batch;
	size_t n;
	int err;
};

static void put_incident(void *ctx, const struct incident *row)
{
	struct writing *w = ctx;
	uint8_t buf[INCIDENT_BYTES];
	uint64_t id = htobe64(row->id);
	int n = record_encode(&incident_record, row, buf, sizeof(buf));

	w->n++;
	if (w->err == 0)
		w->err = n < 0 ? n
			       : store_batch_put(
					 w->batch, incident_db,
					 (struct bytes){ &id, sizeof(id) },
					 (struct bytes){ buf, (size_t)n });
}

static void put_offender(void *ctx, const struct offender *o, bool gone)
{
	struct writing *w = ctx;
	uint8_t value[OFFENDER_BYTES];
	uint32_t times = htobe32(o->times);
	uint64_t last_ms = htobe64(o->last_ms);
	char text[GUARD_KEY_TEXT];
	struct bytes key;

	guard_key_format(&o->key, text);
	key = (struct bytes){ text, strlen(text) };
	memcpy(value, &times, sizeof(times));
	memcpy(value + sizeof(times), &last_ms, sizeof(last_ms));
	w->n++;
	if (w->err < 0)
		return;
	if (gone)
		w->err = store_batch_del(w->batch, offender_db, key);
	else
		w->err =
			store_batch_put(w->batch, offender_db, key,
					(struct bytes){ value, sizeof(value) });
}

static void drop_old(struct guardd *d, struct writing *w, uint64_t first)
{
	for (; d->incident_first < first; d->incident_first++) {
		uint64_t id = htobe64(d->incident_first);

		w->n++;
		if (w->err == 0)
			w->err = store_batch_del(
				w->batch, incident_db,
				(struct bytes){ &id, sizeof(id) });
	}
}

static void on_kept(void *ctx, int err)
{
	struct guardd *d = ctx;

	if (err < 0)
		log_limited(&d->log, LOG_ERR,
			    "incidents are not written down: %s: free some "
			    "space; bans are not affected",
			    strerror(-err));
}

void keep_flush(struct guardd *d)
{
	struct writing w = { .batch = store_batch_new(d->service->store) };
	uint64_t first = 0;

	if (!w.batch)
		return;
	(void)incidents_changes(d->incidents, put_incident, &w, &first);
	drop_old(d, &w, first);
	offenders_changes(d->guard.offenders, put_offender, &w);
	if (w.n == 0) {
		store_batch_free(w.batch);
		return;
	}
	if (w.err == 0)
		w.err = store_commit(d->service->store, w.batch, on_kept, d);
	if (w.err < 0) {
		store_batch_free(w.batch);
		on_kept(d, w.err);
	}
}

/*
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

enum { OFFENDER_BYTES = 12, INCIDENT_BYTES = 1024 };

static const char incident_db[] = "incident";
static const char offender_db[] = "offender";

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
	incidents_load(d->incidents, &row);
	return true;
}

static bool on_offender(void *ctx, struct bytes key, struct bytes value)
{
	struct guardd *d = ctx;
	struct offender o;
	char text[GUARD_KEY_TEXT];
	uint32_t times;
	uint64_t last_ms;

	if (key.size >= sizeof(text) || value.size != OFFENDER_BYTES)
		return true;
	memcpy(text, key.data, key.size);
	text[key.size] = '\0';
	if (guard_key_parse(&o.key, text) < 0)
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

	if (err == 0 || err == -ENOENT)
		err = store_each(d->service->store, offender_db, all, false,
				 on_offender, d);
	offenders_changes(d->guard.offenders, already_kept, NULL);
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

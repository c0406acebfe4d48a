#include "rates.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "counts.h"
#include "fwd.h"
#include "live.h"
#include "rates_impl.h"
#include "service.h"
#include "store.h"
#include "taker.h"

enum {
	SAVE_EVERY_S = 600,
	LATE_MAX_S = 60, /* looking later than that, we do not know when */
};

static uint32_t period_now(void)
{
	return (uint32_t)(clock_wall_ms() / 86400000 / RATES_PERIOD_DAYS);
}

/* ---- entries ---- */

/* The row's key: "udp/5060-5060/all/192.168.1.101"; of a meter without the
   last. */
static void id_of(const struct rates_key *k, bool whole, char *id, size_t size)
{
	char source[ADDR_TEXT] = "";

	if (whole)
		addr_format(&k->source, source);
	snprintf(id, size, "%s/%u-%u/%s%s%s",
		 k->meter.protocol == IPPROTO_TCP ? "tcp" : "udp",
		 k->meter.first, k->meter.last,
		 k->meter.by_connection ? "new" : "all", whole ? "/" : "",
		 source);
}

static void put_row(struct rates *r, const struct rates_key *k, bool whole,
		    const struct ladder *l, uint64_t since_ms)
{
	struct wall_rate row;
	char source[ADDR_TEXT] = "";

	record_init(&wall_rate_record, &row);
	id_of(k, whole, row.id, sizeof(row.id));
	if (whole)
		addr_format(&k->source, source);
	snprintf(row.source, sizeof(row.source), "%s", source);
	row.protocol = k->meter.protocol == IPPROTO_TCP
			       ? WALL_RATE_PROTOCOL_TCP
			       : WALL_RATE_PROTOCOL_UDP;
	row.first = k->meter.first;
	row.last = k->meter.last;
	row.connections = k->meter.by_connection;
	row.period = r->period;
	row.since_ms = since_ms;
	if (l) {
		ladder_print(l, LADDER_NOW, row.peaks);
		ladder_print(l, LADDER_BEFORE, row.peaks_before);
	}
	/* What cannot be written now is measured anew. */
	(void)live_put(r->live, &row);
}

static void save(struct rates *r)
{
	struct rates_entry *e, *next;

	HASH_ITER(hh, r->entries, e, next)
	{
		if (!e->saved)
			put_row(r, &e->key, true, &e->ladder, 0);
		e->saved = true;
	}
	r->saved_s = r->looked_s;
}

static void drop(struct rates *r, struct rates_entry *e)
{
	char id[sizeof(((struct wall_rate *)0)->id)];

	id_of(&e->key, true, id, sizeof(id));
	(void)live_del(r->live, id);
	HASH_DEL(r->entries, e);
	free(e);
}

/* Hashed whole, so with its gaps. */
static void key_set(struct rates_key *k, const struct meter *m,
		    const struct addr *source)
{
	memset(k, 0, sizeof(*k));
	k->meter = *m;
	k->source.family = source->family;
	memcpy(k->source.bytes, source->bytes, sizeof(source->bytes));
}

struct rates_entry *rates_find(struct rates *r, const struct meter *m,
			       const struct addr *source)
{
	struct rates_entry *e;
	struct rates_key k;

	key_set(&k, m, source);
	HASH_FIND(hh, r->entries, &k, sizeof(k), e);
	return e;
}

/* Room for one more who sends n: who has sent least goes, if that was less. */
static bool room(struct rates *r, uint32_t n)
{
	struct rates_entry *e, *next, *least = NULL;

	if (HASH_COUNT(r->entries) < RATES_SOURCES)
		return true;
	if (n <= r->weakest)
		return false;
	HASH_ITER(hh, r->entries, e, next)
	{
		if (!least ||
		    ladder_most(&e->ladder) < ladder_most(&least->ladder))
			least = e;
	}
	r->weakest = ladder_most(&least->ladder);
	if (n <= r->weakest)
		return false;
	drop(r, least);
	return true;
}

static struct rates_entry *entry_of(struct rates *r, const struct meter *m,
				    const struct addr *source, uint32_t n)
{
	struct rates_entry *e = rates_find(r, m, source);

	if (e || !room(r, n))
		return e;
	e = calloc(1, sizeof(*e));
	if (!e)
		return NULL;
	key_set(&e->key, m, source);
	HASH_ADD(hh, r->entries, key, sizeof(e->key), e);
	return e;
}

/* ---- looking ---- */

static void on_source(void *ctx, const struct prefix *source, uint64_t packets)
{
	const struct rates_meter *k = ctx;
	struct rates *r = k->rates;
	uint32_t n = packets > UINT32_MAX ? UINT32_MAX : (uint32_t)packets;
	uint64_t late = r->now_s - r->looked_s;
	struct rates_entry *e;

	if (r->baseline || n == 0)
		return;
	e = entry_of(r, &k->meter, &source->addr, n);
	if (!e)
		return;
	/* We came late: as if it had come evenly. */
	for (uint64_t i = 0; i < late; i++)
		ladder_add(&e->ladder, r->looked_s + 1 + i,
			   (uint32_t)(n * (i + 1) / late - n * i / late));
	e->saved = false;
}

static void looked(struct rates *r)
{
	r->baseline = false;
	r->looked_s = r->now_s;
	if (r->now_s - r->saved_s >= SAVE_EVERY_S)
		save(r);
}

static void on_read(void *ctx)
{
	const struct rates_meter *k = ctx;

	if (--k->rates->sets == 0)
		looked(k->rates);
}

static void look_at(struct rates *r, struct rates_meter *k)
{
	static const int families[] = { AF_INET, AF_INET6 };
	char name[RULESET_NAME];
	uint64_t packets;

	measure_counter(name, &k->meter);
	packets = counts_packets(r->f->counts, name);
	if (packets == k->packets)
		return;
	k->packets = packets;
	for (size_t i = 0; i < 2; i++) {
		measure_set(name, families[i], &k->meter);
		/* A set that is not there yet is looked at the next time. */
		r->sets += taker_ask(r->f->taker, name, families[i], on_source,
				     on_read, k);
	}
}

static void look(struct rates *r)
{
	r->weakest = 0;
	for (size_t i = 0; i < r->n_known; i++)
		look_at(r, &r->known[i]);
	if (r->sets == 0)
		looked(r);
}

const struct rates_meter *rates_meter(const struct rates *r,
				      const struct meter *m)
{
	for (size_t i = 0; i < r->n_known; i++)
		if (meter_equal(&r->known[i].meter, m))
			return &r->known[i];
	return NULL;
}

static void put_meter(struct rates *r, const struct rates_meter *k)
{
	struct rates_key key = { .meter = k->meter };

	put_row(r, &key, false, NULL, k->since_ms);
}

static void forget_meter(struct rates *r, const struct meter *m)
{
	struct rates_key key = { .meter = *m };
	char id[sizeof(((struct wall_rate *)0)->id)];
	struct rates_entry *e, *next;

	id_of(&key, false, id, sizeof(id));
	(void)live_del(r->live, id);
	HASH_ITER(hh, r->entries, e, next)
	{
		if (meter_equal(&e->key.meter, m))
			drop(r, e);
	}
}

/* What is measured no more is forgotten; what is new begins now. */
static void follow_ruleset(struct rates *r)
{
	struct ruleset_input in = r->f->ruleset.in;
	struct meter list[MEASURE_MAX];
	struct rates_meter old[MEASURE_MAX];
	size_t n, n_old = r->n_known;

	in.defense = r->f->defense.list;
	in.n_defense = r->f->defense.n;
	n = measure_list(&in, list);
	memcpy(old, r->known, n_old * sizeof(old[0]));
	r->n_known = 0;
	for (size_t i = 0; i < n; i++) {
		struct rates_meter *k = &r->known[r->n_known++];

		*k = (struct rates_meter){ r, list[i], clock_wall_ms(), 0 };
		for (size_t j = 0; j < n_old; j++)
			if (meter_equal(&old[j].meter, &list[i]))
				*k = old[j];
		put_meter(r, k);
	}
	for (size_t j = 0; j < n_old; j++)
		if (!rates_meter(r, &old[j].meter))
			forget_meter(r, &old[j].meter);
	r->generation = r->f->generation;
}

static void turn(struct rates *r)
{
	struct rates_entry *e, *next;
	uint32_t period = period_now();

	if (period == r->period)
		return;
	r->period = period;
	for (size_t i = 0; i < r->n_known; i++)
		put_meter(r, &r->known[i]);
	HASH_ITER(hh, r->entries, e, next)
	{
		ladder_turn(&e->ladder);
		e->saved = false;
		if (ladder_most(&e->ladder) == 0)
			drop(r, e);
	}
}

void rates_tick(struct rates *r)
{
	/* Under a flood it may take longer than a second. */
	if (r->sets > 0)
		return;
	r->now_s = clock_mono_ms() / 1000;
	if (r->now_s == r->looked_s)
		return;
	if (r->now_s - r->looked_s > LATE_MAX_S)
		r->looked_s = r->now_s - 1;
	turn(r);
	if (r->generation != r->f->generation)
		follow_ruleset(r);
	look(r);
}

/* ---- start and stop ---- */

static void on_row(void *ctx, const void *rec)
{
	const struct wall_rate *row = rec;
	struct rates *r = ctx;
	struct meter m = { row->protocol == WALL_RATE_PROTOCOL_TCP
				   ? IPPROTO_TCP
				   : IPPROTO_UDP,
			   row->connections, (uint16_t)row->first,
			   (uint16_t)row->last };
	struct rates_entry *e;
	struct addr a;

	if (!row->source[0]) {
		if (r->n_known < MEASURE_MAX)
			r->known[r->n_known++] =
				(struct rates_meter){ r, m, row->since_ms, 0 };
		return;
	}
	if (addr_parse(&a, row->source) < 0)
		return;
	e = entry_of(r, &m, &a, 0);
	if (!e)
		return;
	if (row->period == r->period) {
		ladder_read(&e->ladder, LADDER_NOW, row->peaks);
		ladder_read(&e->ladder, LADDER_BEFORE, row->peaks_before);
	} else if (row->period + 1 == r->period) {
		ladder_read(&e->ladder, LADDER_BEFORE, row->peaks);
	}
	e->saved = true;
}

static void drop_old(struct rates *r)
{
	struct rates_entry *e, *next;

	HASH_ITER(hh, r->entries, e, next)
	{
		if (ladder_most(&e->ladder) == 0 ||
		    !rates_meter(r, &e->key.meter))
			drop(r, e);
	}
}

/* What stands in the sets came at any time before us. */
static void begin(struct rates *r)
{
	(void)counts_read(r->f->counts);
	r->baseline = true;
	r->now_s = clock_mono_ms() / 1000;
	r->saved_s = r->now_s;
	look(r);
}

struct rates *rates_new(struct fwd *f)
{
	static const struct live_ops ops = { .soon = true };
	struct service *s = f->service;
	struct rates *r = calloc(1, sizeof(*r));
	char dir[256];

	if (!r)
		return NULL;
	r->f = f;
	snprintf(dir, sizeof(dir), "%s/sipd", s->run_dir);
	r->sip = view_open(dir);
	r->live = live_open(&wall_rate_record, s->bus, s->store, &ops, r);
	if (!r->sip || !r->live) {
		rates_free(r);
		return NULL;
	}
	r->period = period_now();
	(void)live_each(r->live, on_row, r);
	drop_old(r);
	follow_ruleset(r);
	begin(r);
	return r;
}

void rates_free(struct rates *r)
{
	struct rates_entry *e, *next;

	if (!r)
		return;
	if (r->live)
		save(r);
	HASH_ITER(hh, r->entries, e, next)
	{
		HASH_DEL(r->entries, e);
		free(e);
	}
	live_close(r->live);
	view_close(r->sip);
	free(r);
}

#include "audit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "rate.h"

#include "store.h"

enum { KEY = 8, ROW_MAX = 512 };

/* Refusals have a part of their own: strangers make them, and as many as there
   may be push out nothing else. */
enum part { PART_OWN, PART_REFUSED, N_PARTS };

static const struct {
	const char *db;
	uint64_t most;
} parts[N_PARTS] = {
	[PART_OWN] = { "audit", AUDIT_ROWS },
	[PART_REFUSED] = { "audit_refused", AUDIT_REFUSED },
};

struct audit_log {
	struct store *store;
	struct rate refusals;
	uint64_t next; /* id, of all parts */
	uint64_t place[N_PARTS];
};

static void put_id(uint8_t key[KEY], uint64_t id)
{
	for (int i = 0; i < KEY; i++)
		key[i] = (uint8_t)(id >> (8 * (KEY - 1 - i)));
}

static uint64_t get_id(const uint8_t *key)
{
	uint64_t id = 0;

	for (int i = 0; i < KEY; i++)
		id = id << 8 | key[i];
	return id;
}

struct last {
	struct audit_log *log;
	enum part part;
};

static bool on_last(void *ctx, struct bytes key, struct bytes value)
{
	const struct last *l = ctx;
	struct audit_log *a = l->log;
	struct audit row;

	if (key.size == KEY)
		a->place[l->part] = get_id(key.data) + 1;
	record_init(&audit_record, &row);
	if (!record_decode(&audit_record, &row, value.data, value.size) &&
	    row.id >= a->next)
		a->next = row.id + 1;
	return false;
}

struct audit_log *audit_new(struct store *store)
{
	struct audit_log *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->store = store;
	a->next = 1;
	rate_init(&a->refusals, 20, 5);
	for (enum part p = 0; p < N_PARTS; p++) {
		struct last l = { a, p };

		a->place[p] = 1;
		(void)store_each(store, parts[p].db, (struct bytes){ 0 }, true,
				 on_last, &l);
	}
	return a;
}

void audit_free(struct audit_log *a)
{
	free(a);
}

static void on_stored(void *ctx, int err)
{
	(void)ctx;
	if (err)
		log_err("the sign-in log could not be written: %s",
			strerror(-err));
}

static int write_row(struct audit_log *a, const struct audit *row)
{
	struct store_batch *b = store_batch_new(a->store);
	uint8_t key[KEY], old[KEY], buf[ROW_MAX];
	int err, n = record_encode(&audit_record, row, buf, sizeof(buf));
	enum part p = row->what == AUDIT_WHAT_REFUSED ? PART_REFUSED : PART_OWN;
	uint64_t place = a->place[p]++;

	if (!b)
		return -ENOMEM;
	put_id(key, place);
	err = n < 0 ? n
		    : store_batch_put(b, parts[p].db,
				      (struct bytes){ key, KEY },
				      (struct bytes){ buf, (size_t)n });
	if (!err && place > parts[p].most) {
		put_id(old, place - parts[p].most);
		err = store_batch_del(b, parts[p].db,
				      (struct bytes){ old, KEY });
	}
	if (err) {
		store_batch_free(b);
		return err;
	}
	err = store_commit(a->store, b, on_stored, NULL);
	if (err)
		store_batch_free(b); /* too much waits: it stayed ours */
	return err;
}

void audit_add(struct audit_log *a, enum audit_what what, const char *account,
	       const char *source, const char *detail)
{
	struct audit row;
	uint32_t kept_back = a->refusals.refused;
	int err;

	if (what == AUDIT_WHAT_REFUSED &&
	    !rate_take(&a->refusals, clock_mono_ms()))
		return;
	record_init(&audit_record, &row);
	row.id = a->next++;
	row.at_ms = clock_wall_ms();
	row.what = what;
	(void)snprintf(row.account, sizeof(row.account), "%s", account);
	(void)snprintf(row.source, sizeof(row.source), "%s", source);
	if (what == AUDIT_WHAT_REFUSED && kept_back)
		(void)snprintf(row.detail, sizeof(row.detail),
			       "%s; and %u more before", detail, kept_back);
	else
		text_from_peer(row.detail, sizeof(row.detail), detail,
			       strlen(detail));
	err = write_row(a, &row);
	if (err)
		on_stored(NULL, err);
}

struct walk {
	void (*fn)(void *ctx, const struct audit *row);
	void *ctx;
	uint32_t left;
	struct audit *refused; /* newest first */
	size_t n, at, room;
};

static bool on_refused(void *ctx, struct bytes key, struct bytes value)
{
	struct walk *w = ctx;
	struct audit *row = &w->refused[w->n];

	(void)key;
	record_init(&audit_record, row);
	w->n += !record_decode(&audit_record, row, value.data, value.size);
	return w->n < w->room;
}

static void tell(struct walk *w, const struct audit *row)
{
	if (!w->left)
		return;
	w->left--;
	w->fn(w->ctx, row);
}

/* Those that came after `id`. */
static void tell_refused(struct walk *w, uint64_t id)
{
	while (w->at < w->n && w->refused[w->at].id > id)
		tell(w, &w->refused[w->at++]);
}

static bool on_row(void *ctx, struct bytes key, struct bytes value)
{
	struct walk *w = ctx;
	struct audit row;

	(void)key;
	record_init(&audit_record, &row);
	if (!record_decode(&audit_record, &row, value.data, value.size)) {
		tell_refused(w, row.id);
		tell(w, &row);
	}
	return w->left > 0;
}

void audit_each(struct audit_log *a, uint32_t limit,
		void (*fn)(void *ctx, const struct audit *row), void *ctx)
{
	struct walk w = { .fn = fn, .ctx = ctx, .left = limit };

	w.room = limit < AUDIT_REFUSED ? limit : AUDIT_REFUSED;
	w.refused = w.room ? calloc(w.room, sizeof(*w.refused)) : NULL;
	if (w.refused)
		(void)store_each(a->store, parts[PART_REFUSED].db,
				 (struct bytes){ 0 }, true, on_refused, &w);
	(void)store_each(a->store, parts[PART_OWN].db, (struct bytes){ 0 },
			 true, on_row, &w);
	tell_refused(&w, 0);
	free(w.refused);
}

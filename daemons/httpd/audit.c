#include "audit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "rate.h"

#include "store.h"

#define DB "audit"

enum { KEY = 8, ROW_MAX = 512 };

struct audit_log {
	struct store *store;
	struct rate refusals;
	uint64_t next;
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

static bool on_last(void *ctx, struct bytes key, struct bytes value)
{
	struct audit_log *a = ctx;

	(void)value;
	if (key.size == KEY)
		a->next = get_id(key.data) + 1;
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
	(void)store_each(store, DB, (struct bytes){ 0 }, true, on_last, a);
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

	if (!b)
		return -ENOMEM;
	put_id(key, row->id);
	err = n < 0 ? n
		    : store_batch_put(b, DB, (struct bytes){ key, KEY },
				      (struct bytes){ buf, (size_t)n });
	if (!err && row->id > AUDIT_ROWS) {
		put_id(old, row->id - AUDIT_ROWS);
		err = store_batch_del(b, DB, (struct bytes){ old, KEY });
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
};

static bool on_row(void *ctx, struct bytes key, struct bytes value)
{
	struct walk *w = ctx;
	struct audit row;

	(void)key;
	if (!w->left)
		return false;
	record_init(&audit_record, &row);
	if (!record_decode(&audit_record, &row, value.data, value.size)) {
		w->fn(w->ctx, &row);
		w->left--;
	}
	return w->left > 0;
}

void audit_each(struct audit_log *a, uint32_t limit,
		void (*fn)(void *ctx, const struct audit *row), void *ctx)
{
	struct walk w = { fn, ctx, limit };

	(void)store_each(a->store, DB, (struct bytes){ 0 }, true, on_row, &w);
}

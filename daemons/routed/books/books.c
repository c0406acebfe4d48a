#include "books.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "store.h"

#include "books_impl.h"
#include "bound.h"
#include "lost.h"
#include "settle.h"
#include "spend.h"

static bool on_purse(void *ctx, struct bytes key, struct bytes value)
{
	struct books *b = ctx;
	char name[PURSE_NAME] = "";
	struct purse *a = NULL;

	if (key.size < sizeof(name)) {
		memcpy(name, key.data, key.size);
		a = purse_load(b->purses, name);
	}
	if (!a || purse_decode(a, value.data, value.size) < 0)
		log_err("purse %s cannot be read: it begins empty", name);
	return true;
}

static bool on_open(void *ctx, struct bytes key, struct bytes value)
{
	struct books *b = ctx;
	struct open_call call;

	(void)key;
	if (record_decode(&open_call_record, &call, value.data, value.size) <
		    0 ||
	    open_calls_put(b->open, &call) < 0)
		log_err("an open call cannot be read: what it used is not "
			"counted");
	return true;
}

static int load(struct books *b)
{
	int err = store_each(b->store, PURSE_DB, (struct bytes){ 0 }, false,
			     on_purse, b);

	if (!err || err == -ENOENT)
		err = store_each(b->store, OPEN_CALL_DB, (struct bytes){ 0 },
				 false, on_open, b);
	if (err && err != -ENOENT) {
		log_err("the books cannot be read: %s", strerror(-err));
		return err;
	}
	if (open_calls_count(b->open))
		log_info("%zu calls over trunks are open",
			 open_calls_count(b->open));
	return 0;
}

struct books *books_new(const struct books_config *config)
{
	struct books *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	b->config = *config;
	b->store = config->store;
	b->purses = purses_new();
	b->settle = settle_new(b);
	b->open = open_calls_new(b->purses);
	b->caps = caps_new(&(struct plan_rows){ 0 });
	b->rates = rates_new(&(struct plan_rows){ 0 });
	if (!b->purses || !b->settle || !b->open || !b->caps || !b->rates ||
	    load(b) < 0)
		goto out;
	b->lost = lost_new(b);
	b->spend = spend_new(b);
	b->bound = bound_new(b);
	if (b->lost && b->spend && b->bound)
		return b;
out:
	books_free(b);
	return NULL;
}

void books_free(struct books *b)
{
	if (!b)
		return;
	store_wait(b->store); /* what is on its way knows the books */
	spend_free(b->spend);
	bound_free(b->bound);
	lost_free(b->lost);
	settle_free(b->settle);
	open_calls_free(b->open);
	purses_free(b->purses);
	caps_free(b->caps);
	rates_free(b->rates);
	free(b);
}

int purse_put(struct store_batch *batch, const struct purse *purse)
{
	uint8_t value[PURSE_BYTES];

	purse_encode(purse, value);
	return store_batch_put(
		batch, PURSE_DB,
		(struct bytes){ purse->name, strlen(purse->name) },
		(struct bytes){ value, sizeof(value) });
}

/* Old limits and new ones. */
struct change {
	struct books *books;
	const struct caps *before, *now;
};

/* A limit in all that is new: it counts from now. If this cannot be written,
   what was counted before a restart counts again after it. */
static void on_counted(void *ctx, enum scope scope, const char *who,
		       struct purse *p)
{
	const struct change *c = ctx;
	struct store_batch *batch;

	if (caps_in_all(c->before, scope, who) ||
	    !caps_in_all(c->now, scope, who))
		return;
	p->spent[PERIOD_TOTAL] = (struct spent){ 0 };
	batch = store_batch_new(c->books->store);
	if (batch && (purse_put(batch, p) < 0 ||
		      store_commit(c->books->store, batch, NULL, NULL) < 0))
		store_batch_free(batch);
}

void books_configure(struct books *b, const struct books_rows *rows)
{
	struct caps *caps = caps_new(&rows->credits);
	struct rates *rates = rates_new(&rows->rates);

	if (!caps || !rates) {
		log_err("no memory for new limits and prices: the old ones "
			"stay in force");
		caps_free(caps);
		rates_free(rates);
		return;
	}
	if (b->begun)
		purses_each(b->purses, on_counted,
			    &(struct change){ b, b->caps, caps });
	caps_free(b->caps);
	rates_free(b->rates);
	b->caps = caps;
	b->rates = rates;
	b->begun = true;
	bound_look(b->bound);
}

const struct period_starts *books_now(struct books *b, uint64_t now_ms)
{
	period_starts(now_ms, &b->periods);
	return &b->periods;
}

void books_alarm(const struct books *b, const char *account, const char *fmt,
		 ...)
{
	char detail[200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(detail, sizeof(detail), fmt, ap);
	va_end(ap);
	if (b->config.alarm)
		b->config.alarm(b->config.ctx, account, detail);
}

uint32_t books_calls(const struct books *b, enum usage_of of, const char *who)
{
	static const enum scope scopes[] = {
		[USAGE_OF_TRUNK] = SCOPE_TRUNK,
		[USAGE_OF_DIAL_RULE] = SCOPE_DIAL_RULE,
		[USAGE_OF_EXTENSION] = SCOPE_EXTENSION,
	};

	return open_calls_of(b->open, scopes[of], who);
}

void books_end(struct books *b, const struct cdr *facts, uint64_t now_ms,
	       books_done_fn done, void *ctx)
{
	settle_end(b->settle, facts, now_ms, done, ctx);
}

void books_each_open(const struct books *b, books_open_fn fn, void *ctx)
{
	open_calls_each(b->open, fn, ctx);
}

#include "settle.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "store.h"

#include "books_impl.h"
#include "cdr.h"

enum {
	TOGETHER_MAX = 256, /* in one transaction */
	WAIT_MS = 100, /* for others: sipd keeps the call's facts so long */
};

struct waiter {
	struct waiter *next;
	books_done_fn done;
	void *ctx;
};

/* A call on its way to the disk, and who waits for it. */
struct ended {
	STAILQ_ENTRY(ended) next;
	struct cdr row;
	struct waiter *waiters;
};

STAILQ_HEAD(ended_list, ended);

/* A purse as it was before the transaction. */
struct saved {
	struct purse *purse;
	struct spent spent[N_PERIODS];
};

struct settle {
	struct books *books;
	struct ended_list waiting;
	struct ended_list flying;
	struct saved *saved;
	size_t n_saved;
	size_t room;
	uint64_t now_ms; /* of who told last */
	bool busy;
};

struct settle *settle_new(struct books *b)
{
	struct settle *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->books = b;
	STAILQ_INIT(&s->waiting);
	STAILQ_INIT(&s->flying);
	return s;
}

static void ended_free(struct ended *e)
{
	while (e->waiters) {
		struct waiter *w = e->waiters;

		e->waiters = w->next;
		free(w);
	}
	free(e);
}

static void free_list(struct ended_list *list)
{
	while (!STAILQ_EMPTY(list)) {
		struct ended *e = STAILQ_FIRST(list);

		STAILQ_REMOVE_HEAD(list, next);
		ended_free(e);
	}
}

void settle_free(struct settle *s)
{
	if (!s)
		return;
	free_list(&s->waiting);
	free_list(&s->flying);
	free(s->saved);
	free(s);
}

/* --- a record, completed --- */

/* Up, as it is billed; what sipd counted itself knows no step of the clock. */
static uint32_t talked_s(const struct cdr *row)
{
	if (row->talk_s || row->end_ms <= row->answer_ms)
		return row->talk_s;
	return (uint32_t)((row->end_ms - row->answer_ms + 999) / 1000);
}

static void complete_times(struct cdr *row)
{
	uint64_t rang_until = row->answer_ms ? row->answer_ms : row->end_ms;

	if (!row->ring_s && rang_until > row->start_ms)
		row->ring_s = (uint32_t)((rang_until - row->start_ms) / 1000);
	row->talk_s = row->answer_ms ? talked_s(row) : 0;
}

/* Did it get past the trunk to somebody's telephone? */
static bool got_out(const struct cdr *row)
{
	return row->disposition == CDR_DISPOSITION_ANSWERED ||
	       row->disposition == CDR_DISPOSITION_NO_ANSWER ||
	       row->disposition == CDR_DISPOSITION_BUSY;
}

static void keep(char *to, const char *from, size_t size)
{
	if (!*to)
		snprintf(to, size, "%s", from);
}

void settle_complete(struct cdr *row, const struct open_call *call)
{
	struct price price;

	complete_times(row);
	if (!call)
		return;
	row->direction = CDR_DIRECTION_OUTBOUND;
	keep(row->caller, call->extension, sizeof(row->caller));
	keep(row->callee, call->dialled, sizeof(row->callee));
	keep(row->source, call->source, sizeof(row->source));
	memcpy(row->dial_rule, call->dial_rule, sizeof(row->dial_rule));
	memcpy(row->trunk, call->trunk, sizeof(row->trunk));
	memcpy(row->pin_holder, call->pin_holder, sizeof(row->pin_holder));
	if (got_out(row))
		memcpy(row->pin, call->pin_digits, sizeof(row->pin));
	if (!row->answer_ms)
		return;
	/* It was heard of later than sipd, which died, remembers. */
	if (call->talk_s > row->talk_s)
		row->talk_s = call->talk_s;
	price = open_call_price(call);
	if (call->priced)
		row->cost_milli = price_of(&price, row->talk_s);
}

/* --- the transaction --- */

static int save(struct settle *s, struct purse *a)
{
	struct saved *more;
	size_t room;

	for (size_t i = 0; i < s->n_saved; i++)
		if (s->saved[i].purse == a)
			return 0;
	if (s->n_saved == s->room) {
		room = s->room ? 2 * s->room : 64;
		more = realloc(s->saved, room * sizeof(*more));
		if (!more)
			return -ENOMEM;
		s->saved = more;
		s->room = room;
	}
	s->saved[s->n_saved].purse = a;
	memcpy(s->saved[s->n_saved++].spent, a->spent, sizeof(a->spent));
	return 0;
}

static void go_back(struct settle *s)
{
	for (size_t i = 0; i < s->n_saved; i++)
		memcpy(s->saved[i].purse->spent, s->saved[i].spent,
		       sizeof(s->saved[i].spent));
}

static int count_use(struct settle *s, const struct cdr *row,
		     const struct open_call *call,
		     const struct period_starts *now)
{
	const struct amount use = { row->talk_s, row->cost_milli };
	const char *who[N_SCOPES];

	if (call->emergency || (!use.seconds && !use.milli))
		return 0;
	open_call_whose(call, who);
	for (size_t i = 0; i < N_SCOPES; i++) {
		struct purse *a =
			purse_get(s->books->purses, (enum scope)i, who[i]);

		if (!*who[i])
			continue;
		if (!a || save(s, a) < 0)
			return -ENOMEM;
		purse_add(a, &use, now);
		if (!caps_in_all(s->books->caps, (enum scope)i, who[i]))
			a->spent[PERIOD_TOTAL] = (struct spent){ 0 };
	}
	return 0;
}

static int add_call(struct settle *s, struct store_batch *batch,
		    struct ended *e, const struct period_starts *now)
{
	const struct open_call *call =
		open_calls_find(s->books->open, e->row.id);
	struct bytes key = { e->row.id, strlen(e->row.id) };
	int err;

	settle_complete(&e->row, call);
	err = cdr_put(batch, &e->row);
	if (err || !call)
		return err;
	err = count_use(s, &e->row, call, now);
	return err || call->emergency
		       ? err
		       : store_batch_del(batch, OPEN_CALL_DB, key);
}

static int add_purses(const struct settle *s, struct store_batch *batch)
{
	int err = 0;

	for (size_t i = 0; i < s->n_saved && !err; i++)
		err = purse_put(batch, s->saved[i].purse);
	return err;
}

static void start(struct settle *s);

static void on_committed(void *ctx, int err)
{
	struct settle *s = ctx;
	struct ended_list over = STAILQ_HEAD_INITIALIZER(over);

	if (err)
		go_back(s);
	STAILQ_CONCAT(&over, &s->flying);
	s->n_saved = 0;
	s->busy = false;
	while (!STAILQ_EMPTY(&over)) {
		struct ended *e = STAILQ_FIRST(&over);

		STAILQ_REMOVE_HEAD(&over, next);
		if (!err)
			open_calls_remove(s->books->open, e->row.id);
		for (struct waiter *w = e->waiters; w; w = w->next)
			w->done(w->ctx, err);
		ended_free(e);
	}
	start(s);
}

static int commit(struct settle *s)
{
	const struct period_starts *now = books_now(s->books, s->now_ms);
	struct store_batch *batch = store_batch_new(s->books->store);
	struct ended *e;
	int err = batch ? 0 : -ENOMEM;

	STAILQ_FOREACH(e, &s->flying, next)
	err = err ? err : add_call(s, batch, e, now);
	if (!err)
		err = add_purses(s, batch);
	if (!err)
		err = store_commit_soon(s->books->store, batch, WAIT_MS,
					on_committed, s);
	if (err)
		store_batch_free(batch); /* too much waits: it stayed ours */
	return err;
}

static void start(struct settle *s)
{
	int err;

	if (s->busy || STAILQ_EMPTY(&s->waiting))
		return;
	for (size_t n = 0; n < TOGETHER_MAX && !STAILQ_EMPTY(&s->waiting);
	     n++) {
		struct ended *e = STAILQ_FIRST(&s->waiting);

		STAILQ_REMOVE_HEAD(&s->waiting, next);
		STAILQ_INSERT_TAIL(&s->flying, e, next);
	}
	s->busy = true;
	err = commit(s);
	if (err)
		on_committed(s, err);
}

static struct ended *find(const struct settle *s, const char *id)
{
	struct ended *e;

	STAILQ_FOREACH(e, &s->flying, next)
	if (!strcmp(e->row.id, id))
		return e;
	STAILQ_FOREACH(e, &s->waiting, next)
	if (!strcmp(e->row.id, id))
		return e;
	return NULL;
}

bool settle_pending(const struct settle *s, const char *call)
{
	return find(s, call);
}

void settle_end(struct settle *s, const struct cdr *facts, uint64_t now_ms,
		books_done_fn done, void *ctx)
{
	struct ended *e = find(s, facts->id);
	uint8_t key[CDR_KEY_MAX];
	struct waiter *w;
	size_t size;

	if (!*facts->id) {
		done(ctx, -EINVAL);
		return;
	}
	if (!e && !cdr_find(s->books->store, facts->id, key, &size)) {
		done(ctx, 0);
		return;
	}
	w = calloc(1, sizeof(*w));
	if (w && !e) {
		e = calloc(1, sizeof(*e));
		if (e) {
			e->row = *facts;
			STAILQ_INSERT_TAIL(&s->waiting, e, next);
		}
	}
	if (!w || !e) {
		free(w);
		done(ctx, -ENOMEM);
		return;
	}
	*w = (struct waiter){ e->waiters, done, ctx };
	e->waiters = w;
	s->now_ms = now_ms;
	start(s);
}

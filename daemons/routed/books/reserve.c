/* Slices of calls that begin and go on: on disk before anybody relies on them.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "store.h"

#include "books_impl.h"

/* Beyond 50 calls over trunks a second, two share a sync: the caller waits for
   it, but not so long that it could be heard. */
enum { WAIT_MS = 20 };

/* A call's row on its way to the disk. */
struct writing {
	struct books *books;
	struct open_call before; /* call "" when there was none */
	struct open_call now;
	struct lease lease; /* a renewal's answer */
	books_done_fn reserved;
	books_lease_fn renewed;
	void *ctx;
};

/* What was asked for and could not be written is not held; unless another
   writing, which has not failed yet, went on from it. */
static void take_back(struct writing *w)
{
	struct open_calls *open = w->books->open;
	const struct open_call *is = open_calls_find(open, w->now.call);

	if (!is || !record_equal(&open_call_record, is, &w->now, NULL))
		return;
	if (!*w->before.call)
		open_calls_remove(open, w->now.call);
	else if (open_calls_put(open, &w->before) < 0)
		log_err("call %s: no memory to take its slice back, it is held "
			"until the call ends",
			w->now.call);
}

static void answer(struct writing *w, int err)
{
	if (w->reserved)
		w->reserved(w->ctx, err);
	else
		w->renewed(w->ctx, err, err ? NULL : &w->lease);
}

static void on_written(void *ctx, int err)
{
	struct writing *w = ctx;

	if (err) {
		take_back(w);
		books_alarm(w->books, "books",
			    "no call over a trunk can be written down (%s): "
			    "free disk space",
			    strerror(-err));
	}
	answer(w, err);
	free(w);
}

static int commit(struct writing *w)
{
	struct store_batch *batch = store_batch_new(w->books->store);
	const struct open_call *call = &w->now;
	uint8_t value[OPEN_CALL_MAX];
	int n = record_encode(&open_call_record, call, value, sizeof(value));
	int err = !batch ? -ENOMEM : n < 0 ? n : 0;

	if (!err)
		err = store_batch_put(
			batch, OPEN_CALL_DB,
			(struct bytes){ call->call, strlen(call->call) },
			(struct bytes){ value, (size_t)n });
	if (!err)
		err = store_commit_soon(w->books->store, batch, WAIT_MS,
					on_written, w);
	if (err)
		store_batch_free(batch); /* too much waits: it stayed ours */
	return err;
}

/* Holds it in memory at once, so that the next decision sees it. */
static void write_call(struct writing *w)
{
	const struct open_call *is =
		open_calls_find(w->books->open, w->now.call);
	int err;

	if (is)
		w->before = *is;
	err = open_calls_put(w->books->open, &w->now);
	if (err) {
		answer(w, err);
		free(w);
		return;
	}
	err = commit(w);
	if (err)
		on_written(w, err);
}

static struct writing *writing_new(struct books *b)
{
	struct writing *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->books = b;
	record_init(&open_call_record, &w->now);
	return w;
}

#define COPY(to, from) snprintf(to, sizeof(to), "%s", from)

static void take_choice(struct open_call *call, const struct ask *ask,
			const struct plan_choice *c, uint64_t now_ms)
{
	COPY(call->call, ask->call);
	COPY(call->extension, ask->who);
	COPY(call->dialled, ask->number);
	COPY(call->source, ask->source);
	COPY(call->dial_rule, c->dial_rule);
	COPY(call->trunk, c->trunk);
	COPY(call->rates, c->rates);
	COPY(call->number, c->number);
	COPY(call->pin, c->pin);
	COPY(call->pin_holder, c->pin_holder);
	COPY(call->pin_digits, c->pin_digits);
	call->emergency = c->emergency;
	call->start_ms = call->alive_ms = now_ms;
}

static void take_price(const struct books *b, struct open_call *call)
{
	struct price p;

	call->priced = rates_find(b->rates, call->rates, call->number, &p);
	if (!call->priced)
		return;
	call->minute_milli = p.minute_milli;
	call->connect_milli = p.connect_milli;
	call->first_s = p.first_s;
	call->next_s = p.next_s;
}

/* An emergency call waits for no disk; only its record will know of it. */
static void note_emergency(struct books *b, const struct ask *ask,
			   const struct plan_choice *choice, uint64_t now_ms)
{
	struct open_call call;

	record_init(&open_call_record, &call);
	take_choice(&call, ask, choice, now_ms);
	call.emergency = true;
	if (open_calls_put(b->open, &call) < 0)
		log_warn("call %s: no memory; its record will lack the trunk",
			 call.call);
}

void books_reserve(struct books *b, const struct ask *ask,
		   const struct plan_choice *choice, uint64_t now_ms,
		   books_done_fn done, void *ctx)
{
	const struct open_call *held = open_calls_find(b->open, ask->call);
	struct credit_grant grant;
	struct credit_call credit;
	struct writing *w;

	if (choice->emergency)
		note_emergency(b, ask, choice, now_ms);
	if (choice->emergency || !choice->outbound) {
		done(ctx, 0);
		return;
	}
	w = writing_new(b);
	if (!w) {
		done(ctx, -ENOMEM);
		return;
	}
	w->reserved = done;
	w->ctx = ctx;
	take_choice(&w->now, ask, choice, now_ms);
	take_price(b, &w->now);
	open_call_credit(&w->now, held, &credit);
	if (!credit_grant(b->caps, b->purses, books_now(b, now_ms), &credit,
			  &grant)) {
		free(w);
		done(ctx, -EDQUOT);
		return;
	}
	w->now.lease_s = grant.limited ? grant.lease_s : 0;
	write_call(w);
}

static uint32_t told_s(const struct credit_grant *grant)
{
	return grant->lease_s > CUT_EARLY_S ? grant->lease_s - CUT_EARLY_S : 1;
}

static struct lease no_such_call(const struct renew *ask)
{
	struct lease lease = { .lease_s = ask->talk_s ? ask->talk_s : 1,
			       .final = true };

	COPY(lease.reason, "this call is in no book");
	return lease;
}

void books_renew(struct books *b, const struct renew *ask, uint64_t now_ms,
		 books_lease_fn done, void *ctx)
{
	const struct open_call *call = open_calls_find(b->open, ask->call);
	struct credit_grant grant;
	struct credit_call credit;
	struct writing *w;

	if (!call) {
		const struct lease lease = no_such_call(ask);

		done(ctx, 0, &lease);
		return;
	}
	w = writing_new(b);
	if (!w) {
		done(ctx, -ENOMEM, NULL);
		return;
	}
	w->renewed = done;
	w->ctx = ctx;
	w->now = *call;
	w->now.alive_ms = now_ms;
	if (ask->talk_s > w->now.talk_s)
		w->now.talk_s = ask->talk_s;
	open_call_credit(&w->now, call, &credit);
	/* It began when no limit applied: it has had what it talked. */
	if (!call->lease_s)
		credit.lease_s = w->now.talk_s;
	(void)credit_grant(b->caps, b->purses, books_now(b, now_ms), &credit,
			   &grant);
	w->now.lease_s = grant.lease_s;
	w->lease.lease_s = told_s(&grant);
	w->lease.final = grant.last;
	if (grant.last)
		COPY(w->lease.reason, grant.why);
	write_call(w);
}

bool books_credit(struct books *b, const struct plan_call *call,
		  struct usage_credit *out)
{
	struct credit_grant grant;
	struct credit_call credit;
	struct open_call as;
	bool granted;

	record_init(&open_call_record, &as);
	COPY(as.extension, call->extension);
	COPY(as.dial_rule, call->dial_rule);
	COPY(as.trunk, call->trunk);
	COPY(as.rates, call->rates);
	COPY(as.number, call->number);
	COPY(as.pin_holder, call->pin_holder);
	take_price(b, &as);
	open_call_credit(&as, open_calls_find(b->open, call->id), &credit);
	granted = credit_grant(b->caps, b->purses, books_now(b, call->now_ms),
			       &credit, &grant);
	*out = (struct usage_credit){ .longest_s = grant.longest_s };
	if (grant.limited)
		out->lease_s = told_s(&grant);
	if (grant.longest_s >= CUT_EARLY_S && grant.longest_s < UINT32_MAX)
		out->longest_s -= CUT_EARLY_S;
	COPY(out->credit, grant.credit);
	COPY(out->why, grant.why);
	if (as.priced)
		out->price =
			(struct usage_price){ as.minute_milli, as.connect_milli,
					      as.first_s, as.next_s };
	return granted;
}

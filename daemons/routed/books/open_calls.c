#include "open_calls.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

struct node {
	struct open_call call;
	struct purse *purses[N_SCOPES]; /* NULL: of none */
	UT_hash_handle hh;
};

struct open_calls {
	struct purses *purses;
	struct node *by_id;
};

struct open_calls *open_calls_new(struct purses *purses)
{
	struct open_calls *o = calloc(1, sizeof(*o));

	if (o)
		o->purses = purses;
	return o;
}

void open_calls_free(struct open_calls *o)
{
	struct node *n, *next;

	if (!o)
		return;
	HASH_ITER(hh, o->by_id, n, next)
	{
		HASH_DEL(o->by_id, n);
		free(n);
	}
	free(o);
}

static struct node *find(const struct open_calls *o, const char *call)
{
	struct node *n;

	HASH_FIND_STR(o->by_id, call, n);
	return n;
}

const struct open_call *open_calls_find(const struct open_calls *o,
					const char *call)
{
	const struct node *n = find(o, call);

	return n ? &n->call : NULL;
}

struct price open_call_price(const struct open_call *call)
{
	return (struct price){ call->minute_milli, call->connect_milli,
			       call->first_s, call->next_s };
}

void open_call_whose(const struct open_call *call, const char *who[N_SCOPES])
{
	who[SCOPE_TRUNK] = call->trunk;
	who[SCOPE_EXTENSION] = call->extension;
	who[SCOPE_PIN_HOLDER] = call->pin_holder;
	who[SCOPE_DIAL_RULE] = call->dial_rule;
}

static struct amount held_by(const struct open_call *call)
{
	struct credit_call c = { .priced = call->priced,
				 .price = open_call_price(call) };

	if (!call->lease_s)
		return (struct amount){ 0 };
	return credit_hold(&c, call->lease_s);
}

void open_call_credit(const struct open_call *call,
		      const struct open_call *held, struct credit_call *out)
{
	const char *who[N_SCOPES];

	*out = (struct credit_call){
		.priced = call->priced,
		.price = open_call_price(call),
		.rates = call->rates,
		.number = call->number,
		.lease_s = call->lease_s,
	};
	open_call_whose(call, out->who);
	if (!held)
		return;
	open_call_whose(held, who);
	for (size_t s = 0; s < N_SCOPES; s++)
		if (!strcmp(who[s], out->who[s]))
			out->own[s] = held_by(held);
}

/* Emergency calls hold nothing and are counted nowhere. */
static int open_purses(struct open_calls *o, struct node *n)
{
	const char *who[N_SCOPES];

	open_call_whose(&n->call, who);
	for (size_t s = 0; s < N_SCOPES && !n->call.emergency; s++) {
		n->purses[s] = purse_get(o->purses, (enum scope)s, who[s]);
		if (!n->purses[s] && *who[s])
			return -ENOMEM;
	}
	return 0;
}

static void hold(struct node *n)
{
	struct amount held = held_by(&n->call);

	for (size_t s = 0; s < N_SCOPES; s++) {
		struct purse *a = n->purses[s];

		if (!a)
			continue;
		a->held.seconds += held.seconds;
		a->held.milli += held.milli;
		a->calls++;
	}
}

static void let_go(struct node *n)
{
	struct amount held = held_by(&n->call);

	for (size_t s = 0; s < N_SCOPES; s++) {
		struct purse *a = n->purses[s];

		if (!a)
			continue;
		a->held.seconds -= held.seconds;
		a->held.milli -= held.milli;
		a->calls--;
	}
}

int open_calls_put(struct open_calls *o, const struct open_call *call)
{
	struct node *old = find(o, call->call);
	struct node *n = calloc(1, sizeof(*n));

	if (!n)
		return -ENOMEM;
	n->call = *call;
	if (open_purses(o, n) < 0) {
		free(n);
		return -ENOMEM;
	}
	if (old) {
		let_go(old);
		old->call = n->call;
		memcpy(old->purses, n->purses, sizeof(old->purses));
		hold(old);
		free(n);
		return 0;
	}
	HASH_ADD_STR(o->by_id, call.call, n);
	if (!n->hh.tbl) {
		free(n);
		return -ENOMEM;
	}
	hold(n);
	return 0;
}

void open_calls_remove(struct open_calls *o, const char *call)
{
	struct node *n = find(o, call);

	if (!n)
		return;
	let_go(n);
	HASH_DEL(o->by_id, n);
	free(n);
}

void open_calls_alive(struct open_calls *o, const char *call, uint64_t alive_ms,
		      uint32_t talk_s)
{
	struct node *n = find(o, call);

	if (!n)
		return;
	n->call.alive_ms = alive_ms;
	if (talk_s > n->call.talk_s)
		n->call.talk_s = talk_s;
}

void open_calls_each(const struct open_calls *o, open_call_fn fn, void *ctx)
{
	struct node *n, *next;

	HASH_ITER(hh, o->by_id, n, next)
	fn(ctx, &n->call);
}

size_t open_calls_count(const struct open_calls *o)
{
	return HASH_COUNT(o->by_id);
}

uint32_t open_calls_of(const struct open_calls *o, enum scope scope,
		       const char *who)
{
	const struct purse *a = purse_find(o->purses, scope, who);

	return a ? a->calls : 0;
}

#include "held.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "store.h"

#include "registrar.h"
#include "request.h"
#include "sofia.h"

enum { HELD_MAX = 4096 };

struct one {
	TAILQ_ENTRY(one) link;
	struct held *held;
	struct store_waiter waiter;
	struct request request; /* held */
	unsigned code;
	const char *phrase;
	char headers[];
};

struct held {
	struct sofia *sofia;
	struct store *store;
	TAILQ_HEAD(, one) all;
	size_t n;
};

struct held *held_new(struct sofia *sofia, struct store *store)
{
	struct held *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->sofia = sofia;
	h->store = store;
	TAILQ_INIT(&h->all);
	return h;
}

static void drop_one(struct one *o)
{
	TAILQ_REMOVE(&o->held->all, o, link);
	o->held->n--;
	free(o);
}

void held_free(struct held *h)
{
	struct one *o;

	if (!h)
		return;
	while ((o = TAILQ_FIRST(&h->all))) {
		store_view_forget(h->store, &o->waiter);
		sofia_drop(h->sofia, &o->request);
		drop_one(o);
	}
	free(h);
}

static void reply(struct held *h, struct request *r, unsigned code,
		  const char *phrase, const char *headers)
{
	sofia_reply(h->sofia, r, code, phrase, headers[0] ? headers : NULL);
}

static void on_kept(void *ctx, int err)
{
	struct one *o = ctx;

	if (err == 0)
		reply(o->held, &o->request, o->code, o->phrase, o->headers);
	else
		reply(o->held, &o->request, 500, "Cannot Be Kept",
		      "Retry-After: 5\r\n");
	drop_one(o);
}

void held_reply(struct held *h, struct request *r,
		const struct registrar_answer *answer)
{
	size_t size = strlen(answer->headers) + 1;
	struct one *o;

	if (!h->store) {
		reply(h, r, answer->code, answer->phrase, answer->headers);
		return;
	}
	o = h->n < HELD_MAX ? malloc(sizeof(*o) + size) : NULL;
	if (!o) {
		sofia_drop(h->sofia, r);
		return;
	}
	sofia_hold(r);
	o->held = h;
	o->request = *r;
	o->code = answer->code;
	o->phrase = answer->phrase;
	memcpy(o->headers, answer->headers, size);
	TAILQ_INSERT_TAIL(&h->all, o, link);
	h->n++;
	store_view_wait(h->store, &o->waiter, on_kept, o);
}

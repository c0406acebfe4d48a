#include "taker.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "ruleset.h"

struct wish {
	TAILQ_ENTRY(wish) link;
	char set[RULESET_NAME];
	int family;
	nft_source_fn fn;
	taker_done_fn done;
	void *ctx;
};

struct taker {
	struct nft_take *take;
	struct event *turn;
	bool begun; /* with the first of them */
	TAILQ_HEAD(, wish) wishes;
};

/* An event that is made active comes in this very turn; a timer in the next. */
static void next_turn(struct taker *t)
{
	(void)evtimer_add(t->turn, &(struct timeval){ 0 });
}

static void on_turn(evutil_socket_t fd, short what, void *arg)
{
	struct taker *t = arg;
	struct wish *w = TAILQ_FIRST(&t->wishes);
	int rc = 0;

	(void)fd;
	(void)what;
	if (!w)
		return;
	if (!t->begun)
		rc = nft_take_begin(t->take, w->set, w->family);
	t->begun = true;
	if (rc == 0)
		rc = nft_take_step(t->take, w->fn, w->ctx);
	if (rc > 0) {
		next_turn(t);
		return;
	}
	t->begun = false;
	TAILQ_REMOVE(&t->wishes, w, link);
	w->done(w->ctx);
	free(w);
	if (!TAILQ_EMPTY(&t->wishes))
		next_turn(t);
}

struct taker *taker_new(struct event_base *base, char *why, size_t why_size)
{
	struct taker *t = calloc(1, sizeof(*t));

	if (!t) {
		snprintf(why, why_size, "no memory");
		return NULL;
	}
	TAILQ_INIT(&t->wishes);
	t->take = nft_take_new();
	t->turn = t->take ? evtimer_new(base, on_turn, t) : NULL;
	if (!t->turn) {
		snprintf(why, why_size, "packet filter: %s",
			 t->take ? "no memory" : strerror(errno));
		taker_free(t);
		return NULL;
	}
	return t;
}

void taker_free(struct taker *t)
{
	struct wish *w;

	if (!t)
		return;
	while ((w = TAILQ_FIRST(&t->wishes))) {
		TAILQ_REMOVE(&t->wishes, w, link);
		free(w);
	}
	if (t->turn)
		event_free(t->turn);
	nft_take_free(t->take);
	free(t);
}

bool taker_ask(struct taker *t, const char *set, int family, nft_source_fn fn,
	       taker_done_fn done, void *ctx)
{
	struct wish *w = malloc(sizeof(*w));

	if (!w)
		return false;
	*w = (struct wish){
		.family = family, .fn = fn, .done = done, .ctx = ctx
	};
	snprintf(w->set, sizeof(w->set), "%s", set);
	if (TAILQ_EMPTY(&t->wishes))
		next_turn(t);
	TAILQ_INSERT_TAIL(&t->wishes, w, link);
	return true;
}

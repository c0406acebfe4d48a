#include "what_if.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A try in the order of sources, and of time within each. */
struct item {
	const struct try *one;
	uint64_t source;
	uint32_t order;
};

struct walk {
	const struct guard *g;
	const struct what_if *ask;
	struct counters *counters;
	struct item *items;
	size_t n;
	struct what_if_sum sum;
	what_if_fn fn;
	void *ctx;
};

static int by_source(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	if (x->source != y->source)
		return x->source < y->source ? -1 : 1;
	if (x->one->family != y->one->family)
		return x->one->family < y->one->family ? -1 : 1;
	if (x->one->at_ms != y->one->at_ms)
		return x->one->at_ms < y->one->at_ms ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

static void collect(struct walk *w, const struct tries *t)
{
	for (size_t i = 0; i < tries_count(t); i++) {
		const struct try *one = tries_at(t, i);
		struct item *item = &w->items[w->n];

		if (one->service != w->ask->service || one->n == 0)
			continue;
		item->one = one;
		memcpy(&item->source, one->source, sizeof(item->source));
		item->order = (uint32_t)w->n++;
	}
}

/* ---- one source ---- */

static void add_account(char *list, size_t size, const char *account)
{
	size_t used = strlen(list), n = strlen(account);
	const char *at = list;

	if (n == 0)
		return;
	while ((at = strstr(at, account))) {
		bool begins = at == list || at[-1] == ' ';

		if (begins && (at[n] == ',' || at[n] == '\0'))
			return;
		at += n;
	}
	/* Room is kept for the dots, and those stay the last. */
	if (used >= 3 && strcmp(list + used - 3, "...") == 0)
		return;
	if (used + n + sizeof(", , ...") > size)
		account = "...";
	(void)snprintf(list + used, size - used, "%s%s", used ? ", " : "",
		       account);
}

static void count(struct walk *w, struct what_if_source *s,
		  const struct try *one)
{
	uint32_t n = one->n < w->ask->tries ? one->n : w->ask->tries;
	uint32_t tries = 0;

	/* No more can be needed. */
	for (; n > 0; n--)
		tries = counters_add(w->counters, &s->key, w->ask->window_s,
				     one->at_ms);
	if (tries > s->most) {
		s->most = tries;
		if (!s->would)
			s->at_ms = one->at_ms;
	}
	s->would |= tries >= w->ask->tries;
	s->did |= one->banned;
}

/* Most of a crowd came once or twice: there is nothing to count. */
static bool matters(const struct walk *w, const struct item *items, size_t n)
{
	uint32_t tries = 0;

	for (size_t i = 0; i < n; i++) {
		tries += items[i].one->n;
		if (items[i].one->banned || tries >= w->ask->tries)
			return true;
	}
	return false;
}

static void look(struct walk *w, const struct item *items, size_t n)
{
	const struct what_if *ask = w->ask;
	struct what_if_source s = { 0 };

	w->sum.sources++;
	if (!matters(w, items, n))
		return;
	tries_key(items->one, &s.key);
	for (size_t i = 0; i < n; i++)
		count(w, &s, items[i].one);
	counters_forget(w->counters, &s.key);
	if (!s.would && !s.did)
		return;
	if (guard_allows(w->g, &s.key, ask->wall_ms) ||
	    guard_is_trunk(w->g, &s.key)) {
		w->sum.allowed += s.would;
		return;
	}
	if (ask->trust_local && guard_is_local(w->g, &s.key)) {
		w->sum.local += s.would;
		return;
	}
	w->sum.would += s.would;
	w->sum.more += s.would && !s.did;
	w->sum.fewer += s.did && !s.would;
	if (!w->fn)
		return;
	for (size_t i = 0; i < n; i++)
		add_account(s.accounts, sizeof(s.accounts),
			    items[i].one->account);
	w->fn(w->ctx, &s);
}

static bool same_source(const struct item *a, const struct item *b)
{
	return a->source == b->source && a->one->family == b->one->family;
}

int what_if(const struct guard *g, const struct tries *const *of, size_t n,
	    const struct what_if *ask, struct what_if_sum *sum, what_if_fn fn,
	    void *ctx)
{
	/* One source at a time: nobody can choose where it is put. */
	static const uint8_t seed[GUARD_SEED] = { 0 };
	struct walk w = { .g = g, .ask = ask, .fn = fn, .ctx = ctx };
	size_t most = 0, end;
	int err = -ENOMEM;

	assert(ask->tries > 0);
	for (size_t i = 0; i < n; i++)
		most += tries_count(of[i]);
	w.items = malloc((most + 1) * sizeof(*w.items));
	w.counters = counters_new(1, seed);
	if (!w.items || !w.counters)
		goto out;
	for (size_t i = 0; i < n; i++)
		collect(&w, of[i]);
	qsort(w.items, w.n, sizeof(*w.items), by_source);
	for (size_t i = 0; i < w.n; i = end) {
		for (end = i + 1; end < w.n; end++)
			if (!same_source(&w.items[i], &w.items[end]))
				break;
		look(&w, &w.items[i], end - i);
	}
	*sum = w.sum;
	err = 0;
out:
	counters_free(w.counters);
	free(w.items);
	return err;
}

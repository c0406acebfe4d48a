#include "guesses.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "addr.h"

#include "request.h"

struct guess {
	struct prefix source;
	uint64_t at_ms;
	bool known; /* it was a known phone's */
	UT_hash_handle hh;
};

struct guesses {
	struct guess *all;
};

struct guesses *guesses_new(void)
{
	return calloc(1, sizeof(struct guesses));
}

static void take_out(struct guesses *g, struct guess *s)
{
	HASH_DEL(g->all, s);
	free(s);
}

void guesses_free(struct guesses *g)
{
	struct guess *s, *next;

	if (!g)
		return;
	HASH_ITER(hh, g->all, s, next)
	{
		take_out(g, s);
	}
	free(g);
}

/* In the house a /64 is all phones there are: each address by itself. */
static void source_of(const struct peer *peer, struct prefix *source)
{
	memset(source, 0, sizeof(*source));
	prefix_of_source(source, &peer->addr);
	if (peer->local) {
		source->addr = peer->addr;
		source->len = peer->addr.family == AF_INET ? 32 : 128;
	}
}

static struct guess *find(struct guesses *g, const struct prefix *source)
{
	struct guess *s;

	HASH_FIND(hh, g->all, source, sizeof(*source), s);
	return s;
}

static bool is_over(const struct guess *s, uint64_t now_ms)
{
	return now_ms - s->at_ms >= GUESSES_EVERY_MS;
}

static bool is_full(struct guesses *g, uint64_t now_ms)
{
	struct guess *s, *next;

	if (HASH_COUNT(g->all) < GUESSES_SOURCES)
		return false;
	HASH_ITER(hh, g->all, s, next)
	{
		if (is_over(s, now_ms))
			take_out(g, s);
	}
	return HASH_COUNT(g->all) >= GUESSES_SOURCES;
}

bool guesses_wait(struct guesses *g, const struct peer *peer, bool known,
		  uint64_t now_ms)
{
	struct prefix source;
	struct guess *s;

	if (!g->all)
		return false;
	source_of(peer, &source);
	s = find(g, &source);
	if (s && !is_over(s, now_ms))
		return !known || s->known;
	return !s && !known && peer->local && is_full(g, now_ms);
}

void guesses_note(struct guesses *g, const struct peer *peer, bool known,
		  uint64_t now_ms)
{
	struct prefix source;
	struct guess *s;

	source_of(peer, &source);
	s = find(g, &source);
	if (!s) {
		/* The first in it is the one that came first. */
		if (is_full(g, now_ms))
			take_out(g, g->all);
		s = calloc(1, sizeof(*s));
		if (!s)
			return;
		s->source = source;
		HASH_ADD(hh, g->all, source, sizeof(s->source), s);
	}
	/* It keeps waiting when others were refused beside it. */
	s->known = known || (s->known && !is_over(s, now_ms));
	s->at_ms = now_ms;
}

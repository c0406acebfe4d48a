#include "counts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"

/* A reading: the names and the order are the kernel's. */
struct reading {
	struct count *list;
	size_t n;
	size_t room;
	bool failed;
};

struct counts {
	struct nft *nft;
	struct reading now;
	struct reading next;
	bool read;
	uint64_t read_ms;
};

/* The counter of that name in the last reading; most stand where they stood. */
static const struct count *before(const struct counts *c, const char *name)
{
	size_t i = c->next.n;

	if (i < c->now.n && strcmp(c->now.list[i].name, name) == 0)
		return &c->now.list[i];
	for (i = 0; i < c->now.n; i++)
		if (strcmp(c->now.list[i].name, name) == 0)
			return &c->now.list[i];
	return NULL;
}

static void on_counter(void *ctx, const char *name, const struct nft_count *now)
{
	struct counts *c = ctx;
	const struct count *old = before(c, name);
	struct reading *g = &c->next;
	struct count *new;

	if (g->n == g->room) {
		size_t room = g->room ? g->room * 2 : 64;
		struct count *list = realloc(g->list, room * sizeof(*list));

		if (!list) {
			g->failed = true;
			return;
		}
		g->list = list;
		g->room = room;
	}
	new = &g->list[g->n++];
	memset(new, 0, sizeof(*new));
	snprintf(new->name, sizeof(new->name), "%s", name);
	new->now = *now;
	if (old && old->now.packets == now->packets)
		new->last_ms = old->last_ms;
	else if (now->packets > 0 && (old || c->read))
		new->last_ms = c->read_ms;
	if (old)
		new->day = old->day;
	/* What stood there before us came at any time. */
	day_note(&new->day, clock_mono_ms(), c->read ? 0 : now->packets,
		 now->packets);
}

int counts_read(struct counts *c)
{
	struct reading old = c->now;
	int err;

	c->next.n = 0;
	c->next.failed = false;
	c->read_ms = clock_wall_ms();
	err = nft_each_counter(c->nft, on_counter, c);
	if (err == 0 && c->next.failed)
		err = -ENOMEM;
	if (err < 0)
		return err;
	c->now = c->next;
	c->next = old;
	c->read = true;
	return 0;
}

struct counts *counts_new(struct nft *nft)
{
	struct counts *c = calloc(1, sizeof(*c));

	if (c)
		c->nft = nft;
	return c;
}

void counts_free(struct counts *c)
{
	if (!c)
		return;
	free(c->now.list);
	free(c->next.list);
	free(c);
}

const struct count *counts_at(const struct counts *c, size_t i)
{
	return i < c->now.n ? &c->now.list[i] : NULL;
}

uint64_t counts_packets(const struct counts *c, const char *name)
{
	for (size_t i = 0; i < c->now.n; i++)
		if (strcmp(c->now.list[i].name, name) == 0)
			return c->now.list[i].now.packets;
	return 0;
}

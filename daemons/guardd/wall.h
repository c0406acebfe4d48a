/*
 * fwd as guardd sees it: bans and allowed addresses that are to stand in the
 * kernel. When fwd comes (back), it is told to take everything from our view;
 * what is asked for after that goes through in order. While it is away nothing
 * is in force, and callers hear so.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "key.h"

struct auto_defense;
struct prefix;
struct service;
struct wall;

/* err: NULL, in force; else why not, in words. Called exactly once, never from
   inside the call that takes it. */
typedef void (*wall_done_fn)(void *ctx, const char *err);

struct wall_ops {
	/* The networks that count as local, now; the list is the wall's. */
	void (*networks)(void *ctx, const struct prefix *list, size_t n);
};

/* NULL: no memory. */
struct wall *wall_new(struct service *s, const struct wall_ops *ops, void *ctx);
/* What is under way is done with an error first. */
void wall_free(struct wall *w);

/* Starts to look for fwd; the view must be filled. 0 or -ENOMEM. */
int wall_go(struct wall *w);
bool wall_there(const struct wall *w);

/* Something may differ from our view: fwd shall take it over again, soon. */
void wall_resync(struct wall *w);
/* The same in a second, when what goes on now is written down. */
void wall_resync_later(struct wall *w);
/* How often fwd was told so: who waits for an answer sees whether its change
   may have been overtaken. */
uint32_t wall_resyncs(const struct wall *w);

/* Return 0; -ENOMEM or -ENOTCONN, then `done` is not called. */
int wall_ban(struct wall *w, const struct guard_key *key, uint32_t seconds,
	     wall_done_fn done, void *ctx);
int wall_unban(struct wall *w, const struct guard_key *key, wall_done_fn done,
	       void *ctx);
int wall_permit(struct wall *w, enum guard_service_id service,
		const char *source, wall_done_fn done, void *ctx);
/* actor: who must not shut himself out by it; NULL: it goes in any case. */
int wall_unpermit(struct wall *w, enum guard_service_id service,
		  const char *source, const char *actor, wall_done_fn done,
		  void *ctx);
/* A row of auto defense; NULL: that of this name goes. */
int wall_defend(struct wall *w, const struct auto_defense *row,
		const char *name, wall_done_fn done, void *ctx);

/*
 * The kernel's packet filter: the table `inet sallyport`, and nothing else of
 * it. Everything takes effect whole or not at all, and is in force when the
 * function returns. Together with nft_batch.c and nft_rules.c the only place
 * that knows nf_tables.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ruleset.h"

struct nft;
struct prefix;

/* NULL, and one line in why that says what to do. */
struct nft *nft_open(char *why, size_t why_size);
/* The table stays in the kernel: there is no moment without rules. */
void nft_close(struct nft *n);

/*
 * Replaces rules, ports and local networks; bans, allowed addresses and
 * counters stay. Makes what is missing, takes away what rs does not name; a
 * table of another layout goes. 0, or
 * a negative errno and in why which part the kernel refused.
 */
int nft_apply(struct nft *n, const struct ruleset *rs, char *why,
	      size_t why_size);

/* Takes the table away; 0 as well when there is none. */
int nft_remove(struct nft *n, char *why, size_t why_size);

struct nft_ban {
	struct prefix source; /* an IPv4 address, or an IPv6 /64 */
	enum wall_service service;
	uint64_t timeout_ms; /* 0: for ever */
};

/* A ban that is there gets the new end. -EINVAL: no address or /64. */
int nft_ban(struct nft *n, const struct nft_ban *ban);
/* 0 as well when there is none. */
int nft_unban(struct nft *n, const struct nft_ban *ban);

struct nft_allowed {
	const struct interval *list; /* merged */
	size_t n;
};

/* Replaces the allowed addresses of one service. */
int nft_allow(struct nft *n, enum wall_service service,
	      const struct nft_allowed *allowed);

struct nft_bans {
	const struct nft_ban *list;
	size_t n;
};

/*
 * Takes and adds bans and replaces all allowed addresses, in one transaction.
 * -ENOENT: one to be taken has ended by itself; nothing was changed.
 */
int nft_change(struct nft *n, const struct nft_bans *take,
	       const struct nft_bans *add,
	       const struct nft_allowed allowed[WALL_N_SERVICES]);

/*
 * Makes these all the bans and all the allowed addresses there are, in one
 * transaction. A ban that stands already keeps its element and its counter.
 */
int nft_restore(struct nft *n, const struct nft_ban *bans, size_t n_bans,
		const struct nft_allowed allowed[WALL_N_SERVICES]);

/* Each ban that stands in the kernel, with what is left of it, and its hits. */
typedef bool (*nft_ban_fn)(void *ctx, const struct nft_ban *ban,
			   uint64_t packets);
int nft_each_ban(struct nft *n, nft_ban_fn fn, void *ctx);

/* Does a ban of this source stand at just this service? */
bool nft_is_banned(struct nft *n, enum wall_service service,
		   const struct addr *source);

/* Is this source (IPv6: its /64) in the set of that name? */
bool nft_in_set(struct nft *n, const char *set, const struct addr *source);

struct nft_count {
	uint64_t packets;
	uint64_t bytes;
};

/* Each counter of the table; none when there is no table. */
typedef void (*nft_counter_fn)(void *ctx, const char *name,
			       const struct nft_count *c);
int nft_each_counter(struct nft *n, nft_counter_fn fn, void *ctx);

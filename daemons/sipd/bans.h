/*
 * Who is banned from SIP now, as guardd told: sipd drops at once what the
 * packet filter will drop in a moment, and what came over a connection that
 * was open before. A set of sources with an end; bounded.
 *
 * That a ban was lifted is told, too, but the packet filter may let its source
 * in before we hear of it: so a ban counts only while it stands in guardd's
 * view, which has it out by then.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct addr;
struct ban_fact;
struct bans;

/* run_dir: where guardd's view is; NULL: what was told counts. */
struct bans *bans_new(const char *run_dir);
void bans_free(struct bans *b);

/*
 * Reads all bans out of guardd's view. Until that has succeeded once they are
 * not known, and nobody who could be banned is served: after a start of the
 * whole box we may be there before the packet filter has them again.
 */
void bans_read(struct bans *b);
bool bans_known(const struct bans *b);

/* A ban began or ended. Facts about other services than sip are ignored. */
void bans_fact(struct bans *b, const struct ban_fact *fact);

/* now_ms: wall clock, as the facts have it. */
bool bans_has(struct bans *b, const struct addr *addr, uint64_t now_ms);

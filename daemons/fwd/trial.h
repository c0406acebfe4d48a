/*
 * Commit-confirm (SPEC 7): what somebody changes in the packet filter is in
 * force at once, and goes back by itself after 60 s unless it is kept.
 *
 * What was kept last stands in the truth, apart from the tables, and is
 * written only when a trial is kept. So nothing must be armed: whenever the
 * tables differ from it at a start, whatever ended the run before, they go
 * back.
 */
#pragma once

#include "trial_diff.h"

struct fwd;
struct trial;

enum { TRIAL_S = 60, TRIAL_EXTENDED_S = 120, TRIAL_ACTOR = 160 };

/* Ends are told with err NULL, or in words why nothing changed. */
typedef void (*trial_done_fn)(void *ctx, const char *err);

/*
 * Opens what was kept last; the tables are open. Where there is none yet, it is
 * what the tables say. NULL, and one line in why.
 */
struct trial *trial_new(struct fwd *f, char *why, size_t why_size);
void trial_free(struct trial *t);

/* What was kept last. */
const struct wall_state *trial_kept(const struct trial *t);
/* At the start, with the kept rules in force: the tables go back if they
   differ. Returns when they did. */
void trial_begin(struct trial *t);

/* May this actor change anything now? 0, or -EBUSY and *issue. */
int trial_admits(const struct trial *t, const char *actor, struct issue *issue);
/* The tables are being taken back: nobody else's change may pass. */
bool trial_goes_back(const struct trial *t);
/* A change of this actor is in force: begins a trial, or joins it. */
void trial_changed(struct trial *t, const char *actor);

/*
 * Keeps it. `web`: asked by httpd, for in->actor. 0 and `done` once it is on
 * disk; else -EINVAL, *issue, and in *name the error's name for the bus.
 */
int trial_keep(struct trial *t, const struct confirm *in, bool web,
	       trial_done_fn done, void *ctx, const char **name,
	       struct issue *issue);
/* Takes it back. As trial_keep(). */
int trial_take_back(struct trial *t, const struct confirm *in, bool web,
		    trial_done_fn done, void *ctx, const char **name,
		    struct issue *issue);
int trial_extend(struct trial *t, const struct confirm *in, bool web,
		 const char **name, struct issue *issue);

/* As it is now. */
void trial_row(const struct trial *t, struct trial_state *row);

/*
 * What a drop all would cut of the flows of the last week, and the rule that
 * lets it in.
 */
#pragma once

#include "records.h"

struct fwd;

typedef void (*preflight_fn)(void *ctx, const struct preflight *row);

/* Calls fn for each flow. 0 or -ENOMEM. */
int preflight(struct fwd *f, preflight_fn fn, void *ctx);

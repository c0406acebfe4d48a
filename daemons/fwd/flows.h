/*
 * Who has used which service within the last week: what a drop all would cut
 * (SPEC 7's pre-flight). Read from the views of sipd and httpd, never asked;
 * bounded; kept in the own truth over restarts.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "records.h"

enum { FLOWS_MAX = 2048, FLOWS_DAYS = 7 };

struct flows;
struct fwd;

/* NULL: no memory. Looks at once, then every minute. */
struct flows *flows_new(struct fwd *f);
void flows_free(struct flows *fl);

/* Looks now, for who asks what a drop all would cut. */
void flows_look(struct flows *fl);
/* By service and source; valid until the next look. */
const struct wall_flow *flows_at(const struct flows *fl, size_t i);

/*
 * Dial rules that are never reached, because every number that fits them is
 * taken before: by another rule, by several together, or by an extension. Only
 * what is always open hides (no time rule, or the same one).
 */
#pragma once

#include "plan.h"

/*
 * Tells each of a dial plan's hidden rules. It gives up on a rule that is too
 * tangled, and on the rest when it has looked for long (then the last line has
 * no rule and says so), so that calls need not wait. 0, or -ENOENT: no such
 * plan.
 */
typedef void (*shadow_fn)(void *ctx, const struct shadow_line *line);
int shadow_each(const struct plan *p, const char *dial_plan, shadow_fn fn,
		void *ctx);

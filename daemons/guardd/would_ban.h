/*
 * What other settings of a service would have done yesterday, as records for
 * who asks; and whose telephones it would have been (sipd's view).
 */
#pragma once

#include "records.h"

struct guardd;

enum { WOULD_BAN_ROWS = 200 };

/* 0, or -EINVAL and *issue. */
int would_ban(struct guardd *d, const struct would_ban_ask *ask,
	      struct would_ban *out, struct issue *issue);

typedef void (*would_ban_fn)(void *ctx, const struct would_ban_whom *row);
/* Who is another than before first, then who tried most; WOULD_BAN_ROWS. */
int would_ban_whom(struct guardd *d, const struct would_ban_ask *ask,
		   would_ban_fn fn, void *ctx, struct issue *issue);

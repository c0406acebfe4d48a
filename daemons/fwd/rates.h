/*
 * How much each source sends to a port, by the kernel's sets (measure.h), and
 * so whom a limit of auto defense would have cut off in the last days. Bounded;
 * kept over restarts.
 */
#pragma once

#include "measure.h"
#include "records.h"

enum {
	RATES_SOURCES = 2048, /* of all meters; who sends least goes first */
	RATES_PERIOD_DAYS = 4,
};

struct fwd;
struct rates;

/* NULL: no memory. */
struct rates *rates_new(struct fwd *f);
void rates_free(struct rates *r);

/* Looks at what came since the last call: once a second, after the counters
   were read. */
void rates_tick(struct rates *r);

/* Whom so many packets (or connections) in so many seconds would have cut off;
   fills `out` but for its rule. */
void rates_would(struct rates *r, const struct meter *m, uint32_t packets,
		 uint32_t seconds, struct rate_answer *out);

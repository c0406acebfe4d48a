/*
 * How many calls each extension is making, of whatever kind: what routed is
 * told when it decides about one more. Owned by calls.c.
 */
#pragma once

#include <stdint.h>

struct callers;

enum { CALLERS_NAME = 33 }; /* room for who, as routed is asked */

/* NULL: no memory. */
struct callers *callers_new(void);
void callers_free(struct callers *c);

/* One more call of this extension. Returns how many it had before, or -ENOMEM
   and nothing is counted. */
int callers_begin(struct callers *c, const char *extension);
/* One that was counted is over. */
void callers_end(struct callers *c, const char *extension);

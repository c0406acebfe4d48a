/* Moments as people and scripts write them, in the box's zone. */
#pragma once

#include <stdint.h>

/* "now" or "", "2026-12-24", "2026-12-24T18:00", "2026-12-24T18:00:00", or
   milliseconds since 1970. 0 or -EINVAL. */
int moment_parse(const char *text, uint64_t now_ms, uint64_t *ms);

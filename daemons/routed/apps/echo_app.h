/* *43: says what it does, then sends the caller's own sound back. */
#pragma once

#include <stdint.h>

#include "records.h"

void echo_app_decide(const struct ask *ask, uint64_t now_ms,
		     struct verdict *out);

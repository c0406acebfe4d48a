/*
 * A line of the PIN locks as a live row, which people read and the next run
 * begins with: its times are those of the wall clock. Pure.
 */
#pragma once

#include <stdint.h>

#include "pin_locks.h"

struct pin_lock;

/* The same moment on both clocks. */
struct pin_now {
	uint64_t mono_ms;
	uint64_t wall_ms;
};

void pin_row_write(const struct pin_line *line, const struct pin_now *now,
		   struct pin_lock *row);

/* Calls that were going on are calls that failed: who would know better. What
   seems to lie in the future (the clock was set back) is now. */
void pin_row_read(const struct pin_lock *row, const struct pin_now *now,
		  struct pin_line *line);

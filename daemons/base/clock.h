/* The two clocks: one that never steps, for intervals; one that people read. */
#pragma once

#include <stdint.h>

/* CLOCK_MONOTONIC in milliseconds. */
uint64_t clock_mono_ms(void);

/* CLOCK_REALTIME in milliseconds since 1970. */
uint64_t clock_wall_ms(void);

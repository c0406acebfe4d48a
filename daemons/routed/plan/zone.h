/*
 * A time zone of the IANA database: how far its clocks are from UTC at a
 * moment. glibc converts in the process's own zone only; a decision needs
 * several, without changing the process, so the file is read here once
 * (RFC 9636) and then only looked at.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct zone;

/*
 * Reads the zone's file; name "": the box's own (TZ, else /etc/localtime, else
 * UTC). NULL and one line in `why`: there is no such zone, or no memory.
 */
struct zone *zone_load(const char *name, char *why, size_t why_size);

/* The same from a file's bytes. NULL: they are none, or no memory. */
struct zone *zone_parse(const uint8_t *bytes, size_t n);

void zone_free(struct zone *z);

/* Seconds east of UTC at a moment (seconds since 1970). */
int32_t zone_offset(const struct zone *z, int64_t utc_s);

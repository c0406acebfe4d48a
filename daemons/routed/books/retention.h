/*
 * Old call records go: beyond so many, and beyond so many days (settings
 * records_most, records_days). A hundred a transaction, then a pause, so that
 * no call waits for it.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct event_base;
struct retention;
struct store;

struct retention *retention_new(struct event_base *base, struct store *store);
void retention_free(struct retention *r); /* nothing of it is on its way */

/* days 0: no matter how old. */
void retention_set(struct retention *r, size_t most, uint32_t days);

/* Looks now; the timer does it every minute. */
void retention_look(struct retention *r, uint64_t now_ms);

/*
 * Which addresses are local (SPEC 1): loopback, and the networks that fwd
 * tells. Until fwd answered the first time, loopback alone.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct addr;
struct bus;
struct networks;

/* `changed` (may be NULL) is called after each new answer. NULL: no memory. */
struct networks *networks_new(struct bus *bus, void (*changed)(void *ctx),
			      void *ctx);
void networks_free(struct networks *n);

bool networks_local(const struct networks *n, const struct addr *addr);

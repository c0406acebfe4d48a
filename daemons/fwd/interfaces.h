/*
 * The box's own interfaces and their addresses, over rtnetlink: read at once,
 * and again when the kernel says that something changed.
 */
#pragma once

#include <stddef.h>

struct event_base;
struct interfaces;
struct networks;

/* changed(ctx) comes from the event loop. NULL, and one line in why. */
struct interfaces *interfaces_open(struct event_base *base,
				   void (*changed)(void *ctx), void *ctx,
				   char *why, size_t why_size);
void interfaces_close(struct interfaces *in);

/* Adds the private networks of all interfaces that are up. 0 or a negative
   errno. */
int interfaces_read(struct interfaces *in, struct networks *ns);

/*
 * One line to a provider: a row of the table put into effect. Keeps its
 * own copy of the row, the servers that its host stands for, and the live row
 * that others see. Owned by trunk.c.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "peer.h"
#include "records.h"

struct event_base;
struct live;
struct sofia;
struct trunk_line;

/* What all lines share; outlives them. */
struct trunk_env {
	struct event_base *base;
	struct sofia *sofia;
	struct live *live; /* NULL in tests */
};

/* A server of the provider. */
struct trunk_place {
	struct addr addr;
	uint16_t port; /* host order */
	enum peer_transport transport;
};

enum { TRUNK_PLACES = 8 };

/* `before`: what the last run left of it, or NULL. NULL: no memory. */
struct trunk_line *trunk_line_new(const struct trunk_env *env,
				  const struct trunk *row,
				  const struct trunk_state *before);
void trunk_line_free(struct trunk_line *l);

/* The row is another one now; its name is the same. */
void trunk_line_change(struct trunk_line *l, const struct trunk *row);

const struct trunk *trunk_line_row(const struct trunk_line *l);
const struct trunk_state *trunk_line_state(const struct trunk_line *l);

/* The servers in the order in which to try them. */
size_t trunk_line_places(const struct trunk_line *l,
			 const struct trunk_place **places);
bool trunk_line_owns(const struct trunk_line *l, const struct addr *addr);

/* trunk.h has the words for these. */
void trunk_line_proved(struct trunk_line *l, const char *realm);
void trunk_line_call(struct trunk_line *l, int by);
void trunk_line_failed(struct trunk_line *l, const char *why);

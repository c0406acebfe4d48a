/*
 * One line to a provider: a row of the table put into effect. Keeps its
 * own copy of the row, the servers that its host stands for, and the live row
 * that others see. Owned by trunk.c.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "records.h"

#include "where.h"

struct dns;
struct event_base;
struct live;
struct sofia;
struct farewells;
struct trunk_line;
struct trunk_tester;

/* What all lines share; outlives them. */
struct trunk_env {
	struct event_base *base;
	struct sofia *sofia;
	struct live *live; /* NULL in tests */
	struct farewells *farewells;
	struct dns *dns;
};

struct target;
/* A place as a request's target; .uri is "". */
void trunk_target(struct sofia *s, const char *name,
		  const struct trunk_place *p, struct target *out);

/* `before`: what the last run left of it, or NULL. NULL: no memory. */
struct trunk_line *trunk_line_new(const struct trunk_env *env,
				  const struct trunk *row,
				  const struct trunk_state *before);
/* A registration stays at the provider: see trunk_line_leave(). */
void trunk_line_free(struct trunk_line *l);

/* The row is another one now; its name is the same. */
void trunk_line_change(struct trunk_line *l, const struct trunk *row);

/* Takes the registration back and does nothing more until the row changes. */
void trunk_line_leave(struct trunk_line *l);

const struct trunk *trunk_line_row(const struct trunk_line *l);
const struct trunk_state *trunk_line_state(const struct trunk_line *l);

/* Asks at once what is asked anyway (trunk_test.h); its state follows as from
   any answer. 0 or -EBUSY: a test is under way. */
int trunk_line_test(struct trunk_line *l, const struct trunk_tester *teller);

/* The servers in the order in which to try them. */
size_t trunk_line_places(const struct trunk_line *l,
			 const struct trunk_place **places);
bool trunk_line_owns(const struct trunk_line *l, const struct addr *addr);

/* Is one of its servers there, over TLS? */
bool trunk_line_at(const struct trunk_line *l, const struct addr *addr,
		   uint16_t port);
/* Its certificate was not good: why. */
void trunk_line_distrust(struct trunk_line *l, const char *why);

/* trunk.h has the words for these. */
void trunk_line_proved(struct trunk_line *l, const char *realm);
void trunk_line_call(struct trunk_line *l, int by);
void trunk_line_failed(struct trunk_line *l, const char *why);

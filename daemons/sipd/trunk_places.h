/*
 * The servers that a trunk's host stands for: its address, or what DNS says of
 * its name, asked anew when its time to live is over (RFC 3263), and the order
 * in which to try them. One belongs to each line (trunk_line.c), which is told
 * what changed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "where.h"

struct addr;
struct dns;
struct event_base;
struct sofia;
struct trunk;
struct trunk_places;

struct trunk_places_config {
	struct event_base *base;
	struct sofia *sofia;
	struct dns *dns;
	/* It is known where the provider is, anew or again. moved: the one that
	   came first is not among them. May come from trunk_places_find(). */
	void (*found)(void *ctx, bool moved);
	/* It could not be told; what was known may serve on. */
	void (*unknown)(void *ctx, const char *why);
	void *ctx;
};

/* NULL: no memory. */
struct trunk_places *trunk_places_new(const struct trunk_places_config *config);
void trunk_places_free(struct trunk_places *p);

/* Finds where this trunk is, and follows it. Nothing that was known before
   counts. row: as long as it is followed. */
void trunk_places_find(struct trunk_places *p, const struct trunk *row);
/* Asks no more; what is known stays. */
void trunk_places_halt(struct trunk_places *p);
/* Nothing is known any more. */
void trunk_places_forget(struct trunk_places *p);

/* Is DNS being asked right now? */
bool trunk_places_asking(const struct trunk_places *p);

/* In the order in which to try them; returns how many. */
size_t trunk_places_all(const struct trunk_places *p,
			const struct trunk_place **places);
/* The one to ask now; NULL: none is known. */
const struct trunk_place *trunk_places_first(const struct trunk_places *p);
/* The first one comes last from here on. False: there is no other. */
bool trunk_places_turn(struct trunk_places *p);

/* "198.51.100.11;198.51.100.10"; "" for none. */
void trunk_places_addresses(const struct trunk_places *p, char *text,
			    size_t size);
/* The first one, "198.51.100.11:5060"; "" for none. */
void trunk_places_address(const struct trunk_places *p, char *text,
			  size_t size);

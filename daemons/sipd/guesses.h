/*
 * How soon a source may try a password again where nobody counts: a local
 * address, a provider's, an allowed one, any while guardd is silent. It is not
 * enough that only one refusal a second is answered (SPEC 1): who guesses needs
 * no refusals, for the right password is answered. So for a second after a
 * refusal no other password of that source is looked at. Pure: time is the
 * caller's CLOCK_MONOTONIC. Owned by the gate.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct guesses;
struct peer;

enum {
	GUESSES_EVERY_MS = 1000,
	/* Sources whose last refusal we know. One host of the house can have
	   thousands of addresses: when these are taken, the others wait. */
	GUESSES_SOURCES = 256,
};

/* NULL: no memory. */
struct guesses *guesses_new(void);
void guesses_free(struct guesses *g);

/*
 * Must this source wait? known: a phone that is registered at this very address
 * and port shows its own number; it waits for its own guesses only.
 */
bool guesses_wait(struct guesses *g, const struct peer *peer, bool known,
		  uint64_t now_ms);

/* A password of this source was refused, and nobody counted it. */
void guesses_note(struct guesses *g, const struct peer *peer, bool known,
		  uint64_t now_ms);

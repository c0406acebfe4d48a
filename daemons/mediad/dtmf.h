/*
 * Telephone events of one leg (RFC 4733) as key presses: each once, however
 * often its packets come, whichever of them are lost.
 *
 *	|     event     |E|R| volume    |          duration             |
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dtmf {
	bool begun;
	bool ended; /* the end bit came */
	uint8_t event;
	uint32_t ts;
	uint16_t duration;
};

/* Returns the key ('0'-'9', '*', '#', 'A'-'D') when a new press begins, else
   0. p: the payload. */
char dtmf_packet(struct dtmf *d, uint32_t ts, const uint8_t *p, size_t n);

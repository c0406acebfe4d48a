/*
 * Between two legs that share no codec: decodes what one sends, encodes what
 * the other takes, in packets of 20 ms. Owned by the leg that is sent to.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "codec.h"
#include "sound.h"

struct leg;
struct leg_clock;
struct rtp;

struct bridge;

struct bridge *bridge_new(void);
void bridge_free(struct bridge *b);

/* A packet with codec c for leg `to`; sends what became whole. */
void bridge_packet(struct bridge *b, struct leg *to, enum codec c,
		   const struct rtp *r, const uint8_t *payload,
		   const struct leg_clock *now);

/*
 * The one stream that a leg's phone hears, whoever makes it: the other leg, a
 * prompt, an echo. A phone takes SSRC, sequence and timestamp for one clock, so
 * when the source changes the numbers go on where they were. A pure relay is
 * never renumbered.
 *
 * Where the stream is SRTP its numbers count for the key: they begin in the
 * lower half, so that a lost first packet cannot put the phone one turn of the
 * counter behind (RFC 3711 section 3.3.1), and a source that turns back is
 * renumbered like a new one, for a number must not be used twice.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "rtp.h"

enum out_source { OUT_NONE, OUT_RELAY, OUT_ECHO, OUT_PLAY, OUT_TRANSCODE };

struct out {
	bool forward; /* SRTP: set before the first packet, or later */
	enum out_source source;
	uint32_t source_ssrc;
	bool begun;
	uint32_t ssrc;
	uint16_t seq; /* the last sent */
	uint32_t ts;
	uint64_t sent_us;
	uint16_t seq_add; /* on what the source says */
	uint32_t ts_add;
};

/* A packet that another made: renumbers r where needed. */
void out_pass(struct out *o, enum out_source source, struct rtp *r,
	      uint32_t clock_hz, uint64_t now_us);

/* A packet that we make: fills seq, ts, ssrc and marker of r. `step`: of the
   timestamp since the last of ours. */
void out_make(struct out *o, enum out_source source, struct rtp *r,
	      uint32_t step, uint32_t clock_hz, uint64_t now_us);

/* Do RTCP packets that belong to this stream need rewriting? */
bool out_renumbered(const struct out *o);

/* What one direction's sound was like: RFC 3550 appendix A, ITU-T G.107. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "codec.h"

struct stats {
	uint32_t packets;
	uint32_t foreign;
	uint64_t bytes;
	/* one source at a time; what earlier ones lost is added up */
	bool begun;
	uint32_t ssrc;
	uint32_t clock_hz;
	uint32_t base_seq;
	uint32_t max_seq;  /* extended by its cycles */
	uint32_t received; /* of this source */
	uint32_t lost_before;
	bool timed; /* transit is that of a packet */
	uint32_t transit;
	uint32_t jitter_16; /* in sixteenths of a timestamp unit */
};

/* now_us: when it arrived. event: telephone events repeat their timestamp, so
   they do not count for the jitter. */
void stats_packet(struct stats *s, uint32_t ssrc, uint16_t seq, uint32_t ts,
		  uint32_t clock_hz, bool event, uint64_t now_us);

uint32_t stats_lost(const struct stats *s);
uint32_t stats_jitter_us(const struct stats *s);

/* The mean opinion that the E-model expects, times 100; 0: nothing came. */
uint32_t stats_mos_centi(const struct stats *s, enum codec codec);

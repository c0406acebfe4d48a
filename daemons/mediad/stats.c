#include "stats.h"

#include <stdlib.h>

static void begin(struct stats *s, uint32_t ssrc, uint16_t seq,
		  uint32_t clock_hz)
{
	s->lost_before = stats_lost(s);
	s->begun = true;
	s->ssrc = ssrc;
	s->clock_hz = clock_hz;
	s->base_seq = seq;
	s->max_seq = seq;
	s->received = 0;
	s->timed = false;
}

/* RFC 3550 section A.8. */
static void jitter(struct stats *s, uint32_t ts, uint64_t now_us)
{
	uint32_t arrival = (uint32_t)(now_us * s->clock_hz / 1000000);
	uint32_t transit = arrival - ts;
	int32_t d = (int32_t)(transit - s->transit);

	if (s->timed) {
		uint32_t abs_d = (uint32_t)llabs((long long)d);

		/* A jump of over a second is a new clock, not jitter. */
		if (abs_d < s->clock_hz)
			s->jitter_16 += abs_d - ((s->jitter_16 + 8) >> 4);
	}
	s->transit = transit;
	s->timed = true;
}

void stats_packet(struct stats *s, uint32_t ssrc, uint16_t seq, uint32_t ts,
		  uint32_t clock_hz, bool event, uint64_t now_us)
{
	int16_t ahead;

	if (!s->begun || s->ssrc != ssrc || s->clock_hz != clock_hz)
		begin(s, ssrc, seq, clock_hz);
	ahead = (int16_t)(seq - (uint16_t)s->max_seq);
	/* RFC 3550 section A.1: a leap this large is a restart. */
	if (ahead > 3000 || ahead < -3000)
		begin(s, ssrc, seq, clock_hz);
	else if (ahead > 0)
		s->max_seq += (uint32_t)ahead;
	s->packets++;
	s->received++;
	if (!event)
		jitter(s, ts, now_us);
}

uint32_t stats_lost(const struct stats *s)
{
	uint32_t expected = s->begun ? s->max_seq - s->base_seq + 1 : 0;

	/* Duplicates can make it negative (section A.3): nothing lost. */
	if (expected <= s->received)
		return s->lost_before;
	return s->lost_before + (expected - s->received);
}

uint32_t stats_jitter_us(const struct stats *s)
{
	if (!s->clock_hz)
		return 0;
	return (uint32_t)((uint64_t)s->jitter_16 * 1000000 / 16 / s->clock_hz);
}

uint32_t stats_mos_centi(const struct stats *s, enum codec codec)
{
	const struct codec_info *c = codec_info(codec);
	double lost, loss, delay_ms, id, ie, r, mos;

	if (!c || c->event || !s->packets)
		return 0;
	lost = stats_lost(s);
	loss = 100.0 * lost / (lost + s->packets);
	/* One way: packet, the far end's buffer of twice the jitter, ours. */
	delay_ms = 20.0 + 20.0 + 2.0 * stats_jitter_us(s) / 1000.0;
	id = 0.024 * delay_ms;
	if (delay_ms > 177.3)
		id += 0.11 * (delay_ms - 177.3);
	ie = c->ie + (95.0 - c->ie) * loss / (loss + c->bpl);
	r = 93.2 - id - ie;
	if (r < 0)
		r = 0;
	if (r > 100)
		r = 100;
	mos = 1.0 + 0.035 * r + r * (r - 60.0) * (100.0 - r) * 7e-6;
	if (mos < 1.0)
		mos = 1.0;
	return (uint32_t)(mos * 100.0 + 0.5);
}

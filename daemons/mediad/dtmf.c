#include "dtmf.h"

#include "rtp.h"

enum { DTMF_PAYLOAD = 4 };

char dtmf_packet(struct dtmf *d, uint32_t ts, const uint8_t *p, size_t n)
{
	static const char keys[] = "0123456789*#ABCD";
	bool end, goes_on;
	uint16_t duration;

	if (n < DTMF_PAYLOAD || p[0] >= sizeof(keys) - 1)
		return 0;
	end = p[1] & 0x80;
	duration = get16(p + 2);
	if (d->begun && (int32_t)(ts - d->ts) < 0)
		return 0; /* of an older press, late */
	/* Section 2.5.1.3: a very long press goes on in a new segment, which
	   begins where the last ended. */
	goes_on = d->begun && !d->ended && p[0] == d->event &&
		  ts - d->ts == 0xffff && d->duration == 0xffff;
	if (d->begun && (ts == d->ts || goes_on)) {
		d->ts = ts;
		d->duration = duration;
		d->ended |= end;
		return 0;
	}
	*d = (struct dtmf){ .begun = true,
			    .ended = end,
			    .event = p[0],
			    .ts = ts,
			    .duration = duration };
	return keys[p[0]];
}

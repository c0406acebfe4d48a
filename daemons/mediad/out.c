#include "out.h"

#include "secret.h"

enum {
	OUT_LATE = 64, /* packets; what is further behind has begun anew */
	SEQ_START = 0x7fff,
};

static uint32_t ts_now(const struct out *o, uint32_t clock_hz, uint64_t now_us)
{
	uint64_t gone_us = now_us > o->sent_us ? now_us - o->sent_us : 0;

	return o->ts + (uint32_t)(gone_us * clock_hz / 1000000);
}

static void sent(struct out *o, const struct rtp *r, uint64_t now_us)
{
	/* What comes late (reordered) does not turn the counters back. */
	if (o->begun && (int16_t)(r->seq - o->seq) <= 0)
		return;
	o->begun = true;
	o->seq = r->seq;
	o->ts = r->ts;
	o->sent_us = now_us;
}

static bool turned_back(const struct out *o, const struct rtp *r)
{
	uint16_t seq = (uint16_t)(r->seq + o->seq_add);

	return o->forward && (int16_t)(seq - o->seq) < -OUT_LATE;
}

void out_pass(struct out *o, enum out_source source, struct rtp *r,
	      uint32_t clock_hz, uint64_t now_us)
{
	bool same = o->source == source && o->source_ssrc == r->ssrc &&
		    !turned_back(o, r);

	if (!o->begun) {
		o->ssrc = r->ssrc;
		if (o->forward)
			o->seq_add = (uint16_t)((r->seq & SEQ_START) - r->seq);
	} else if (!same) {
		o->seq_add = (uint16_t)(o->seq + 1 - r->seq);
		o->ts_add = ts_now(o, clock_hz, now_us) - r->ts;
		r->marker = true;
	}
	o->source = source;
	o->source_ssrc = r->ssrc;
	r->seq = (uint16_t)(r->seq + o->seq_add);
	r->ts += o->ts_add;
	r->ssrc = o->ssrc;
	sent(o, r, now_us);
}

void out_make(struct out *o, enum out_source source, struct rtp *r,
	      uint32_t step, uint32_t clock_hz, uint64_t now_us)
{
	r->marker = o->source != source;
	if (!o->begun) {
		secret_random(&o->ssrc, sizeof(o->ssrc));
		secret_random(&o->seq, sizeof(o->seq));
		secret_random(&o->ts, sizeof(o->ts));
		if (o->forward)
			o->seq &= SEQ_START;
		o->sent_us = now_us;
	}
	r->ts = r->marker ? ts_now(o, clock_hz, now_us) : o->ts + step;
	r->seq = (uint16_t)(o->seq + 1);
	r->ssrc = o->ssrc;
	o->source = source;
	o->source_ssrc = o->ssrc;
	sent(o, r, now_us);
	o->begun = true;
}

bool out_renumbered(const struct out *o)
{
	return o->seq_add || o->ts_add || o->ssrc != o->source_ssrc;
}

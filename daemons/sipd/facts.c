/* The facts of a call, gathered for routed's book. */
#include <string.h>

#include "call_impl.h"
#include "clock.h"

void facts_start(struct b2b *call)
{
	record_init(&cdr_record, &call->cdr);
	memcpy(call->cdr.id, call->id, sizeof(call->cdr.id));
	call->cdr.start_ms = clock_wall_ms();
}

static uint32_t seconds(uint64_t from_ms, uint64_t to_ms)
{
	/* The clock of the wall may have been set meanwhile. */
	if (from_ms == 0 || to_ms < from_ms)
		return 0;
	return (uint32_t)((to_ms - from_ms + 500) / 1000);
}

/* Up: who is billed by the second is billed the one that has begun. */
uint32_t facts_talk_s(const struct b2b *call)
{
	if (call->up_mono_ms == 0)
		return 0;
	return (uint32_t)((clock_mono_ms() - call->up_mono_ms + 999) / 1000);
}

void facts_end(struct b2b *call)
{
	struct cdr *c = &call->cdr;

	c->end_ms = clock_wall_ms();
	c->ring_s = seconds(call->ring_ms,
			    c->answer_ms != 0 ? c->answer_ms : c->end_ms);
	c->talk_s = facts_talk_s(call);
}

void facts_stats(struct b2b *call, const struct media_stats *s)
{
	struct cdr *c = &call->cdr;

	if (s == NULL)
		return;
	memcpy(c->codec, s->codec, sizeof(c->codec));
	c->caller_packets = s->caller_packets;
	c->caller_lost = s->caller_lost;
	c->caller_jitter_us = s->caller_jitter_us;
	c->caller_mos_centi = s->caller_mos_centi;
	c->callee_packets = s->callee_packets;
	c->callee_lost = s->callee_lost;
	c->callee_jitter_us = s->callee_jitter_us;
	c->callee_mos_centi = s->callee_mos_centi;
	memcpy(c->caller_srtp, s->caller_srtp, sizeof(c->caller_srtp));
	memcpy(c->callee_srtp, s->callee_srtp, sizeof(c->callee_srtp));
}

/*
 * Offers in an up call: hold, resume, other codecs. One leg's re-INVITE or
 * UPDATE goes through mediad to the other leg and its answer back. One at a
 * time: what crosses it gets 491 (RFC 3261 section 14.2).
 */
#include <errno.h>

#include "call_impl.h"
#include "call_key.h"

static enum media_side side_of(const struct b2b *call, const struct leg *leg)
{
	return leg == call->caller ? MEDIA_CALLER : MEDIA_CALLEE;
}

static struct leg *other_leg(const struct b2b *call, const struct leg *leg)
{
	if (leg != call->caller)
		return call->caller;
	return call->won != NULL ? call->won->leg : NULL;
}

static void view(const struct b2b *call, const struct leg *leg,
		 const struct leg *hears, struct media_leg *ml,
		 char host[BRANCH_HOST])
{
	bool callee = side_of(call, leg) == MEDIA_CALLEE;

	b2b_media_leg(call, side_of(call, leg), leg,
		      callee ? call->won->id : "", hears, ml, host);
}

static void close_exchange(struct b2b *call, uint32_t code)
{
	struct leg *from = call->exchange.from;

	call->exchange.open = false;
	if (from != NULL && code != 0)
		leg_reject(from, code);
}

static uint32_t code_of(int err)
{
	if (err == -EAGAIN)
		return 491;
	return err == -ENOTSUP || err == -EBADMSG || err == -EPROTO ? 488 : 500;
}

/* mediad answered the caller of an echo or a prompt anew. */
static void on_own_sdp(void *ctx, int err, const struct media_sdp_view *sdp)
{
	struct b2b *call = ctx;

	if (!call->exchange.open)
		return;
	if (err != 0) {
		close_exchange(call, code_of(err));
		return;
	}
	leg_accept(call->exchange.from, sdp->sdp, sdp->n);
	call->exchange.open = false;
}

/* mediad forgets the offer that goes to exchange.to: what was agreed stays. */
static void take_back(struct b2b *call)
{
	media_rollback(call->hub->media, call->id,
		       call->exchange.to == call->caller ? MEDIA_CALLEE
							 : MEDIA_CALLER);
}

static void on_offer_sdp(void *ctx, int err, const struct media_sdp_view *sdp)
{
	struct b2b *call = ctx;
	struct exchange *x = &call->exchange;
	int sent;

	if (!x->open)
		return;
	if (err != 0) {
		close_exchange(call, code_of(err));
		return;
	}
	sent = x->from == NULL ? -ECANCELED
			       : leg_offer(x->to, x->update, sdp->sdp, sdp->n);
	if (sent == 0)
		return;
	/* The other side began an offer while mediad thought about ours. */
	take_back(call);
	close_exchange(call, sent == -EBUSY ? 491 : 500);
}

static void on_answer_sdp(void *ctx, int err, const struct media_sdp_view *sdp)
{
	struct b2b *call = ctx;
	struct exchange *x = &call->exchange;

	if (!x->open)
		return;
	if (err != 0) {
		take_back(call);
		close_exchange(call, code_of(err));
		return;
	}
	if (x->from != NULL)
		leg_accept(x->from, sdp->sdp, sdp->n);
	x->open = false;
}

/* The offer that was wanted: it goes to `from` in the 200. */
static void on_wanted_sdp(void *ctx, int err, const struct media_sdp_view *sdp)
{
	struct b2b *call = ctx;
	struct exchange *x = &call->exchange;
	const uint8_t *old;
	size_t n;

	if (!x->open)
		return;
	if (err == 0 && x->from != NULL) {
		leg_accept(x->from, sdp->sdp, sdp->n);
		return;
	}
	old = leg_local_sdp(x->to, &n);
	leg_ack(x->to, old, n);
	close_exchange(call, code_of(err));
}

static void on_wanted_answer(void *ctx, int err,
			     const struct media_sdp_view *sdp)
{
	struct b2b *call = ctx;
	struct exchange *x = &call->exchange;
	const uint8_t *old;
	size_t n;

	if (!x->open)
		return;
	if (err == 0) {
		leg_ack(x->to, sdp->sdp, sdp->n);
	} else {
		old = leg_local_sdp(x->to, &n);
		leg_ack(x->to, old, n);
	}
	x->open = false;
}

static void own_offer(struct b2b *call, struct leg *leg,
		      const struct leg_event *ev)
{
	struct media_leg ml;
	char host[BRANCH_HOST];

	if (ev->kind == LEG_OFFER_WANTED || leg != call->caller ||
	    call->state != B2B_PLAYING) {
		leg_reject(leg, 488);
		return;
	}
	call->exchange = (struct exchange){ .open = true, .from = leg };
	b2b_media_leg(call, MEDIA_CALLER, leg, "", leg, &ml, host);
	media_accept(call->hub->media, &ml, ev->body, ev->body_bytes,
		     on_own_sdp, call);
}

static void begin(struct b2b *call, struct leg *leg, const struct leg_event *ev)
{
	struct leg *to = other_leg(call, leg);
	struct media_leg ml;
	char host[BRANCH_HOST];

	if (call->exchange.open) {
		leg_reject(leg, 491);
		return;
	}
	if (call->state != B2B_UP) {
		own_offer(call, leg, ev);
		return;
	}
	if (to == NULL || !leg_can_offer(to)) {
		leg_reject(leg, 491);
		return;
	}
	call->exchange =
		(struct exchange){ .open = true,
				   .update = ev->update,
				   .wanted = ev->kind == LEG_OFFER_WANTED,
				   .from = leg,
				   .to = to };
	if (call->exchange.wanted) {
		if (leg_offer(to, false, NULL, 0) != 0)
			close_exchange(call, 491);
		return;
	}
	view(call, leg, to, &ml, host);
	media_offer(call->hub->media, &ml, ev->body, ev->body_bytes,
		    on_offer_sdp, call);
}

static void answered(struct b2b *call, struct leg *leg,
		     const struct leg_event *ev)
{
	struct exchange *x = &call->exchange;
	struct leg *from = other_leg(call, leg);
	struct media_leg ml;
	char host[BRANCH_HOST];

	if (!x->open || leg != x->to)
		return;
	if (ev->body_bytes == 0) {
		media_rollback(call->hub->media, call->id, side_of(call, from));
		close_exchange(call, 488);
		return;
	}
	view(call, leg, from, &ml, host);
	if (x->wanted)
		media_offer(call->hub->media, &ml, ev->body, ev->body_bytes,
			    on_wanted_sdp, call);
	else
		media_answer(call->hub->media, &ml, ev->body, ev->body_bytes,
			     true, on_answer_sdp, call);
}

static void refused(struct b2b *call, const struct leg *leg, uint32_t code)
{
	struct exchange *x = &call->exchange;

	if (!x->open || leg != x->to)
		return;
	if (!x->wanted && x->from != NULL)
		media_rollback(call->hub->media, call->id,
			       side_of(call, x->from));
	close_exchange(call, code == 488 || code == 491 ? code : 500);
}

/* The ACK brought the answer to the offer that `from` had wanted. */
static void wanted_answer(struct b2b *call, struct leg *leg,
			  const struct leg_event *ev)
{
	struct exchange *x = &call->exchange;
	struct media_leg ml;
	char host[BRANCH_HOST];

	if (!x->open || !x->wanted || leg != x->from)
		return;
	view(call, leg, x->to, &ml, host);
	media_answer(call->hub->media, &ml, ev->body, ev->body_bytes, true,
		     on_wanted_answer, call);
}

static void dropped(struct b2b *call, const struct leg *leg)
{
	struct exchange *x = &call->exchange;
	const uint8_t *old;
	size_t n;

	if (!x->open || leg != x->from)
		return;
	/* What is on its way to the other leg is finished without `from`. */
	x->from = NULL;
	if (!x->wanted)
		return;
	media_rollback(call->hub->media, call->id, side_of(call, x->to));
	old = leg_local_sdp(x->to, &n);
	leg_ack(x->to, old, n);
	x->open = false;
}

/* DTMF in an INFO: to the other side, or to a collector and nowhere else. */
static void key(struct b2b *call, const struct leg *leg,
		const struct leg_event *ev)
{
	struct leg *to = other_leg(call, leg);
	char k;

	if (call->state == B2B_UP && to != NULL) {
		leg_info(to, ev->type, ev->body, ev->body_bytes);
		return;
	}
	if (call->state != B2B_PLAYING || leg != call->caller)
		return;
	k = call_key(ev->type, ev->body, ev->body_bytes);
	if (k != 0)
		media_key(call->hub->media, call->id, MEDIA_CALLER, k);
}

void offer_event(struct b2b *call, struct leg *leg, const struct leg_event *ev)
{
	switch (ev->kind) {
	case LEG_OFFER:
	case LEG_OFFER_WANTED:
		begin(call, leg, ev);
		return;
	case LEG_REANSWERED:
		answered(call, leg, ev);
		return;
	case LEG_REFUSED:
		refused(call, leg, ev->code);
		return;
	case LEG_OFFER_ANSWER:
		wanted_answer(call, leg, ev);
		return;
	case LEG_OFFER_DROPPED:
		dropped(call, leg);
		return;
	case LEG_INFO:
		key(call, leg, ev);
		return;
	case LEG_TRYING:
	case LEG_RINGING:
	case LEG_EARLY:
	case LEG_ANSWERED:
	case LEG_FAILED:
	case LEG_CANCELLED:
	case LEG_ACKED:
	case LEG_GONE:
		return; /* the table's, not ours */
	}
}

/*
 * The phones of a callee: one branch each, all rung together (RFC 3261 section
 * 16.7 as a user agent does it). Branches that see us at the same address
 * share one SDP of mediad's, but those that may have SRTP: a key is for one
 * phone, so each is asked by itself.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"

#include "call_code.h"
#include "call_impl.h"

static bool any_alive(const struct b2b *call)
{
	const struct branch *b;

	LIST_FOREACH(b, &call->branches, in_call)
	if (b->leg != NULL)
		return true;
	return false;
}

/* The branch's leg is let go; other branches go on. */
static void drop_leg(struct branch *b, const struct leg_end *end)
{
	struct leg *leg = b->leg;

	b->leg = NULL;
	media_forget(b->call->hub->media, b);
	leg_hangup(leg, end);
}

static void failed(struct branch *b, uint32_t code, bool silent)
{
	struct b2b *call = b->call;

	drop_leg(b, &(struct leg_end){ 480, "failed", 0 });
	if (trunk_went_on(call, code, silent))
		return;
	if (call_code_better(code, call->best_code))
		call->best_code = code;
	/* 6xx: nobody else of this callee wants it (section 16.7 step 5). */
	if (code >= 600)
		fork_cancel(call, NULL, &(struct leg_end){ code, "declined" });
	if (!any_alive(call))
		b2b_unreached(call);
}

static void on_early_sdp(void *ctx, int err, const struct media_sdp_view *sdp)
{
	struct branch *b = ctx;

	if (err != 0)
		return; /* the answer will be tried again when it is final */
	b2b_step(b->call, EV_EARLY,
		 &(struct b2b_input){
			 .branch = b, .sdp = sdp->sdp, .n = sdp->n });
}

static void early(struct branch *b, const struct leg_event *ev)
{
	struct b2b *call = b->call;
	struct media_leg ml;
	char host[BRANCH_HOST];

	/* The caller can hear one phone only; the first stays. */
	if (call->state != B2B_RINGING || call->early != NULL ||
	    (call->delayed && !call->sound)) {
		b2b_step(call, EV_ALERT, &(struct b2b_input){ .branch = b });
		return;
	}
	call->early = b;
	b2b_media_leg(call, MEDIA_CALLEE, b->leg, b->id, call->caller, &ml,
		      host);
	media_answer(call->hub->media, &ml, ev->body, ev->body_bytes, false,
		     on_early_sdp, b);
}

static void gone(struct branch *b, const struct leg_event *ev)
{
	struct b2b *call = b->call;

	if (call->won != b) {
		failed(b, 480, false);
		return;
	}
	b2b_step(call, EV_LEFT,
		 &(struct b2b_input){ .code = ev->code, .reason = ev->reason });
}

static void picked(struct branch *b, const struct leg_event *ev)
{
	struct b2b *call = b->call;

	/* The second of two that were picked up at once (section 13.3.1.4). */
	if (call->won != NULL ||
	    (call->state != B2B_RINGING && call->state != B2B_RECALLING)) {
		drop_leg(b, &(struct leg_end){ 200, "Call completed elsewhere",
					       0 });
		return;
	}
	b2b_step(call, EV_PICKED,
		 &(struct b2b_input){
			 .branch = b, .sdp = ev->body, .n = ev->body_bytes });
}

static void on_branch_event(void *ctx, struct leg *leg,
			    const struct leg_event *ev)
{
	struct branch *b = ctx;

	switch (ev->kind) {
	case LEG_TRYING:
		trunk_heard(b->call, 100);
		return;
	case LEG_RINGING:
		trunk_heard(b->call, ev->code);
		/* 181 and 182 say no more than that it goes on. */
		if (ev->code == 180)
			b2b_step(b->call, EV_ALERT,
				 &(struct b2b_input){ .branch = b });
		return;
	case LEG_EARLY:
		trunk_heard(b->call, ev->code);
		early(b, ev);
		return;
	case LEG_ANSWERED:
		trunk_heard(b->call, ev->code);
		picked(b, ev);
		return;
	case LEG_FAILED:
		failed(b, ev->code, ev->silent);
		return;
	case LEG_GONE:
		gone(b, ev);
		return;
	case LEG_OFFER:
	case LEG_OFFER_WANTED:
	case LEG_OFFER_ANSWER:
	case LEG_OFFER_DROPPED:
	case LEG_REANSWERED:
	case LEG_REFUSED:
	case LEG_INFO:
		offer_event(b->call, leg, ev);
		return;
	case LEG_CANCELLED:
	case LEG_ACKED:
		return; /* only legs that called us say so */
	}
}

bool fork_target(struct b2b *call, const struct target *t,
		 const struct leg_identity *id)
{
	struct branch *b = calloc(1, sizeof(*b));

	if (b == NULL)
		return false;
	b->call = call;
	(void)snprintf(b->id, sizeof(b->id), "b%u", ++call->n_branches);
	b->leg = leg_outgoing(call->hub->legs, t, id, on_branch_event, b);
	if (b->leg == NULL) {
		free(b);
		return false;
	}
	if (b2b_srtp(call, b->leg) == CALL_SRTP_NEVER) {
		log_info("call %s: %s%s is not rung: it must have SRTP, and "
			 "is not there over TLS",
			 call->id, t->peer.extension, t->peer.trunk);
		leg_hangup(b->leg, &(struct leg_end){ 480, "no SRTP", 0 });
		free(b);
		return false;
	}
	leg_advertise(b->leg, b->host, sizeof(b->host));
	LIST_INSERT_HEAD(&call->branches, b, in_call);
	return true;
}

uint32_t fork_targets(struct b2b *call, const char *targets,
		      const struct leg_identity *id)
{
	struct target *found = calloc(BRANCHES_MAX, sizeof(*found));
	const char *at = targets;
	uint32_t made = 0;

	if (found == NULL)
		return 0;
	while (*at != '\0') {
		size_t len = strcspn(at, ";");
		char extension[PEER_EXTENSION];
		size_t n = 0;

		if (len < sizeof(extension)) {
			memcpy(extension, at, len);
			extension[len] = '\0';
			n = registrar_targets(call->hub->registrar, extension,
					      found, BRANCHES_MAX - made);
		}
		for (size_t i = 0; i < n; i++)
			(void)fork_target(call, &found[i], id);
		made += (uint32_t)n;
		at += len;
		at += *at == ';';
	}
	free(found);
	return any_alive(call) ? made : 0;
}

static struct branch *first_waiting(const struct b2b *call)
{
	struct branch *b;

	LIST_FOREACH(b, &call->branches, in_call)
	if (b->leg != NULL && !b->invited)
		return b;
	return NULL;
}

static bool any_invited(const struct b2b *call)
{
	const struct branch *b;

	LIST_FOREACH(b, &call->branches, in_call)
	if (b->invited)
		return true;
	return false;
}

/* No SDP for the rest: the phones that ring already go on ringing. */
static void give_up_waiting(struct b2b *call)
{
	struct branch *b;

	while (call->state != B2B_ENDING && (b = first_waiting(call)) != NULL)
		failed(b, 503, false);
}

static void on_sdp(void *ctx, int err, const struct media_sdp_view *sdp)
{
	struct b2b *call = ctx;
	struct b2b_input in = { .err = err };

	/* Somebody picked up meanwhile: what was for others is of no use. */
	if (call->won != NULL)
		return;
	if (err == 0) {
		in.sdp = sdp->sdp;
		in.n = sdp->n;
		b2b_step(call, EV_SDP, &in);
	} else if (any_invited(call)) {
		give_up_waiting(call);
	} else {
		b2b_step(call, EV_NO_SDP, &in);
	}
}

/* Has the phone an SDP of its own, or one with others? */
static const char *asked_as(const struct branch *b)
{
	return b2b_srtp(b->call, b->leg) == CALL_SRTP_OFF ? "" : b->id;
}

void fork_next(struct b2b *call)
{
	const struct branch *b = first_waiting(call);
	struct media_client *m = call->hub->media;
	struct media_leg ml;
	char host[BRANCH_HOST];
	const uint8_t *sdp;
	size_t n;

	if (b == NULL)
		return;
	if (call->delayed && !call->sound) {
		b2b_step(call, EV_SDP, &(struct b2b_input){ .n = 0 });
		return;
	}
	call->media = true;
	if (call->state == B2B_RECALLING) {
		b2b_media_leg(call, MEDIA_CALLER, b->leg, "", b->leg, &ml,
			      host);
		media_accept(m, &ml, NULL, 0, on_sdp, call);
	} else if (call->sound) {
		/* The caller has its sound; mediad makes the callee's. */
		b2b_media_leg(call, MEDIA_CALLEE, b->leg, asked_as(b), b->leg,
			      &ml, host);
		media_accept(m, &ml, NULL, 0, on_sdp, call);
	} else {
		b2b_media_leg(call, MEDIA_CALLER, call->caller, asked_as(b),
			      b->leg, &ml, host);
		sdp = leg_remote_sdp(call->caller, &n);
		media_offer(m, &ml, sdp, n, on_sdp, call);
	}
}

/* Is b told what first is told? */
static bool is_asked_with(const struct branch *b, const struct branch *first)
{
	return b == first ||
	       (asked_as(b)[0] == '\0' && asked_as(first)[0] == '\0' &&
		strcmp(b->host, first->host) == 0);
}

void fork_invite(struct b2b *call, const struct b2b_input *in)
{
	struct branch *first = first_waiting(call);
	struct branch *b;
	struct branch *next;

	if (first == NULL)
		return;
	for (b = LIST_FIRST(&call->branches); b != NULL; b = next) {
		next = LIST_NEXT(b, in_call);
		if (b->leg == NULL || b->invited ||
		    (in->n > 0 && !is_asked_with(b, first)))
			continue;
		b->invited = true;
		if (leg_invite(b->leg, in->sdp, in->n) < 0)
			failed(b, 480, false);
		else
			trunk_invited(call);
		if (call->state == B2B_ENDING)
			return;
	}
	/* A trunk may have failed on the spot, and what comes after it begun.
	 */
	if (call->state == B2B_RINGING || call->state == B2B_RECALLING)
		fork_next(call);
}

void fork_cancel(struct b2b *call, const struct branch *but,
		 const struct leg_end *end)
{
	struct branch *b;

	LIST_FOREACH(b, &call->branches, in_call)
	if (b != but && b->leg != NULL)
		drop_leg(b, end);
}

void fork_silent(struct b2b *call)
{
	struct branch *b;

	LIST_FOREACH(b, &call->branches, in_call)
	if (b->leg != NULL && b->invited) {
		failed(b, 408, true);
		return;
	}
}

struct leg *fork_take(struct branch *branch)
{
	struct leg *leg = branch->leg;

	branch->leg = NULL;
	return leg;
}

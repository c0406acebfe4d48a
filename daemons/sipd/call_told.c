/*
 * What a call is told, by routed, its caller's leg, mediad and people, as
 * events of the table in call.c.
 */
#include <stdio.h>

#include "secret.h"

#include "call_impl.h"

void b2b_verdict(void *ctx, const struct verdict *v)
{
	struct b2b *call = ctx;
	struct cdr *c = &call->cdr;

	if (v == NULL) {
		b2b_step(call, EV_SILENT, NULL);
		return;
	}
	call->verdict = *v;
	(void)snprintf(c->sent, sizeof(c->sent), "%s", v->sent);
	(void)snprintf(c->dial_rule, sizeof(c->dial_rule), "%s", v->dial_rule);
	(void)snprintf(c->trunk, sizeof(c->trunk), "%s", v->trunk);
	(void)snprintf(c->caller_name, sizeof(c->caller_name), "%s",
		       v->caller_name);
	c->direction = v->direction;
	switch ((enum verdict_action)v->action) {
	case VERDICT_ACTION_REFUSE:
		/* A caller without an offer would have to be answered to hear
		   why; who pays for that should be asked first. */
		if (v->prompts[0] != '\0' && media_there(call->hub->media) &&
		    (call->sound || !call->delayed))
			b2b_step(call, EV_SOUND, NULL);
		else
			b2b_step(call, EV_REFUSE, NULL);
		return;
	case VERDICT_ACTION_DIAL:
		b2b_step(call, EV_DIAL, NULL);
		return;
	case VERDICT_ACTION_COLLECT:
	case VERDICT_ACTION_PLAY:
	case VERDICT_ACTION_ECHO:
		b2b_step(call, EV_SOUND, NULL);
		return;
	}
}

void b2b_ask(struct b2b *call)
{
	route_ask(call->hub->route, &call->ask, b2b_verdict, call);
	secret_wipe(call->ask.digits, sizeof(call->ask.digits));
}

static void caller_went(struct b2b *call, const struct leg_event *ev)
{
	b2b_step(call, EV_DROP,
		 &(struct b2b_input){ .code = ev->code,
				      .reason = ev->kind == LEG_GONE &&
								ev->code != 200
							? ev->reason
							: NULL });
}

void b2b_leg_event(void *ctx, struct leg *leg, const struct leg_event *ev)
{
	struct b2b *call = ctx;

	switch (ev->kind) {
	case LEG_CANCELLED:
	case LEG_GONE:
		caller_went(call, ev);
		return;
	case LEG_ACKED:
		b2b_step(call, EV_ACK,
			 &(struct b2b_input){ .sdp = ev->body,
					      .n = ev->body_bytes });
		return;
	case LEG_OFFER:
	case LEG_OFFER_WANTED:
	case LEG_OFFER_ANSWER:
	case LEG_OFFER_DROPPED:
	case LEG_REANSWERED:
	case LEG_REFUSED:
	case LEG_INFO:
		offer_event(call, leg, ev);
		return;
	case LEG_TRYING:
	case LEG_RINGING:
	case LEG_EARLY:
	case LEG_ANSWERED:
	case LEG_FAILED:
		return; /* only legs that we called say so */
	}
}

void b2b_hangup(struct b2b *call, const char *reason)
{
	b2b_step(call, EV_STOP,
		 &(struct b2b_input){ .code = 480,
				      .reason = reason,
				      .disposition = CDR_DISPOSITION_REFUSED });
}

void b2b_instruct(struct b2b *call, const struct instruct *in)
{
	/* An order given before the verdict that is in force is stale. */
	if (in->serial < call->verdict.serial)
		return;
	switch ((enum instruct_action)in->action) {
	case INSTRUCT_ACTION_HANGUP:
		b2b_hangup(call, in->reason);
		return;
	case INSTRUCT_ACTION_WARN:
		b2b_warn(call);
		return;
	case INSTRUCT_ACTION_RENEW:
		lease_ask(call);
		return;
	case INSTRUCT_ACTION_REDIRECT:
		(void)snprintf(call->verdict.targets,
			       sizeof(call->verdict.targets), "%s",
			       in->targets);
		b2b_step(call, EV_REDIRECT, NULL);
		return;
	}
}

void b2b_media_event(struct b2b *call, const struct media_event *ev)
{
	switch ((enum media_event_kind)ev->kind) {
	case MEDIA_EVENT_KIND_PLAYED:
	case MEDIA_EVENT_KIND_COLLECTED:
		sound_event(call, ev);
		return;
	case MEDIA_EVENT_KIND_TIMEOUT:
		b2b_step(call, EV_STOP,
			 &(struct b2b_input){ .code = 408,
					      .reason = "no sound came",
					      .disposition =
						      CDR_DISPOSITION_FAILED });
		return;
	case MEDIA_EVENT_KIND_FOREIGN:
	case MEDIA_EVENT_KIND_DIGIT:
		return; /* mediad reports and relays those by itself */
	}
}

void b2b_media_lost(struct b2b *call)
{
	if (!call->media)
		return;
	b2b_step(call, EV_STOP,
		 &(struct b2b_input){ .code = 503,
				      .reason = "the sound service restarted",
				      .disposition = CDR_DISPOSITION_FAILED });
}

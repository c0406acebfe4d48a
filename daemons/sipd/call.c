#include "call.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "secret.h"

#include "call_code.h"
#include "call_impl.h"
#include "callers.h"
#include "extension.h"
#include "trunk.h"

typedef void (*b2b_action)(struct b2b *call, const struct b2b_input *in);

static const char *const state_names[B2B_N_STATES] = {
	"new",      "recalling", "asking",     "opening", "playing",
	"offering", "ringing",   "connecting", "up",      "ending",
};

/* What others see of a state. */
static const uint32_t public_states[B2B_N_STATES] = {
	[B2B_NEW] = CALL_STATE_ASKING,
	[B2B_RECALLING] = CALL_STATE_RINGING,
	[B2B_ASKING] = CALL_STATE_ASKING,
	[B2B_OPENING] = CALL_STATE_PLAYING,
	[B2B_PLAYING] = CALL_STATE_PLAYING,
	[B2B_OFFERING] = CALL_STATE_RINGING,
	[B2B_RINGING] = CALL_STATE_RINGING,
	[B2B_CONNECTING] = CALL_STATE_RINGING,
	[B2B_UP] = CALL_STATE_UP,
	[B2B_ENDING] = CALL_STATE_ENDING,
};

static void act_nothing(struct b2b *call, const struct b2b_input *in)
{
	(void)call;
	(void)in;
}

static void act_refuse(struct b2b *call, const struct b2b_input *in)
{
	(void)in;
	b2b_end(call,
		&(struct b2b_end){ CDR_DISPOSITION_REFUSED, call->verdict.code,
				   call->verdict.reason, 0 });
}

static void act_silent(struct b2b *call, const struct b2b_input *in)
{
	(void)in;
	b2b_end(call,
		&(struct b2b_end){ CDR_DISPOSITION_FAILED, 503,
				   "call decisions are not available", 5 });
}

static const char no_srtp[] =
	"no encrypted sound (SRTP) that both sides want: it needs TLS";

static void act_no_sdp(struct b2b *call, const struct b2b_input *in)
{
	struct b2b_end end = { CDR_DISPOSITION_FAILED, 503,
			       "the sound service is not available", 5 };

	if (in->err == -EBUSY)
		end.reason = "no RTP port is free";
	if (in->err == -ENOTSUP || in->err == -EBADMSG || in->err == -EPROTO) {
		end.code = 488;
		end.retry_after_s = 0;
		end.reason = in->err == -ENOTSUP  ? "no common codec"
			     : in->err == -EPROTO ? no_srtp
						  : "unreadable SDP";
	}
	b2b_end(call, &end);
}

static void act_dial(struct b2b *call, const struct b2b_input *in)
{
	const struct verdict *v = &call->verdict;
	const struct leg_identity id = {
		.number = v->caller_number[0] != '\0' ? v->caller_number
						      : call->cdr.caller,
		.name = v->caller_name,
		.callee = v->sent[0] != '\0' ? v->sent : call->cdr.callee,
	};

	(void)in;
	if (call->sound)
		media_stop(call->hub->media, call->id, MEDIA_CALLER);
	call->ring_ms = clock_wall_ms();
	if (v->direction == VERDICT_DIRECTION_OUTBOUND && v->trunk[0] != '\0') {
		trunk_dial(call);
		return;
	}
	if (fork_targets(call, v->targets, &id) == 0) {
		call->best_code = 480;
		b2b_unreached(call);
		return;
	}
	fork_next(call);
}

static void act_invite(struct b2b *call, const struct b2b_input *in)
{
	uint32_t ring_s = call->hub->settings->ring_s;

	if (call->state == B2B_RINGING && call->verdict.ring_s != 0 &&
	    call->verdict.ring_s < ring_s)
		ring_s = call->verdict.ring_s;
	b2b_arm(call, ring_s);
	fork_invite(call, in);
}

/* One more group of phones that sees us at another address. */
static void act_invite_more(struct b2b *call, const struct b2b_input *in)
{
	fork_invite(call, in);
}

static void act_alert(struct b2b *call, const struct b2b_input *in)
{
	(void)in;
	if (call->alerted)
		return;
	call->alerted = true;
	if (call->sound)
		sound_tone(call, MEDIA_CALLER, "tone/ringback", 1000);
	else
		leg_ring(call->caller);
}

static void act_early(struct b2b *call, const struct b2b_input *in)
{
	if (call->sound) {
		media_stop(call->hub->media, call->id, MEDIA_CALLER);
		return;
	}
	leg_early(call->caller, in->sdp, in->n);
	call->told_early = true;
}

static void on_last_sdp(void *ctx, int err, const struct media_sdp_view *sdp)
{
	struct b2b_input in = { .err = err };

	if (err == 0) {
		in.sdp = sdp->sdp;
		in.n = sdp->n;
	}
	b2b_step(ctx, err == 0 ? EV_CONNECTED : EV_NO_SDP, &in);
}

static void on_callee_offer(void *ctx, int err,
			    const struct media_sdp_view *sdp)
{
	struct b2b_input in = { .err = err };

	if (err == 0) {
		in.sdp = sdp->sdp;
		in.n = sdp->n;
	}
	b2b_step(ctx, err == 0 ? EV_SDP : EV_NO_SDP, &in);
}

static const struct leg_end elsewhere = { 200, "Call completed elsewhere", 0 };

static void act_pick(struct b2b *call, const struct b2b_input *in)
{
	struct branch *b = in->branch;
	struct media_leg ml;
	char host[BRANCH_HOST];

	call->won = b;
	b2b_arm(call, 0);
	fork_cancel(call, b, &elsewhere);
	if (call->sound)
		media_stop(call->hub->media, call->id, MEDIA_CALLER);
	if (in->n == 0) {
		b2b_end(call, &(struct b2b_end){ CDR_DISPOSITION_FAILED, 488,
						 "answer without SDP", 0 });
		return;
	}
	b2b_media_leg(call, MEDIA_CALLEE, b->leg, b->id, call->caller, &ml,
		      host);
	if (call->delayed && !call->sound) {
		call->media = true;
		media_offer(call->hub->media, &ml, in->sdp, in->n,
			    on_callee_offer, call);
		return;
	}
	leg_ack(b->leg, NULL, 0);
	media_answer(call->hub->media, &ml, in->sdp, in->n, true, on_last_sdp,
		     call);
}

/* The callee's offer goes to a caller who made none. */
static void act_offer_caller(struct b2b *call, const struct b2b_input *in)
{
	b2b_answered(call);
	leg_answer(call->caller, in->sdp, in->n);
	call->caller_up = true;
}

static void act_caller_answered(struct b2b *call, const struct b2b_input *in)
{
	struct media_leg ml;
	char host[BRANCH_HOST];

	if (in->n == 0) {
		b2b_end(call, &(struct b2b_end){ CDR_DISPOSITION_FAILED, 488,
						 "ACK without SDP", 0 });
		return;
	}
	b2b_media_leg(call, MEDIA_CALLER, call->caller, "", call->won->leg, &ml,
		      host);
	media_answer(call->hub->media, &ml, in->sdp, in->n, true, on_last_sdp,
		     call);
}

void b2b_warn(struct b2b *call)
{
	if (call->state != B2B_UP)
		return;
	sound_tone(call, MEDIA_CALLER, "tone/warning", 0);
	sound_tone(call, MEDIA_CALLEE, "tone/warning", 0);
}

static void on_warn(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	b2b_warn(arg);
}

static void arm_longest(struct b2b *call)
{
	uint32_t longest_s = call->verdict.longest_s;
	uint32_t warn_s = call->verdict.warn_s;
	struct timeval tv = { 0, 0 };

	b2b_arm(call, longest_s);
	if (longest_s == 0 || warn_s == 0 || warn_s >= longest_s)
		return;
	call->warn = event_new(call->hub->base, -1, 0, on_warn, call);
	tv.tv_sec = longest_s - warn_s;
	if (call->warn == NULL || event_add(call->warn, &tv) != 0)
		log_warn("call %s: no memory for its warning tone", call->id);
}

static void act_connect(struct b2b *call, const struct b2b_input *in)
{
	const uint8_t *sdp = in->sdp;
	size_t n = in->n;

	b2b_answered(call);
	if (call->delayed && !call->sound) {
		leg_ack(call->won->leg, sdp, n);
	} else if (!call->caller_up) {
		if (call->sound)
			sdp = leg_local_sdp(call->caller, &n);
		leg_answer(call->caller, sdp, n);
		call->caller_up = true;
	}
	arm_longest(call);
}

static void act_unreached(struct b2b *call, const struct b2b_input *in)
{
	uint32_t code = call->best_code != 0 ? call->best_code : 480;

	(void)in;
	b2b_end(call, &(struct b2b_end){ call_code_disposition(code),
					 call_code_for_caller(code),
					 call->trunk_why[0] != '\0'
						 ? call->trunk_why
						 : call_code_text(code),
					 0 });
}

static const struct leg_end no_answer = { 480, "no answer", 0 };

/* A phone that was busy says more than those that only rang. */
static uint32_t rung_out_code(const struct b2b *call)
{
	uint32_t code = call->best_code;

	return code != 0 && call_code_better(code, no_answer.code)
		       ? code
		       : no_answer.code;
}

static void act_rung_out(struct b2b *call, const struct b2b_input *in)
{
	uint32_t code = rung_out_code(call);

	(void)in;
	b2b_end(call, &(struct b2b_end){ call_code_disposition(code),
					 call_code_for_caller(code),
					 no_answer.text, 0 });
}

static void act_talked_out(struct b2b *call, const struct b2b_input *in)
{
	(void)in;
	b2b_end(call, &(struct b2b_end){ CDR_DISPOSITION_NO_ANSWER, 480,
					 "longest time reached", 0 });
}

static void act_drop(struct b2b *call, const struct b2b_input *in)
{
	b2b_end(call,
		&(struct b2b_end){
			CDR_DISPOSITION_NO_ANSWER, call->talked ? 200 : 487,
			in->reason != NULL && in->reason[0] != '\0' &&
					call->talked
				? in->reason
				: "the caller hung up",
			0 });
}

static void act_left(struct b2b *call, const struct b2b_input *in)
{
	bool hung_up = in->code == 200;

	b2b_end(call, &(struct b2b_end){
			      CDR_DISPOSITION_FAILED, call->talked ? 200 : 480,
			      hung_up ? "the callee hung up" : in->reason, 0 });
}

static void act_stop(struct b2b *call, const struct b2b_input *in)
{
	b2b_end(call, &(struct b2b_end){ in->disposition, in->code, in->reason,
					 in->code == 503 ? 5 : 0 });
}

static void act_redirect(struct b2b *call, const struct b2b_input *in)
{
	fork_cancel(call, NULL, &(struct leg_end){ 480, "redirected", 0 });
	call->early = NULL;
	act_dial(call, in);
}

static const struct step {
	enum b2b_state from;
	enum b2b_event event;
	enum b2b_state to;
	b2b_action act;
} steps[] = {
	{ B2B_RECALLING, EV_SDP, B2B_RECALLING, act_invite },
	{ B2B_RECALLING, EV_NO_SDP, B2B_ENDING, act_no_sdp },
	{ B2B_RECALLING, EV_ALERT, B2B_RECALLING, act_nothing },
	{ B2B_RECALLING, EV_EARLY, B2B_RECALLING, act_nothing },
	{ B2B_RECALLING, EV_PICKED, B2B_ASKING, originate_picked },
	{ B2B_RECALLING, EV_UNREACHED, B2B_ENDING, act_unreached },
	{ B2B_RECALLING, EV_TIME, B2B_ENDING, act_rung_out },

	{ B2B_ASKING, EV_REFUSE, B2B_ENDING, act_refuse },
	{ B2B_ASKING, EV_DIAL, B2B_OFFERING, act_dial },
	{ B2B_ASKING, EV_SOUND, B2B_OPENING, sound_open },
	{ B2B_ASKING, EV_SILENT, B2B_ENDING, act_silent },
	{ B2B_ASKING, EV_NO_SDP, B2B_ENDING, act_no_sdp },
	{ B2B_ASKING, EV_ACK, B2B_ASKING, act_nothing },

	{ B2B_OPENING, EV_SDP, B2B_PLAYING, sound_opened },
	{ B2B_OPENING, EV_NO_SDP, B2B_ENDING, sound_failed },

	{ B2B_PLAYING, EV_ACK, B2B_PLAYING, sound_acked },
	{ B2B_PLAYING, EV_NO_SDP, B2B_ENDING, act_no_sdp },
	{ B2B_PLAYING, EV_NEXT, B2B_ASKING, sound_next },
	{ B2B_PLAYING, EV_SAID, B2B_ENDING, sound_said },
	{ B2B_PLAYING, EV_TIME, B2B_ENDING, act_talked_out },

	{ B2B_OFFERING, EV_SDP, B2B_RINGING, act_invite },
	{ B2B_OFFERING, EV_NO_SDP, B2B_ENDING, act_no_sdp },
	{ B2B_OFFERING, EV_UNREACHED, B2B_ENDING, act_unreached },
	{ B2B_OFFERING, EV_SORRY, B2B_PLAYING, sound_sorry },
	{ B2B_OFFERING, EV_NEXT, B2B_ASKING, trunk_next },
	{ B2B_OFFERING, EV_ACK, B2B_OFFERING, act_nothing },

	{ B2B_RINGING, EV_SDP, B2B_RINGING, act_invite_more },
	{ B2B_RINGING, EV_ALERT, B2B_RINGING, act_alert },
	{ B2B_RINGING, EV_EARLY, B2B_RINGING, act_early },
	{ B2B_RINGING, EV_PICKED, B2B_CONNECTING, act_pick },
	{ B2B_RINGING, EV_UNREACHED, B2B_ENDING, act_unreached },
	{ B2B_RINGING, EV_SORRY, B2B_PLAYING, sound_sorry },
	{ B2B_RINGING, EV_TIME, B2B_ENDING, act_rung_out },
	{ B2B_RINGING, EV_REDIRECT, B2B_OFFERING, act_redirect },
	{ B2B_RINGING, EV_AGAIN, B2B_OFFERING, trunk_again },
	{ B2B_RINGING, EV_NEXT, B2B_ASKING, trunk_next },
	{ B2B_RINGING, EV_ACK, B2B_RINGING, act_nothing },

	{ B2B_CONNECTING, EV_SDP, B2B_CONNECTING, act_offer_caller },
	{ B2B_CONNECTING, EV_ACK, B2B_CONNECTING, act_caller_answered },
	{ B2B_CONNECTING, EV_CONNECTED, B2B_UP, act_connect },
	{ B2B_CONNECTING, EV_NO_SDP, B2B_ENDING, act_no_sdp },

	{ B2B_UP, EV_ACK, B2B_UP, act_nothing },
	{ B2B_UP, EV_TIME, B2B_ENDING, act_talked_out },
};

/* These end a call whatever it is about to do. */
static const struct step always[] = {
	{ B2B_NEW, EV_DROP, B2B_ENDING, act_drop },
	{ B2B_NEW, EV_LEFT, B2B_ENDING, act_left },
	{ B2B_NEW, EV_STOP, B2B_ENDING, act_stop },
};

static const struct step *find_step(enum b2b_state state, enum b2b_event ev)
{
	size_t i;

	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (steps[i].from == state && steps[i].event == ev)
			return &steps[i];
	if (state == B2B_ENDING)
		return NULL;
	for (i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		if (always[i].event == ev)
			return &always[i];
	return NULL;
}

/* The only place that changes the state. */
static void enter(struct b2b *call, enum b2b_state to)
{
	enum b2b_state from = call->state;
	struct call_fact fact;

	if (from == to)
		return;
	log_debug("call %s: %s -> %s", call->id, state_names[from],
		  state_names[to]);
	call->state = to;
	if (from != B2B_NEW && public_states[from] == public_states[to])
		return;
	record_init(&call_fact_record, &fact);
	memcpy(fact.call, call->id, sizeof(fact.call));
	fact.state = public_states[to];
	fact.at_ms = clock_wall_ms();
	memcpy(fact.caller, call->cdr.caller, sizeof(fact.caller));
	memcpy(fact.callee, call->cdr.callee, sizeof(fact.callee));
	memcpy(fact.source, call->cdr.source, sizeof(fact.source));
	call->hub->changed(call->hub->ctx, call, &fact);
}

void b2b_step(struct b2b *call, enum b2b_event ev, const struct b2b_input *in)
{
	static const struct b2b_input none = { 0 };
	const struct step *s = find_step(call->state, ev);

	if (s == NULL) {
		log_debug("call %s: event %d means nothing while %s", call->id,
			  (int)ev, state_names[call->state]);
		return;
	}
	enter(call, s->to);
	s->act(call, in != NULL ? in : &none);
}

void b2b_recall(struct b2b *call)
{
	enter(call, B2B_RECALLING);
	fork_next(call);
}

int b2b_count(struct b2b *call)
{
	int others = callers_begin(call->hub->callers, call->ask.who);

	if (others < 0)
		return others;
	call->counted = true;
	call->ask.others = (uint32_t)others;
	return 0;
}

static void uncount(struct b2b *call)
{
	if (call->counted)
		callers_end(call->hub->callers, call->ask.who);
	call->counted = false;
}

/* Its ports are free again. */
static void on_stats(void *ctx, const struct media_stats *stats)
{
	struct b2b *call = ctx;

	uncount(call);
	facts_stats(call, stats);
	call->over = true;
	call->hub->ended(call->hub->ctx, call, &call->cdr);
}

static void drop_timer(struct event **ev)
{
	if (*ev != NULL)
		event_free(*ev);
	*ev = NULL;
}

static void forget_all(struct b2b *call)
{
	struct branch *b;

	trunk_release(call);
	lease_end(call);
	drop_timer(&call->timer);
	drop_timer(&call->warn);
	route_forget(call->hub->route, call);
	media_forget(call->hub->media, call);
	LIST_FOREACH(b, &call->branches, in_call)
	media_forget(call->hub->media, b);
}

void b2b_end(struct b2b *call, const struct b2b_end *end)
{
	const struct leg_end le = { end->code, end->reason,
				    end->retry_after_s };
	const struct leg_end calm = { call->talked ? 200 : end->code,
				      end->reason, 0 };
	struct leg *caller = call->caller;

	enter(call, B2B_ENDING);
	facts_end(call);
	/* What the INVITE was answered with; a call that stood, 200. */
	call->cdr.sip_code = call->talked ? 200 : end->code;
	(void)snprintf(call->cdr.reason, sizeof(call->cdr.reason), "%s",
		       end->reason);
	call->cdr.disposition =
		call->talked ? CDR_DISPOSITION_ANSWERED : end->disposition;
	forget_all(call);
	call->caller = NULL;
	call->exchange.open = false;
	leg_hangup(caller, call->caller_up ? &calm : &le);
	fork_cancel(call, NULL, &calm);
	if (call->media && media_there(call->hub->media))
		media_delete(call->hub->media, call->id, on_stats, call);
	else
		on_stats(call, NULL);
}

enum call_srtp b2b_srtp(const struct b2b *call, const struct leg *leg)
{
	const struct peer *peer = leg_peer(leg);
	const struct extension *e =
		extensions_get(call->hub->extensions, peer->extension);
	const struct trunk *t =
		peer->trunk[0] != '\0'
			? trunks_get(call->hub->trunks, peer->trunk)
			: NULL;
	uint32_t wish = e != NULL   ? e->srtp
			: t != NULL ? t->srtp
				    : (uint32_t)EXTENSION_SRTP_OPTIONAL;

	return call_srtp(wish, peer->transport, call->verdict.emergency);
}

void b2b_media_leg(const struct b2b *call, enum media_side side,
		   const struct leg *leg, const char *branch,
		   const struct leg *hears, struct media_leg *out,
		   char host[BRANCH_HOST])
{
	const struct peer *peer = leg_peer(leg);
	const struct extension *e =
		extensions_get(call->hub->extensions, peer->extension);
	const char *trunk = leg_peer(hears)->trunk;
	const struct extension *to = extensions_get(call->hub->extensions,
						    leg_peer(hears)->extension);
	const struct trunk *line =
		trunk[0] != '\0' ? trunks_get(call->hub->trunks, trunk) : NULL;

	leg_advertise(hears, host, BRANCH_HOST);
	out->call = call->id;
	out->side = side;
	out->branch = branch;
	out->peer = peer;
	out->advertise = host;
	/* What is offered to a phone are the codecs of its own extension. */
	out->codecs = to != NULL     ? to->codecs
		      : line != NULL ? line->codecs
				     : "";
	out->srtp = b2b_srtp(call, leg);
	out->hears_srtp = b2b_srtp(call, hears);
	out->permit_ip = e != NULL ? e->permit_ip : "";
	/* A provider's sound may come from any of its servers. */
	if (peer->trunk[0] != '\0')
		out->permit_ip =
			trunks_networks(call->hub->trunks, peer->trunk);
}

/* It was answered for a question, so it hears the end as a tone. */
static bool hears_the_end(const struct b2b *call)
{
	return call->sound && call->caller_up && !call->talked &&
	       media_there(call->hub->media);
}

void b2b_unreached(struct b2b *call)
{
	b2b_step(call, hears_the_end(call) ? EV_SORRY : EV_UNREACHED, NULL);
}

void b2b_answered(struct b2b *call)
{
	if (call->talked)
		return;
	call->talked = true;
	call->cdr.answer_ms = clock_wall_ms();
	call->up_mono_ms = clock_mono_ms();
	call->hub->changed(call->hub->ctx, call, NULL);
	lease_start(call);
}

static void on_time(evutil_socket_t fd, short what, void *arg)
{
	struct b2b *call = arg;

	(void)fd;
	(void)what;
	if (call->state != B2B_RINGING || !hears_the_end(call)) {
		b2b_step(call, EV_TIME, NULL);
		return;
	}
	call->best_code = rung_out_code(call);
	fork_cancel(call, NULL, &no_answer);
	b2b_step(call, EV_SORRY,
		 &(struct b2b_input){ .reason = no_answer.text });
}

void b2b_arm(struct b2b *call, uint32_t seconds)
{
	const struct timeval tv = { seconds, 0 };

	if (call->timer == NULL)
		call->timer = event_new(call->hub->base, -1, 0, on_time, call);
	if (call->timer == NULL)
		return;
	event_del(call->timer);
	if (seconds != 0 && event_add(call->timer, &tv) != 0)
		log_warn("call %s: no memory for its timer", call->id);
}

struct b2b *b2b_new(struct call_hub *hub)
{
	struct b2b *call = calloc(1, sizeof(*call));

	if (call == NULL)
		return NULL;
	call->hub = hub;
	LIST_INIT(&call->branches);
	secret_token(call->id, 16);
	record_init(&ask_record, &call->ask);
	record_init(&verdict_record, &call->verdict);
	facts_start(call);
	return call;
}

void b2b_free(struct b2b *call)
{
	struct branch *b;

	if (call == NULL)
		return;
	forget_all(call);
	uncount(call);
	leg_hangup(call->caller, &(struct leg_end){ 503, "restart", 5 });
	fork_cancel(call, NULL, &(struct leg_end){ 503, "restart", 0 });
	while ((b = LIST_FIRST(&call->branches)) != NULL) {
		LIST_REMOVE(b, in_call);
		free(b);
	}
	secret_wipe(call->ask.digits, sizeof(call->ask.digits));
	free(call);
}

/* Who calls: an extension that proved it, or a provider for somebody. 0 or
   -ENOMEM. */
static int take_caller(struct b2b *call, const struct leg *caller)
{
	const struct peer *peer = leg_peer(caller);
	struct ask *ask = &call->ask;
	bool trunk = peer->trunk[0] != '\0';

	(void)snprintf(ask->who, sizeof(ask->who), "%s",
		       trunk ? peer->trunk : peer->extension);
	(void)snprintf(call->cdr.caller, sizeof(call->cdr.caller), "%s",
		       trunk ? leg_caller(caller) : peer->extension);
	if (!trunk)
		return b2b_count(call);
	ask->who_kind = ASK_WHO_KIND_TRUNK;
	(void)snprintf(ask->caller, sizeof(ask->caller), "%s",
		       leg_caller(caller));
	(void)snprintf(ask->caller_name, sizeof(ask->caller_name), "%s",
		       leg_caller_name(caller));
	(void)snprintf(call->cdr.trunk, sizeof(call->cdr.trunk), "%s",
		       peer->trunk);
	call->cdr.direction = CDR_DIRECTION_INBOUND;
	trunk_hold(call, peer->trunk);
	return 0;
}

void b2b_start(struct b2b *call, struct leg *caller)
{
	const struct peer *peer = leg_peer(caller);
	size_t n;
	int rc;

	call->caller = caller;
	(void)leg_remote_sdp(caller, &n);
	call->delayed = n == 0;
	memcpy(call->ask.call, call->id, sizeof(call->ask.call));
	(void)snprintf(call->ask.number, sizeof(call->ask.number), "%s",
		       leg_dialled(caller));
	addr_format(&peer->addr, call->ask.source);
	rc = take_caller(call, caller);
	memcpy(call->cdr.callee, call->ask.number, sizeof(call->cdr.callee));
	memcpy(call->cdr.source, call->ask.source, sizeof(call->cdr.source));
	if (rc < 0) {
		b2b_end(call, &(struct b2b_end){ CDR_DISPOSITION_FAILED, 503,
						 "no memory", 5 });
		return;
	}
	enter(call, B2B_ASKING);
	b2b_ask(call);
}

const char *b2b_id(const struct b2b *call)
{
	return call->id;
}

void b2b_row(const struct b2b *call, struct call *row)
{
	const struct cdr *c = &call->cdr;

	record_init(&call_record, row);
	memcpy(row->id, call->id, sizeof(row->id));
	row->state = public_states[call->state];
	memcpy(row->caller, c->caller, sizeof(row->caller));
	memcpy(row->caller_name, c->caller_name, sizeof(row->caller_name));
	memcpy(row->callee, c->callee, sizeof(row->callee));
	memcpy(row->source, c->source, sizeof(row->source));
	memcpy(row->sent, c->sent, sizeof(row->sent));
	row->start_ms = c->start_ms;
	row->answer_ms = c->answer_ms;
	row->alive_ms = clock_wall_ms();
	row->direction = c->direction;
	memcpy(row->trunk, c->trunk, sizeof(row->trunk));
	row->talk_s = facts_talk_s(call);
}

bool b2b_has_extension(const struct b2b *call, const char *extension)
{
	const struct branch *b;

	/* What a provider says of its caller names nobody of ours. */
	if (call->cdr.direction != CDR_DIRECTION_INBOUND &&
	    strcmp(call->cdr.caller, extension) == 0)
		return true;
	LIST_FOREACH(b, &call->branches, in_call)
	if (b->leg != NULL &&
	    strcmp(leg_peer(b->leg)->extension, extension) == 0)
		return true;
	return false;
}

bool b2b_has_trunk(const struct b2b *call, const char *trunk)
{
	return strcmp(call->trunk, trunk) == 0;
}

/* What a caller hears of us, and the digits that it answers with. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "call_code.h"
#include "call_impl.h"
#include "log.h"

static void on_accepted(void *ctx, int err, const struct media_sdp_view *sdp)
{
	struct b2b_input in = { .err = err };

	if (err == 0) {
		in.sdp = sdp->sdp;
		in.n = sdp->n;
	}
	b2b_step(ctx, err == 0 ? EV_SDP : EV_NO_SDP, &in);
}

void sound_open(struct b2b *call, const struct b2b_input *in)
{
	struct media_leg ml;
	char host[BRANCH_HOST];
	const uint8_t *sdp;
	size_t n;

	(void)in;
	if (call->sound) {
		b2b_step(call, EV_SDP, NULL);
		return;
	}
	call->media = true;
	sdp = leg_remote_sdp(call->caller, &n);
	b2b_media_leg(call, MEDIA_CALLER, call->caller, "", call->caller, &ml,
		      host);
	media_accept(call->hub->media, &ml, sdp, n, on_accepted, call);
}

/* Without sound a refusal still is one. */
void sound_failed(struct b2b *call, const struct b2b_input *in)
{
	const struct verdict *v = &call->verdict;

	if (v->action == VERDICT_ACTION_REFUSE) {
		b2b_end(call, &(struct b2b_end){ CDR_DISPOSITION_REFUSED,
						 v->code, v->reason, 0 });
		return;
	}
	b2b_end(call,
		&(struct b2b_end){ CDR_DISPOSITION_FAILED,
				   in->err == -ENOTSUP || in->err == -EBADMSG ||
						   in->err == -EPROTO
					   ? 488
					   : 503,
				   "no sound for the caller", 5 });
}

/* The end of what is heard: routed's next step, or the end of the call. */
static void over(struct b2b *call)
{
	b2b_step(call, call->verdict.step[0] != '\0' ? EV_NEXT : EV_SAID, NULL);
}

static void on_started(void *ctx, int err, const struct media_sdp_view *sdp)
{
	struct b2b *call = ctx;

	(void)sdp;
	if (err == 0)
		return;
	log_warn("call %s: mediad could not play \"%s\", going on without",
		 call->id, call->verdict.prompts);
	over(call);
}

static void echo(struct b2b *call)
{
	call->echoing = true;
	media_echo(call->hub->media, call->id, on_started, call);
}

static void begin(struct b2b *call)
{
	const struct verdict *v = &call->verdict;
	const struct media_prompt p = {
		.call = call->id,
		.side = MEDIA_CALLER,
		.prompts = v->prompts,
		.id = ++call->prompt_id,
		.max_digits = v->max_digits,
		.first_digit_s = v->first_digit_s,
		.next_digit_s = v->next_digit_s,
		.silent_s = v->silent_s,
		.end_digit = v->end_digit,
	};

	if (v->action == VERDICT_ACTION_COLLECT)
		media_collect(call->hub->media, &p, on_started, call);
	else if (v->prompts[0] != '\0')
		media_play(call->hub->media, &p, on_started, call);
	else if (v->action == VERDICT_ACTION_ECHO)
		echo(call);
	else
		over(call);
}

static bool must_answer(const struct b2b *call)
{
	/* Without an offer from the caller there is no early media, and echo
	   is a conversation. */
	return call->verdict.answer || call->delayed ||
	       call->verdict.action == VERDICT_ACTION_ECHO;
}

/* Is the sound what was called for, and not a question before the call? */
static bool is_the_call(const struct verdict *v)
{
	return v->action == VERDICT_ACTION_ECHO ||
	       (v->action == VERDICT_ACTION_PLAY && v->answer);
}

void sound_opened(struct b2b *call, const struct b2b_input *in)
{
	const uint8_t *sdp = in->sdp;
	size_t n = in->n;
	bool first = !call->sound;

	call->sound = true;
	call->echoing = false;
	if (!first)
		sdp = leg_local_sdp(call->caller, &n);
	if (!call->caller_up && must_answer(call)) {
		if (is_the_call(&call->verdict))
			b2b_answered(call);
		leg_answer(call->caller, sdp, n);
		call->caller_up = true;
		if (call->verdict.longest_s != 0)
			b2b_arm(call, call->verdict.longest_s);
		if (call->delayed)
			return; /* the caller's SDP comes with its ACK */
	} else if (!call->caller_up && !call->told_early) {
		leg_early(call->caller, sdp, n);
		call->told_early = true;
	}
	begin(call);
}

static void on_acked_sdp(void *ctx, int err, const struct media_sdp_view *sdp)
{
	struct b2b *call = ctx;

	(void)sdp;
	if (err != 0)
		b2b_step(call, EV_NO_SDP, &(struct b2b_input){ .err = err });
	else
		begin(call);
}

void sound_acked(struct b2b *call, const struct b2b_input *in)
{
	struct media_leg ml;
	char host[BRANCH_HOST];

	if (!call->delayed || in->n == 0)
		return;
	b2b_media_leg(call, MEDIA_CALLER, call->caller, "", call->caller, &ml,
		      host);
	media_answer(call->hub->media, &ml, in->sdp, in->n, true, on_acked_sdp,
		     call);
}

void sound_event(struct b2b *call, const struct media_event *ev)
{
	if (call->state != B2B_PLAYING || ev->id != call->prompt_id)
		return;
	if (ev->kind == MEDIA_EVENT_KIND_COLLECTED) {
		memcpy(call->ask.digits, ev->digits, sizeof(call->ask.digits));
		call->ask.digits_end = ev->end;
	}
	if (call->verdict.action == VERDICT_ACTION_ECHO && !call->echoing)
		echo(call);
	else
		over(call);
}

void sound_next(struct b2b *call, const struct b2b_input *in)
{
	(void)in;
	(void)snprintf(call->ask.step, sizeof(call->ask.step), "%s",
		       call->verdict.step);
	b2b_ask(call);
	call->ask.digits_end = ASK_DIGITS_END_NONE;
}

void sound_said(struct b2b *call, const struct b2b_input *in)
{
	const struct verdict *v = &call->verdict;
	bool refused = v->action == VERDICT_ACTION_REFUSE;

	(void)in;
	if (call->sorry) {
		b2b_end(call, &(struct b2b_end){
				      call_code_disposition(call->best_code),
				      v->code, v->reason, 0 });
		return;
	}
	b2b_end(call, &(struct b2b_end){ refused ? CDR_DISPOSITION_REFUSED
						 : CDR_DISPOSITION_NO_ANSWER,
					 refused        ? v->code
					 : call->talked ? 200
							: 480,
					 v->reason[0] != '\0' ? v->reason
							      : "said all",
					 0 });
}

void sound_sorry(struct b2b *call, const struct b2b_input *in)
{
	static const char busy[] = "tone/busy;tone/busy;tone/busy;tone/busy";
	static const char other[] = "tone/congestion;tone/congestion;"
				    "tone/congestion;tone/congestion";
	struct verdict *v = &call->verdict;
	const char *why = in->reason;
	uint32_t code;

	if (call->best_code == 0)
		call->best_code = 480;
	code = call_code_for_caller(call->best_code);
	b2b_arm(call, 0);
	call->sorry = true;
	v->action = VERDICT_ACTION_REFUSE;
	v->code = code;
	v->step[0] = '\0';
	(void)snprintf(v->prompts, sizeof(v->prompts), "%s",
		       code == 486 || code == 603 ? busy : other);
	if (why == NULL)
		why = call->trunk_why[0] != '\0'
			      ? call->trunk_why
			      : call_code_text(call->best_code);
	(void)snprintf(v->reason, sizeof(v->reason), "%s", why);
	begin(call);
}

static void on_tone(void *ctx, int err, const struct media_sdp_view *sdp)
{
	const struct b2b *call = ctx;

	(void)sdp;
	if (err != 0)
		log_debug("call %s: no tone (%d)", call->id, err);
}

void sound_tone(struct b2b *call, enum media_side side, const char *tone,
		uint32_t repeat)
{
	const struct media_prompt p = { .call = call->id,
					.side = side,
					.prompts = tone,
					.id = ++call->prompt_id,
					.repeat = repeat };

	media_play(call->hub->media, &p, on_tone, call);
}

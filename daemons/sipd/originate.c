/* A call that a person or a script starts (third party call control, RFC 3725
   flow IV in the large): the caller's own phones ring first. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "call_impl.h"
#include "clock.h"

static void on_caller_sdp(void *ctx, int err, const struct media_sdp_view *sdp)
{
	struct b2b *call = ctx;

	(void)sdp;
	if (err != 0) {
		b2b_step(call, EV_NO_SDP, &(struct b2b_input){ .err = err });
		return;
	}
	b2b_ask(call);
}

void originate_picked(struct b2b *call, const struct b2b_input *in)
{
	struct media_leg ml;
	char host[BRANCH_HOST];

	b2b_arm(call, 0);
	fork_cancel(call, in->branch,
		    &(struct leg_end){ 200, "Call completed elsewhere", 0 });
	call->caller = fork_take(in->branch);
	leg_bind(call->caller, b2b_leg_event, call);
	leg_ack(call->caller, NULL, 0);
	call->caller_up = true;
	call->sound = true;
	call->best_code = 0;
	b2b_media_leg(call, MEDIA_CALLER, call->caller, "", call->caller, &ml,
		      host);
	memcpy(call->cdr.source, call->ask.source, sizeof(call->cdr.source));
	if (in->n == 0) {
		b2b_end(call, &(struct b2b_end){ CDR_DISPOSITION_FAILED, 488,
						 "answer without SDP", 0 });
		return;
	}
	media_answer(call->hub->media, &ml, in->sdp, in->n, true, on_caller_sdp,
		     call);
}

int b2b_originate(struct b2b *call, const char *caller, const char *callee)
{
	const struct leg_identity id = { .number = callee,
					 .name = "",
					 .callee = caller };

	memcpy(call->ask.call, call->id, sizeof(call->ask.call));
	(void)snprintf(call->ask.who, sizeof(call->ask.who), "%s", caller);
	(void)snprintf(call->ask.number, sizeof(call->ask.number), "%s",
		       callee);
	(void)snprintf(call->cdr.caller, sizeof(call->cdr.caller), "%s",
		       caller);
	(void)snprintf(call->cdr.callee, sizeof(call->cdr.callee), "%s",
		       callee);
	call->ring_ms = clock_wall_ms();
	if (b2b_count(call) < 0 || fork_targets(call, caller, &id) == 0)
		return -ENOENT;
	b2b_recall(call);
	return 0;
}

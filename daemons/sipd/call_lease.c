/* How long a call may go on: the timer around allowance.c. */
#include <stdio.h>
#include <string.h>

#include "call_impl.h"
#include "clock.h"
#include "log.h"

static uint64_t talk_ms(const struct b2b *call)
{
	return clock_mono_ms() - call->up_mono_ms;
}

static void on_renewed(void *ctx, const struct lease *lease);

static void ask(struct b2b *call)
{
	struct renew renew;

	record_init(&renew_record, &renew);
	memcpy(renew.call, call->id, sizeof(renew.call));
	renew.talk_s = (uint32_t)(talk_ms(call) / 1000);
	route_renew(call->hub->route, &renew, on_renewed, call);
}

static void cut(struct b2b *call)
{
	const char *reason = "the time allowed is over";

	if (call->lease_why[0] != '\0')
		reason = call->lease_why;
	else if (call->allowance.unsure)
		reason = "call decisions are not available";
	b2b_step(call, EV_STOP,
		 &(struct b2b_input){ .code = 480,
				      .reason = reason,
				      .disposition = CDR_DISPOSITION_FAILED });
}

static void arm(struct b2b *call, uint32_t wait_ms)
{
	const struct timeval tv = { wait_ms / 1000, (wait_ms % 1000) * 1000L };

	if (call->lease_timer != NULL && event_add(call->lease_timer, &tv) == 0)
		return;
	/* Nobody would end it. */
	log_err("call %s: no memory for its timer, it ends", call->id);
	cut(call);
}

static void go_on(struct b2b *call)
{
	uint32_t wait_ms;

	for (;;) {
		switch (allowance_next(&call->allowance, talk_ms(call),
				       clock_wall_ms(), &wait_ms)) {
		case ALLOWANCE_WAIT:
			arm(call, wait_ms);
			return;
		case ALLOWANCE_ASK:
			ask(call);
			break;
		case ALLOWANCE_WARN:
			b2b_warn(call);
			break;
		case ALLOWANCE_CUT:
			cut(call);
			return;
		}
	}
}

static void on_time(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	go_on(arg);
}

static void on_renewed(void *ctx, const struct lease *lease)
{
	struct b2b *call = ctx;

	if (lease == NULL) {
		allowance_silent(&call->allowance, talk_ms(call));
	} else {
		allowance_answer(&call->allowance, talk_ms(call),
				 lease->lease_s, lease->final);
		(void)snprintf(call->lease_why, sizeof(call->lease_why), "%s",
			       lease->reason);
	}
	/* From the loop: route_renew() may have told us from inside. */
	if (call->lease_timer != NULL)
		event_active(call->lease_timer, EV_TIMEOUT, 0);
}

/* Looks at once, and then when it is time. false: no memory. */
static bool begin(struct b2b *call)
{
	if (call->lease_timer == NULL)
		call->lease_timer =
			event_new(call->hub->base, -1, 0, on_time, call);
	if (call->lease_timer != NULL)
		event_active(call->lease_timer, EV_TIMEOUT, 0);
	return call->lease_timer != NULL;
}

void lease_ask(struct b2b *call)
{
	call->lease_due = true;
	if (!call->talked || call->state == B2B_ENDING)
		return;
	allowance_due(&call->allowance, talk_ms(call));
	if (begin(call))
		return;
	log_err("call %s: no memory for its timer, it ends", call->id);
	cut(call);
}

void lease_start(struct b2b *call)
{
	allowance_begin(&call->allowance, call->verdict.lease_s,
			call->verdict.until_ms);
	if (call->lease_due)
		allowance_due(&call->allowance, 0);
	if (!allowance_any(&call->allowance) || begin(call))
		return;
	log_warn("call %s: no memory for its timer, it will not be long",
		 call->id);
	call->verdict.longest_s =
		call->verdict.lease_s != 0 ? call->verdict.lease_s : 60;
}

void lease_end(struct b2b *call)
{
	if (call->lease_timer != NULL)
		event_free(call->lease_timer);
	call->lease_timer = NULL;
}

/*
 * A call over trunks: the servers of one provider in turn (RFC 3263 section
 * 4.3), then the next trunk that routed names (SPEC 5). Goes on to another only
 * while nothing rang, and never on what the called party itself answered.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "call_impl.h"
#include "log.h"
#include "trunk.h"
#include "trunk_code.h"

enum {
	SILENT_S = 5,  /* without any answer; Sofia would ask for 32 s */
	TRYING_S = 20, /* "100 Trying" came, and nothing after it */
	SERVERS_MAX = 8,
};

static void disarm(struct b2b *call)
{
	if (call->silence != NULL)
		event_del(call->silence);
}

static void on_silence(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	fork_silent(arg);
}

static void arm(struct b2b *call, uint32_t seconds)
{
	const struct timeval tv = { seconds, 0 };

	if (call->silence == NULL)
		call->silence =
			event_new(call->hub->base, -1, 0, on_silence, call);
	if (call->silence == NULL || event_add(call->silence, &tv) != 0)
		log_warn("call %s: no memory for its timer", call->id);
}

void trunk_hold(struct b2b *call, const char *name)
{
	if (strcmp(call->trunk, name) == 0)
		return;
	trunk_release(call);
	(void)snprintf(call->trunk, sizeof(call->trunk), "%s", name);
	if (name[0] != '\0')
		trunks_call(call->hub->trunks, name, 1);
}

void trunk_release(struct b2b *call)
{
	if (call->trunk[0] != '\0')
		trunks_call(call->hub->trunks, call->trunk, -1);
	call->trunk[0] = '\0';
	if (call->silence != NULL)
		event_free(call->silence);
	call->silence = NULL;
}

static void identity_of(const struct b2b *call, struct leg_identity *id)
{
	const struct verdict *v = &call->verdict;

	*id = (struct leg_identity){
		.number = v->caller_number[0] != '\0' ? v->caller_number
						      : call->cdr.caller,
		.name = v->caller_name,
		.callee = v->sent[0] != '\0' ? v->sent : call->cdr.callee,
		.hide = v->hide_caller,
	};
}

/* A branch to the next server; false: none is left. */
static bool try_server(struct b2b *call)
{
	struct target *found = calloc(SERVERS_MAX, sizeof(*found));
	struct leg_identity id;
	bool made = false;
	size_t n = 0;

	if (found != NULL)
		n = trunks_targets(call->hub->trunks, call->trunk, found,
				   SERVERS_MAX);
	identity_of(call, &id);
	while (!made && call->trunk_next < n)
		made = fork_target(call, &found[call->trunk_next++], &id);
	free(found);
	return made;
}

/* The call goes out over a trunk; else it may have come in over one. */
static bool goes_out(const struct b2b *call)
{
	return call->trunk[0] != '\0' &&
	       call->verdict.direction == VERDICT_DIRECTION_OUTBOUND;
}

static void note_why(struct b2b *call, uint32_t code, bool silent)
{
	const struct trunk *row = trunks_get(call->hub->trunks, call->trunk);
	const char *words = trunk_code_text(code, silent);

	if (!trunk_code_fault(row, code, silent))
		(void)snprintf(call->trunk_why, sizeof(call->trunk_why), "%s",
			       words);
	else if (silent)
		(void)snprintf(call->trunk_why, sizeof(call->trunk_why),
			       "trunk %s: %s", call->trunk, words);
	else
		(void)snprintf(call->trunk_why, sizeof(call->trunk_why),
			       "trunk %s: %u, %s", call->trunk, code, words);
}

/* Notes what this trunk did; true: routed is asked for the next one. */
static bool give_up(struct b2b *call, uint32_t code, bool silent)
{
	const struct trunk *row = trunks_get(call->hub->trunks, call->trunk);

	note_why(call, code, silent);
	if (trunk_code_fault(row, code, silent))
		trunks_failed(call->hub->trunks, call->trunk, call->trunk_why);
	/* Whatever keeps help from being called, another way may be open. */
	if (!trunk_code_goes_on(row, code, silent) && !call->verdict.emergency)
		return false;
	if (call->verdict.step[0] == '\0')
		return false;
	log_info("call %s: %s; trying the next", call->id, call->trunk_why);
	call->ask.failed_code = silent ? 408 : code;
	b2b_step(call, EV_NEXT, NULL);
	return true;
}

void trunk_dial(struct b2b *call)
{
	bool down = trunks_down(call->hub->trunks, call->verdict.trunk);

	trunk_hold(call, call->verdict.trunk);
	call->trunk_next = 0;
	call->trunk_why[0] = '\0';
	call->rang = false;
	/* The last one is tried all the same. */
	if ((!down || call->verdict.step[0] == '\0') && try_server(call)) {
		fork_next(call);
		return;
	}
	if (give_up(call, 503, true))
		return;
	call->best_code = 503;
	b2b_unreached(call);
}

void trunk_again(struct b2b *call, const struct b2b_input *in)
{
	(void)in;
	fork_next(call);
}

void trunk_next(struct b2b *call, const struct b2b_input *in)
{
	(void)in;
	b2b_arm(call, 0);
	call->best_code = 0;
	/* What mediad offered in the caller's name is open still. */
	if (call->media && !call->sound)
		media_rollback(call->hub->media, call->id, MEDIA_CALLER);
	(void)snprintf(call->ask.step, sizeof(call->ask.step), "%s",
		       call->verdict.step);
	b2b_ask(call);
	call->ask.failed_code = 0;
}

void trunk_invited(struct b2b *call)
{
	if (goes_out(call) && !call->rang)
		arm(call, SILENT_S);
}

void trunk_heard(struct b2b *call, uint32_t code)
{
	if (!goes_out(call) || call->rang)
		return;
	if (code == 100) {
		arm(call, TRYING_S);
		return;
	}
	disarm(call);
	call->rang = true;
}

bool trunk_went_on(struct b2b *call, uint32_t code, bool silent)
{
	if (!goes_out(call))
		return false;
	disarm(call);
	if (call->rang ||
	    (call->state != B2B_RINGING && call->state != B2B_OFFERING)) {
		note_why(call, code, silent);
		return false;
	}
	/* Another server of the same provider (RFC 3263 section 4.3). */
	if ((silent || code == 503) && try_server(call)) {
		b2b_step(call, EV_AGAIN, NULL);
		return true;
	}
	return give_up(call, code, silent);
}

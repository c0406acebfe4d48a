/*
 * A call: a caller's leg, branches to the phones of the callee, sound by
 * mediad, decided by routed. "B2B" because it stands back to back between
 * them (RFC 3261 section 6); `struct call` is its row for others.
 *
 * One transition table holds all states (call.c). A call belongs to its hub
 * and is given back by hub.ended when everything is over.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct b2b;
struct call;
struct call_fact;
struct callers;
struct cdr;
struct event_base;
struct extensions;
struct instruct;
struct leg;
struct legs;
struct media_client;
struct media_event;
struct registrar;
struct route_client;
struct sip_settings;
struct trunks;

/* What calls use, owned by calls.c; outlives every call. */
struct call_hub {
	struct event_base *base;
	struct legs *legs;
	struct media_client *media;
	struct route_client *route;
	struct registrar *registrar;
	const struct extensions *extensions;
	struct trunks *trunks;
	struct callers *callers;
	const struct sip_settings *settings;
	/* The state others see has changed; f NULL: the row only (answered, and
	   told to the caller when this returns). */
	void (*changed)(void *ctx, struct b2b *call, const struct call_fact *f);
	/* The call is over, its facts complete: the hub frees it, but not
	   before the event loop has turned. */
	void (*ended)(void *ctx, struct b2b *call, const struct cdr *facts);
	void *ctx;
};

/* NULL: no memory. Nothing happens yet. */
struct b2b *b2b_new(struct call_hub *hub);
void b2b_free(struct b2b *call);

/*
 * Begins: a caller's INVITE as a leg (owned by the call from here on; its
 * events must already go to b2b_leg_event with this call), or an extension to
 * be rung first. b2b_originate returns -ENOENT when it has no phone.
 */
void b2b_start(struct b2b *call, struct leg *caller);
int b2b_originate(struct b2b *call, const char *caller, const char *callee);

/* leg_event_fn for the caller's leg; ctx is the call. */
struct leg_event;
void b2b_leg_event(void *ctx, struct leg *leg, const struct leg_event *ev);

const char *b2b_id(const struct b2b *call);
/* The row for others; alive_ms is now. */
void b2b_row(const struct b2b *call, struct call *row);
/* Is this extension on either side? */
bool b2b_has_extension(const struct b2b *call, const char *extension);
bool b2b_has_trunk(const struct b2b *call, const char *trunk);

/* Ends it. The reason is for the record and the phones. */
void b2b_hangup(struct b2b *call, const char *reason);
void b2b_instruct(struct b2b *call, const struct instruct *in);
void b2b_media_event(struct b2b *call, const struct media_event *ev);
/* mediad is gone, and with it the sound of the call. */
void b2b_media_lost(struct b2b *call);

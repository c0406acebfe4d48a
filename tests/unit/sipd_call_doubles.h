/*
 * What a call asks for, written down instead of done: legs, mediad, routed and
 * the registrar as a test drives them. Stands behind leg.h, media_client.h,
 * route_client.h, registrar.h, extension.h and trunk.h.
 */
#pragma once

#include <event2/event.h>
#include <stdbool.h>

#include "call.h"
#include "leg.h"
#include "media_client.h"
#include "records.h"
#include "registrar.h"
#include "route_client.h"

struct legs {
	int made;
};

struct leg {
	leg_event_fn fn;
	void *ctx;
	struct peer peer;
	char log[256]; /* what was done to it: "invite ack bye:200" */
	uint8_t remote[64];
	size_t remote_n;
	uint8_t local[64];
	size_t local_n;
	bool busy; /* leg_can_offer() says no */
	bool gone; /* hung up */
};

struct media_op {
	char what[16];
	media_done_fn done;
	media_stats_fn stats;
	void *ctx;
};

struct world {
	struct event_base *base;
	struct call_hub hub;
	struct sip_settings settings;
	struct b2b *call;
	struct leg *caller;
	struct leg *phone[4];
	int n_phones;
	int phones_registered;
	int phones_tls;             /* the last so many of them, over TLS */
	struct extension extension; /* any number is it, once it has one */

	route_asked_fn asked;
	void *asked_ctx;
	struct ask ask;
	int asks;
	route_renewed_fn renewed;
	void *renewed_ctx;
	struct renew renew;
	int renews;

	struct trunk trunk; /* "acme"; any name is it */
	int servers;        /* it has so many */
	int trunk_calls;    /* on it now */
	int trunk_failures;
	bool trunk_down;
	bool from_trunk; /* the caller is its provider */
	bool silent;     /* the next LEG_FAILED: nobody answered */

	struct media_op ops[32];
	int n_ops;
	char branch[16]; /* of the last SDP that mediad had */
	enum call_srtp srtp, hears_srtp;
	char prompts[128];
	uint32_t prompt_id;
	bool no_media;
	const char *info_type; /* of the next LEG_INFO */

	struct cdr cdr;
	int ended;
	char states[128]; /* what others were told: "asking ringing up" */
};

extern struct world w; /* of the test program */

void world_open(void);
void world_close(void);

/* A caller's INVITE with the SDP "offer" ("" for none). */
void world_call(const char *sdp);
/* routed answers. */
void world_verdict(const struct verdict *v);
struct verdict verdict_of(uint32_t action);
/* ... or what was asked of it for more time; NULL: nothing. */
void world_lease(const struct lease *lease);
/* mediad answers its oldest open request, which must be `what`. */
void world_media(const char *what, int err, const char *sdp);
bool world_media_waits(const char *what);
/* A leg says something. */
void world_leg(struct leg *leg, enum leg_event_kind kind, uint32_t code,
	       const char *sdp);
void world_heard(uint32_t kind, const char *digits);

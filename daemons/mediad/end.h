/*
 * One end of a call as signalling sees it: the caller, or one branch of the
 * callee, with its side of RFC 3264. Owned by its call.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "addr.h"
#include "refusal.h"
#include "sdp.h"
#include "srtp_keys.h"

struct leg_conf;

enum end_state {
	END_IDLE,
	END_OFFERED, /* it made an offer, we owe the answer */
	END_ASKED,   /* we made an offer, it owes the answer */
};

/* What every message says of where its SDP came from. */
struct end_source {
	struct addr addr; /* of SIP; family 0: not said */
	bool local;
	char permit_ip[513];
};

struct end {
	TAILQ_ENTRY(end) link;
	char branch[65];
	enum end_state state;
	bool known;        /* `theirs` is there */
	struct sdp theirs; /* the last that was agreed */
	struct sdp offer;  /* END_OFFERED: what it offers */
	struct sdp ours;   /* what it was told last */
	struct own_keys keys;
	uint8_t codec; /* what was agreed; CODEC_NONE */
	struct end_source source;
	struct addr advertise; /* our address, as it sees it */
	uint32_t serial;       /* of the offer it owes an answer to; 0: none */
	uint64_t body;         /* digest of what was written last */
};

struct end *end_new(const char *branch);
void end_free(struct end *e);

/* The one function that changes the state; says so in the log. */
void end_enter(struct end *e, const char *call, enum end_state state);

/*
 * Writes e->ours (formats and direction set by nego.h) for port: session,
 * version (counted up only when something changed, RFC 3264 section 8),
 * address, the streams it knows. Returns the length or -ENOSPC.
 */
int end_write(struct end *e, uint16_t port, uint8_t *out, size_t size);

/* Gives e->ours the streams of its own offer, so that each is answered; keeps
   those it has otherwise; one of audio when it has none. */
void end_streams(struct end *e, const struct sdp *offer);

/* What it is offered besides formats: streams as end_streams(e, NULL), keys as
   it may have them. */
void end_ask(struct end *e, enum srtp_mode mode);

/* What was agreed on last is final. */
void end_settle(struct end *e, const char *call);

/* Does this offer only repeat what was agreed? */
bool end_repeats(const struct end *e, const struct sdp *offer);

/* What the media thread must know; from theirs, ours and source. */
void end_conf(const struct end *e, struct leg_conf *conf);

/* Inside calls: shared by the book (calls.c) and the exchange of SDP. */
#pragma once

#include <stdbool.h>

#include <uthash.h>

#include "calls.h"
#include "end.h"
#include "rate.h"

enum { CALLER, CALLEE };

TAILQ_HEAD(end_list, end);

struct talk {
	UT_hash_handle hh;
	char id[41];
	struct calls *calls;
	struct relay *relay;
	struct media_session *session;
	uint16_t port[2]; /* of each leg; 0: not opened */
	struct end *caller;
	struct end_list branches; /* of the callee */
	uint32_t n_branches;
	struct end *callee; /* the branch that is heard; in branches */
	bool answered;      /* finally */
	bool orphan;        /* sipd went, and has not asked for it since */
	uint8_t codec;      /* of the caller, for the statistics */
	uint8_t leg_codec[2];
	uint8_t leg_suite[2]; /* enum srtp_suite */
	calls_deleted_fn done;
	void *done_ctx;
};

struct calls {
	struct calls_config config;
	struct talk *all; /* by id */
	uint32_t n_closing;
	struct rate busy_log;
	void *srtp; /* the library, once a call needed it; srtp_leg.h */
};

struct talk *talk_find(struct calls *c, const char *id, struct refusal *why);

/* The call, made where there is none. NULL and *why. */
struct talk *talk_get(struct calls *c, const char *id, bool *made,
		      struct refusal *why);

/* Opens a leg's ports where they are not. */
int talk_open_leg(struct talk *call, unsigned leg, struct refusal *why);

/* Ends it; the rest comes with NOTICE_CLOSED. */
void talk_close(struct talk *call);

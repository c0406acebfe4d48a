/* Inside of a call; only call*.c, fork.c, originate.c and facts.c include it.
 */
#pragma once

#include <event2/event.h>
#include <sys/queue.h>

#include "allowance.h"
#include "call.h"
#include "leg.h"
#include "media_client.h"
#include "records.h"
#include "registrar.h"
#include "route_client.h"

enum b2b_state {
	B2B_NEW,
	B2B_RECALLING, /* originate: the caller's own phones ring */
	B2B_ASKING,    /* routed decides */
	B2B_OPENING,   /* mediad answers the caller itself */
	B2B_PLAYING,   /* prompts, digits, echo */
	B2B_OFFERING,  /* mediad makes the offer for the callees */
	B2B_RINGING,
	B2B_CONNECTING, /* one phone answered; SDP on its way to the caller */
	B2B_UP,
	B2B_ENDING, /* legs are let go; mediad counts up */
	B2B_N_STATES,
};

enum b2b_event {
	EV_REFUSE, /* verdicts */
	EV_DIAL,
	EV_SOUND,
	EV_SILENT, /* routed did not answer */
	EV_SDP,    /* mediad made SDP */
	EV_NO_SDP,
	EV_CONNECTED, /* mediad made the last SDP */
	EV_NEXT,   /* sound is over, or a trunk failed; routed has a next step
		    */
	EV_AGAIN,  /* another server of the same trunk */
	EV_SAID,   /* sound is over */
	EV_ALERT,  /* a phone rings */
	EV_EARLY,  /* a phone is heard before it answers */
	EV_PICKED, /* a phone answered, the first one */
	EV_UNREACHED, /* no phone is left */
	EV_SORRY,     /* the same, and the caller was answered: it hears why */
	EV_ACK,       /* the caller took our answer */
	EV_DROP,      /* the caller went */
	EV_LEFT,      /* the callee went */
	EV_TIME,      /* rung or talked long enough */
	EV_REDIRECT,  /* routed names other phones */
	EV_STOP,      /* someone or something ends it */
	EV_N_EVENTS,
};

struct branch;

struct b2b_input {
	struct branch *branch;
	const uint8_t *sdp;
	size_t n;
	int err;
	uint32_t code;
	const char *reason;
	uint32_t disposition; /* EV_STOP */
};

struct b2b_end {
	uint32_t disposition;
	uint32_t code;
	const char *reason;
	uint32_t retry_after_s;
};

enum { BRANCHES_MAX = 40, BRANCH_ID = 12, BRANCH_HOST = 64 };

struct branch {
	LIST_ENTRY(branch) in_call;
	struct b2b *call;
	struct leg *leg; /* NULL: failed or let go */
	char id[BRANCH_ID];
	char host[BRANCH_HOST]; /* our address as this phone sees it */
	bool invited;
};

/* An offer of one leg on its way to the other (RFC 3264 in an up call). */
struct exchange {
	bool open;
	bool update;
	bool wanted;      /* `from` wants an offer instead of making one */
	struct leg *from; /* NULL: it took its offer back */
	struct leg *to;
};

struct b2b {
	/* for the hub */
	TAILQ_ENTRY(b2b) in_hub;
	struct call_hub *hub;
	bool over;    /* given back */
	bool counted; /* among its extension's (callers.h) */

	char id[41];
	enum b2b_state state;
	struct leg *caller;
	LIST_HEAD(, branch) branches;
	struct branch *won;
	struct branch *early; /* the one whose early media the caller hears */
	uint32_t n_branches;
	uint32_t best_code; /* of those that failed */

	struct ask ask;
	struct verdict verdict;
	struct cdr cdr;
	struct exchange exchange;
	struct event *timer; /* ring time, longest time */
	struct event *warn;
	struct event *lease_timer;
	struct allowance allowance; /* what it has of routed */
	char lease_why[121];        /* why there is no more */
	uint64_t ring_ms;
	uint64_t up_mono_ms; /* answered; 0: not yet */
	uint32_t prompt_id;
	char trunk[PEER_TRUNK]; /* the call counts as its; "" none */
	char trunk_why[121];    /* what the last one did, in words */
	uint32_t trunk_next;    /* its server that comes next */
	struct event *silence;  /* until its server must have said something */
	bool rang;              /* an 18x came of it */
	bool media;             /* mediad knows this call */
	bool sound;             /* mediad itself answered the caller */
	bool caller_up;         /* we sent 200, or it answered our INVITE */
	bool told_early;        /* 183 sent */
	bool alerted;           /* 180 sent, or ringback playing */
	bool delayed;           /* the caller's INVITE had no SDP */
	bool echoing;
	bool sorry;     /* the caller hears why nobody was reached */
	bool talked;    /* answer_ms counts */
	bool lease_due; /* routed wants it asked for, once it is answered */
};

/* call.c */
void b2b_step(struct b2b *call, enum b2b_event ev, const struct b2b_input *in);
void b2b_end(struct b2b *call, const struct b2b_end *end);
void b2b_media_leg(const struct b2b *call, enum media_side side,
		   const struct leg *leg, const char *branch,
		   const struct leg *hears, struct media_leg *out,
		   char host[BRANCH_HOST]);
/* What SRTP the leg may have in this call. */
enum call_srtp b2b_srtp(const struct b2b *call, const struct leg *leg);
/* One more of the extension ask.who. 0 or -ENOMEM. */
int b2b_count(struct b2b *call);
void b2b_answered(struct b2b *call);
/* No phone is left. */
void b2b_unreached(struct b2b *call);
void b2b_arm(struct b2b *call, uint32_t seconds);
/* Into the state of ringing the caller itself. */
void b2b_recall(struct b2b *call);

/* A tone to both sides of an up call: it will end soon. */
void b2b_warn(struct b2b *call);

/* call_told.c: routed's word on it */
void b2b_ask(struct b2b *call);
void b2b_verdict(void *ctx, const struct verdict *v);

/* call_lease.c: how long it may go on */
void lease_start(struct b2b *call); /* it was answered */
void lease_end(struct b2b *call);
/* routed must be asked for a slice at once, or at the answer. */
void lease_ask(struct b2b *call);

/* call_sound.c: prompts, digits, echo */
void sound_open(struct b2b *call, const struct b2b_input *in);
void sound_opened(struct b2b *call, const struct b2b_input *in);
void sound_acked(struct b2b *call, const struct b2b_input *in);
void sound_failed(struct b2b *call, const struct b2b_input *in);
void sound_event(struct b2b *call, const struct media_event *ev);
void sound_next(struct b2b *call, const struct b2b_input *in);
void sound_said(struct b2b *call, const struct b2b_input *in);
/* The tone that says why, to a caller that was answered for a question. */
void sound_sorry(struct b2b *call, const struct b2b_input *in);
/* A tone to one side, in passing. */
void sound_tone(struct b2b *call, enum media_side side, const char *tone,
		uint32_t repeat);

/* fork.c: the phones of the callee */
/* Makes branches for "801;802". Returns how many. */
uint32_t fork_targets(struct b2b *call, const char *targets,
		      const struct leg_identity *id);
/* Gets SDP for the next group of branches and invites it, until none is left.
 */
void fork_next(struct b2b *call);
void fork_invite(struct b2b *call, const struct b2b_input *in);
void fork_cancel(struct b2b *call, const struct branch *but,
		 const struct leg_end *end);
struct leg *fork_take(struct branch *branch);

bool fork_target(struct b2b *call, const struct target *t,
		 const struct leg_identity *id);
/* The one branch that was invited says nothing: as if it had failed. */
void fork_silent(struct b2b *call);

/* call_trunk.c: over a trunk, and another when it fails */
void trunk_dial(struct b2b *call);
void trunk_again(struct b2b *call, const struct b2b_input *in);
void trunk_next(struct b2b *call, const struct b2b_input *in);
/* The call counts as this trunk's, until another's or the end. */
void trunk_hold(struct b2b *call, const char *name);
void trunk_release(struct b2b *call);
/* Its server was invited; said so (100), or rings (18x). */
void trunk_invited(struct b2b *call);
void trunk_heard(struct b2b *call, uint32_t code);
/* A branch failed. true: the call goes on by itself. */
bool trunk_went_on(struct b2b *call, uint32_t code, bool silent);

/* call_offer.c: re-INVITE and UPDATE across an up call */
void offer_event(struct b2b *call, struct leg *leg, const struct leg_event *ev);

/* originate.c */
void originate_picked(struct b2b *call, const struct b2b_input *in);

/* facts.c */
void facts_start(struct b2b *call);
/* How long it has been talking, by the clock that never steps. */
uint32_t facts_talk_s(const struct b2b *call);
/* It is over now. */
void facts_end(struct b2b *call);
void facts_stats(struct b2b *call, const struct media_stats *stats);

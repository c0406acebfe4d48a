/*
 * Inside of a leg on Sofia's NTA; only sofia_leg*.c include this. Callbacks of
 * NTA may lead to leg_hangup() of the very leg they are about, so a leg is
 * freed only by the reaper, after the callback has returned.
 */
#pragma once

#include <sys/queue.h>

#define NTA_LEG_MAGIC_T struct leg
#define NTA_INCOMING_MAGIC_T struct leg
#define NTA_OUTGOING_MAGIC_T struct leg
#define NTA_RELIABLE_MAGIC_T struct leg
#include <sofia-sip/msg_addr.h>
#include <sofia-sip/nta.h>
#include <sofia-sip/nta_tport.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_protos.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_tag.h>
#include <sofia-sip/tport.h>

#include "credentials.h"
#include "leg.h"
#include "leg_timer.h"
#include "next_hop.h"
#include "rate.h"
#include "records.h"
#include "registrar.h"
#include "sofia.h"
#include "sofia_agent.h"
#include "trunk.h"
#include "trunk_identity.h"

enum leg_state {
	LEG_ST_INVITED,  /* the peer called; not answered */
	LEG_ST_ACCEPTED, /* we sent 200; no ACK yet */
	LEG_ST_CALLING,  /* we called; no final response */
	LEG_ST_REACHED,  /* 2xx came; we sent no ACK yet */
	LEG_ST_UP,
	LEG_ST_OVER, /* BYE sent or got, refused, failed */
};

/* The open offer between us and this peer, if any. */
enum leg_offer_state {
	OFFER_NONE,
	OFFER_THEIRS,     /* request_in waits for our answer */
	OFFER_THEIRS_ACK, /* re-INVITE answered; ACK awaited */
	OFFER_OURS,       /* request_out waits for the peer's answer */
	OFFER_OURS_ACK,   /* 2xx to a re-INVITE came; our ACK is due */
};

enum { LEG_CREDENTIALS = 2 * CREDENTIALS_HEADER };

struct leg_blob {
	uint8_t *data;
	size_t n;
};

/* Where the requests of a dialog over a trunk go (sofia_leg_hop.c). */
struct leg_hop {
	struct next_hop said;     /* what the dialog said last */
	char route[TARGET_ROUTE]; /* "": to the server that was asked */
	struct addr addr;
	bool own;  /* an address of the trunk: it may ask for our password */
	bool told; /* that it was passed by */
	uint32_t names;        /* were asked for */
	struct where *where;   /* its name is being asked for */
	struct tport_s *tport; /* a socket we listen on, ours without count */
};

/* What a leg to or from a provider has besides. */
struct leg_trunk {
	char caller[LEG_NUMBER]; /* it called: who calls, as it says */
	char caller_name[LEG_NUMBER];
	char headers[TRUNK_HEADERS]; /* of its INVITE */
	struct challenge www;
	struct challenge proxy;
	uint32_t challenged; /* in a row, without a success */
	struct leg_hop hop;
};

/* So many of our INFO and PRACK are followed until their answers come. */
enum { LEG_SIDES = 8 };

struct leg {
	LIST_ENTRY(leg) in_legs;
	struct legs *legs;
	leg_event_fn fn; /* NULL: given away, ending */
	void *ctx;

	nta_leg_t *dialog;
	nta_incoming_t *invite_in;
	nta_outgoing_t *invite_out;
	nta_incoming_t *request_in;  /* their re-INVITE or UPDATE */
	nta_outgoing_t *request_out; /* our re-INVITE or UPDATE */
	nta_outgoing_t *bye;
	nta_outgoing_t *sides[LEG_SIDES]; /* our INFO and PRACK under way */
	struct event *timer;              /* session timer, 491 retry */
	uint64_t give_up_ms;              /* ending: free at the latest then */

	enum leg_state state;
	enum leg_offer_state offer;
	bool caller;      /* the peer called us */
	bool dead;        /* for the reaper */
	bool ending;      /* given away */
	bool cancelled;   /* we sent CANCEL */
	bool refresh;     /* request_out is a refresh of the session timer */
	bool asked;       /* request_out wants the peer's offer */
	bool raised;      /* sent again after a 422 */
	bool peer_update; /* its Allow names UPDATE */
	bool peer_100rel;
	bool peer_timer;
	bool early_reliable; /* early_sdp went reliably */
	bool bye_due;        /* BYE as soon as the ACK comes */
	uint32_t pracked;    /* last RSeq acknowledged */
	char rack[40];       /* "RAck: ..." of the last PRACK */
	uint32_t session_s;  /* Session-Expires of our INVITE */
	uint32_t min_se_s;
	struct rate asked_of_us; /* requests in the dialog */
	struct leg_timer session;
	struct leg_timer_terms terms; /* of the peer's INVITE */

	struct peer peer;        /* .tport is referenced by us */
	struct leg_trunk *trunk; /* NULL: a phone */
	char route[TARGET_ROUTE];
	char uri[TRUNK_URI];
	char number[LEG_NUMBER];      /* dialled */
	char identity[TRUNK_ADDRESS]; /* From */
	char to[TRUNK_ADDRESS];
	char end_reason[LEG_REASON + 40]; /* Reason header */
	struct leg_blob local_sdp;
	struct leg_blob remote_sdp;
	struct leg_blob early_sdp;
	struct leg_blob offered_sdp; /* of request_in */
};

struct legs {
	struct legs_config config;
	LIST_HEAD(, leg) list;
	LIST_HEAD(, leg) dead; /* for the reaper */
	struct event *reaper;
	struct event *sweep;
	uint32_t quiet; /* sweeps without any leg */
};

/* sofia_leg.c */
struct leg *leg_alloc(struct legs *l, const struct peer *peer, leg_event_fn fn,
		      void *ctx);
void leg_emit(struct leg *leg, struct leg_event *ev);
void leg_emit_code(struct leg *leg, enum leg_event_kind kind, uint32_t code,
		   const char *reason);
/* Nothing more to wait for: the reaper takes it. */
void leg_bury(struct leg *leg);
/* Buries an ending leg whose last transaction is over. */
void leg_settle(struct leg *leg);
void leg_send_bye(struct leg *leg);
int leg_keep(struct leg_blob *blob, const uint8_t *data, size_t n);
/* 0 and the SDP, 0 and n 0 for none, or a SIP code that refuses the body. */
uint32_t leg_sdp_of(const sip_t *sip, const uint8_t **sdp, size_t *n);
void leg_features(struct leg *leg, const sip_t *sip);
void leg_terms(const sip_t *sip, struct leg_timer_terms *t);
void leg_contact(const struct leg *leg, char contact[SOFIA_CONTACT]);
/* Answers `irq`; sdp NULL for none. */
void leg_reply(struct leg *leg, nta_incoming_t *irq, int code, const char *why,
	       const struct leg_blob *sdp, bool session);
/* A request inside the dialog, to where the peer was seen. */
nta_outgoing_t *leg_request(struct leg *leg, nta_response_f *done,
			    sip_method_t method, const char *name,
			    const struct leg_blob *sdp, const char *header);
/* A request beside the offers and BYE is the leg's until its answer came: its
   callback must not outlive the leg. Without room nobody hears the answer. */
void leg_side_begin(struct leg *leg, nta_outgoing_t *orq);
void leg_side_end(struct leg *leg, nta_outgoing_t *orq);
void leg_send_ack(struct leg *leg, nta_outgoing_t *invite,
		  const struct leg_blob *sdp);
int leg_on_ack_cancel(struct leg *leg, nta_incoming_t *irq, const sip_t *sip);

/* sofia_leg_dialog.c: requests inside the dialog */
int leg_on_request(struct leg *leg, nta_leg_t *dialog, nta_incoming_t *irq,
		   const sip_t *sip);
int leg_on_reack(struct leg *leg, nta_incoming_t *irq, const sip_t *sip);
int leg_send_offer(struct leg *leg, bool update, const struct leg_blob *sdp);

/* sofia_leg_auth.c: a provider asks for our password */
/* The lines that answer what was asked of this leg so far, for the next request
   to `uri` (NULL: the dialog's target); "" for none. ack: those of the INVITE
   once more (RFC 3261 section 22.1). */
void leg_credentials(struct leg *leg, const char *method, const char *uri,
		     char text[LEG_CREDENTIALS]);
/* Is this a 401 or 407 that leg_credentials() can answer now? Then send the
   request again. */
bool leg_challenged(struct leg *leg, const sip_t *sip);
/* The password was taken. */
void leg_proved(struct leg *leg);

/* sofia_leg_hop.c: where the requests of a dialog go */
/* Its route set or its target may be another one now. */
void leg_hop_follow(struct leg *leg);
/* The name of the next hop is being asked for: leg_way_known() will come. */
bool leg_hop_pending(const struct leg *leg);
void leg_hop_forget(struct leg *leg);
/* "sip:host:port;transport=udp" and the socket for it. */
const char *leg_hop_route(const struct leg *leg);
struct tport_s *leg_hop_tport(const struct leg *leg);
/* Is it another machine than the trunk's? Then it hears no password. */
bool leg_hop_foreign(const struct leg *leg);
bool leg_hop_is(const struct leg *leg, const struct addr *addr);

/* sofia_leg_out.c: an answer that waited for its ACK's way goes on */
void leg_way_known(struct leg *leg);

/* sofia_leg_caller.c: a provider calls us */
/* The user part that is called, escaped, as long as msg lives; NULL: none. */
const char *leg_called_user(const struct legs *l, const struct peer *peer,
			    msg_t *msg, const sip_t *sip);
/* Who calls, when the peer is a trunk's. 0 or -ENOMEM. */
int leg_take_caller(struct leg *leg, const sip_t *sip);

/* sofia_leg_owner.c */
bool leg_is_from(const struct leg *leg, const struct addr *addr);

/* sofia_leg_timer.c */
void leg_session_start(struct leg *leg);
/* "Session-Expires: ..." and what goes with it; "" for none. */
void leg_session_header(const struct leg *leg, bool request, char *text,
			size_t size);
/* Sends our refresh again after a 491 (RFC 3261 section 14.1). */
void leg_session_retry(struct leg *leg);

/*
 * One leg's sound: its two sockets, whom it listens to, what it hears and what
 * it is sent. Two legs make a session. Everything here belongs to one media
 * thread; nothing is locked.
 *
 *	socket -> SRTP? -> latch -> stats -> keys? -> collector
 *	                                       '----> echo, or the other leg
 *	player, other leg, echo -> out -> SRTP? -> socket
 */
#pragma once

#include <netinet/in.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include "collect.h"
#include "dtmf.h"
#include "latch.h"
#include "mailbox.h"
#include "notice.h"
#include "out.h"
#include "player.h"
#include "srtp_keys.h"
#include "stats.h"

struct bridge;
struct decoder;
struct encoder;
struct media_session;
struct srtp_leg;
struct tone_ear;

/* HEARD: only once it has been heard (early media: many phones are silent). */
enum leg_watch { WATCH_NO, WATCH_HEARD, WATCH_ALWAYS };

/* What signalling agreed for a leg. Seen from us: rx is what it sends. */
struct leg_conf {
	struct latch_conf latch;
	uint16_t rtcp_port;
	bool rtcp_mux;
	bool sends; /* its SDP says so */
	bool receives;
	enum leg_watch watch;       /* does silence end the call? */
	uint8_t rx_codec[128];      /* by payload type; CODEC_NONE */
	uint8_t tx_pt[CODEC_COUNT]; /* by codec; 255: it does not take it */
	uint8_t codec;              /* what we speak to it when we speak */
	struct srtp_keys keys;      /* SRTP_NONE: plain RTP; wiped once taken */
};

struct sock {
	struct leg *leg;
	int fd; /* -1: none */
	bool rtcp;
};

struct target {
	bool known;
	socklen_t len;
	struct sockaddr_storage to;
};

struct leg {
	struct media_session *session;
	struct leg *other;
	unsigned index;
	bool set; /* conf is there */
	struct leg_conf conf;
	struct latch latch;
	int family; /* of the sockets */
	struct sock rtp, rtcp;
	struct target rtp_to, rtcp_to;
	bool rtcp_learned;
	struct stats stats;
	bool secure; /* SRTP; where srtp is NULL then, nothing passes */
	struct srtp_leg *srtp;
	struct out out;
	struct player player;
	struct encoder *encoder; /* for player and bridge */
	struct bridge *bridge;   /* from the other leg, when no codec fits */
	struct collect collect;
	uint32_t collect_id;
	struct dtmf dtmf;
	struct tone_ear *ear;
	struct decoder *ear_decoder;
	bool swallow; /* this press was collected: its rest goes nowhere */
	uint64_t mute_until_ms;
	bool echo;
	uint32_t wait_frames; /* how long the player waited for a target */
	uint64_t heard_ms;
	uint32_t foreign_told;
	uint64_t foreign_next_ms;
	uint64_t key_next_ms;
	bool active; /* in the thread's list of those that need the 20 ms */
	TAILQ_ENTRY(leg) active_link;
};

struct media_session {
	TAILQ_ENTRY(media_session) link;
	void *owner; /* of the control thread; only passed back */
	struct mailbox *notices;
	struct leg legs[2];
	/* Made with the session, so that its end needs no memory. */
	struct mail *close; /* the order, until it is given */
	struct notice *closed;
	bool silent_told;
	bool orphan; /* whoever asked for the call is gone */
};

/* The time, taken once a turn, and what the thread counts. */
struct leg_clock {
	uint64_t ms;
	uint64_t us;
	atomic_ullong packets;
	atomic_ullong foreign;
};

/* NULL: no memory. No sockets yet. */
struct media_session *session_new(void *owner, struct mailbox *notices);
/* Closes the sockets. */
void session_free(struct media_session *s);

void leg_set(struct leg *l, const struct leg_conf *conf, uint64_t now_ms);

/* What came in at a socket; p may be changed. */
void leg_packet(struct sock *s, uint8_t *p, size_t n, const struct addr *from,
		uint16_t port, struct leg_clock *now);

/* One packet from a socket, if there is one. */
void leg_readable(struct sock *s, struct leg_clock *now);

/* 20 ms have gone: plays, looks at the collector's clock. False: neither is
   left to do. */
bool leg_tick(struct leg *l, struct leg_clock *now);

void leg_play(struct leg *l, const struct playlist *list);
void leg_collect(struct leg *l, const struct playlist *prompts,
		 const struct collect_conf *conf, uint32_t id, uint64_t now_ms);
/* A key that came by SIP INFO: for a collector only. */
void leg_key(struct leg *l, char key, struct leg_clock *now);
void leg_stop(struct leg *l);

/* Once a second: has a leg that should speak gone silent? */
void session_check(struct media_session *s, uint32_t silence_ms,
		   uint64_t now_ms);

/* Sends a packet of r->len bytes of payload behind a header, both in p. */
void leg_send(struct leg *l, const uint8_t *p, size_t n);

/* The encoder for what we speak to this leg; NULL: none. */
struct encoder *leg_encoder(struct leg *l);

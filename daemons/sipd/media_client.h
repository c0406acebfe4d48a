/*
 * mediad as a call sees it: SDP in, SDP out, sound to play. The owner of SDP
 * is mediad; here it is bytes.
 *
 * Every request answers its `done` once, later, with the SDP mediad made
 * (valid during the call), or err < 0: -EBUSY no ports, -ENOTSUP no common
 * codec, -EPROTO no SRTP that both sides want, -EBADMSG unreadable SDP, -EAGAIN
 * an offer is open, -EIO anything else. After media_forget(ctx) no `done` of
 * that ctx comes any more.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "call_srtp.h"

struct bus;
struct event_base;
struct media_client;
struct media_event;
struct media_stats;
struct peer;

/* The same numbers as enum media_call_leg. */
enum media_side { MEDIA_CALLER, MEDIA_CALLEE };

/* One leg of one call; `branch` tells forked callees apart. */
struct media_leg {
	const char *call;
	enum media_side side;
	const char *branch;
	const struct peer *peer; /* where SIP came from */
	const char *advertise;   /* our address for its SDP */
	const char *codecs;      /* of the extension; "" any */
	const char *permit_ip;
	enum call_srtp srtp;       /* it may have */
	enum call_srtp hears_srtp; /* the leg that gets the result may have */
};

struct media_sdp_view {
	const uint8_t *sdp;
	size_t n;
	const char *codec;
	bool held;
};

typedef void (*media_done_fn)(void *ctx, int err,
			      const struct media_sdp_view *sdp);
typedef void (*media_stats_fn)(void *ctx, const struct media_stats *stats);

struct media_client_ops {
	void (*event)(void *ctx, const struct media_event *ev);
	/* mediad came (its calls before are gone) or went. */
	void (*there)(void *ctx, bool there);
};

struct media_client *media_client_new(struct event_base *base, struct bus *bus,
				      const struct media_client_ops *ops,
				      void *ctx);
void media_client_free(struct media_client *m);
bool media_there(const struct media_client *m);

void media_offer(struct media_client *m, const struct media_leg *leg,
		 const uint8_t *sdp, size_t n, media_done_fn done, void *ctx);
void media_answer(struct media_client *m, const struct media_leg *leg,
		  const uint8_t *sdp, size_t n, bool final, media_done_fn done,
		  void *ctx);
/* mediad itself answers the leg's offer, or (n 0) makes one. */
void media_accept(struct media_client *m, const struct media_leg *leg,
		  const uint8_t *sdp, size_t n, media_done_fn done, void *ctx);
void media_rollback(struct media_client *m, const char *call,
		    enum media_side side);
/* At once, or with others within 20 ms; stats is NULL when mediad does not know
 * or say. */
void media_delete(struct media_client *m, const char *call, media_stats_fn done,
		  void *ctx);

/* The end of it comes as an event with this id; err < 0 by done. */
struct media_prompt {
	const char *call;
	enum media_side side;
	const char *prompts;
	uint32_t id;
	uint32_t repeat;
	uint32_t max_digits; /* collect only, as the rest */
	uint32_t first_digit_s;
	uint32_t next_digit_s;
	uint32_t silent_s;
	const char *end_digit;
};

void media_play(struct media_client *m, const struct media_prompt *p,
		media_done_fn done, void *ctx);
void media_collect(struct media_client *m, const struct media_prompt *p,
		   media_done_fn done, void *ctx);
void media_echo(struct media_client *m, const char *call, media_done_fn done,
		void *ctx);
/* A key that came by INFO, for the collector of a leg. */
void media_key(struct media_client *m, const char *call, enum media_side side,
	       char key);
void media_stop(struct media_client *m, const char *call, enum media_side side);

void media_forget(struct media_client *m, void *ctx);

/*
 * The calls as signalling knows them: who offered what (RFC 3264), which ports
 * each leg has, what the media threads were told. Owned by the control thread;
 * messages in, messages out, no bus.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "refusal.h"

struct calls;
struct media_accept;
struct media_answer;
struct media_call;
struct media_collect;
struct media_event;
struct media_key;
struct media_load;
struct media_offer;
struct media_play;
struct media_sdp;
struct media_stats;
struct mailbox;
struct ports;
struct prompts;
struct relay;

struct calls_config {
	struct relay **relays; /* media threads; all borrowed */
	size_t n_relays;
	struct mailbox *notices;
	struct ports *ports;
	struct prompts *prompts;
	/* Something sipd must know; digits in it are wiped after. */
	void (*event)(void *ctx, const struct media_event *ev);
	/* A call has ended, whoever ended it. */
	void (*fact)(void *ctx, const struct media_stats *stats);
	void *ctx;
};

struct calls *calls_new(const struct calls_config *config);
/* After the relays have ended: takes their last notices. */
void calls_free(struct calls *c);

/* Each returns 0 and fills *out, or a negative errno and fills *why. */
int calls_offer(struct calls *c, const struct media_offer *in,
		struct media_sdp *out, struct refusal *why);
int calls_answer(struct calls *c, const struct media_answer *in,
		 struct media_sdp *out, struct refusal *why);
int calls_accept(struct calls *c, const struct media_accept *in,
		 struct media_sdp *out, struct refusal *why);
int calls_rollback(struct calls *c, const struct media_call *in,
		   struct refusal *why);
int calls_play(struct calls *c, const struct media_play *in,
	       struct refusal *why);
int calls_echo(struct calls *c, const struct media_call *in,
	       struct refusal *why);
int calls_collect(struct calls *c, const struct media_collect *in,
		  struct refusal *why);
int calls_key(struct calls *c, const struct media_key *in, struct refusal *why);
int calls_stop(struct calls *c, const struct media_call *in,
	       struct refusal *why);

/* done comes once, later, with the call's statistics; not when it is refused.
 */
typedef void (*calls_deleted_fn)(void *ctx, const struct media_stats *stats);
int calls_delete(struct calls *c, const struct media_call *in,
		 calls_deleted_fn done, void *ctx, struct refusal *why);

/* The notices' mailbox is readable. */
void calls_notices(struct calls *c);

/* sipd has gone: its calls end when both legs are silent. */
void calls_orphan(struct calls *c);

void calls_load(const struct calls *c, struct media_load *out);

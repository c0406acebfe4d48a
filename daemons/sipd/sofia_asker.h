/*
 * Requests of ours to a provider outside of calls: REGISTER and OPTIONS. One at
 * a time; a challenge is answered once, for the trunk's realm alone. Owned by
 * a trunk's line.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct asker;
struct event_base;
struct sofia;
struct target;
struct trunk;

struct asker_answer {
	uint32_t code;
	bool silent;        /* nobody answered, or there was no way to ask */
	uint32_t expires_s; /* of our Contact; 0: not said */
	uint32_t min_expires_s;
	uint32_t retry_after_s;
	uint32_t latency_us; /* of the last question */
	const char *realm;   /* in which the password was taken; "" none */
	const char *foreign; /* another realm that wanted it; "" none */
};

/* Once for each request that was begun, never from inside. */
typedef void (*asker_answered_fn)(void *ctx, const struct asker_answer *answer);

struct asker_config {
	struct event_base *base;
	struct sofia *sofia;
	asker_answered_fn answered; /* may free the asker */
	void *ctx;
};

struct asker *asker_new(const struct asker_config *config);
void asker_free(struct asker *a);

/* What is asked, and in whose name; copied but for the row, which must outlive
   the answer. */
struct asker_question {
	const struct trunk *row;
	const struct target *target;
	const char *realm;        /* the only one that is answered; "": any */
	const char *contact_user; /* REGISTER */
	uint32_t expires_s;
	uint32_t patience_ms;
};

/* 0, -EBUSY, -EIO (not sent). */
int asker_register(struct asker *a, const struct asker_question *q);
int asker_options(struct asker *a, const struct asker_question *q);

/* Hands it to another owner; what is being asked is dropped. */
void asker_bind(struct asker *a, asker_answered_fn answered, void *ctx);

bool asker_busy(const struct asker *a);
/* Forgets the question: no answer comes. */
void asker_drop(struct asker *a);
/* Another provider, or another account: a new Call-ID, no nonce. */
void asker_reset(struct asker *a);

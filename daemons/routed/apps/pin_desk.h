/*
 * The PIN locks in the daemon: answers the decision (plan/usage.h), hears what
 * the entries were, keeps the locks as live rows over a kill, and tells guardd.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct ask;
struct bus;
struct cdr;
struct event_base;
struct pin_desk;
struct plan_call;
struct plan_choice;
struct store;

struct pin_desk_config {
	struct event_base *base;
	struct bus *bus; /* NULL in unit tests */
	struct store *store;
	/* What guardd should know: a failed call, or (locked) a lock. */
	void (*report)(void *ctx, bool locked, const char *extension,
		       const char *source, const char *detail);
	void *ctx;
};

/* Reads what the last run kept. NULL: no memory. */
struct pin_desk *pin_desk_new(const struct pin_desk_config *config);
void pin_desk_free(struct pin_desk *d);

/* struct plan_usage, with the desk as its ctx. */
bool pin_desk_locked(void *desk, const struct plan_call *call, char why[121]);
bool pin_desk_mute(void *desk, const struct plan_call *call);

/* What the entry of this ask was. What counts stands where a kill cannot take
   it away when this returns; so: before the answer. */
void pin_desk_note(struct pin_desk *d, const struct ask *ask,
		   const struct plan_choice *choice);
/* The call is over. */
void pin_desk_ended(struct pin_desk *d, const struct cdr *cdr);

/* A person looked. -ENOENT: nothing is known of this extension. */
int pin_desk_unlock(struct pin_desk *d, const char *extension);

/*
 * All calls: what the gate and the bus may ask of them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bus;
struct call;
struct calls;
struct event_base;
struct extensions;
struct msg_s;
struct peer;
struct registrar;
struct sip_s;
struct sip_settings;
struct sofia;
struct store;
struct trunks;

struct calls_config {
	struct event_base *base;
	struct bus *bus;
	struct store *store;
	struct sofia *sofia;
	struct registrar *registrar;
	struct extensions *extensions;
	struct trunks *trunks;
	const struct sip_settings *settings; /* its contents follow changes */
};

/* NULL, and one line in why. Calls found in the live table are ended. */
struct calls *calls_new(const struct calls_config *config, char *why,
			size_t why_size);
void calls_free(struct calls *c);

/*
 * An INVITE outside a dialog from an authenticated extension
 * (peer->extension). Takes msg. The From in it is the extension's own or is to
 * be replaced by it (SPEC 3).
 */
void calls_invite(struct calls *c, struct msg_s *msg, struct sip_s *sip,
		  const struct peer *peer);

size_t calls_count(const struct calls *c);

/* No call, and no dialog of one that still says good-bye: nothing of Sofia's
   agent is in use. */
bool calls_idle(const struct calls *c);

/* New calls must be refused with 503 now. */
bool calls_overloaded(const struct calls *c);

/* Ends a call, or all of them (id ""). Returns how many. */
size_t calls_hangup(struct calls *c, const char *id, const char *reason);

/* Ends the calls of an extension that was deleted or switched off. */
size_t calls_hangup_extension(struct calls *c, const char *extension,
			      const char *reason);

/* The same for the calls over a trunk. */
size_t calls_hangup_trunk(struct calls *c, const char *trunk,
			  const char *reason);

/* Rows for the bus: struct call of the schema. */
typedef void (*calls_row_fn)(void *ctx, const struct call *row);
void calls_each(struct calls *c, calls_row_fn fn, void *ctx);

/*
 * Rings the caller's phones and, when one answers, calls the callee in its
 * name. done gets the call's id, or NULL and why in words.
 */
typedef void (*calls_originated_fn)(void *ctx, const char *id, const char *why);
void calls_originate(struct calls *c, const char *caller, const char *callee,
		     calls_originated_fn done, void *ctx);

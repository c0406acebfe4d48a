/*
 * The trunks: the table with its rules beyond the schema, and one line to a
 * provider for each row (trunk_line.h). Calls ask here where a trunk is, what
 * it may know, and whose a request is.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "where.h"

struct addr;
struct bus;
struct event_base;
struct request;
struct seal;
struct sofia;
struct store;
struct target;
struct trunk;
struct trunk_state;
struct trunk_tester;
struct trunks;

struct trunks_config {
	struct event_base *base;
	struct bus *bus; /* NULL in tests */
	struct store *store;
	const struct seal *seal;
	const char *run_dir; /* the parent of all views */
	struct sofia *sofia;
	/* A trunk was deleted or switched off. */
	void (*gone)(void *ctx, const char *name);
	void *ctx;
};

/* Opens the table and the lines. NULL and why. */
struct trunks *trunks_new(const struct trunks_config *config, char *why,
			  size_t why_size);
/* Takes all registrations back: turns the event loop until the providers
   answered, or a second is over. For the daemon's end. */
void trunks_leave(struct trunks *t);
/* Closes the table; registrations stay at the provider until they expire. */
void trunks_free(struct trunks *t);

/* The row, its secret in clear, valid until the next change of the table; NULL:
   no such trunk, or not in use. */
const struct trunk *trunks_get(const struct trunks *t, const char *name);

/* Where a call goes: the provider's servers in the order in which to try them
   (RFC 3263 section 4.3). .uri is "". 0: no such trunk, or its name is not
   known (yet). */
size_t trunks_targets(struct trunks *t, const char *name, struct target *out,
		      size_t max);

/* Where a name is that a provider gave us for a dialog: where_ask(). */
struct where *trunks_where(struct trunks *t, const struct where_question *q,
			   where_done_fn done, void *ctx);

/* Is this trunk known not to answer? */
bool trunks_down(const struct trunks *t, const char *name);

/* Is this an address of the trunk's provider? */
bool trunks_owns(const struct trunks *t, const char *name,
		 const struct addr *addr);

/* The provider's networks as a list field has them: what was configured, or
   the addresses of its name. Never NULL. */
const char *trunks_networks(const struct trunks *t, const char *name);

/* The user part of our Contact there: random, kept over restarts. */
const char *trunks_contact_user(const struct trunks *t, const char *name);

/* The one realm that the password is given to; "": none was proved yet. */
const char *trunks_realm(const struct trunks *t, const char *name);
/* The password was taken in this realm: from here on it is the only one. */
void trunks_proved(struct trunks *t, const char *name, const char *realm);

/* A call over this trunk began (1) or ended (-1); a trunk did not take one. */
void trunks_call(struct trunks *t, const char *name, int by);
void trunks_failed(struct trunks *t, const char *name, const char *why);

/*
 * Whose provider sends this? Known by the random user of our Contact there, or
 * by its address. The trunk's name, or NULL.
 */
const char *trunks_of(const struct trunks *t, const char *uri_user,
		      const struct addr *source);

/* Who is at this address over TLS, and must it prove it? The strictest, where
   several trunks go there. And that it did not, in words. */
struct sofia_tls_peer;
bool trunks_tls(const struct trunks *t, const struct addr *addr, uint16_t port,
		struct sofia_tls_peer *out);
void trunks_tls_failed(struct trunks *t, const struct addr *addr, uint16_t port,
		       const char *why);

typedef void (*trunks_row_fn)(void *ctx, const struct trunk_state *row);
void trunks_each(const struct trunks *t, trunks_row_fn fn, void *ctx);

/* "Test now" (trunk_test.h). 0, -ENOENT, -EBUSY: one is under way. */
int trunks_test(struct trunks *t, const char *name,
		const struct trunk_tester *teller);

/*
 * The names of addresses, as reverse DNS has them (RFC 1035 section 3.5, RFC
 * 3596 section 2.5), forward-confirmed: whoever has an address may write any
 * name there, so a name counts only when it says the same address itself.
 *
 * Nothing is asked but by reverse_ask(). What comes back is a stranger's text:
 * only what a host's name is made of is taken, everything else is no name. All
 * is bounded: REVERSE_AT_ONCE lookups, REVERSE_DEADLINE_MS each, REVERSE_KEPT
 * answers, each kept for the time its records give, but a minute at least and
 * an hour at most. Callers and answers belong to struct reverse.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "addr.h"
#include "dns.h"

struct event_base;
struct reverse;

enum {
	REVERSE_AT_ONCE = 8,
	REVERSE_KEPT = 256,
	REVERSE_DEADLINE_MS = 2000,
	REVERSE_TTL_MIN_S = 60,
	REVERSE_TTL_MAX_S = 3600,
	REVERSE_NONE_S = 300,  /* how long it is known that there is none */
	REVERSE_SILENT_S = 10, /* nobody answered: soon asked again */
	REVERSE_QUESTION = 80, /* "9.113.0.203.in-addr.arpa", ip6.arpa's 72 */
};

enum reverse_state {
	REVERSE_NONE,      /* there is no name, or none that may be shown */
	REVERSE_SILENT,    /* DNS could not be asked, or not in time */
	REVERSE_CLAIMED,   /* the name does not say this address, or nobody
			      knows whether it does */
	REVERSE_CONFIRMED, /* and the name says this address */
};

struct reverse_answer {
	struct addr addr;
	enum reverse_state state;
	char name[DNS_NAME]; /* small letters; "" without one */
};

typedef void (*reverse_done_fn)(void *ctx, const struct reverse_answer *answer);

/* NULL: no memory. */
struct reverse *reverse_new(struct event_base *base);
/* Nobody is told. */
void reverse_free(struct reverse *r);

/* What is known without asking, or NULL. Valid until the next call. */
const struct reverse_answer *reverse_known(struct reverse *r,
					   const struct addr *addr);

/* done comes once, never from inside. Who asks for an address that is being
   asked for gets the same answer. 0, -EBUSY (too many at once), -ENOMEM. */
int reverse_ask(struct reverse *r, const struct addr *addr,
		reverse_done_fn done, void *ctx);
/* No done of this ctx comes any more. */
void reverse_forget(struct reverse *r, void *ctx);

/* reverse_name.c: the name to ask for. */
void reverse_question(const struct addr *addr, char name[REVERSE_QUESTION]);
/*
 * The name, if it is one that can be shown: labels of letters, digits, hyphens
 * and underscores (RFC 1123, and what is seen), the last one not of digits
 * alone lest it looks like an address. Small letters; an international name
 * stays in its ASCII form. False: `out` is untouched.
 */
bool reverse_tidy(const char *name, char out[DNS_NAME]);

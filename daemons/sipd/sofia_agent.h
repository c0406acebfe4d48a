/* Making and changing the agent: for sipd.c alone. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "peer.h"
#include "request.h"

struct event_base;
struct sofia;

/* What a message is reported as that came to nobody, or not to whom it was
   for. */
enum sofia_bad { SOFIA_MALFORMED, SOFIA_SCANNER, SOFIA_FORGED };

/* Whom a connection that we open over TLS must prove to be. */
struct sofia_tls_peer {
	char host[129];
	char domain[129];  /* "" for none; either name will do */
	char ca_file[256]; /* "": the authorities that the system trusts */
	bool check;
};

struct sofia_ops {
	/* Is this address trusted (SPEC 1)? */
	bool (*local)(void *ctx, const struct addr *addr);
	/* Must its messages be dropped before they are read? */
	bool (*banned)(void *ctx, const struct addr *addr);
	/* Is this User-Agent a known scanner's? Reported and dropped if so. */
	bool (*scanner)(void *ctx, const char *user_agent);
	/* Not taken for what it said: `what` in our words, never the peer's. */
	void (*bad)(void *ctx, enum sofia_bad bad, const struct peer *peer,
		    const char *what);
	/* Who is at this address and port; false: nobody who must prove it. */
	bool (*tls_peer)(void *ctx, const struct addr *addr, uint16_t port,
			 struct sofia_tls_peer *out);
	/* It did not: why in words. */
	void (*tls_failed)(void *ctx, const struct addr *addr, uint16_t port,
			   const char *why);
	/* A well-formed request outside a dialog; takes it. */
	void (*request)(void *ctx, struct request *r);
};

struct sofia_ports {
	uint16_t port;
	uint16_t tls_port; /* 0: no TLS */
	char certificate[256];
	char external[65];
};

struct sofia_config {
	struct event_base *base;
	const char *state_dir;
	const char *bind; /* addresses separated by ';', NULL: all */
	const struct sofia_ops *ops;
	void *ctx;
	struct sofia_ports ports;
};

/* NULL, and one line in why that says what to do. */
struct sofia *sofia_new(const struct sofia_config *config, char *why,
			size_t why_size);
void sofia_free(struct sofia *s);

/* Binds addresses of the box that appeared since; those that went stay, no
   packet comes to them. */
void sofia_follow_addresses(struct sofia *s);

/* Somebody proved over this connection who he is: it no longer counts against
   the source's allowance. */
void sofia_trust(struct sofia *s, const struct peer *peer);

/*
 * New ports or another certificate, in force when it returns 0. A library that
 * cannot close a port keeps the old ones open until the next start: what
 * comes there outside of a dialog is dropped, calls that began there go on. On
 * an error the old ports stay.
 */
int sofia_set_ports(struct sofia *s, const struct sofia_ports *ports, char *why,
		    size_t why_size);

/*
 * The registrar (RFC 3261 section 10): which extension can be reached where.
 * Owns the bindings and their live rows, and one reference to the connection
 * of each binding that came over TCP or TLS.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "peer.h"

struct binding;
struct binding_fact;
struct event_base;
struct extension;
struct live;
struct registrar;
struct request;
struct sip_settings;
struct sofia;

enum { TARGET_URI = 256, TARGET_ROUTE = 96, TARGET_ID = 49 };

/*
 * One way to ring an extension. Send the request with Request-URI `uri` to
 * `route` (the flow's source: NAT or not, it is where the phone was seen) and
 * with NTATAG_TPORT(peer.tport): it names the connection, or our address and
 * socket that the phone knows. The tport is borrowed from the binding: take a
 * reference (sofia_tport_ref) before the loop turns. It is NULL when a restart
 * lost the connection.
 */
struct target {
	char binding[TARGET_ID];
	char uri[TARGET_URI];     /* the registered contact */
	char route[TARGET_ROUTE]; /* "sip:192.0.2.9:5062;transport=udp" */
	char user_agent[97];
	struct peer peer; /* .extension is the one registered */
	uint32_t q_milli;
};

struct registrar_config {
	struct event_base *base;
	struct sofia *sofia;
	struct live *live;                   /* the rows; NULL in tests */
	const struct sip_settings *settings; /* its contents follow changes */
	void (*fact)(void *ctx, const struct binding_fact *fact);
	/* Keep the way to a phone behind NAT open: send it something. */
	void (*keep)(void *ctx, const struct target *target);
	void *ctx;
};

/* Takes over the rows that a former sipd left. NULL: no memory. */
struct registrar *registrar_new(const struct registrar_config *config);
void registrar_free(struct registrar *r);

enum { REGISTRAR_HEADERS = 8192 };

struct registrar_answer {
	unsigned code;
	const char *phrase;
	char headers[REGISTRAR_HEADERS];
};

/*
 * Carries out a REGISTER that was authenticated as `e`; all of it or nothing.
 * `again`: a retransmission of one that was, changes nothing.
 */
void registrar_register(struct registrar *r, const struct request *rq,
			const struct extension *e, bool again,
			struct registrar_answer *answer);

/*
 * Where `extension` can be rung now, highest q first, the latest first among
 * equals. Returns how many were written, at most `max`.
 */
size_t registrar_targets(struct registrar *r, const char *extension,
			 struct target *out, size_t max);

/* Is this peer where `extension` is registered? */
bool registrar_known(const struct registrar *r, const char *extension,
		     const struct peer *peer);

/* A phone at this address tried `extension` with the previous password, or
   (false) with the present one. */
void registrar_old_secret(struct registrar *r, const char *extension,
			  const struct addr *addr, bool old);

/* Forgets all bindings of an extension, or (permit not NULL) those whose
   source is not in that list. */
void registrar_forget(struct registrar *r, const char *extension,
		      const char *permit);

typedef void (*registrar_row_fn)(void *ctx, const struct binding *row);
void registrar_each(const struct registrar *r, registrar_row_fn fn, void *ctx);
size_t registrar_count(const struct registrar *r);

/* Expires what is due, drops what was lost; called once a second by itself,
   by tests at will. */
void registrar_tick(struct registrar *r, uint64_t now_ms);

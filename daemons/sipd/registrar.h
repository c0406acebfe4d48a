/*
 * The registrar (RFC 3261 section 10): which extension can be reached where.
 * Owns the bindings, their live rows, and one reference to the connection of
 * each binding that came over TCP or TLS.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "peer.h"

struct binding;
struct registrar;

enum { TARGET_URI = 256, TARGET_ROUTE = 96, TARGET_ID = 49 };

/*
 * One way to ring an extension. Send the request with Request-URI `uri` to
 * `route` (the flow's source: NAT or not, it is where the phone was seen) and,
 * when peer.tport is set, pin it to that connection (NTATAG_TPORT). The tport
 * is borrowed from the binding: take a reference before the loop turns.
 */
struct target {
	char binding[TARGET_ID];
	char uri[TARGET_URI]; /* the registered contact */
	char route[TARGET_ROUTE]; /* "sip:192.0.2.9:5062;transport=udp" */
	char user_agent[97];
	struct peer peer; /* .extension is the one registered */
	uint32_t q_milli;
};

/*
 * Where `extension` can be rung now, highest q first, the latest first among
 * equals. Returns how many were written, at most `max`.
 */
size_t registrar_targets(struct registrar *r, const char *extension,
			 struct target *out, size_t max);

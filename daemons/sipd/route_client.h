/*
 * routed as a call sees it: who may call whom, and where finished calls are
 * written down.
 */
#pragma once

#include <stdbool.h>

struct ask;
struct bus;
struct cdr;
struct instruct;
struct lease;
struct renew;
struct route_client;
struct verdict;

/* verdict NULL: routed was silent or unreachable. */
typedef void (*route_asked_fn)(void *ctx, const struct verdict *verdict);
/* ok: the record is safe on routed's disk. */
typedef void (*route_ended_fn)(void *ctx, bool ok);

/* lease NULL: routed was silent or unreachable. */
typedef void (*route_renewed_fn)(void *ctx, const struct lease *lease);

struct route_client_ops {
	void (*instruct)(void *ctx, const struct instruct *in);
	void (*there)(void *ctx, bool there);
};

struct route_client *route_client_new(struct bus *bus,
				      const struct route_client_ops *ops,
				      void *ctx);
void route_client_free(struct route_client *r);

void route_ask(struct route_client *r, const struct ask *ask,
	       route_asked_fn done, void *ctx);
/* Asks for more time for a call over a trunk; silence is told after 1 s. */
void route_renew(struct route_client *r, const struct renew *renew,
		 route_renewed_fn done, void *ctx);
void route_ended(struct route_client *r, const struct cdr *cdr,
		 route_ended_fn done, void *ctx);
void route_forget(struct route_client *r, void *ctx);

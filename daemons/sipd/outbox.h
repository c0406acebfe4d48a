/*
 * Finished calls that routed has not yet written down. Each is kept in the
 * live database "ended" of our own view, so that a crash loses none, and is
 * sent again until routed says that it is safe (it keeps one record a call,
 * however often it is told).
 */
#pragma once

#include <stddef.h>

struct cdr;
struct event_base;
struct outbox;
struct route_client;
struct store;

/* Reads what a run before left. NULL: no memory. */
struct outbox *outbox_new(struct event_base *base, struct store *store,
			  struct route_client *route);
void outbox_free(struct outbox *o);

/* Keeps and sends it. -ENOMEM: sent once and not kept. */
int outbox_add(struct outbox *o, const struct cdr *cdr);

/* routed came back: everything goes out again at once. */
void outbox_retry(struct outbox *o);
size_t outbox_count(const struct outbox *o);

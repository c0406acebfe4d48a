/*
 * Server-sent events: what the other daemons tell, to the browsers that may
 * hear it. No replay: a reader that was away reads its tables again.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bus;
struct event_base;
struct events;
struct facts;
struct login;
struct request;
struct sessions;

struct events_config {
	struct event_base *base;
	struct bus *bus;
	struct sessions *sessions;
};

struct events *events_new(const struct events_config *config);
void events_free(struct events *e);

/* Where the numbers of `live` come from; made after us. */
void events_set_facts(struct events *e, struct facts *facts);

/* Answers r with a stream, or with 429 when the session has two. */
void events_open(struct events *e, struct request *r, struct login *login);

/* The session is over: its streams hear `end` and close. */
void events_end_session(struct events *e, const char *session);

void events_tell_peer(struct events *e, const char *name, bool there,
		      uint64_t since_ms);

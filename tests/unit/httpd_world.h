/* Connections without TLS and a handler that echoes: HTTP as bytes. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <event2/event.h>

#include "conn.h"
#include "http.h"

struct world {
	struct event_base *base;
	struct http *http;
	struct conns *conns;
	unsigned runs;        /* requests that reached the handler */
	struct request *held; /* one that is not answered yet */
	bool hold;
	bool pardoned; /* guardd's list has no ban any more */
};

/* hurry: deadlines are so many times shorter. */
void world_open(struct world *w, unsigned hurry);
void world_close(struct world *w);

/* A browser's end of a new connection from `address`. -1: not let in. */
int world_connect(struct world *w, const char *address);

/* Sends it all, whatever it takes. */
void world_send(struct world *w, int fd, const char *bytes, size_t n);

/* Reads until `until` was seen or the end; returns the bytes read, in text.
   Aborts after 10 s. */
size_t world_read(struct world *w, int fd, char *text, size_t size,
		  const char *until);

/* Sends one request, returns the status; 0: closed without a word. */
int world_ask(struct world *w, const char *request, size_t n);

/* Turns the loop until *count is n. Aborts after 10 s. */
void world_until(struct world *w, const unsigned *count, unsigned n);

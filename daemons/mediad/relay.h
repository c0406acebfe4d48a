/*
 * A media thread: an epoll loop that owns sessions. The control thread makes
 * sessions and sends orders through the functions here, which never wait; what
 * happens comes back as notices through a mailbox. A session's pointer is a
 * handle outside the thread: after relay_close() it must not be used again, and
 * NOTICE_CLOSED is the last that is heard of it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "collect.h"
#include "leg.h"
#include "ports.h"

struct relay;

/* Starts the thread. NULL: no memory, no descriptor or no thread. */
struct relay *relay_new(struct mailbox *notices);
/* Ends it and everything it owns. */
void relay_free(struct relay *r);

/* For calls without sound; takes effect within a second. */
void relay_silence(struct relay *r, uint32_t silence_s);
uint64_t relay_packets(const struct relay *r);
uint64_t relay_foreign(const struct relay *r);

/* All return 0 or -ENOMEM (then nothing happens). `owner` comes back in every
   notice. */
int relay_open(struct relay *r, void *owner, struct media_session **out);
/* Gives the pair's sockets to the thread, only when it returns 0. */
int relay_sockets(struct relay *r, struct media_session *s, unsigned leg,
		  const struct port_pair *pair);
int relay_conf(struct relay *r, struct media_session *s, unsigned leg,
	       const struct leg_conf *conf);
/* Take over the list's references, always. */
int relay_play(struct relay *r, struct media_session *s, unsigned leg,
	       struct playlist *list);
int relay_collect(struct relay *r, struct media_session *s, unsigned leg,
		  struct playlist *prompts, const struct collect_conf *conf);
/* For a collector only. */
int relay_key(struct relay *r, struct media_session *s, unsigned leg, char key);
int relay_echo(struct relay *r, struct media_session *s, unsigned leg);
int relay_stop(struct relay *r, struct media_session *s, unsigned leg);
/* Whoever asked for the call is gone (or back): silence of both legs ends it.
 */
int relay_orphan(struct relay *r, struct media_session *s, bool orphan);
/* Never fails: the order was made with the session. */
void relay_close(struct relay *r, struct media_session *s);

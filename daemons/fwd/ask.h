/*
 * A question about the box as it is: would.h with its sets (local networks,
 * allowed addresses, the kernel's bans).
 */
#pragma once

#include "would.h"

struct fwd;

struct ask_world {
	struct fwd *fwd;
	const struct ruleset *rules; /* in force, or as they would be */
};

/*
 * A first packet of this source, over the interface that it belongs to.
 * IPPROTO_ICMP stands for a ping of either family. A port of calls counts as
 * open.
 */
void ask_packet(struct packet *p, const struct addr *source, uint8_t protocol,
		uint16_t port);

void ask(struct ask_world *w, const struct packet *p, struct would *out);

/* What else there is to say about the answer; empty: nothing. */
void ask_note(const struct ask_world *w, const struct packet *p,
	      const struct would *answer, char *note, size_t size);

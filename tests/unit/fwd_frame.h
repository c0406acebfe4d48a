/*
 * Packets as frames on a link of fwd_world.h: any source, any MAC address, any
 * protocol; UDP, TCP (a SYN) and ICMP with right sums.
 */
#pragma once

#include "fwd_world.h"
#include "would.h"

struct frame_link {
	int fd; /* the peer's, for frames */
	int index;
	uint8_t mac[6]; /* the box's */
	const char *box4;
	const char *box6;
};

/* Names of the interfaces of both ends, and the box's addresses there. */
void frame_open(struct frame_link *l, const struct fwd_world *ns,
		const char *box, const char *peer, const char *box4,
		const char *box6);

/* Sends p to the box; the number stands in it: UDP's first four bytes, TCP's
   sequence number, ICMP's id and sequence (exchanged). */
void frame_send(const struct frame_link *l, const struct packet *p,
		uint32_t number);

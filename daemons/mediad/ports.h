/*
 * The pairs of UDP ports: even for RTP, the next odd one for RTCP (RFC 3550
 * section 11). Least recently used first, so that what still flies to an old
 * call does not meet a new one; shuffled at the start, so that nobody guesses
 * the next. Owned by the control thread.
 */
#pragma once

#include <stdint.h>

struct ports;

struct port_pair {
	uint16_t port; /* even; 0: none */
	int rtp; /* sockets, bound, non-blocking; -1: given away or none */
	int rtcp;
};

struct ports *ports_new(void); /* no range yet */
void ports_free(struct ports *p);

/* A new range, for new calls; pairs in use stay in use. Returns 0, -EINVAL
   (holds no pair), -ENOMEM; then the old range stays. */
int ports_range(struct ports *p, uint16_t min, uint16_t max);

/*
 * Takes and binds a pair, IPv6 and IPv4 at once where the kernel can. One that
 * another program holds is left out. Returns 0, -EBUSY (none free) or what
 * bind() said.
 */
int ports_take(struct ports *p, struct port_pair *out);

/* Gives it back, after its sockets have been closed. */
void ports_give(struct ports *p, uint16_t port);

uint32_t ports_count(const struct ports *p);
uint32_t ports_free_count(const struct ports *p);

/* Is this a port of ours? Sound sent there would come back to us. */
int ports_holds(const struct ports *p, uint16_t port);

/*
 * RTP and RTCP packets (RFC 3550): what is one, and the few fields we touch.
 *
 *	 0                   1                   2                   3
 *	|V=2|P|X|  CC   |M|     PT      |       sequence number         |
 *	|                           timestamp                           |
 *	|                             SSRC                              |
 *	| CSRC (CC times) | extension if X | payload | padding if P ... |
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	RTP_HEADER = 12,
	RTP_MAX = 1500, /* longer ones are no voice */
};

struct rtp {
	uint8_t pt;
	bool marker;
	uint16_t seq;
	uint32_t ts;
	uint32_t ssrc;
	uint16_t at;  /* of the payload */
	uint16_t len; /* of the payload, without padding */
};

/* Has it the length and the version? All that can be said of SRTP. */
bool rtp_is(const uint8_t *p, size_t n);

/* Returns 0, or -EBADMSG: not a whole RTP packet. */
int rtp_read(struct rtp *r, const uint8_t *p, size_t n);

/* Overwrites the header's fields in place; CSRC, extension, payload stay. */
void rtp_patch(uint8_t *p, const struct rtp *r);

/* A header of 12 bytes. */
void rtp_write(uint8_t p[RTP_HEADER], const struct rtp *r);

/* RFC 5761 section 4: on a shared port, is this RTCP? */
bool rtcp_is(const uint8_t *p, size_t n);

/* A whole compound packet (RFC 3550 section 6.1)? Returns 0 or -EBADMSG. */
int rtcp_check(const uint8_t *p, size_t n);

/* How a packet that passes must be changed when we renumbered its stream. */
struct rtcp_map {
	uint32_t from_ssrc, to_ssrc; /* of the stream it travels with */
	uint32_t ts_add;             /* on the sender report's RTP timestamp */
	uint32_t about_from, about_to; /* of the stream it notices on */
};

/* In place; only on what rtcp_check() found good. */
void rtcp_rewrite(uint8_t *p, size_t n, const struct rtcp_map *map);

uint16_t get16(const uint8_t *p);
uint32_t get32(const uint8_t *p);
void put16(uint8_t *p, uint16_t v);
void put32(uint8_t *p, uint32_t v);

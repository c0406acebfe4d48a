/* A phone's RTP: a UDP socket on loopback. Its waits have an end. */
#pragma once

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"
#include "rtp.h"

enum { PHONE_WAIT_S = 10 };

struct phone {
	int fd;
	uint16_t port;
};

static inline void phone_open(struct phone *p)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	struct timeval wait = { .tv_sec = PHONE_WAIT_S };
	socklen_t len = sizeof(sa);

	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	p->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	CHECK_EQ(bind(p->fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	CHECK_EQ(getsockname(p->fd, (struct sockaddr *)&sa, &len), 0);
	CHECK_EQ(
		setsockopt(p->fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)),
		0);
	p->port = ntohs(sa.sin_port);
}

static inline void phone_bytes(struct phone *p, uint16_t to, const void *bytes,
			       size_t n)
{
	struct sockaddr_in sa = { .sin_family = AF_INET,
				  .sin_port = htons(to) };

	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CHECK_EQ(sendto(p->fd, bytes, n, 0, (struct sockaddr *)&sa, sizeof(sa)),
		 n);
}

static inline void phone_send(struct phone *p, uint16_t to, uint8_t pt,
			      uint16_t seq, uint32_t ssrc, const void *payload,
			      size_t n)
{
	uint8_t packet[RTP_MAX];
	struct rtp r = { .pt = pt, .seq = seq, .ts = seq * 160u, .ssrc = ssrc };

	rtp_write(packet, &r);
	memcpy(packet + RTP_HEADER, payload, n);
	phone_bytes(p, to, packet, RTP_HEADER + n);
}

/* A key: its packets share their timestamp; the last has the end bit. */
static inline void phone_key(struct phone *p, uint16_t to, uint16_t *seq,
			     uint32_t ssrc, uint8_t key)
{
	uint32_t ts = *seq * 160u;

	for (int i = 0; i < 4; i++) {
		uint8_t packet[RTP_HEADER + 4];
		struct rtp r = {
			.pt = 101, .seq = (*seq)++, .ts = ts, .ssrc = ssrc
		};

		rtp_write(packet, &r);
		packet[12] = key;
		packet[13] = (uint8_t)(i > 1 ? 0x8a : 0x0a);
		put16(packet + 14, (uint16_t)(160 * (i + 1)));
		phone_bytes(p, to, packet, sizeof(packet));
	}
}

/* The next packet; its payload. Returns the payload's length. */
static inline size_t phone_hear(struct phone *p, struct rtp *r,
				uint8_t payload[RTP_MAX])
{
	uint8_t packet[RTP_MAX];
	ssize_t n = recv(p->fd, packet, sizeof(packet), 0);

	CHECK(n > 0);
	CHECK_EQ(rtp_read(r, packet, (size_t)n), 0);
	memcpy(payload, packet + r->at, r->len);
	return r->len;
}

/* Nothing waits. Call it when a later packet on the same path was heard. */
static inline void phone_hears_nothing(struct phone *p)
{
	uint8_t c;

	CHECK_EQ(recv(p->fd, &c, 1, MSG_DONTWAIT), -1);
	CHECK_EQ(errno, EAGAIN);
}

#include "rtp.h"

#include <errno.h>

enum { RTCP_SR = 200, RTCP_RR = 201, RTCP_SDES = 202, RTCP_BYE = 203 };

uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

void put16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

void put32(uint8_t *p, uint32_t v)
{
	put16(p, (uint16_t)(v >> 16));
	put16(p + 2, (uint16_t)v);
}

bool rtp_is(const uint8_t *p, size_t n)
{
	return n >= RTP_HEADER && n <= RTP_MAX && p[0] >> 6 == 2;
}

int rtp_read(struct rtp *r, const uint8_t *p, size_t n)
{
	size_t at = RTP_HEADER;
	size_t padding = 0;

	if (!rtp_is(p, n))
		return -EBADMSG;
	at += (size_t)(p[0] & 0x0f) * 4;
	if (p[0] & 0x10) {
		if (at + 4 > n)
			return -EBADMSG;
		at += 4 + (size_t)get16(p + at + 2) * 4;
	}
	if (p[0] & 0x20) {
		padding = p[n - 1];
		if (!padding)
			return -EBADMSG;
	}
	if (at + padding > n)
		return -EBADMSG;
	*r = (struct rtp){
		.pt = p[1] & 0x7f,
		.marker = p[1] >> 7,
		.seq = get16(p + 2),
		.ts = get32(p + 4),
		.ssrc = get32(p + 8),
		.at = (uint16_t)at,
		.len = (uint16_t)(n - at - padding),
	};
	return 0;
}

void rtp_patch(uint8_t *p, const struct rtp *r)
{
	p[1] = (uint8_t)(r->marker << 7 | r->pt);
	put16(p + 2, r->seq);
	put32(p + 4, r->ts);
	put32(p + 8, r->ssrc);
}

void rtp_write(uint8_t p[RTP_HEADER], const struct rtp *r)
{
	p[0] = 0x80;
	rtp_patch(p, r);
}

bool rtcp_is(const uint8_t *p, size_t n)
{
	return n >= 2 && p[1] >= 192 && p[1] <= 223;
}

int rtcp_check(const uint8_t *p, size_t n)
{
	/* The first one must be a report (section A.2). */
	if (n < 8 || n > RTP_MAX || (p[1] != RTCP_SR && p[1] != RTCP_RR))
		return -EBADMSG;
	while (n) {
		size_t len;

		if (n < 4 || p[0] >> 6 != 2)
			return -EBADMSG;
		len = ((size_t)get16(p + 2) + 1) * 4;
		if (len > n)
			return -EBADMSG;
		p += len;
		n -= len;
	}
	return 0;
}

static void swap32(uint8_t *p, uint32_t from, uint32_t to)
{
	if (get32(p) == from)
		put32(p, to);
}

static void rewrite_one(uint8_t *p, size_t len, const struct rtcp_map *map)
{
	size_t blocks = p[0] & 0x1f;
	size_t at = p[1] == RTCP_SR ? 28 : 8;

	if (p[1] < RTCP_SR || p[1] > RTCP_BYE || len < 8)
		return;
	swap32(p + 4, map->from_ssrc, map->to_ssrc);
	if (p[1] == RTCP_SR && len >= 28)
		put32(p + 16, get32(p + 16) + map->ts_add);
	if (p[1] > RTCP_RR)
		return;
	for (; blocks-- && at + 24 <= len; at += 24)
		swap32(p + at, map->about_from, map->about_to);
}

void rtcp_rewrite(uint8_t *p, size_t n, const struct rtcp_map *map)
{
	while (n >= 4) {
		size_t len = ((size_t)get16(p + 2) + 1) * 4;

		rewrite_one(p, len, map);
		p += len;
		n -= len;
	}
}

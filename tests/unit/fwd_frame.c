#include "fwd_frame.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/if_ether.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"

void frame_open(struct frame_link *l, const struct fwd_world *ns,
		const char *box, const char *peer, const char *box4,
		const char *box6)
{
	struct ifreq r = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", box);
	CHECK_EQ(ioctl(fd, SIOCGIFHWADDR, &r), 0);
	memcpy(l->mac, r.ifr_hwaddr.sa_data, 6);
	close(fd);
	fwd_world_enter(ns->peer);
	l->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	CHECK(l->fd >= 0);
	l->index = (int)if_nametoindex(peer);
	fwd_world_enter(ns->box);
	l->box4 = box4;
	l->box6 = box6;
}

static uint32_t sum(const void *data, size_t n, uint32_t s)
{
	const uint8_t *p = data;

	for (size_t i = 0; i < n; i++)
		s += i % 2 ? p[i] : (uint32_t)p[i] << 8;
	return s;
}

static uint16_t folded(uint32_t s)
{
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return htons((uint16_t)~s);
}

static void put16(uint8_t *to, uint32_t value)
{
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
}

static void put32(uint8_t *to, uint32_t value)
{
	put16(to, value >> 16);
	put16(to + 2, value);
}

/* The header of the protocol, with the number in it; returns its length and
   where its checksum stands. */
static size_t transport(const struct packet *p, uint32_t number, uint8_t *to,
			size_t *check)
{
	size_t n = p->protocol == IPPROTO_UDP ? 12 : 8;

	memset(to, 0, 20);
	*check = 2;
	if (p->protocol == IPPROTO_ICMP || p->protocol == IPPROTO_ICMPV6) {
		to[0] = p->icmp_type;
		/* The id is what makes a flow: the part that differs. */
		put32(to + 4, number << 16 | number >> 16);
		return n;
	}
	put16(to, p->source_port);
	put16(to + 2, p->port);
	if (p->protocol == IPPROTO_UDP) {
		put16(to + 4, (uint32_t)n);
		put32(to + 8, number);
		*check = 6;
		return n;
	}
	put32(to + 4, number);
	to[12] = 5 << 4;
	to[13] = 2; /* SYN */
	put16(to + 14, 1024);
	*check = 16;
	return 20;
}

/* RFC 791, RFC 8200, and the pseudo header of RFC 768 and RFC 8200 8.1. */
static size_t datagram(const struct packet *p, const struct addr *to,
		       uint32_t number, uint8_t *out)
{
	bool v4 = p->source.family == AF_INET;
	size_t head = v4 ? 20 : 40, width = v4 ? 4 : 16, n, check;
	uint16_t s;

	memset(out, 0, head);
	n = transport(p, number, out + head, &check);
	if (v4) {
		out[0] = 0x45;
		put16(out + 2, (uint32_t)(head + n));
		out[8] = 64;
		out[9] = p->protocol;
	} else {
		out[0] = 0x60;
		put16(out + 4, (uint32_t)n);
		out[6] = p->protocol;
		out[7] = 64;
	}
	memcpy(out + (v4 ? 12 : 8), p->source.bytes, width);
	memcpy(out + (v4 ? 16 : 24), to->bytes, width);
	if (v4) {
		s = folded(sum(out, head, 0));
		memcpy(out + 10, &s, 2);
	}
	s = folded(sum(out + head, n,
		       p->protocol == IPPROTO_ICMP
			       ? 0
			       : sum(out + (v4 ? 12 : 8), 2 * width,
				     p->protocol + (uint32_t)n)));
	if (s == 0 && p->protocol == IPPROTO_UDP)
		s = 0xffff;
	memcpy(out + head + check, &s, 2);
	return head + n;
}

void frame_send(const struct frame_link *l, const struct packet *p,
		uint32_t number)
{
	bool v4 = p->source.family == AF_INET;
	struct sockaddr_ll to = { .sll_family = AF_PACKET,
				  .sll_ifindex = l->index,
				  .sll_halen = 6 };
	uint8_t frame[128];
	struct addr box;
	size_t n;

	CHECK_EQ(addr_parse(&box, v4 ? l->box4 : l->box6), 0);
	memcpy(to.sll_addr, l->mac, 6);
	memcpy(frame, l->mac, 6);
	memcpy(frame + 6, p->mac, 6);
	put16(frame + 12, v4 ? ETH_P_IP : ETH_P_IPV6);
	n = 14 + datagram(p, &box, number, frame + 14);
	CHECK_EQ(sendto(l->fd, frame, n, 0, (struct sockaddr *)&to, sizeof(to)),
		 n);
}

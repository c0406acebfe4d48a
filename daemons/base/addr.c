#include "addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

enum { MAPPED_BITS = 96 }; /* of ::ffff:0:0/96 */

static unsigned int bits_of(const struct addr *a)
{
	return a->family == AF_INET ? 32 : 128;
}

static void fold_mapped(struct addr *a)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (a->family != AF_INET6 ||
	    memcmp(a->bytes, mapped, sizeof(mapped)) != 0)
		return;
	a->family = AF_INET;
	memmove(a->bytes, a->bytes + 12, 4);
	memset(a->bytes + 4, 0, 12);
}

static int parse_unfolded(struct addr *a, const char *text)
{
	struct addr made = { .family = AF_INET };

	if (strchr(text, ':'))
		made.family = AF_INET6;
	if (inet_pton(made.family, text, made.bytes) != 1)
		return -EINVAL;
	*a = made;
	return 0;
}

int addr_parse(struct addr *a, const char *text)
{
	int err = parse_unfolded(a, text);

	if (!err)
		fold_mapped(a);
	return err;
}

void addr_format(const struct addr *a, char text[ADDR_TEXT])
{
	if (!a->family || !inet_ntop(a->family, a->bytes, text, ADDR_TEXT))
		snprintf(text, ADDR_TEXT, "none");
}

bool addr_equal(const struct addr *a, const struct addr *b)
{
	return a->family == b->family &&
	       memcmp(a->bytes, b->bytes, a->family ? bits_of(a) / 8 : 0) == 0;
}

int addr_from_sockaddr(struct addr *a, uint16_t *port,
		       const struct sockaddr *sa)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	if (sa->sa_family == AF_INET) {
		memcpy(&in, sa, sizeof(in));
		*a = (struct addr){ .family = AF_INET };
		memcpy(a->bytes, &in.sin_addr, 4);
		if (port)
			*port = ntohs(in.sin_port);
		return 0;
	}
	if (sa->sa_family == AF_INET6) {
		memcpy(&in6, sa, sizeof(in6));
		*a = (struct addr){ .family = AF_INET6 };
		memcpy(a->bytes, &in6.sin6_addr, 16);
		fold_mapped(a);
		if (port)
			*port = ntohs(in6.sin6_port);
		return 0;
	}
	return -EAFNOSUPPORT;
}

uint32_t addr_to_sockaddr(const struct addr *a, uint16_t port,
			  struct sockaddr_storage *ss)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
				  .sin_port = htons(port) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
				    .sin6_port = htons(port) };

	memset(ss, 0, sizeof(*ss));
	if (a->family == AF_INET) {
		memcpy(&in.sin_addr, a->bytes, 4);
		memcpy(ss, &in, sizeof(in));
		return sizeof(in);
	}
	memcpy(&in6.sin6_addr, a->bytes, 16);
	memcpy(ss, &in6, sizeof(in6));
	return sizeof(in6);
}

static uint8_t mask_byte(unsigned int len, size_t i)
{
	if (len >= 8 * (i + 1))
		return 0xff;
	if (len <= 8 * i)
		return 0;
	return (uint8_t)(0xff << (8 * (i + 1) - len));
}

static void clear_host_bits(struct addr *a, unsigned int len)
{
	for (size_t i = 0; i < sizeof(a->bytes); i++)
		a->bytes[i] &= mask_byte(len, i);
}

/* "24" -> 24; at most `most`. */
static int parse_len(const char *text, unsigned int most)
{
	unsigned int len = 0;

	if (!*text || strlen(text) > 3)
		return -EINVAL;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -EINVAL;
		len = len * 10 + (unsigned int)(*text - '0');
	}
	return len <= most ? (int)len : -EINVAL;
}

/* "255.255.255.0" -> 24; -EDOM for a mask with holes. */
static int parse_mask(const char *text)
{
	struct in_addr in;
	uint32_t mask, host;

	if (inet_pton(AF_INET, text, &in) != 1)
		return -EINVAL;
	mask = ntohl(in.s_addr);
	host = ~mask;
	if (host & (host + 1))
		return -EDOM;
	return __builtin_popcount(mask);
}

static int read_len(const struct addr *a, const char *text, char *why,
		    size_t why_size)
{
	bool as_mask = a->family == AF_INET && strchr(text, '.');
	int len = as_mask ? parse_mask(text) : parse_len(text, bits_of(a));

	if (len >= 0)
		return len;
	if (len == -EDOM)
		snprintf(why, why_size,
			 "the mask %s has holes: ones come first, then zeros, "
			 "as in 255.255.255.0",
			 text);
	else if (as_mask)
		snprintf(why, why_size,
			 "the mask is none: write /24 or /255.255.255.0");
	else
		snprintf(why, why_size, "the length is none: write /0 to /%u",
			 bits_of(a));
	return -EINVAL;
}

/* A network inside ::ffff:0:0/96 is an IPv4 network. */
static int fold_prefix(struct prefix *p, char *why, size_t why_size)
{
	struct addr folded = p->addr;

	fold_mapped(&folded);
	if (folded.family == p->addr.family)
		return 0;
	if (p->len < MAPPED_BITS) {
		snprintf(why, why_size,
			 "a network around IPv4-mapped addresses is not "
			 "accepted: write it as IPv4");
		return -EINVAL;
	}
	p->addr = folded;
	p->len = (uint8_t)(p->len - MAPPED_BITS);
	return 0;
}

static int refuse_host_bits(const struct prefix *p, char *why, size_t why_size)
{
	struct prefix network = *p;
	char text[ADDR_TEXT];

	clear_host_bits(&network.addr, network.len);
	if (addr_equal(&network.addr, &p->addr))
		return 0;
	prefix_format(&network, text);
	snprintf(why, why_size,
		 "the address has bits beyond the network's: did you mean %s",
		 text);
	return -EINVAL;
}

int prefix_parse(struct prefix *p, const char *text, char *why, size_t why_size)
{
	const char *slash = strchr(text, '/');
	size_t n = slash ? (size_t)(slash - text) : strlen(text);
	char addr_text[ADDR_TEXT] = "";
	char mask_text[ADDR_TEXT] = "";
	struct prefix made;
	int len;

	if (n < sizeof(addr_text))
		memcpy(addr_text, text, n);
	if (slash && strlen(slash + 1) < sizeof(mask_text))
		memcpy(mask_text, slash + 1, strlen(slash + 1));
	if (parse_unfolded(&made.addr, addr_text) < 0) {
		/* What was sent is not repeated: it may be anything. */
		snprintf(why, why_size,
			 "must be an address or a network, such as "
			 "192.168.1.9, 192.168.1.0/24 or 2001:db8::/32");
		return -EINVAL;
	}

	len = slash ? read_len(&made.addr, mask_text, why, why_size)
		    : (int)bits_of(&made.addr);
	if (len < 0)
		return -EINVAL;
	made.len = (uint8_t)len;
	if (fold_prefix(&made, why, why_size) < 0 ||
	    refuse_host_bits(&made, why, why_size) < 0)
		return -EINVAL;
	*p = made;
	return 0;
}

void prefix_format(const struct prefix *p, char text[ADDR_TEXT])
{
	size_t n;

	addr_format(&p->addr, text);
	if (!p->addr.family || p->len == bits_of(&p->addr))
		return;
	n = strlen(text);
	snprintf(text + n, ADDR_TEXT - n, "/%u", p->len);
}

bool prefix_contains(const struct prefix *p, const struct addr *a)
{
	uint8_t differs = 0;

	if (!p->addr.family || p->addr.family != a->family)
		return false;
	for (size_t i = 0; i < bits_of(a) / 8; i++)
		differs |=
			(p->addr.bytes[i] ^ a->bytes[i]) & mask_byte(p->len, i);
	return differs == 0;
}

void prefix_of_source(struct prefix *p, const struct addr *a)
{
	p->addr = *a;
	p->len = a->family == AF_INET6 ? 64 : 32;
	clear_host_bits(&p->addr, p->len);
}

bool addr_is_private(const struct addr *a)
{
	static const struct prefix ranges[] = {
		{ { AF_INET, { 127 } }, 8 }, /* loopback, RFC 1122 */
		{ { AF_INET, { 10 } }, 8 },  /* RFC 1918 */
		{ { AF_INET, { 172, 16 } }, 12 },
		{ { AF_INET, { 192, 168 } }, 16 },
		{ { AF_INET, { 169, 254 } }, 16 },    /* RFC 3927 */
		{ { AF_INET6, { [15] = 1 } }, 128 },  /* loopback */
		{ { AF_INET6, { 0xfc } }, 7 },        /* RFC 4193 */
		{ { AF_INET6, { 0xfe, 0x80 } }, 10 }, /* RFC 4291 */
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (prefix_contains(&ranges[i], a))
			return true;
	return false;
}

bool prefix_list_contains(const char *list, const struct addr *a)
{
	while (*list) {
		size_t n = strcspn(list, ";");
		char item[ADDR_TEXT] = "";
		struct prefix p;

		if (n < sizeof(item)) {
			memcpy(item, list, n);
			if (prefix_parse(&p, item, NULL, 0) == 0 &&
			    prefix_contains(&p, a))
				return true;
		}
		list += n;
		list += *list == ';';
	}
	return false;
}

/*
 * Addresses and networks, IPv4 and IPv6 alike. An IPv4-mapped IPv6 address is
 * always folded to IPv4, so that one peer has one name.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sockaddr;
struct sockaddr_storage;

enum { ADDR_TEXT = 64 }; /* room for "ffff:...:ffff%ifname/128" and NUL */

struct addr {
	uint8_t family;    /* 0: none, else AF_INET or AF_INET6 */
	uint8_t bytes[16]; /* network order; IPv4 uses the first four */
};

struct prefix {
	struct addr addr;
	uint8_t len; /* bits: 0..32 or 0..128 */
};

/* "192.168.1.9" or "2001:db8::1". Returns 0 or -EINVAL. */
int addr_parse(struct addr *a, const char *text);
void addr_format(const struct addr *a, char text[ADDR_TEXT]);
bool addr_equal(const struct addr *a, const struct addr *b);

/* From and to the kernel's form. to_sockaddr returns the length. */
int addr_from_sockaddr(struct addr *a, uint16_t *port,
		       const struct sockaddr *sa);
uint32_t addr_to_sockaddr(const struct addr *a, uint16_t port,
			  struct sockaddr_storage *ss);

/*
 * SPEC 1: "a.b.c.d", "a.b.c.d/len", "a.b.c.d/m.a.s.k", "v6[/len]". Returns 0
 * or -EINVAL, and then says in `why` what is wrong: a mask with holes, or host
 * bits ("did you mean 192.168.1.0/24").
 */
int prefix_parse(struct prefix *p, const char *text, char *why,
		 size_t why_size);

/* CIDR form; a single address without a length. */
void prefix_format(const struct prefix *p, char text[ADDR_TEXT]);
bool prefix_contains(const struct prefix *p, const struct addr *a);

/* The whole of a source for counting: IPv4 itself, IPv6 its /64 (SPEC 6). */
void prefix_of_source(struct prefix *p, const struct addr *a);

/* Loopback, RFC 1918, ULA, link-local. */
bool addr_is_private(const struct addr *a);

/* "p;q;r" as stored in list fields: is a in any of them? Empty: no. */
bool prefix_list_contains(const char *list, const struct addr *a);

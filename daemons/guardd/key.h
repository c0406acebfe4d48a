/*
 * What is counted and banned: one source at one service. An IPv4 source is an
 * address, an IPv6 source its /64 (SPEC 6).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"

enum guard_service_id {
	GUARD_ALL, /* in bans and allowed addresses: every service */
	GUARD_SIP,
	GUARD_IAX2,
	GUARD_HTTPS,
	GUARD_SSH,
	GUARD_AMI,
	GUARD_N_SERVICES
};

enum { GUARD_KEY_TEXT = 80, GUARD_SEED = 16 };

struct guard_key {
	uint8_t service; /* enum guard_service_id */
	uint8_t family;
	uint8_t bytes[16]; /* the rest of a /64 is 0 */
};

const char *guard_service_name(enum guard_service_id s);
/* The service, or -EINVAL. */
int guard_service_find(const char *name);
/* What to say when there is none of that name. */
#define GUARD_SERVICES "must be one of: sip, iax2, https, ssh, ami"

void guard_key_make(struct guard_key *k, enum guard_service_id service,
		    const struct addr *source);
bool guard_key_equal(const struct guard_key *a, const struct guard_key *b);

/* All that it stands for: an address, or a /64. */
void guard_key_prefix(const struct guard_key *k, struct prefix *p);
/* "203.0.113.9" or "2001:db8::/64" */
void guard_key_source(const struct guard_key *k, char text[ADDR_TEXT]);
/* "sip@203.0.113.9", the id of a rejected row; and back, 0 or -EINVAL. */
void guard_key_format(const struct guard_key *k, char text[GUARD_KEY_TEXT]);
int guard_key_parse(struct guard_key *k, const char *text);
/* An address, or a network no larger than a key; 0 or -EINVAL and why. */
int guard_key_of_source(struct guard_key *k, enum guard_service_id service,
			const char *source, char *why, size_t why_size);

/* SipHash-2-4: who attacks chooses addresses, and must not choose buckets. */
uint64_t guard_key_hash(const struct guard_key *k,
			const uint8_t seed[GUARD_SEED]);

#include "key.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

static const char *const service_names[GUARD_N_SERVICES] = {
	[GUARD_ALL] = "all",     [GUARD_SIP] = "sip", [GUARD_IAX2] = "iax2",
	[GUARD_HTTPS] = "https", [GUARD_SSH] = "ssh", [GUARD_AMI] = "ami",
};

const char *guard_service_name(enum guard_service_id s)
{
	assert(s < GUARD_N_SERVICES);
	return service_names[s];
}

int guard_service_find(const char *name)
{
	for (int s = 0; s < GUARD_N_SERVICES; s++)
		if (strcmp(name, service_names[s]) == 0)
			return s;
	return -EINVAL;
}

void guard_key_make(struct guard_key *k, enum guard_service_id service,
		    const struct addr *source)
{
	memset(k, 0, sizeof(*k));
	k->service = (uint8_t)service;
	k->family = source->family;
	memcpy(k->bytes, source->bytes, source->family == AF_INET ? 4 : 8);
}

bool guard_key_equal(const struct guard_key *a, const struct guard_key *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

void guard_key_prefix(const struct guard_key *k, struct prefix *p)
{
	p->len = k->family == AF_INET ? 32 : 64;
	p->addr.family = k->family;
	memcpy(p->addr.bytes, k->bytes, sizeof(p->addr.bytes));
}

void guard_key_source(const struct guard_key *k, char text[ADDR_TEXT])
{
	struct prefix p;

	guard_key_prefix(k, &p);
	prefix_format(&p, text);
}

void guard_key_format(const struct guard_key *k, char text[GUARD_KEY_TEXT])
{
	char source[ADDR_TEXT];

	guard_key_source(k, source);
	snprintf(text, GUARD_KEY_TEXT, "%s@%.*s",
		 guard_service_name((enum guard_service_id)k->service),
		 ADDR_TEXT - 1, source);
}

/* RFC 1122 section 3.2.1.3, RFC 4291 section 2.7: no packet comes from those.
 */
static bool nobodys(const struct addr *a)
{
	static const struct prefix ranges[] = {
		{ { AF_INET, { 0 } }, 8 },
		{ { AF_INET, { 224 } }, 3 },
		{ { AF_INET6, { 0 } }, 128 },
		{ { AF_INET6, { 0xff } }, 8 },
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (prefix_contains(&ranges[i], a))
			return true;
	return false;
}

static int one_source(struct prefix *p, const char *source, char *why,
		      size_t why_size)
{
	if (prefix_parse(p, source, why, why_size) < 0)
		return -EINVAL;
	if (p->len >= (p->addr.family == AF_INET ? 32 : 64))
		return 0;
	snprintf(why, why_size,
		 "a network cannot be rejected, only an address "
		 "(IPv6: a /64): drop it by a common rule of the "
		 "firewall");
	return -EINVAL;
}

int guard_key_of_source(struct guard_key *k, enum guard_service_id service,
			const char *source, char *why, size_t why_size)
{
	struct prefix p;

	if (one_source(&p, source, why, why_size) < 0)
		return -EINVAL;
	if (nobodys(&p.addr)) {
		snprintf(why, why_size,
			 "is nobody's: no packet comes from there");
		return -EINVAL;
	}
	guard_key_make(k, service, &p.addr);
	return 0;
}

int guard_key_parse(struct guard_key *k, const char *text)
{
	const char *at = strchr(text, '@');
	char name[8], why[160];
	struct prefix p;
	int service;

	if (!at || (size_t)(at - text) >= sizeof(name))
		return -EINVAL;
	memcpy(name, text, (size_t)(at - text));
	name[at - text] = '\0';
	service = guard_service_find(name);
	if (service < 0)
		return -EINVAL;
	/* What was banned once, by whatever a log said, can be let in. */
	if (one_source(&p, at + 1, why, sizeof(why)) < 0)
		return -EINVAL;
	guard_key_make(k, (enum guard_service_id)service, &p.addr);
	return 0;
}

static uint64_t rotate(uint64_t x, unsigned int bits)
{
	return x << bits | x >> (64 - bits);
}

static void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[0] = rotate(v[0], 32);
	v[2] += v[3];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[2] = rotate(v[2], 32);
}

/* Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012 */
uint64_t guard_key_hash(const struct guard_key *k,
			const uint8_t seed[GUARD_SEED])
{
	uint64_t words[3] = { 0 }, s[2];
	uint64_t v[4];

	memcpy(s, seed, sizeof(s));
	memcpy(words, k, sizeof(*k));
	words[2] |= (uint64_t)sizeof(*k) << 56;
	v[0] = s[0] ^ 0x736f6d6570736575;
	v[1] = s[1] ^ 0x646f72616e646f6d;
	v[2] = s[0] ^ 0x6c7967656e657261;
	v[3] = s[1] ^ 0x7465646279746573;
	for (size_t i = 0; i < 3; i++) {
		v[3] ^= words[i];
		sip_round(v);
		sip_round(v);
		v[0] ^= words[i];
	}
	v[2] ^= 0xff;
	for (size_t i = 0; i < 4; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

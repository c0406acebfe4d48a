#include "digest.h"

#include <ctype.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "secret.h"

#include "digest_param.h"

enum {
	KEY_BYTES = 32,
	MAC_BYTES = 16,
	NONCE_CHARS = 52,
	BUCKETS = 16384, /* a power of two */
	WAYS = 4,
	RESPONSE_KEPT = 16,
};

/* A nonce that authenticated. */
struct used {
	uint64_t ms; /* 0: free */
	uint32_t number;
	uint32_t nc;
	char response[RESPONSE_KEPT]; /* its beginning, to know it again */
};

struct bucket {
	struct used ways[WAYS];
	uint64_t floor_ms; /* nonces up to here fell out: expired */
};

struct digest {
	EVP_MD *md5;
	EVP_MD *sha256;
	EVP_MD_CTX *hash;
	EVP_MAC *hmac;
	EVP_MAC_CTX *mac;
	uint64_t epoch_ms; /* random: how long we run is nobody's business */
	uint32_t number;
	struct bucket *buckets;
};

/* Libraries of phones that manage SHA-256. All others get MD5 alone: some fail
   as soon as SHA-256 is offered at all (baresip 1.0). */
static const char *const sha256_agents[] = { "belle-sip/5", "belle-sip/6",
					     NULL };

struct digest *digest_new(void)
{
	struct digest *d = calloc(1, sizeof(*d));
	uint8_t key[KEY_BYTES];
	OSSL_PARAM params[2];
	bool ok;

	if (!d)
		return NULL;
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
						     (char[]){ "SHA256" }, 0);
	params[1] = OSSL_PARAM_construct_end();
	d->md5 = EVP_MD_fetch(NULL, "MD5", NULL);
	d->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	d->hash = EVP_MD_CTX_new();
	d->hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	d->mac = d->hmac ? EVP_MAC_CTX_new(d->hmac) : NULL;
	d->buckets = calloc(BUCKETS, sizeof(*d->buckets));
	secret_random(key, sizeof(key));
	secret_random(&d->number, sizeof(d->number));
	secret_random(&d->epoch_ms, 4);
	ok = d->md5 && d->sha256 && d->hash && d->mac && d->buckets &&
	     EVP_MAC_init(d->mac, key, sizeof(key), params) == 1;
	secret_wipe(key, sizeof(key));
	if (ok)
		return d;
	digest_free(d);
	return NULL;
}

void digest_free(struct digest *d)
{
	if (!d)
		return;
	EVP_MD_free(d->md5);
	EVP_MD_free(d->sha256);
	EVP_MD_CTX_free(d->hash);
	EVP_MAC_CTX_free(d->mac);
	EVP_MAC_free(d->hmac);
	free(d->buckets);
	free(d);
}

static void hex(char *out, const uint8_t *bytes, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digits[bytes[i] >> 4];
		out[2 * i + 1] = digits[bytes[i] & 15];
	}
	out[2 * n] = '\0';
}

/* Writes the nonce for a time, a number and an address. */
static void nonce_make(struct digest *d, uint64_t ms, uint32_t number,
		       const struct addr *source, char out[64])
{
	uint8_t mac[32], in[8 + 4 + 1 + 16];
	size_t n = 0;

	memcpy(in, &ms, 8);
	memcpy(in + 8, &number, 4);
	in[12] = source->family;
	memcpy(in + 13, source->bytes, 16);
	memset(mac, 0, sizeof(mac));
	if (EVP_MAC_init(d->mac, NULL, 0, NULL) != 1 ||
	    EVP_MAC_update(d->mac, in, sizeof(in)) != 1 ||
	    EVP_MAC_final(d->mac, mac, &n, sizeof(mac)) != 1)
		secret_random(mac, sizeof(mac)); /* then it fits nobody */
	(void)snprintf(
		out, 64, "%012llx%08x",
		(unsigned long long)((ms + d->epoch_ms) & 0xffffffffffffULL),
		number);
	hex(out + 20, mac, MAC_BYTES);
}

/* H(a:b:c...) as lower-case hexadecimal. */
static void hash_joined(struct digest *d, bool sha256, size_t n,
			const char *const parts[], char out[65])
{
	uint8_t sum[EVP_MAX_MD_SIZE];
	unsigned sum_bytes = 0;

	(void)EVP_DigestInit_ex2(d->hash, sha256 ? d->sha256 : d->md5, NULL);
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			(void)EVP_DigestUpdate(d->hash, ":", 1);
		(void)EVP_DigestUpdate(d->hash, parts[i], strlen(parts[i]));
	}
	(void)EVP_DigestFinal_ex(d->hash, sum, &sum_bytes);
	hex(out, sum, sum_bytes > 32 ? 32 : sum_bytes);
}

static bool hex_only(const char *text, size_t n)
{
	if (strlen(text) != n)
		return false;
	for (; *text; text++) {
		if (!isxdigit((unsigned char)*text))
			return false;
	}
	return true;
}

static bool read_params(const char *const *params, struct digest_claim *c)
{
	char algorithm[32], qop[32];

	if (!digest_param(params, "username", c->user, sizeof(c->user)) ||
	    !digest_param(params, "uri", c->uri, sizeof(c->uri)) ||
	    !digest_param(params, "nonce", c->nonce, sizeof(c->nonce)) ||
	    !digest_param(params, "cnonce", c->cnonce, sizeof(c->cnonce)) ||
	    !digest_param(params, "nc", c->nc_text, sizeof(c->nc_text)) ||
	    !digest_param(params, "response", c->response,
			  sizeof(c->response)) ||
	    !digest_param(params, "algorithm", algorithm, sizeof(algorithm)) ||
	    !digest_param(params, "qop", qop, sizeof(qop)))
		return false;
	if (!algorithm[0] || strcasecmp(algorithm, "MD5") == 0)
		c->sha256 = false;
	else if (strcasecmp(algorithm, "SHA-256") == 0)
		c->sha256 = true;
	else
		return false;
	if (strcasecmp(qop, "auth") != 0 || !hex_only(c->nc_text, 8) ||
	    !c->user[0] || !c->uri[0] || !c->cnonce[0] ||
	    !hex_only(c->response, c->sha256 ? 64 : 32))
		return false;
	for (char *p = c->response; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	c->nc = (uint32_t)strtoul(c->nc_text, NULL, 16);
	return true;
}

static struct bucket *bucket_of(struct digest *d, const struct digest_claim *c)
{
	/* The running number spreads evenly by itself. */
	return &d->buckets[c->nonce_number & (BUCKETS - 1)];
}

static struct used *used_find(struct bucket *b, const struct digest_claim *c)
{
	for (size_t i = 0; i < WAYS; i++) {
		if (b->ways[i].ms == c->nonce_ms &&
		    b->ways[i].number == c->nonce_number)
			return &b->ways[i];
	}
	return NULL;
}

/* Is this nonce ours, for this address, young, and this count not used? */
static bool nonce_good(struct digest *d, const struct digest_context *context,
		       struct digest_claim *c)
{
	char part[13], want[64];
	struct bucket *b;
	struct used *u;

	if (!hex_only(c->nonce, NONCE_CHARS))
		return false;
	memcpy(part, c->nonce, 12);
	part[12] = '\0';
	c->nonce_ms = strtoull(part, NULL, 16) - d->epoch_ms;
	memcpy(part, c->nonce + 12, 8);
	part[8] = '\0';
	c->nonce_number = (uint32_t)strtoul(part, NULL, 16);
	nonce_make(d, c->nonce_ms, c->nonce_number, context->source, want);
	if (!secret_equal(want, NONCE_CHARS, c->nonce, NONCE_CHARS))
		return false;
	if (c->nonce_ms > context->now_ms ||
	    context->now_ms - c->nonce_ms > context->nonce_s * 1000ULL)
		return false;
	b = bucket_of(d, c);
	if (c->nonce_ms <= b->floor_ms)
		return false;
	u = used_find(b, c);
	if (!u || c->nc > u->nc)
		return true;
	c->again = c->nc == u->nc &&
		   memcmp(u->response, c->response, RESPONSE_KEPT) == 0;
	return c->again;
}

enum digest_state digest_read(struct digest *d,
			      const struct digest_context *context,
			      const char *const *const *credentials, size_t n,
			      struct digest_claim *claim)
{
	char realm[DIGEST_TEXT];

	for (size_t i = 0; i < n; i++) {
		if (!digest_param(credentials[i], "realm", realm,
				  sizeof(realm)) ||
		    strcmp(realm, context->realm) != 0)
			continue;
		memset(claim, 0, sizeof(*claim));
		if (!read_params(credentials[i], claim))
			continue;
		return nonce_good(d, context, claim) ? DIGEST_CLAIM
						     : DIGEST_STALE;
	}
	return DIGEST_NONE;
}

bool digest_verify(struct digest *d, const struct digest_context *context,
		   const struct digest_claim *claim, const char *secret)
{
	char a1[65], a2[65], want[65];
	size_t n = claim->sha256 ? 64 : 32;
	bool equal;

	hash_joined(d, claim->sha256, 3,
		    (const char *[]){ claim->user, context->realm, secret },
		    a1);
	hash_joined(d, claim->sha256, 2,
		    (const char *[]){ context->method, claim->uri }, a2);
	hash_joined(d, claim->sha256, 6,
		    (const char *[]){ a1, claim->nonce, claim->nc_text,
				      claim->cnonce, "auth", a2 },
		    want);
	equal = secret_equal(want, n, claim->response, strlen(claim->response));
	secret_wipe(a1, sizeof(a1));
	secret_wipe(want, sizeof(want));
	return equal;
}

void digest_used(struct digest *d, const struct digest_context *context,
		 const struct digest_claim *claim)
{
	struct bucket *b = bucket_of(d, claim);
	struct used *u = used_find(b, claim);
	uint64_t life_ms = context->nonce_s * 1000ULL;

	if (!u) {
		u = &b->ways[0];
		for (size_t i = 1; i < WAYS; i++) {
			if (b->ways[i].ms < u->ms)
				u = &b->ways[i];
		}
		/* A live one falls out: all as old as it count as expired. */
		if (u->ms && context->now_ms - u->ms <= life_ms &&
		    u->ms > b->floor_ms)
			b->floor_ms = u->ms;
	}
	u->ms = claim->nonce_ms;
	u->number = claim->nonce_number;
	u->nc = claim->nc;
	memcpy(u->response, claim->response, RESPONSE_KEPT);
}

void digest_challenge(struct digest *d, const struct digest_context *context,
		      unsigned offer, bool stale, char headers[DIGEST_HEADERS])
{
	char nonce[64];
	size_t at = 0;

	nonce_make(d, context->now_ms, d->number++, context->source, nonce);
	headers[0] = '\0';
	for (int sha256 = 1; sha256 >= 0; sha256--) {
		if (!(offer & (unsigned)(sha256 ? DIGEST_OFFER_SHA256
						: DIGEST_OFFER_MD5)))
			continue;
		at += (size_t)snprintf(
			headers + at, DIGEST_HEADERS - at,
			"WWW-Authenticate: Digest realm=\"%.64s\", "
			"nonce=\"%s\", algorithm=%s, qop=\"auth\"%s\r\n",
			context->realm, nonce, sha256 ? "SHA-256" : "MD5",
			stale ? ", stale=true" : "");
	}
}

unsigned digest_offer_for(const char *user_agent)
{
	for (size_t i = 0; sha256_agents[i]; i++) {
		if (strstr(user_agent, sha256_agents[i]))
			return DIGEST_OFFER_SHA256;
	}
	return DIGEST_OFFER_MD5;
}

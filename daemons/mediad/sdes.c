#include "sdes.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "secret.h"

enum {
	TAG_DIGITS = 9, /* RFC 4568 section 9.2 */
	/* 2^20 packets of 20 ms are six hours. A key that must be changed
	   sooner is not taken: we do not change keys. */
	LIFETIME_MIN = 1 << 20,
};

static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			     "abcdefghijklmnopqrstuvwxyz0123456789+/";

/* RFC 4568 section 6.2, RFC 6188 section 4, RFC 7714 section 14.2. */
static const struct suite_info infos[SRTP_SUITES] = {
	[SRTP_GCM_256] = { "AEAD_AES_256_GCM", 32, 12, 16 },
	[SRTP_GCM_128] = { "AEAD_AES_128_GCM", 16, 12, 16 },
	[SRTP_CM_256_80] = { "AES_256_CM_HMAC_SHA1_80", 32, 14, 10 },
	[SRTP_CM_128_80] = { "AES_CM_128_HMAC_SHA1_80", 16, 14, 10 },
	[SRTP_CM_256_32] = { "AES_256_CM_HMAC_SHA1_32", 32, 14, 4 },
	[SRTP_CM_128_32] = { "AES_CM_128_HMAC_SHA1_32", 16, 14, 4 },
};

const struct suite_info *suite_info(enum srtp_suite s)
{
	return s > SRTP_NONE && s < SRTP_SUITES ? &infos[s] : NULL;
}

static enum srtp_suite find_suite(const char *name, size_t n)
{
	for (int s = SRTP_NONE + 1; s < SRTP_SUITES; s++) {
		if (strlen(infos[s].name) == n &&
		    !strncmp(infos[s].name, name, n))
			return (enum srtp_suite)s;
	}
	return SRTP_NONE;
}

/* Decimal digits from *p on, at most so many; *p is after them. */
static int digits(const char **p, size_t most, uint64_t *out)
{
	size_t n = strspn(*p, "0123456789");
	uint64_t v = 0;

	if (!n || n > most)
		return -EINVAL;
	while (n--)
		v = v * 10 + (uint64_t)(*(*p)++ - '0');
	*out = v;
	return 0;
}

/* --- base64 (RFC 4648), exactly so many bytes; padded or not --- */

static int unbase64(const char *text, size_t n, uint8_t *out, size_t bytes)
{
	size_t whole = (bytes * 8 + 5) / 6;
	size_t padding = (4 - whole % 4) % 4;
	uint32_t bits = 0;
	unsigned have = 0;

	if (n != whole &&
	    (n != whole + padding || strncmp(text + whole, "==", padding)))
		return -EINVAL;
	for (size_t i = 0; i < whole; i++) {
		const char *at = memchr(base64, text[i], 64);

		if (!at)
			return -EINVAL;
		bits = bits << 6 | (uint32_t)(at - base64);
		have += 6;
		if (have < 8)
			continue;
		have -= 8;
		*out++ = (uint8_t)(bits >> have);
		bits &= (1u << have) - 1;
	}
	return bits ? -EINVAL : 0; /* what is left over must be zero */
}

static char *to_base64(const uint8_t *p, size_t bytes, char *out)
{
	uint32_t bits = 0;
	unsigned have = 0;
	size_t n = 0;

	for (size_t i = 0; i < bytes; i++) {
		bits = (bits & 0x3f) << 8 | p[i];
		for (have += 8; have >= 6; n++) {
			have -= 6;
			out[n] = base64[bits >> have & 0x3f];
		}
	}
	if (have)
		out[n++] = base64[bits << (6 - have) & 0x3f];
	while (n % 4)
		out[n++] = '=';
	out[n] = '\0';
	return out;
}

/* --- the parts of a line --- */

static int read_lifetime(const char **p)
{
	uint64_t v;

	if (!strncmp(*p, "2^", 2)) {
		*p += 2;
		if (digits(p, 2, &v) || v > 48)
			return -EINVAL;
		v = UINT64_C(1) << v;
	} else if (digits(p, 15, &v)) {
		return -EINVAL;
	}
	return v < LIFETIME_MIN ? -EINVAL : 0;
}

/* "4:2" is the value 4 in two bytes. */
static int read_mki(const char **p, struct sdes *s)
{
	uint64_t value, n;

	if (digits(p, 18, &value) || *(*p)++ != ':' || digits(p, 3, &n) || !n ||
	    n > SDES_MKI_MAX)
		return -EINVAL;
	s->mki_bytes = (uint8_t)n;
	while (n--) {
		s->mki[n] = (uint8_t)value;
		value >>= 8;
	}
	return value ? -EINVAL : 0;
}

/* inline:KEY|LIFETIME|MKI:LENGTH up to a blank or the end. */
static int read_key(const char **p, const struct suite_info *info,
		    struct sdes *s)
{
	size_t n;
	bool lifetime = false;

	if (strncmp(*p, "inline:", 7))
		return -EINVAL;
	*p += 7;
	n = strcspn(*p, "|; ");
	if (unbase64(*p, n, s->key, info->key_bytes + info->salt_bytes))
		return -EINVAL;
	*p += n;
	while (**p == '|') {
		bool is_mki;

		++*p;
		is_mki = (*p)[strspn(*p, "0123456789")] == ':';
		if (s->mki_bytes || (!is_mki && lifetime) ||
		    (is_mki ? read_mki(p, s) : read_lifetime(p)))
			return -EINVAL;
		lifetime = true; /* it stands before the MKI or not at all */
	}
	/* A second key after ';' would be for changing them. */
	return **p && **p != ' ' ? -EINVAL : 0;
}

/*
 * The window is ours to choose (RFC 4568 section 6.3.7), what begins with '-'
 * may be left out; anything else changes what packets look like.
 */
static int read_parameters(const char *p)
{
	while (*p) {
		size_t n;

		p += strspn(p, " ");
		n = strcspn(p, " ");
		if (n && *p != '-' && strncmp(p, "WSH=", 4))
			return -EINVAL;
		p += n;
	}
	return 0;
}

static int read_line(struct sdes *s, const char *p)
{
	const struct suite_info *info;
	uint64_t tag;
	size_t n;

	if (digits(&p, TAG_DIGITS, &tag) || !tag || *p++ != ' ')
		return -EINVAL;
	s->tag = (uint32_t)tag;
	p += strspn(p, " ");
	n = strcspn(p, " ");
	s->suite = (uint8_t)find_suite(p, n);
	info = suite_info((enum srtp_suite)s->suite);
	if (!info)
		return -EINVAL;
	p += n;
	p += strspn(p, " ");
	return read_key(&p, info, s) ? -EINVAL : read_parameters(p);
}

int sdes_read(struct sdes *out, const char *text)
{
	struct sdes s = { 0 };
	int err = read_line(&s, text);

	if (!err)
		*out = s;
	secret_wipe(&s, sizeof(s));
	return err;
}

int sdes_write(const struct sdes *s, char *out, size_t size)
{
	const struct suite_info *info = suite_info((enum srtp_suite)s->suite);
	char key[SDES_KEY_MAX / 3 * 4 + 8];
	size_t bytes = info->key_bytes + info->salt_bytes;
	int n = snprintf(out, size, "%" PRIu32 " %s inline:%s", s->tag,
			 info->name, to_base64(s->key, bytes, key));

	secret_wipe(key, sizeof(key));
	return n < 0 || (size_t)n >= size ? -ENOSPC : n;
}

void sdes_make(struct sdes *out, enum srtp_suite suite)
{
	*out = (struct sdes){ .suite = (uint8_t)suite };
	secret_random(out->key,
		      infos[suite].key_bytes + infos[suite].salt_bytes);
}

/*
 * SDP security descriptions (RFC 4568): the line of SDP that carries the key of
 * one direction of SRTP, that of the one who wrote the line.
 *
 *	a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0Rm...9PkD|2^31|1:4 WSH=64
 *	         |           |                       |         |    |    |
 *	        tag        suite        key and salt, base64 lifetime|  session
 *	                                                     MKI:length
 *parameters
 *
 * Strict: a line that is malformed, or asks for what we do not do (no
 * encryption, no authentication, several keys, key derivation rates) is not
 * taken. What is taken is a secret; who holds one wipes it.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* The best first; that is the order in which we offer. */
enum srtp_suite {
	SRTP_NONE, /* plain RTP */
	SRTP_GCM_256,
	SRTP_GCM_128,
	SRTP_CM_256_80,
	SRTP_CM_128_80,
	/* Four bytes of proof: taken where nothing else is offered. */
	SRTP_CM_256_32,
	SRTP_CM_128_32,
	SRTP_SUITES,
};

enum {
	SDES_KEY_MAX = 46, /* 256 bits and 14 bytes of salt */
	SDES_MKI_MAX = 8,
	SDES_TEXT = 160, /* of a whole value that we write */
};

struct sdes {
	uint32_t tag;
	uint8_t suite; /* enum srtp_suite; SRTP_NONE: there is no key */
	uint8_t mki_bytes;
	uint8_t mki[SDES_MKI_MAX]; /* as it stands in packets */
	uint8_t key[SDES_KEY_MAX]; /* key, then salt */
};

struct suite_info {
	const char *name; /* as in SDP */
	uint8_t key_bytes;
	uint8_t salt_bytes;
	uint8_t tag_bytes;
};

/* NULL: none. */
const struct suite_info *suite_info(enum srtp_suite s);

/* The value of a=crypto. Returns 0; -EINVAL: not to be taken. */
int sdes_read(struct sdes *out, const char *text);

/* The same as text. Returns the length or -ENOSPC. */
int sdes_write(const struct sdes *s, char *out, size_t size);

/* A key of our own, from the kernel's source; tag 0. */
void sdes_make(struct sdes *out, enum srtp_suite suite);

/*
 * Secrets on disk: AES-256-GCM under a key file that only this daemon reads,
 * bound to table, row and field, so that a sealed value moved elsewhere does
 * not open.
 *
 *   1 byte version (1) | 12 bytes nonce | ciphertext | 16 bytes tag
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct seal;

enum { SEAL_EXTRA = 29 };

/* Reads or makes STATE/key (32 bytes, mode 0600). NULL and why. */
struct seal *seal_open(const char *state_dir, char *why, size_t why_size);
void seal_free(struct seal *s);

/* out needs n + SEAL_EXTRA bytes. Return bytes, or -EBADMSG / -ENOSPC. */
int seal_close(const struct seal *s, const char *bound, const void *clear,
	       size_t n, uint8_t *out, size_t size);
int seal_reveal(const struct seal *s, const char *bound, const uint8_t *sealed,
		size_t n, void *out, size_t size);

/* A keyed tag of a secret, to find equal ones without reading them. */
void seal_tag(const struct seal *s, const char *secret, uint8_t tag[32]);

/* SHA-256 of a session's token: what is kept of it. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { DIGEST = 32 };

/* SHA-256 over `label`, a NUL, and the data: two uses never meet. */
void digest(const char *label, const void *data, size_t n, uint8_t out[DIGEST]);

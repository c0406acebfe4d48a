#include "digest.h"

#include <assert.h>
#include <string.h>

#include <mbedtls/sha256.h>

void digest(const char *label, const void *data, size_t n, uint8_t out[DIGEST])
{
	mbedtls_sha256_context c;
	int err;

	mbedtls_sha256_init(&c);
	err = mbedtls_sha256_starts_ret(&c, 0);
	if (!err)
		err = mbedtls_sha256_update_ret(
			&c, (const unsigned char *)label, strlen(label) + 1);
	if (!err)
		err = mbedtls_sha256_update_ret(&c, data, n);
	if (!err)
		err = mbedtls_sha256_finish_ret(&c, out);
	assert(!err); /* software SHA-256 cannot fail */
	mbedtls_sha256_free(&c);
}

/*
 * The certificate we make ourselves until a real one is installed: P-256,
 * self-signed, with the names and addresses of this box (RFC 5280 section
 * 4.2.1.6). It stands in STATE/tls.crt, its key in STATE/tls.key (0600).
 */
#pragma once

#include <stddef.h>

struct mbedtls_ctr_drbg_context;

/*
 * Makes both files, replacing what is there. Returns 0, or a negative errno
 * and one line in why.
 */
int cert_make(const char *crt_path, const char *key_path,
	      struct mbedtls_ctr_drbg_context *drbg, char *why,
	      size_t why_size);

#include "secret.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

void secret_wipe(void *p, size_t n)
{
	if (n)
		explicit_bzero(p, n);
}

bool secret_equal(const void *a, size_t na, const void *b, size_t nb)
{
	const volatile uint8_t *x = a;
	const volatile uint8_t *y = b;
	uint8_t differs = 0;

	if (na != nb)
		return false;
	for (size_t i = 0; i < na; i++)
		differs |= x[i] ^ y[i];
	return differs == 0;
}

void secret_random(void *p, size_t n)
{
	uint8_t *out = p;

	while (n) {
		ssize_t got = getrandom(out, n, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			abort();
		out += got;
		n -= (size_t)got;
	}
}

void secret_token(char *text, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	/* The bytes are made in the upper half and spread from the front, which
	   never overtakes what is still to be read. */
	secret_random(text + n, n);
	for (size_t i = 0; i < n; i++) {
		uint8_t byte = (uint8_t)text[n + i];

		text[2 * i] = digits[byte >> 4];
		text[2 * i + 1] = digits[byte & 15];
	}
	text[2 * n] = '\0';
}

/* The parameters of an Authorization, one a line: nothing that was not made
   with our key is ever checked against a secret. */
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "check.h"
#include "digest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct digest *digest;
	const struct addr source = { AF_INET, { 192, 0, 2, 1 } };
	const struct digest_context context = {
		.realm = "sallyport",
		.method = "REGISTER",
		.source = &source,
		.now_ms = 1000,
		.nonce_s = 300,
	};
	char text[4096], *rest = text;
	const char *params[33];
	const char *const *list[1] = { params };
	struct digest_claim claim;
	size_t n = 0;

	if (size >= sizeof(text))
		return 0;
	if (!digest)
		digest = digest_new();
	CHECK(digest);
	memcpy(text, data, size);
	text[size] = '\0';
	while (n < 32 && rest)
		params[n++] = strsep(&rest, "\n");
	params[n] = NULL;
	CHECK(digest_read(digest, &context, list, 1, &claim) != DIGEST_CLAIM);
	return 0;
}

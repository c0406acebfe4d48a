/* Chunks of tries from a disk that somebody wrote to: read, asked, written. */
#include <assert.h>
#include <string.h>

#include "tries.h"
#include "what_if.h"

static const uint64_t now_ms = 1767225600000;

static int put(void *ctx, uint64_t number, const void *bytes, size_t n)
{
	(void)number;
	(void)bytes;
	assert(n > 0 && n <= (size_t)TRIES_CHUNK * TRY_BYTES);
	++*(size_t *)ctx;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct guard nobody_exempt;
	struct tries *t = tries_new(300, now_ms);
	const struct tries *const of[] = { t };
	struct what_if ask = { GUARD_SIP, 3, 600, true, now_ms };
	struct what_if_sum sum = { 0 };
	uint64_t first, number;
	size_t chunks = 0;

	if (!t)
		return 0;
	while (size >= sizeof(number)) {
		size_t n = size - sizeof(number);

		memcpy(&number, data, sizeof(number));
		if (n > (size_t)TRIES_CHUNK * TRY_BYTES)
			n = (size_t)TRIES_CHUNK * TRY_BYTES;
		tries_load(t, number, data + sizeof(number), n, now_ms);
		data += sizeof(number) + n;
		size -= sizeof(number) + n;
	}
	assert(tries_count(t) <= 300);
	for (size_t i = 1; i < tries_count(t); i++)
		assert(tries_at(t, i - 1)->at_ms <= tries_at(t, i)->at_ms);
	assert(what_if(&nobody_exempt, of, 1, &ask, &sum, NULL, NULL) == 0);
	assert(sum.more + sum.local + sum.allowed <= sum.sources);
	tries_unsaved(t);
	assert(tries_changes(t, put, &chunks, &first) == 0);
	assert(chunks <= 300 / TRIES_CHUNK + 2);
	tries_free(t);
	return 0;
}

/*
 * Datagrams through sipd's whole entry, by turns as a local peer's and as a
 * stranger's. sipd must stay able to answer, and let none of them through to a
 * call.
 */
#include <stdint.h>
#include <unistd.h>

#include "check.h"

#include "../../unit/sipd_entry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct entry *entry;
	char state[] = "/tmp/sipd-fuzz-XXXXXX";

	if (!entry) {
		CHECK(mkdtemp(state));
		entry = entry_new(state);
		(void)rmdir(state);
	}
	if (size > 65000)
		return 0;
	for (int local = 0; local < 2; local++) {
		entry_local(entry, local == 1);
		entry_push(entry, data, size);
	}
	CHECK_EQ(entry_seen(entry)->invites, 0);
	return 0;
}

/* Names from DNS, whatever is in them: what is shown is a host's name, and
   nothing that a page or a log could take for something else. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "reverse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char taken[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.";
	char out[DNS_NAME] = "untouched", *name = malloc(size + 1);

	if (!name)
		return 0;
	memcpy(name, data, size);
	name[size] = '\0';
	if (!reverse_tidy(name, out)) {
		if (strcmp(out, "untouched") != 0)
			abort();
	} else if (!out[0] || strlen(out) != strlen(name) ||
		   strlen(out) > 253 || out[strspn(out, taken)] ||
		   out[0] == '.' || strstr(out, "..") ||
		   !out[strcspn(out, "abcdefghijklmnopqrstuvwxyz-_")]) {
		abort();
	}
	free(name);
	return 0;
}

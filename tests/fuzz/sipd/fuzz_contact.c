/* Two Contact URIs, divided by a line feed: comparing is symmetric, and what is
   taken as good equals itself. */
#include <stdint.h>
#include <string.h>

#include "check.h"
#include "contact.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[1024], *b;

	if (size >= sizeof(text))
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	b = strchr(text, '\n');
	if (b)
		*b++ = '\0';
	else
		b = text;
	CHECK_EQ(contact_equal(text, b), contact_equal(b, text));
	CHECK(contact_equal(text, text));
	(void)contact_good(text);
	CHECK(contact_q(b) <= 1000);
	CHECK(contact_expires(b) <= UINT32_MAX);
	return 0;
}

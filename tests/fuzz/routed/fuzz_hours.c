/*
 * Hours of administrators, and zones' files. Input: a text of hours, a line
 * end, then the bytes of a zone's file.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "hours.h"
#include "zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What a change says is so: before it as now, at it otherwise. (Clocks that
   jump many times a day, as in bytes of chance, may hide an earlier one.) */
static void check_change(const struct hours *h, const struct zone *z, int64_t t,
			 bool sane)
{
	int64_t change = hours_change(h, z, NULL, t, 10);

	if (!change)
		return;
	assert(change > t);
	assert(hours_open(h, z, NULL, change) != hours_open(h, z, NULL, t));
	assert(!sane ||
	       hours_open(h, z, NULL, change - 1) == hours_open(h, z, NULL, t));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = memchr(data, '\n', size);
	size_t n = end ? (size_t)(end - data) : size;
	char text[HOURS_TEXT + 1], why[200] = "";
	struct zone *z = NULL;
	struct hours h;

	if (n > HOURS_TEXT)
		return 0;
	memcpy(text, data, n);
	text[n] = '\0';
	if (end)
		z = zone_parse(end + 1, size - n - 1);
	if (z) {
		(void)zone_offset(z, INT32_MIN);
		(void)zone_offset(z, 5000000000);
	}
	if (!z)
		z = zone_load("UTC", why, sizeof(why));
	assert(z);
	if (hours_parse(&h, text, why, sizeof(why)) == 0)
		check_change(&h, z, 1790000000, !end);
	else
		assert(strncmp(why, "column ", 7) == 0);
	zone_free(z);
	return 0;
}

#include "moment.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MS_DIGITS = 18 }; /* fits u64 */

int moment_parse(const char *text, uint64_t now_ms, uint64_t *ms)
{
	struct tm tm = { .tm_isdst = -1 };
	size_t digits = strspn(text, "0123456789");
	const char *end;
	time_t t;

	if (!*text || !strcmp(text, "now")) {
		*ms = now_ms;
		return 0;
	}
	if (!text[digits] && digits > 8 && digits <= MS_DIGITS) {
		*ms = strtoull(text, NULL, 10);
		return 0;
	}
	end = strptime(text, "%Y-%m-%d", &tm);
	if (end && *end)
		end = strptime(end, "T%H:%M", &tm);
	if (end && *end)
		end = strptime(end, ":%S", &tm);
	if (!end || *end)
		return -EINVAL;
	t = mktime(&tm);
	if (t < 0)
		return -EINVAL;
	*ms = (uint64_t)t * 1000;
	return 0;
}

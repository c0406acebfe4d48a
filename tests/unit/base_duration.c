#include "duration.h"

#include <stddef.h>

#include "check.h"

int main(void)
{
	static const struct {
		uint64_t seconds;
		const char *text;
	} rows[] = {
		{ 0, "0 s" },
		{ 59, "59 s" },
		{ 60, "1 min" },
		{ 199, "3 min 19 s" },
		{ 3600, "1 h" },
		{ 5400, "1 h 30 min" },
		{ 14400, "4 h" },
		/* not "1 h 0 min 59 s": two units that stand together */
		{ 3659, "1 h" },
		{ 86400, "1 d" },
		{ 90061, "1 d 1 h" },
		{ 31536000, "365 d" },
		{ UINT64_MAX, "213503982334601 d 7 h" },
	};
	char text[DURATION_TEXT];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK_STR(duration_format(rows[i].seconds, text), rows[i].text);
	return 0;
}

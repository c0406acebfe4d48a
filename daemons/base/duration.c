#include "duration.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

const char *duration_format(uint64_t seconds, char text[DURATION_TEXT])
{
	static const struct {
		uint64_t seconds;
		const char *name;
	} units[] = {
		{ 86400, "d" },
		{ 3600, "h" },
		{ 60, "min" },
		{ 1, "s" },
	};
	enum { N = sizeof(units) / sizeof(units[0]) };
	uint64_t first, rest;
	size_t i = 0;

	while (i < N - 1 && seconds < units[i].seconds)
		i++;
	first = seconds / units[i].seconds;
	rest = seconds % units[i].seconds;
	if (i + 1 < N && rest >= units[i + 1].seconds)
		snprintf(text, DURATION_TEXT, "%" PRIu64 " %s %" PRIu64 " %s",
			 first, units[i].name, rest / units[i + 1].seconds,
			 units[i + 1].name);
	else
		snprintf(text, DURATION_TEXT, "%" PRIu64 " %s", first,
			 units[i].name);
	return text;
}

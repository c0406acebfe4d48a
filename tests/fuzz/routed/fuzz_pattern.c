/*
 * Patterns of administrators, numbers of phones. Input: lines; the first is a
 * number as dialled, the others are patterns.
 */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dialled.h"
#include "match.h"
#include "number.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXT_MAX = 2000, PATTERNS = 64 };

/* What goes out is a number, whatever came in. */
static void check_sent(const char *number, unsigned strip, const char *prepend)
{
	struct route_settings s;
	char sent[65], world[65];
	const char *why = NULL;

	if (!number_change(number, strip, prepend, sent, sizeof(sent), &why)) {
		assert(why);
		return;
	}
	assert(dialled_is_valid(sent));
	assert(!strpbrk(sent, "&;@ \r\n"));
	record_init(&route_settings_record, &s);
	memcpy(s.country, "49", 3);
	number_world(&s, sent, world, sizeof(world));
	assert(strspn(world, "0123456789") == strlen(world));
}

static void check_match(const struct pattern *const *patterns, size_t n,
			const char *number)
{
	struct matcher *m = matcher_new(patterns, n);
	size_t rank = 0;

	assert(m);
	for (size_t i = 0; i < n; i++) {
		if (!pattern_matches(patterns[i], number))
			continue;
		rank = matcher_next(m, number, rank);
		assert(rank == i);
		assert(strlen(number) >= pattern_shortest(patterns[i]));
		rank++;
	}
	assert(matcher_next(m, number, rank) == SIZE_MAX);
	matcher_free(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct pattern all[PATTERNS];
	const struct pattern *patterns[PATTERNS];
	char text[TEXT_MAX + 1], why[128] = "", number[65];
	char *rest = text, *line;
	size_t n = 0;

	if (size > TEXT_MAX)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	line = strsep(&rest, "\n");
	snprintf(number, sizeof(number), "%s", line);
	while ((line = strsep(&rest, "\n")) && n < PATTERNS) {
		patterns[n] = &all[n];
		if (!pattern_parse(&all[n], line, why, sizeof(why)))
			n++;
		else
			assert(strncmp(why, "column ", 7) == 0);
	}
	if (!dialled_is_valid(number))
		return 0;
	check_match(patterns, n, number);
	check_sent(number, (unsigned)size % 70, "");
	check_sent(number, (unsigned)size % 5, "+49");
	check_sent(number, 0, "00");
	return 0;
}

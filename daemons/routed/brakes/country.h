/* Whose a number of the world is: the country codes of ITU-T E.164. */
#pragma once

#include <stddef.h>

struct country {
	const char *code; /* digits; within +1 with the area */
	const char *name;
};

/* `number` in international digits, without +. NULL: no country has such. */
const struct country *country_of(const char *number);

/* All, in the order of their codes; NULL behind the last. */
const struct country *country_at(size_t i);
size_t country_index(const struct country *c);
/* Is it just the code of a country? */
const struct country *country_find(const char *code);

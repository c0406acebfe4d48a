#include "number.h"

#include <stdio.h>
#include <string.h>

#include "dialled.h"

bool number_change(const char *dialled, unsigned strip, const char *prepend,
		   char *sent, size_t size, const char **why)
{
	size_t n = strlen(dialled);
	const char *rest = dialled + (strip < n ? strip : n);
	int len = snprintf(sent, size, "%s%s", prepend, rest);

	if (len <= 0)
		*why = "nothing is left to be sent";
	else if ((size_t)len >= size)
		*why = "what is to be sent is too long";
	else if (!dialled_is_valid(sent))
		*why = "what is to be sent is no number";
	else
		return true;
	return false;
}

/* What follows the prefix, or NULL. */
static const char *after(const char *text, const char *prefix)
{
	size_t n = strlen(prefix);

	return n && strncmp(text, prefix, n) == 0 ? text + n : NULL;
}

void number_world(const struct route_settings *s, const char *sent, char *world,
		  size_t size)
{
	const char *country = "";
	const char *rest = after(sent, "+");

	if (!rest)
		rest = after(sent, s->international_prefix);
	if (!rest && *s->country) {
		country = s->country;
		rest = *s->national_prefix ? after(sent, s->national_prefix)
					   : sent;
	}
	*world = '\0';
	if (rest && *rest && !rest[strspn(rest, "0123456789")])
		(void)snprintf(world, size, "%s%s", country, rest);
}

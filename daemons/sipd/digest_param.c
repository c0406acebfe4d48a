#include "digest_param.h"

#include <string.h>
#include <strings.h>

/* Copies a parameter's value without quotes. False: too long or broken. */
static bool unquote(const char *value, char *out, size_t size)
{
	size_t n = 0;
	bool quoted = value[0] == '"';

	for (const char *p = value + quoted; *p; p++) {
		if (quoted && *p == '"') {
			out[n] = '\0';
			return true;
		}
		if (quoted && *p == '\\' && p[1])
			p++;
		if (n + 1 >= size || (unsigned char)*p < 0x20)
			return false;
		out[n++] = *p;
	}
	out[n] = '\0';
	return !quoted;
}

bool digest_param(const char *const *params, const char *name, char *out,
		  size_t size)
{
	size_t n = strlen(name);

	out[0] = '\0';
	for (; *params; params++) {
		const char *p = *params;

		if (strncasecmp(p, name, n) != 0)
			continue;
		p += n;
		p += strspn(p, " \t");
		if (*p != '=')
			continue;
		p++;
		return unquote(p + strspn(p, " \t\r\n"), out, size);
	}
	return true;
}

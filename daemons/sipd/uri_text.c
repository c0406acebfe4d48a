#include "uri_text.h"

#include <stdio.h>
#include <string.h>

void uri_quoted(char *out, size_t size, const char *name)
{
	size_t n = 0;

	for (; *name != '\0' && n + 3 < size; name++) {
		if ((unsigned char)*name < 0x20 || *name == 0x7f)
			continue;
		if (*name == '"' || *name == '\\')
			out[n++] = '\\';
		out[n++] = *name;
	}
	out[n] = '\0';
}

void uri_user(char *out, size_t size, const char *user)
{
	static const char plain[] = "0123456789abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ-_.*+";
	size_t n = 0;

	for (; *user != '\0' && n + 4 < size; user++) {
		if (strchr(plain, *user) != NULL)
			out[n++] = *user;
		else
			n += (size_t)snprintf(out + n, size - n, "%%%02X",
					      (unsigned char)*user);
	}
	out[n] = '\0';
}

void uri_host(char *out, size_t size, const char *host)
{
	(void)snprintf(out, size, strchr(host, ':') ? "[%s]" : "%s", host);
}

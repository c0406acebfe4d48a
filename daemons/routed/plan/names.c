#include "names.h"

#include <stdio.h>
#include <string.h>

bool names_at(const char *list, size_t i, char name[33])
{
	size_t len;

	for (; i && *list; i--) {
		list += strcspn(list, ";");
		list += *list == ';';
	}
	len = strcspn(list, ";");
	if (!len || len > 32)
		return false;
	snprintf(name, 33, "%.*s", (int)len, list);
	return true;
}

bool names_have(const char *list, const char *name)
{
	size_t n = strlen(name);
	size_t len;

	while (*list) {
		len = strcspn(list, ";");
		if (len == n && memcmp(list, name, n) == 0)
			return true;
		list += len + (list[len] == ';');
	}
	return false;
}

#include "call_key.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static const char signal_name[] = "signal";

struct text {
	const char *at;
	size_t n;
};

static struct text trim(struct text t)
{
	while (t.n > 0 && isspace((unsigned char)t.at[0])) {
		t.at++;
		t.n--;
	}
	while (t.n > 0 && isspace((unsigned char)t.at[t.n - 1]))
		t.n--;
	return t;
}

static char key_of(struct text value)
{
	char c;

	value = trim(value);
	if (value.n == 2 && memcmp(value.at, "10", 2) == 0)
		return '*';
	if (value.n == 2 && memcmp(value.at, "11", 2) == 0)
		return '#';
	if (value.n != 1)
		return 0;
	c = (char)toupper((unsigned char)value.at[0]);
	return c != '\0' && strchr("0123456789*#ABCD", c) != NULL ? c : 0;
}

static char key_of_line(struct text line)
{
	const char *eq = memchr(line.at, '=', line.n);
	struct text name;
	struct text value;

	if (eq == NULL)
		return 0;
	name = trim((struct text){ line.at, (size_t)(eq - line.at) });
	value = (struct text){ eq + 1, line.n - (size_t)(eq + 1 - line.at) };
	if (name.n != sizeof(signal_name) - 1 ||
	    strncasecmp(name.at, signal_name, name.n) != 0)
		return 0;
	return key_of(value);
}

char call_key(const char *type, const uint8_t *body, size_t n)
{
	struct text rest = { (const char *)body, n };
	char key = 0;

	if (strcasecmp(type, "application/dtmf") == 0)
		return key_of(rest);
	while (rest.n > 0 && key == 0) {
		const char *nl = memchr(rest.at, '\n', rest.n);
		size_t len = nl != NULL ? (size_t)(nl - rest.at) : rest.n;

		key = key_of_line((struct text){ rest.at, len });
		len += nl != NULL;
		rest.at += len;
		rest.n -= len;
	}
	return key;
}

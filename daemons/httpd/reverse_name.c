/* The names of reverse DNS: the question, and what may be shown of an answer.
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "reverse.h"

enum { LABEL = 63, NAME = 253 };

void reverse_question(const struct addr *addr, char name[REVERSE_QUESTION])
{
	const uint8_t *b = addr->bytes;
	size_t n = 0;

	if (addr->family == AF_INET) {
		(void)snprintf(name, REVERSE_QUESTION,
			       "%u.%u.%u.%u.in-addr.arpa", b[3], b[2], b[1],
			       b[0]);
		return;
	}
	for (size_t i = 16; i-- > 0;)
		n += (size_t)snprintf(name + n, REVERSE_QUESTION - n, "%x.%x.",
				      b[i] & 15u, b[i] >> 4u);
	(void)snprintf(name + n, REVERSE_QUESTION - n, "ip6.arpa");
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return c >= 'a' && c <= 'z';
}

bool reverse_tidy(const char *name, char out[DNS_NAME])
{
	char text[DNS_NAME];
	size_t n = strnlen(name, NAME + 1), label = 0;
	bool digits = true; /* the label so far */

	if (n == 0 || n > NAME)
		return false;
	for (size_t i = 0; i < n; i++) {
		char c = name[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		text[i] = c;
		if (c == '.' && label == 0)
			return false;
		if (c == '.') {
			label = 0;
			digits = true;
			continue;
		}
		if (!is_letter(c) && !is_digit(c) && c != '-' && c != '_')
			return false;
		if (++label > LABEL)
			return false;
		digits = digits && is_digit(c);
	}
	if (label == 0 || digits)
		return false;
	text[n] = '\0';
	memcpy(out, text, n + 1);
	return true;
}

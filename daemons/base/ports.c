#include "ports.h"

#include <errno.h>

/* Reads a number from 1 to 65535 and moves on behind it; 0: there is none. */
static uint32_t number(const char **text)
{
	uint32_t value = 0;
	int digits = 0;

	for (; **text >= '0' && **text <= '9' && digits < 6; digits++)
		value = value * 10 + (uint32_t)(*(*text)++ - '0');
	return digits < 6 && value <= UINT16_MAX ? value : 0;
}

int ports_parse(struct ports *p, const char *text)
{
	uint32_t first = number(&text), last = first;

	if (*text == '-') {
		text++;
		last = number(&text);
	}
	if (*text || first == 0 || last < first)
		return -EINVAL;
	p->first = (uint16_t)first;
	p->last = (uint16_t)last;
	return 0;
}

#include "dialled.h"

#include <string.h>

bool dialled_is_valid(const char *number)
{
	size_t n = strlen(number);

	if (*number == '+')
		return n > 1 && strspn(number + 1, "0123456789*#") == n - 1;
	return n && strspn(number, "0123456789*#") == n;
}

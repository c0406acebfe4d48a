/* The dialled string: only 0-9 * # + is ever accepted (SPEC 5). */
#pragma once

#include <stdbool.h>

/* Not empty, and of these characters alone; a '+' only in front. */
bool dialled_is_valid(const char *number);

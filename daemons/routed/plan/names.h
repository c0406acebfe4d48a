/* Lists of names inside of one text, as "a;b;c". */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* The i-th name; false: there are not so many. */
bool names_at(const char *list, size_t i, char name[33]);

bool names_have(const char *list, const char *name);

/*
 * Numbers that an extension cannot have, because whoever dials them gets
 * something else (SPEC 5, the order of decision): the emergency numbers, which
 * are routed's and read from its view. Feature codes begin with *, which no
 * extension does.
 */
#pragma once

#include <stdbool.h>

/* run_dir: the parent of all views; NULL, or a view that is not there, hides
   nothing. */
bool hidden_by_emergency(const char *run_dir, const char *number);

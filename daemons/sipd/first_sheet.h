/*
 * STATE/first-extensions.csv: the passwords of a new box, to be printed and
 * deleted. It says what is still so: the line of a password that was replaced
 * goes, and the file with the last one.
 */
#pragma once

#include <stddef.h>
#include <stdio.h>

/* A new one in the place of what is there, mode 0600; `path` is set. NULL and
   errno. */
FILE *first_sheet_new(const char *state_dir, char *path, size_t size);

/* Takes the extension's line out, if there is one. Returns 0 or a negative
   errno: then the file is as it was. */
int first_sheet_strike(const char *state_dir, const char *number);

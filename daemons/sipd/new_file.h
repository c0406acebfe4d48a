/* Files that hold secrets. */
#pragma once

#include <stdio.h>

/* A new and empty one in place of any that has the name, to be written by its
   owner alone (0600) from the first moment on. fclose() it. NULL: errno. */
FILE *new_file(const char *path);

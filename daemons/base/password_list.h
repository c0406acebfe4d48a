/* Passwords that are tried first by everybody who guesses; lower case. */
#pragma once

#include <stddef.h>

extern const char *const password_list[];
extern const size_t password_list_n;

/* Bytes that must not be seen: made, compared, wiped. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Overwrites; the compiler may not leave it out. */
void secret_wipe(void *p, size_t n);

/* Compares in a time that depends on the lengths only. */
bool secret_equal(const void *a, size_t na, const void *b, size_t nb);

/* From the kernel's source. Never fails: without randomness we abort. */
void secret_random(void *p, size_t n);

/* n random bytes as 2n hexadecimal digits and NUL. */
void secret_token(char *text, size_t n);

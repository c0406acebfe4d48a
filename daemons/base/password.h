/* SPEC 2: what a strong password is, and how one is made. */
#pragma once

#include <stddef.h>

enum { PASSWORD_MADE = 17 }; /* 16 characters and NUL */

/*
 * Returns NULL when `secret` is strong, else the reason in words ("contains
 * the extension number"). `words` are what it must not contain (number, name,
 * company ...), compared without case; those under 3 characters are ignored,
 * a number of 2 digits or more is not. NULL-terminated.
 */
const char *password_weak(const char *secret, const char *const words[]);

/* 16 characters, each class present, without look-alikes, strong. */
void password_make(char out[PASSWORD_MADE]);

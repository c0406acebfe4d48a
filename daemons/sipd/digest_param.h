/*
 * The parameters of a Digest header as Sofia hands them over: a list of
 * "name=value", NULL-terminated, values perhaps quoted (RFC 3261 section 25.1).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Copies a parameter's value without its quotes; absent: "". False: it is
   there but broken, or does not fit; out is undefined then. */
bool digest_param(const char *const *params, const char *name, char *out,
		  size_t size);

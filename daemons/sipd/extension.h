/*
 * The table of extensions: the rules beyond the schema (passwords, grades,
 * the previous secret), and the first start's 800-809.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct extension;
struct extensions;

/* In clear, valid until the next change of the table; NULL: no such one. */
const struct extension *extensions_get(const struct extensions *e,
				       const char *number);

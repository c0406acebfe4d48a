/* What a field's text must look like, by format: the checks that need an if. */
#pragma once

#include "record.h"

/*
 * Checks one text (one item of a list) and rewrites it into its stored form in
 * `text` (size bytes). Returns NULL, or what is wrong in words (in `why`).
 */
const char *rule_check(enum field_format format, char *text, size_t size,
		       char *why, size_t why_size);

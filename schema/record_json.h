/* Records as JSON (jansson). Secrets and hidden fields never go out. */
#pragma once

#include <jansson.h>

#include "record.h"

/* A new object, owned by the caller; NULL for want of memory. */
json_t *record_to_json(const struct record *r, const void *rec);

/*
 * Patches rec from an object: absent members stay, unknown or readonly ones
 * are an issue. Numbers, booleans and strings are taken. 0 or -EINVAL, and then
 * some members may be in rec already: patch a copy. record_check() comes after.
 */
int record_from_json(const struct record *r, void *rec, const json_t *object,
		     struct issue *issue);

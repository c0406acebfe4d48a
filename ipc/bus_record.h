/* Records as D-Bus arguments: one argument for each field, in order. */
#pragma once

#include "bus_raw.h"

/* Longest signature of a record's arguments: two characters a field. */
enum { BUS_SIGNATURE = 256 };

/* "sssayu": the arguments of r (NULL: none). */
void bus_signature(const struct record *r, char text[BUS_SIGNATURE]);

/*
 * Replaces *m, which has no arguments yet, by the same with those of rec.
 * Returns 0, -ENOMEM or -EINVAL (an enum or a length out of range); then *m is
 * what it was.
 */
int bus_put_record(DBusMessage **m, const struct record *r, const void *rec);

/*
 * Reads and checks a message's arguments. Trailing fields that are not
 * required may be absent and have their default. Returns 0, -EBADMSG (wrong
 * types or too many) or -EINVAL (*issue). r NULL: there must be none.
 */
int bus_get_record(DBusMessage *m, const struct record *r, void *rec,
		   struct issue *issue);

/*
 * One record as a struct within an array of a(...), and back from there. Put
 * returns 0, -EINVAL (out of range, or bytes in it; nothing was put) or -ENOMEM
 * (the array is spoilt).
 */
int bus_put_struct(DBusMessageIter *array, const struct record *r,
		   const void *rec);
int bus_get_struct(DBusMessageIter *array, const struct record *r, void *rec,
		   struct issue *issue);

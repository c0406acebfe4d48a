/* The arguments of org.sallyport.Table1: a{ss} in and out. */
#pragma once

#include "bus_raw.h"
#include "table_impl.h"

enum { TABLE_PAIRS_MAX = 128 };

/* Pairs of a message; they point into it. Free the array. */
struct pairs {
	struct table_pair *pairs;
	size_t n;
};

/* Reads an a{ss} and steps behind it. 0, -ENOMEM or -EBADMSG. */
int pairs_read(DBusMessageIter *it, struct pairs *p);

/* Appends an a{ss}. 0 or -ENOMEM. */
int pairs_put(DBusMessageIter *it, const struct table_pair *pairs, size_t n);

/* Emits Table1's Changed for the object at path: who watches reads the view. */
void table_emit_changed(struct bus *bus, const char *path, const char *key,
			const char *op, uint64_t seq);

const char *table_op_text(enum table_op_kind kind);
/* 0 or -EINVAL. */
int table_op_parse(const char *text, enum table_op_kind *kind);

/* Where a table's object is on the bus, from its record's owner. */
#pragma once

#include <stddef.h>

#include "record.h"

struct bus_iface;

#define TABLE_IFACE "org.sallyport.Table1"
enum { TABLE_PATH = 128 };

/* The owner's interface, for its bus name; NULL: no daemon of ours. */
const struct bus_iface *table_owner(const struct record *r);

/* "/org/sallyport/Sip/extension". 0 or -ENOENT. */
int table_path(const struct record *r, char path[TABLE_PATH]);

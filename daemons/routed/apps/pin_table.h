/* The rules of the table pin that are not in the schema. */
#pragma once

#include <stdbool.h>

struct issue;
struct table;

/* A table_ops.check for the table pin: the digits, made where none are given;
   no two of a set are the same. `pins`: the table itself. */
int pin_table_check(const struct table *pins, const void *old, void *row,
		    bool force, struct issue *issue);

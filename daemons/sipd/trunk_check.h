/* What a row of the table of trunks must be beyond the schema. Pure, but that
   it looks whether a file can be read. */
#pragma once

struct issue;
struct trunk;

/* 0, or -EINVAL and *issue. */
int trunk_check(const struct trunk *row, struct issue *issue);

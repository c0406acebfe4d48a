/* What a row of the table of trunks must be beyond the schema. Pure. */
#pragma once

struct issue;
struct trunk;

/* 0, or -EINVAL and *issue. */
int trunk_check(const struct trunk *row, struct issue *issue);

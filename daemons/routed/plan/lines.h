/* The extensions as callers and callees: sipd's row and the call profile. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "rows.h"

struct line {
	char number[9];
	char name[65];
	char dial_plan[33];
	bool enabled;
	bool do_not_disturb;
	uint32_t ring_s;
	uint32_t longest_s;  /* 0: without limit */
	uint32_t max_calls;  /* to the outside; 0: no limit */
	uint32_t most_calls; /* of any kind; 0: no limit */
};

struct lines {
	struct line *rows; /* sorted by number */
	size_t n;
};

/* 0 or -ENOMEM. A profile of an extension that is gone is skipped. */
int lines_init(struct lines *l, const struct plan_rows *extensions,
	       const struct plan_rows *profiles);
void lines_fini(struct lines *l);

/* NULL: no such extension. */
const struct line *lines_find(const struct lines *l, const char *number);

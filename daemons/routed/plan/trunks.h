/* sipd's trunks as a decision sees them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "rows.h"

struct plan_trunk {
	char name[33];
	char caller_id[33];
	char caller_name[65];
	char rates[33];
	char countries[257];
	bool enabled;
	bool privacy;
	uint32_t max_calls; /* 0: no limit */
};

struct trunks {
	struct plan_trunk *rows; /* sorted by name */
	size_t n;
};

/* 0 or -ENOMEM. */
int trunks_init(struct trunks *t, const struct plan_rows *rows);
void trunks_fini(struct trunks *t);

/* NULL: no such trunk. */
const struct plan_trunk *trunks_find(const struct trunks *t, const char *name);

/* Emergency numbers: they go past every limit, over their own trunks. */
#pragma once

#include "records.h"
#include "rows.h"

struct emergencies {
	struct emergency *rows; /* sorted by number */
	size_t n;
};

/* 0 or -ENOMEM. */
int emergencies_init(struct emergencies *e, const struct plan_rows *rows);
void emergencies_fini(struct emergencies *e);

/* NULL: no emergency number. */
const struct emergency *emergencies_find(const struct emergencies *e,
					 const char *number);

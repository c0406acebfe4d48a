/* Where calls from a provider go: the first inbound rule that fits. */
#pragma once

#include "pattern.h"
#include "records.h"
#include "rows.h"

struct inbound_way {
	struct inbound_rule row;
	struct pattern did;    /* n 0: any */
	struct pattern caller; /* n 0: any */
};

struct inbound {
	struct inbound_way *ways; /* in the table's order */
	size_t n;
};

/* 0 or -ENOMEM. */
int inbound_init(struct inbound *in, const struct plan_rows *rows);
void inbound_fini(struct inbound *in);

/* Dial rules and dial plans, compiled: which rules a number fits, the most
   specific first. */
#pragma once

#include <stdbool.h>

#include "match.h"
#include "pattern.h"
#include "records.h"
#include "rows.h"

struct rule {
	struct dial_rule row;
	struct pattern pattern;
	size_t order; /* its place in the table */
	bool in_use;  /* else it is in no set */
};

/* The rules of one dial plan. */
struct rule_set {
	char name[33];
	const struct rule **rules; /* the most specific first */
	size_t n;
	struct matcher *matcher; /* its ranks are indices of rules[] */
};

struct rules {
	struct rule *all; /* in the table's order */
	size_t n;
	struct rule_set *sets; /* sorted by name */
	size_t n_sets;
};

/* 0 or -ENOMEM. */
int rules_init(struct rules *r, const struct plan_rows *dial_rules,
	       const struct plan_rows *dial_plans);
void rules_fini(struct rules *r);

/* NULL: no such dial plan. */
const struct rule_set *rules_set(const struct rules *r, const char *dial_plan);

/* Is a rule in this set? */
bool rule_set_has(const struct rule_set *s, const struct rule *r);

/* The first rule at or behind *at that fits; *at then stands behind it.
   NULL: no other. Start with *at = 0. */
const struct rule *rule_set_next(const struct rule_set *s, const char *number,
				 size_t *at);

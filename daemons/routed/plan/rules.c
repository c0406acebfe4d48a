#include "rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"

static int by_openness(const void *a, const void *b)
{
	const struct rule *x = *(const struct rule *const *)a;
	const struct rule *y = *(const struct rule *const *)b;
	int d = pattern_compare(&x->pattern, &y->pattern);

	if (d)
		return d;
	return (x->order > y->order) - (x->order < y->order);
}

static int by_name(const void *a, const void *b)
{
	const struct rule_set *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int name_and_set(const void *name, const void *set)
{
	return strcmp(name, ((const struct rule_set *)set)->name);
}

const struct rule_set *rules_set(const struct rules *r, const char *dial_plan)
{
	return r->n_sets ? bsearch(dial_plan, r->sets, r->n_sets,
				   sizeof(*r->sets), name_and_set)
			 : NULL;
}

static int take_rules(struct rules *r, const struct plan_rows *rows)
{
	char why[128];

	r->all = calloc(rows->n + 1, sizeof(*r->all));
	if (!r->all)
		return -ENOMEM;
	for (size_t i = 0; i < rows->n; i++) {
		const struct dial_rule *row = plan_row(rows, i);
		struct rule *rule = &r->all[r->n];

		/* A pattern that cannot be read was never let into the table.
		 */
		rule->row = *row;
		rule->order = i;
		rule->in_use = !pattern_parse(&rule->pattern, row->pattern, why,
					      sizeof(why)) &&
			       row->enabled;
		r->n++;
	}
	return 0;
}

static int make_matcher(struct rule_set *s)
{
	const struct pattern **patterns =
		calloc(s->n + 1, sizeof(struct pattern *));

	if (!patterns)
		return -ENOMEM;
	for (size_t i = 0; i < s->n; i++)
		patterns[i] = &s->rules[i]->pattern;
	s->matcher = matcher_new(patterns, s->n);
	free(patterns);
	return s->matcher ? 0 : -ENOMEM;
}

static int take_set(struct rules *r, const struct dial_plan *row)
{
	struct rule_set *s = &r->sets[r->n_sets++];
	bool all = strcmp(row->name, "default") == 0;

	memcpy(s->name, row->name, sizeof(s->name));
	s->rules = calloc(r->n + 1, sizeof(struct rule *));
	if (!s->rules)
		return -ENOMEM;
	for (size_t i = 0; i < r->n; i++)
		if (r->all[i].in_use &&
		    (all || names_have(row->rules, r->all[i].row.name)))
			s->rules[s->n++] = &r->all[i];
	qsort(s->rules, s->n, sizeof(struct rule *), by_openness);
	return make_matcher(s);
}

int rules_init(struct rules *r, const struct plan_rows *dial_rules,
	       const struct plan_rows *dial_plans)
{
	int rc = take_rules(r, dial_rules);

	r->sets = calloc(dial_plans->n + 1, sizeof(*r->sets));
	if (!r->sets)
		rc = -ENOMEM;
	for (size_t i = 0; !rc && i < dial_plans->n; i++)
		rc = take_set(r, plan_row(dial_plans, i));
	if (!rc)
		qsort(r->sets, r->n_sets, sizeof(*r->sets), by_name);
	return rc;
}

void rules_fini(struct rules *r)
{
	for (size_t i = 0; i < r->n_sets; i++) {
		matcher_free(r->sets[i].matcher);
		free(r->sets[i].rules);
	}
	free(r->sets);
	free(r->all);
	*r = (struct rules){ 0 };
}

bool rule_set_has(const struct rule_set *s, const struct rule *r)
{
	return s->n &&
	       bsearch(&r, s->rules, s->n, sizeof(struct rule *), by_openness);
}

const struct rule *rule_set_next(const struct rule_set *s, const char *number,
				 size_t *at)
{
	size_t found = matcher_next(s->matcher, number, *at);

	if (found == SIZE_MAX)
		return NULL;
	*at = found + 1;
	return s->rules[found];
}

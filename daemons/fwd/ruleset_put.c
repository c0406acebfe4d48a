#include "ruleset_put.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for one more behind n; doubles at powers of two. NULL: no memory. */
static void *grown(struct ruleset *rs, void **list, size_t n, size_t size)
{
	char *bytes;

	if ((n & (n - 1)) == 0) {
		void *more = realloc(*list, (n ? n * 2 : 1) * size);

		if (!more) {
			rs->failed = true;
			return NULL;
		}
		*list = more;
	}
	bytes = *list;
	memset(bytes + n * size, 0, size);
	return bytes + n * size;
}

void put_set_of(struct ruleset *rs, const char *name, enum set_key key,
		enum set_use use, uint32_t most)
{
	struct ruleset_set *set =
		grown(rs, (void **)&rs->sets, rs->n_sets, sizeof(*set));

	if (!set)
		return;
	rs->n_sets++;
	set->key = key;
	set->use = use;
	set->most = most;
	snprintf(set->name, sizeof(set->name), "%s", name);
}

void put_set(struct ruleset *rs, const char *name, enum set_key key,
	     enum set_use use)
{
	put_set_of(rs, name, key, use, 0);
}

void put_limit(struct ruleset *rs, const struct ruleset_limit *limit)
{
	struct ruleset_limit *l =
		grown(rs, (void **)&rs->limits, rs->n_limits, sizeof(*l));

	if (!l)
		return;
	rs->n_limits++;
	*l = *limit;
}

void put_chain(struct ruleset *rs, const char *name, enum chain_hook hook)
{
	struct ruleset_chain *chain =
		grown(rs, (void **)&rs->chains, rs->n_chains, sizeof(*chain));

	if (!chain)
		return;
	rs->n_chains++;
	chain->hook = hook;
	snprintf(chain->name, sizeof(chain->name), "%s", name);
}

void put_counter(struct ruleset *rs, const char *name)
{
	struct ruleset_counter *counter = grown(
		rs, (void **)&rs->counters, rs->n_counters, sizeof(*counter));

	if (!counter)
		return;
	rs->n_counters++;
	snprintf(counter->name, sizeof(counter->name), "%s", name);
}

struct rule *put_rule(struct ruleset *rs, const char *chain, const char *why)
{
	struct rule *r =
		grown(rs, (void **)&rs->rules, rs->n_rules, sizeof(*r));

	if (r)
		rs->n_rules++;
	else
		r = &rs->spare;
	memset(r, 0, sizeof(*r));
	snprintf(r->chain, sizeof(r->chain), "%s", chain);
	r->why = why;
	return r;
}

struct rule_op *put_op(struct rule *r, enum op_kind kind)
{
	assert(r->n < RULESET_OPS);
	r->op[r->n].kind = kind;
	return &r->op[r->n++];
}

void put_op_name(struct rule *r, enum op_kind kind, const char *name)
{
	struct rule_op *op = put_op(r, kind);

	snprintf(op->name, sizeof(op->name), "%s", name);
}

void put_op_rate(struct rule *r, enum op_kind kind, const char *name,
		 const struct ruleset_limit *rate)
{
	struct rule_op *op = put_op(r, kind);

	op->a = rate->packets;
	op->b = rate->seconds;
	op->c = rate->burst;
	snprintf(op->name, sizeof(op->name), "%s", name);
}

void put_op_range(struct rule *r, enum op_kind kind, uint32_t a, uint32_t b)
{
	struct rule_op *op = put_op(r, kind);

	op->a = a;
	op->b = b;
}

void put_op_number(struct rule *r, enum op_kind kind, uint32_t a)
{
	put_op_range(r, kind, a, a);
}

/*
 * A ruleset being written: only ruleset.c and what it calls (common.c,
 * defense.c, flood.c, measure.c) include this. Want of memory sticks in
 * rs->failed.
 */
#pragma once

#include "ruleset.h"

void put_set(struct ruleset *rs, const char *name, enum set_key key,
	     enum set_use use);
/* One that rules add to, of at most this many elements. */
void put_set_of(struct ruleset *rs, const char *name, enum set_key key,
		enum set_use use, uint32_t most);
void put_limit(struct ruleset *rs, const struct ruleset_limit *limit);
void put_chain(struct ruleset *rs, const char *name, enum chain_hook hook);
void put_counter(struct ruleset *rs, const char *name);

/* Appends a rule to a chain; the pointer is good until the next. */
struct rule *put_rule(struct ruleset *rs, const char *chain, const char *why);

struct rule_op *put_op(struct rule *r, enum op_kind kind);
void put_op_name(struct rule *r, enum op_kind kind, const char *name);
void put_op_range(struct rule *r, enum op_kind kind, uint32_t a, uint32_t b);
/* name, a, b, c */
void put_op_rate(struct rule *r, enum op_kind kind, const char *name,
		 const struct ruleset_limit *rate);
void put_op_number(struct rule *r, enum op_kind kind, uint32_t a);

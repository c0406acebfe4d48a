/*
 * A ruleset being written: only ruleset.c and what it calls (common.c,
 * defense.c, flood.c) include this. Want of memory sticks in rs->failed.
 */
#pragma once

#include "ruleset.h"

void put_set(struct ruleset *rs, const char *name, enum set_key key,
	     enum set_use use);
void put_chain(struct ruleset *rs, const char *name, enum chain_hook hook);
void put_counter(struct ruleset *rs, const char *name);

/* Appends a rule to a chain; the pointer is good until the next. */
struct rule *put_rule(struct ruleset *rs, const char *chain, const char *why);

struct rule_op *put_op(struct rule *r, enum op_kind kind);
void put_op_name(struct rule *r, enum op_kind kind, const char *name);
void put_op_range(struct rule *r, enum op_kind kind, uint32_t a, uint32_t b);
void put_op_number(struct rule *r, enum op_kind kind, uint32_t a);

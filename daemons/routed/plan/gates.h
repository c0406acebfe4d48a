/*
 * The gates between a caller and the outside: one row, one concern. A way that
 * finds all of them open goes out.
 *
 * A gate reads the decision (d->way is what it looks at) and says why in words,
 * open or not. It may narrow the way: lease_s, until_ms.
 */
#pragma once

#include <stddef.h>

#include "decide.h"

enum gate {
	GATE_OPEN,
	GATE_NEXT, /* not this way: the next trunk, or the next rule */
	GATE_SHUT, /* the call does not go out */
	GATE_ASKS, /* the verdict is there already: ask the caller first */
};

struct gate_says {
	uint32_t code;       /* when shut: for the phone */
	const char *prompts; /* when shut: for the ear */
	char why[160];
	/* When not open: which gate, of which trunk or rule. */
	const char *gate;
	const char *what;
};

struct gate_row {
	const char *name; /* for Explain */
	enum gate (*fn)(struct decision *d, struct gate_says *says);
};

/* What is asked of a rule, before a trunk is chosen. */
extern const struct gate_row rule_gates[];
extern const size_t n_rule_gates;

/* What is asked of each trunk in turn. */
extern const struct gate_row trunk_gates[];
extern const size_t n_trunk_gates;

/* What is asked at last, of a way that could go out otherwise. */
extern const struct gate_row last_gates[];
extern const size_t n_last_gates;

/* Walks gates until one is not open; traces each; *says is the last one's. */
enum gate gates_pass(struct decision *d, const struct gate_row *gates, size_t n,
		     struct gate_says *says);

/* The way as others see it. */
struct plan_call gates_call(const struct decision *d);

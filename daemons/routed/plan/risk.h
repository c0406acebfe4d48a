/*
 * The risk of a dial rule: the dearest kind of number that its pattern can
 * reach, and what stands before it. Never too small a word: a rule that can
 * reach one premium number is a premium rule.
 *
 * Both what is dialled and what is sent are read, each in every way in which a
 * provider may read it: after +, the international or the national prefix; as
 * a whole national number where a country has such; and, where the rule puts
 * digits in front, with a country's code at once.
 */
#pragma once

#include "plan.h"

struct risk_question {
	uint64_t now_ms;
	/* Is there a limit on what one may spend, in time or in money? `who` *:
	   on each extension. */
	bool (*is_capped)(void *ctx, enum usage_of of, const char *who);
	void *ctx;
};

/* Of a row that check_dial_rule() has let pass; in use or not. */
void risk_of(const struct plan *p, const struct dial_rule *row,
	     const struct risk_question *q, struct risk_line *out);

/* Of each dial rule, in the table's order. */
typedef void (*risk_fn)(void *ctx, const struct risk_line *line);
void risk_each(const struct plan *p, const struct risk_question *q, risk_fn fn,
	       void *ctx);

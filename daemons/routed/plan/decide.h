/*
 * Inside of a decision; for the files of plan/ only. The compiled plan, what
 * one decision works on, and the few words that every step says.
 */
#pragma once

#include "emergency.h"
#include "inbound.h"
#include "lines.h"
#include "pins.h"
#include "plan.h"
#include "rules.h"
#include "step.h"
#include "times.h"
#include "trunks.h"

/* How long a called party outside may ring. */
enum { OUTBOUND_RING_S = 120 };

struct plan {
	struct route_settings settings;
	struct lines lines;
	struct trunks trunks;
	struct emergencies emergencies;
	struct rules rules;
	struct inbound inbound;
	struct pins *pins;
	struct times times;
};

/* One way in which a call could go out. */
struct way {
	const struct rule *rule;
	const struct plan_trunk *trunk; /* NULL: none chosen yet */
	char sent[65];
	char number[65];            /* in international digits; "" unknown */
	char pin_set[33];           /* whose PIN is needed; "" none */
	const struct pins_row *pin; /* that was given; NULL: none */
	uint32_t lease_s;
	uint64_t until_ms; /* 0: no end by the clock */
	uint32_t credit_s; /* until a cap ends the call; UINT32_MAX: none */
	char credit[33];   /* that cap */
	struct usage_price price;
};

struct decision {
	const struct plan *plan;
	const struct plan_question *q;
	const struct line *caller; /* NULL: no extension calls */
	struct plan_step step;
	struct way way;
	struct verdict *out;
	struct plan_choice *choice;
	/* For Explain: the step that decided, and what of; texts of the plan,
	   the ask or the code. */
	const char *by;
	const char *by_what;
};

/* One line of the explanation; returns `applies`, so that it reads as a
   test. */
bool decide_trace(const struct decision *d, const char *step, const char *what,
		  bool applies, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

void decide_refuse(struct decision *d, uint32_t code, const char *prompts,
		   const char *reason);

/* Notes who decides; a later one goes before. Returns true. */
bool decide_by(struct decision *d, const char *step, const char *what);

/* For Explain: the last word; what would end the call, and when; which rules
   were not chosen (winner NULL: none was). `tried`: so many were, and not all
   were told of. */
void explain_verdict(const struct decision *d);
void explain_ends(const struct decision *d);
void explain_others(const struct decision *d, const struct rule *winner,
		    size_t tried);

/* Rings an extension, or says why it does not. */
bool decide_callee(struct decision *d, const struct line *callee);

/* Dials d->way; `next`: there is another trunk behind this one. */
void decide_dial(struct decision *d, bool next);

/* The steps, each in its file; each says whether it has decided. */
bool decide_emergency(struct decision *d);
bool decide_inbound(struct decision *d);
bool decide_rule(struct decision *d);

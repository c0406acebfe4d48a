/*
 * What calls have used so far, as a decision sees it: questions that change
 * nothing. The books, the brakes and the PIN locks answer them (routed.c); a
 * test answers from a table. A function that is NULL answers "nothing yet".
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "pin_app.h"

/* A call as it would go out. Texts are never NULL; "" is unknown or none. */
struct plan_call {
	const char *id;        /* sipd's */
	const char *extension; /* who calls */
	const char *source;    /* its phone's address */
	const char *dial_rule;
	const char *trunk;
	const char *rates;  /* the trunk's price list */
	const char *number; /* in international digits, without +; "" unknown */
	const char *pin;    /* the row of the PIN that was given */
	const char *pin_holder;
	uint64_t now_ms; /* wall clock */
};

enum usage_of { USAGE_OF_TRUNK, USAGE_OF_DIAL_RULE, USAGE_OF_EXTENSION };

/* In thousandths of the currency; first_s 0: nobody knows the price. */
struct usage_price {
	uint64_t minute_milli, connect_milli;
	uint32_t first_s, next_s; /* increments that are billed */
};

/* How far the caps let a call go, and what it costs. */
struct usage_credit {
	uint32_t lease_s;   /* what its first slices pay; 0: no cap applies */
	uint32_t longest_s; /* until a cap ends it; UINT32_MAX: none does */
	char credit[33];    /* the cap that decides, if one does */
	char why[121];      /* in words */
	struct usage_price price;
};

enum usage_brake {
	USAGE_BRAKE_OFF,
	USAGE_BRAKE_PIN,    /* goes on behind a PIN of `pin_set` */
	USAGE_BRAKE_REFUSE, /* does not go out */
};

struct usage_brake_why {
	char brake[33];
	char pin_set[33];
	char why[121];
};

struct plan_usage {
	void *ctx;
	/* Outbound calls that go on now; emergency calls are not counted. */
	uint32_t (*calls)(void *ctx, enum usage_of of, const char *who);
	/* false: a cap is used up; *out says which. */
	bool (*credit)(void *ctx, const struct plan_call *call,
		       struct usage_credit *out);
	enum usage_brake (*brake)(void *ctx, const struct plan_call *call,
				  struct usage_brake_why *out);
	/* May this call not enter a PIN, and why: the PIN rules of its
	   extension are locked, or other calls of it are about to lock them. */
	bool (*locked)(void *ctx, const struct plan_call *call, char why[121]);
	/* Is this phone known to be silent until it is answered? */
	bool (*mute)(void *ctx, const struct plan_call *call);
};

/* What a decision chose, for the books: they reserve it, and at the end it
   completes the call record. All "" when the call does not go out. */
struct plan_choice {
	char dial_rule[33];
	char trunk[33];
	char rates[33];
	char number[65]; /* as plan_call.number */
	char pin[33];    /* its row */
	char pin_holder[65];
	char pin_digits[13]; /* only when they are to be recorded */
	bool outbound;       /* by a trunk, and no emergency call */
	bool emergency;
	uint32_t lease_s;
	/* For the PIN locks, whether the call goes out or not: what the entry
	   was that the ask brought. */
	enum pin_event pin_event;
};

/*
 * Credit: how far the limits (table credit) let a call go. A pure function of
 * the limits, the purses and the call.
 *
 * A call holds one slice at a time of every limit that applies: 60 s, up to the
 * end of the increment that is billed anyway, and never more than what is left
 * of the tightest limit. What open calls hold counts as used, so that calls at
 * the same time cannot overspend together; a limit is never exceeded by the
 * seconds and the money that a call's slices hold.
 */
#pragma once

#include "caps.h"
#include "price.h"

/* A call that asks for a slice. */
struct credit_call {
	const char *who[N_SCOPES]; /* "" none */
	bool priced;
	struct price price; /* if priced */
	const char *rates;  /* the list it was looked for in */
	const char *number; /* what was looked for */
	uint32_t lease_s;   /* what it holds already; 0: a new call */
	/* What it holds in these purses now, which does not stand in its own
	   way. */
	struct amount own[N_SCOPES];
};

struct credit_grant {
	bool limited;       /* a limit applies */
	uint32_t lease_s;   /* the call may go so far in all; 0: nowhere */
	bool last;          /* there is no more after it */
	uint32_t longest_s; /* if nobody else calls; UINT32_MAX: no end */
	char credit[33];    /* the tightest limit, if one applies */
	char why[121];      /* what it says, in words */
};

/* False: refused, nothing more than call->lease_s; why says it. */
bool credit_grant(const struct caps *caps, const struct purses *purses,
		  const struct period_starts *now,
		  const struct credit_call *call, struct credit_grant *out);

/* What holding a slice up to lease_s takes of each purse. */
struct amount credit_hold(const struct credit_call *call, uint32_t lease_s);

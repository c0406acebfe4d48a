/*
 * Session timers (RFC 4028) as arithmetic: what to answer, what to expect. No
 * clock, no sockets.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { LEG_MIN_SE = 90 }; /* RFC 4028 section 5: the least anyone may ask */

enum leg_refresher { REFRESHER_NONE, REFRESHER_US, REFRESHER_PEER };

/* What a request or a 2xx said. */
struct leg_timer_terms {
	bool supported;     /* Supported: timer */
	uint32_t expires_s; /* Session-Expires; 0: none */
	uint32_t min_s;     /* Min-SE; 0: none */
	bool refresher_uac;
	bool refresher_uas;
};

struct leg_timer {
	uint32_t interval_s; /* 0: no session timer */
	enum leg_refresher refresher;
};

/* Is the request's interval too short (422, section 9)? */
bool leg_timer_too_short(const struct leg_timer_terms *t);

/* Section 9: we answer a request; wish_s is our own setting. */
struct leg_timer leg_timer_uas(const struct leg_timer_terms *t,
			       uint32_t wish_s);

/* Section 7.2: the 2xx to our request. */
struct leg_timer leg_timer_uac(const struct leg_timer_terms *t);

/*
 * When to act, in seconds after the last refresh (section 10): the refresher
 * refreshes at half the interval, the other side gives up shortly before its
 * end. 0: never.
 */
uint32_t leg_timer_due_s(const struct leg_timer *t);

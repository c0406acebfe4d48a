/*
 * When to register, and what an answer means (RFC 3261 section 10.2): renewed
 * early, at a time that varies; a refusal is not repeated often, for a provider
 * locks out who does; silence is asked again sooner. Pure: times (CLOCK_
 * MONOTONIC) and chance are the caller's.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum trunk_registered {
	TRUNK_ASKING,  /* nothing is known yet */
	TRUNK_HELD,    /* it is there, until until_ms */
	TRUNK_REFUSED, /* the provider says no */
	TRUNK_UNHEARD, /* nobody answers, or cannot now */
};

struct trunk_register {
	enum trunk_registered how;
	uint32_t expires_s; /* asked for */
	uint64_t until_ms;
	uint64_t due_ms;   /* when to ask next */
	uint32_t failures; /* in a row */
};

struct trunk_reply {
	uint32_t code;
	bool silent;
	uint32_t expires_s;     /* granted; 0: not said */
	uint32_t min_expires_s; /* of a 423 */
	uint32_t retry_after_s;
};

void trunk_register_begin(struct trunk_register *r, uint32_t expires_s,
			  uint64_t now_ms);

/* chance: any random number. Sets due_ms. */
void trunk_register_answer(struct trunk_register *r, uint64_t now_ms,
			   const struct trunk_reply *reply, uint32_t chance);

/* Is the registration in force? */
bool trunk_register_holds(const struct trunk_register *r, uint64_t now_ms);

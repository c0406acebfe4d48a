/*
 * Who was banned before, how often and when: so that a repeat offender's ban
 * is longer. Bounded; who was quiet longest is forgotten first.
 */
#pragma once

#include "key.h"

struct offenders;

struct offender {
	struct guard_key key;
	uint32_t times;
	uint64_t last_ms; /* when its last ban ends; wall clock */
};

/* NULL: no memory. */
struct offenders *offenders_new(size_t max, const uint8_t seed[GUARD_SEED]);
void offenders_free(struct offenders *os);

/* How often it was banned, if the last ban ended at most `age_ms` ago. */
uint32_t offenders_times(struct offenders *os, const struct guard_key *key,
			 uint64_t now_ms, uint64_t age_ms);
/* Sets it. 0 or -ENOMEM. */
int offenders_note(struct offenders *os, const struct offender *o);
void offenders_forget(struct offenders *os, const struct guard_key *key);

/*
 * What changed since the last call, for the store: each once, `gone` when it
 * was forgotten.
 */
void offenders_changes(struct offenders *os,
		       void (*fn)(void *ctx, const struct offender *o,
				  bool gone),
		       void *ctx);

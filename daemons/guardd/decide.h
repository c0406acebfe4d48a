/*
 * The guard's decisions: what follows from a report. No bus, no store, no
 * clock: state, settings, report and time in, outcome out; golden files hold
 * what it answers.
 */
#pragma once

#include "bans.h"
#include "counters.h"
#include "offenders.h"
#include "records.h"

enum {
	/* What outsiders can make us keep. */
	GUARD_COUNTERS_MAX = 65536,
	GUARD_BANS_MAX = 131072,
	GUARD_OFFENDERS_MAX = 65536,
	GUARD_ALLOWED_MAX = 1000,
	GUARD_LOCALS_MAX = 256,
	GUARD_TRUNKS_MAX = 512,
	GUARD_LONGEST_BAN_S = 365 * 24 * 3600,
	GUARD_OFFENDER_DAYS = 30,
};

struct guard_now {
	uint64_t mono_ms; /* what counts */
	uint64_t wall_ms; /* what people read */
};

struct guard_allowed {
	struct prefix source;
	uint32_t services; /* bit 1 << enum guard_service_id */
	uint64_t until_ms; /* wall clock; 0: stays */
	char name[33];
};

struct guard {
	struct guard_service settings[GUARD_N_SERVICES];
	struct counters *counters;
	struct bans *bans;
	struct offenders *offenders;
	struct guard_allowed allowed[GUARD_ALLOWED_MAX];
	size_t n_allowed;
	struct prefix locals[GUARD_LOCALS_MAX];
	size_t n_locals;
	struct prefix trunks[GUARD_TRUNKS_MAX]; /* never banned from SIP */
	size_t n_trunks;
	bool locals_known; /* until then every private address is local */
};

/* 0 or -ENOMEM; the settings are the schema's defaults. */
int guard_init(struct guard *g, const uint8_t seed[GUARD_SEED]);
void guard_fini(struct guard *g);

/* SPEC 6: the row of a service when nobody has changed it yet. */
void guard_default_setting(struct guard_service *row,
			   enum guard_service_id service);

enum guard_outcome {
	GUARD_ANSWER, /* counted, and there are tries left */
	GUARD_BAN,    /* that was the last one: `ban` is new; answer it still */
	GUARD_BANNED, /* it is shut out already */
	GUARD_EXEMPT, /* not counted: see `why` */
	GUARD_NOTED,  /* nothing that counts: drop it */
};

struct guard_outcome_of {
	enum guard_outcome outcome;
	struct guard_key key; /* who it was about */
	const char *why;      /* constant words */
	uint32_t tries;
	uint32_t tries_left;
	uint32_t banned_s;
	struct ban *ban; /* GUARD_BAN, GUARD_BANNED; NULL: no room for it */
};

/*
 * -EINVAL and *issue: not a report about a peer of a service. The caller makes
 * room in g->bans before: which ban goes must be lifted elsewhere, too.
 */
int guard_decide(struct guard *g, const struct report *r,
		 const struct guard_now *now, struct guard_outcome_of *out,
		 struct issue *issue);

/*
 * A ban by a person, for `seconds` (0: for ever). NULL and *issue: refused.
 * One that is there gets the new end.
 */
struct ban *guard_reject(struct guard *g, const struct guard_key *key,
			 uint32_t seconds, const char *actor,
			 const struct guard_now *now, struct issue *issue);

/*
 * Who is not to be banned. Asked of all that a ban would cut: of a /64 is true
 * what is true of one address in it.
 */
/* Which allowed row lets it in at its service; NULL: none. */
const struct guard_allowed *guard_allows(const struct guard *g,
					 const struct guard_key *key,
					 uint64_t wall_ms);
bool guard_is_local(const struct guard *g, const struct guard_key *key);
/* Is it a trunk's, and the service SIP or all? */
bool guard_is_trunk(const struct guard *g, const struct guard_key *key);

/* Seconds that are left, rounded up; 0: for ever. */
uint32_t guard_left_s(const struct ban *ban, const struct guard_now *now);

/* As the table shows it. */
void guard_ban_row(const struct ban *ban, struct rejected *row);
/* Back from the store: 0 and the ban, whose end a clock that was set back has
   moved; or -EINVAL, -ENOMEM, -ENOSPC, -ESTALE (it ended). */
int guard_ban_load(struct guard *g, const struct rejected *row,
		   const struct guard_now *now, struct ban **out);

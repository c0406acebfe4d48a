/*
 * guardd: hears reports, counts tries, bans. The decisions are decide.h's; here
 * they meet the store, fwd and the clock.
 *
 * One struct guardd a daemon, made in guardd_start(), owned by the service.
 */
#pragma once

#include "decide.h"
#include "rate.h"

struct alerts;
struct event;
struct incidents;
struct live;
struct service;
struct ssh_log;
struct table;
struct tries;
struct wall;
struct watch;

/* The options of the command line (main.c); all may be left out. */
enum guardd_option { GUARDD_SSH_LOG, GUARDD_OUTBOX };

struct guardd {
	struct service *service;
	struct guard guard;
	struct incidents *incidents;
	struct wall *wall;
	struct ssh_log *ssh_log; /* NULL: none was given */
	struct watch *trunks;    /* sipd's */
	struct table *settings;
	struct table *allowed;
	struct table *defense; /* auto_defense */
	struct live *rejected;
	struct alerts *alerts;
	struct table *alert_rules;
	struct live *alert_rows;
	uint64_t mail_number;     /* of the next one in the outbox */
	struct event *end;        /* the next ban's */
	struct event *tick;       /* every second */
	uint64_t wall_ahead_ms;   /* wall clock minus monotonic clock */
	uint64_t allowed_seen_ms; /* until when ends were looked at */
	uint64_t ticks;
	uint64_t incident_first;    /* what is below is not in the truth */
	struct tries *tries;        /* of the last day: strangers' */
	struct tries *tries_spared; /* and of those whom no ban ends */
	uint64_t tries_disk[2];     /* the first chunks in the truth */
	struct rate log;            /* lines that outsiders can cause */
	struct rate hurry;          /* bans that the view does not gather */
	/* Set by bus.c: tells everybody. */
	void (*fact)(struct guardd *d, const struct guard_key *key,
		     uint64_t until_ms, bool banned);
};

int guardd_start(struct service *s, char *why, size_t why_size);
void guardd_stop(struct service *s);
int guardd_bus_export(struct guardd *d);

/* trunks.c: 0 or -ENOMEM. */
int trunks_open(struct guardd *d);
void trunks_close(struct guardd *d);

void guardd_now(const struct guardd *d, struct guard_now *now);

/* ---- judge.c: from a report to a ban in force ---- */

typedef void (*judge_report_fn)(void *ctx, const struct report_verdict *v);

/* -EINVAL and *issue, or 0 and `done` once: at once, or when the ban stands. */
int judge_report(struct guardd *d, const struct report *r, judge_report_fn done,
		 void *ctx, struct issue *issue);

/* ---- wish.c: what a person, or auto defense, wants of a ban ---- */

typedef void (*wish_done_fn)(void *ctx, uint32_t count, const char *err);

/* A person's; `done` when it is in force, or with why nothing changed. */
int wish_reject(struct guardd *d, const struct guard_key *key, uint32_t seconds,
		const char *actor, wish_done_fn done, void *ctx,
		struct issue *issue);
/* key->service GUARD_ALL: every ban of that source. */
int wish_unreject(struct guardd *d, const struct guard_key *key,
		  const char *actor, wish_done_fn done, void *ctx,
		  struct issue *issue);
/* Just this one. */
int wish_delete(struct guardd *d, const struct guard_key *key,
		const char *actor, wish_done_fn done, void *ctx,
		struct issue *issue);

/* By a row of auto defense. 0: it will stand; -EINVAL and *issue: exempt. */
int wish_defend(struct guardd *d, const struct guard_key *key, uint32_t seconds,
		const char *row, struct issue *issue);

/* ---- standing.c: the bans that stand, until they end ---- */

/* Writes its row, or takes it out, for who looks into our view. */
void standing_put_row(struct guardd *d, const struct ban *ban);
void standing_del_row(struct guardd *d, const struct guard_key *key);
/* Room for one more: the ban that would end first goes; permanent ones stay. */
void standing_make_room(struct guardd *d);
/* Ends it, everywhere but in the kernel: that is the caller's. */
void standing_lift(struct guardd *d, struct ban *ban);
/* Waits for the next end: an end was added or moved. */
void standing_arm(struct guardd *d);
/* Ends what is over, and waits for the next. */
void standing_ends(struct guardd *d);
/* Lifts the bans of a prefix at some services (bits): it is allowed now, or
   known as local. */
void standing_let_in(struct guardd *d, const struct prefix *source,
		     uint32_t services, const char *why);
/* The wall clock was set: rows show the same moments in its new time. */
void standing_clock_set(struct guardd *d, int64_t step_ms);
/* Bans from the view of the last run. 0 or a negative errno. */
int standing_load(struct guardd *d);

/* ---- note.c: what becomes an incident ---- */

/* A stranger's try, and what was decided. */
void note_try(struct guardd *d, const struct report *r,
	      const struct guard_outcome_of *o);
/* What happened in the house (kind.h). -EINVAL and *issue: not an address. */
int note_event(struct guardd *d, const struct report *r, struct issue *issue);
/* INCIDENT_KIND_BANNED or _UNBANNED. */
void note_ban(struct guardd *d, enum incident_kind kind,
	      const struct guard_key *key, const char *outcome);
/* Gives a new ban the last things its source was seen doing, in words. */
void note_evidence(struct guardd *d, struct ban *ban);

/* ---- allow.c: the table of allowed addresses ---- */

int allow_open(struct guardd *d, char *why, size_t why_size);
/* Takes out what ended since the last call. */
void allow_tick(struct guardd *d, uint64_t wall_ms);

/* ---- alert_table.c: who is told of incidents ---- */

int alert_open(struct guardd *d, char *why, size_t why_size);
void alert_first(struct guardd *d);
void alert_close(struct guardd *d);

/* ---- defense.c: the table of auto defense ---- */

int defense_open(struct guardd *d, char *why, size_t why_size);

/* ---- keep.c: counters, incidents and offenders in the store ---- */

int keep_load(struct guardd *d);
/* A source that was counted. */
void keep_counter(struct guardd *d, const struct guard_key *key);
void keep_flush(struct guardd *d);

/* ---- keep_tries.c: the tries of the last day (tries.h) ---- */

int keep_tries_open(struct guardd *d);
void keep_tries_close(struct guardd *d);
/* A stranger's report, and what was decided. */
void keep_tries_hear(struct guardd *d, const struct report *r,
		     const struct guard_outcome_of *o,
		     const struct guard_now *now);
/* The wall clock was set. */
void keep_tries_clock(struct guardd *d, int64_t step_ms);
/* Writes down what is new, and forgets what is a day old. */
void keep_tries_flush(struct guardd *d, uint64_t wall_ms);

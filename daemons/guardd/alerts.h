/*
 * Who is told of an incident: rules choose, an alert is kept until a person has
 * seen it, a signal goes out, a mail waits until it may. Pure: time is the
 * caller's, what is to be done comes through functions.
 *
 * Whoever attacks must not fill anybody's letter box or this box's memory: a
 * rule makes at most a burst of alerts, then one a second; what is beyond it
 * is counted. A mail waits ten seconds for what comes with it, and no other
 * follows before `mail_every_s` is over: so a flood is one mail that says how
 * much there was.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "records.h"

struct alerts;

enum {
	ALERT_RULES_MAX = 50,
	ALERTS_MAX = 200,
	ALERT_MAIL_LINES = 50,
	ALERT_MAIL_WAIT_MS = 10000,
	ALERT_MAIL_AGAIN_MS = 60000, /* when one could not be handed over */
};

/* One mail: what of a rule nobody was written yet. */
struct alert_digest {
	const struct alert_rule *rule;
	const struct alert *lines[ALERT_MAIL_LINES]; /* newest first */
	size_t n;
	uint32_t more; /* that are not among them */
	uint64_t wall_ms;
};

struct alerts_ops {
	/* The row is new, or changed; it is the table's until the next call. */
	void (*put)(void *ctx, const struct alert *row);
	void (*gone)(void *ctx, const char *id);
	void (*signal)(void *ctx, const struct alert *row);
	/* Hands a mail over; false: not now, again later. */
	bool (*mail)(void *ctx, const struct alert_digest *digest);
};

/* NULL: no memory. */
struct alerts *alerts_new(const struct alerts_ops *ops, void *ctx);
void alerts_free(struct alerts *a);

/* The rules in force, one after another; what waits for a rule that is gone is
   not mailed. */
void alerts_rules_begin(struct alerts *a);
void alerts_rules_add(struct alerts *a, const struct alert_rule *rule);

/* An incident was noted, or once more. */
void alerts_hear(struct alerts *a, const struct incident *row,
		 uint64_t mono_ms);
/* Once a second. */
void alerts_tick(struct alerts *a, uint64_t mono_ms, uint64_t wall_ms);

/* A person has seen it. false: there is none. */
bool alerts_seen(struct alerts *a, const char *id);
/* From the store. */
void alerts_load(struct alerts *a, const struct alert *row);
size_t alerts_count(const struct alerts *a);

/* May this rule be; 0, or -EINVAL and *issue. can_mail: there is an outbox. */
int alert_rule_check(const struct alert_rule *rule, bool can_mail,
		     struct issue *issue);

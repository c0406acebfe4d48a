/*
 * The brakes in the daemon: answers the decision (plan/usage.h), hears which
 * calls went out or were held, keeps the counts as live rows over a kill, and
 * tells guardd.
 */
#pragma once

#include "brake.h"
#include "rows.h"

struct ask;
struct books;
struct brake_desk;
struct bus;
struct cdr;
struct event_base;
struct plan_choice;
struct store;
struct verdict;

struct brake_desk_config {
	struct event_base *base;
	struct bus *bus;
	struct store *store;
	const struct books *books; /* who knows which calls go on */
	struct brakes_when when;
};

/* Reads what the last run kept. NULL: no memory. */
struct brake_desk *brake_desk_new(const struct brake_desk_config *config);
void brake_desk_free(struct brake_desk *d);

/* The rows (struct brake) and the box's country code, as they are now. */
void brake_desk_rows(struct brake_desk *d, const struct plan_rows *rows,
		     const char *country);

/* struct plan_usage, with the desk as its ctx. */
enum usage_brake brake_desk_ask(void *desk, const struct plan_call *call,
				struct usage_brake_why *why);

/* What was decided. What counts stands where a kill cannot take it away when
   this returns; so: before the answer. */
void brake_desk_note(struct brake_desk *d, const struct ask *ask,
		     const struct plan_choice *choice,
		     const struct verdict *verdict, uint64_t now_ms);
void brake_desk_ended(struct brake_desk *d, const struct cdr *cdr);

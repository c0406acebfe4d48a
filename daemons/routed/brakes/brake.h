/*
 * The brakes (SPEC 5): what looks like theft, and what to do then. A brake
 * counts something about the calls that go out, by extension, dial rule, prefix
 * or all together; at its warn level it tells, at its act level it tells
 * louder, asks for a PIN, or refuses. The count is the one that this call would
 * make: "act at 10 calls a minute" acts on the tenth.
 *
 * Pure: no bus, no store, no clock. brake_desk.c gives it the rows and writes
 * down what changes.
 */
#pragma once

#include "country.h"
#include "records.h"
#include "tally.h"
#include "usage.h"

enum {
	BRAKES_MAX = 200,
	BRAKES_OPEN_MAX = 4096,
	BRAKE_NEW_DAYS = 90, /* a country is new again */
};

struct brakes;

/* What the decision does not tell: is it night, is it a holiday, by the wall
   clock; NULL: never. */
struct brakes_when {
	bool (*night)(void *ctx, uint64_t now_ms);
	bool (*holiday)(void *ctx, uint64_t now_ms);
	void *ctx;
};

/* NULL: no memory. */
struct brakes *brakes_new(const struct brakes_when *when);
void brakes_free(struct brakes *b);

/* The rows in force; others go. `own` is the box's own country code. Counts of
   brakes that stay, stay. */
void brakes_rows_begin(struct brakes *b, const char *own);
void brakes_rows_add(struct brakes *b, const struct brake *row);

/* May this row be; 0, or -EINVAL and *issue. */
int brake_check(const struct brake *row, struct issue *issue);

/* ---- a call ---- */

/* plan_usage.brake: changes nothing. */
enum usage_brake brakes_ask(struct brakes *b, const struct plan_call *call,
			    struct usage_brake_why *why);

enum brake_told { BRAKE_FINE, BRAKE_WARNED, BRAKE_ACTED };

/* Something to tell: a level that was reached, or a call that was held. */
struct brake_news {
	const struct brake *row;
	enum brake_told level;
	uint32_t count;
	char whose[65]; /* "801", "49 Germany", "" all */
	char text[201]; /* "12 calls within a minute by 801" */
};
typedef void (*brake_news_fn)(void *ctx, const struct brake_news *news);

/* It goes out: counts it (once, by its id) and tells each level reached. */
void brakes_went(struct brakes *b, const struct plan_call *call,
		 brake_news_fn news, void *ctx);
/* A brake held it, as brakes_ask() said: tells so. */
void brakes_held(struct brakes *b, const struct plan_call *call,
		 brake_news_fn news, void *ctx);
void brakes_ended(struct brakes *b, const char *id);
/* Who goes on? begin, known for each that others know, end: one that was missed
   twice is over. */
void brakes_open_begin(struct brakes *b);
void brakes_open_known(struct brakes *b, const char *id);
void brakes_open_end(struct brakes *b);
/* A call that was open when routed went away: counts as going on, no more. */
void brakes_open_add(struct brakes *b, const struct plan_call *call);

/* ---- what stays ---- */

struct brake_count; /* rows of the live tables */
struct country_seen;

struct brakes_store {
	void (*count)(void *ctx, const struct brake_count *row);
	void (*count_gone)(void *ctx, const char *id);
	void (*country)(void *ctx, const struct country_seen *row);
	void *ctx;
};
void brakes_store(struct brakes *b, const struct brakes_store *store);
void brakes_load_count(struct brakes *b, const struct brake_count *row);
void brakes_load_country(struct brakes *b, const struct country_seen *row);
/* Forgets what counts no more; call it now and then. */
void brakes_sweep(struct brakes *b, uint64_t now_ms);

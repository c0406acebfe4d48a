/* The real books over a real store, with limits and prices in words. */
#pragma once

#include "books.h"
#include "temp.h"

struct event_base;
struct store;

enum { BOOKS_ROWS = 64 };

struct books_world {
	struct event_base *base;
	struct store *store;
	struct books *books;
	struct credit credits[BOOKS_ROWS];
	struct call_rate rates[BOOKS_ROWS];
	size_t n_credits;
	size_t n_rates;
	uint64_t now_ms;
	char dir[TEMP_PATH];
	char state[80];
	char run[80];
	int alarms;
	char alarm[200]; /* the last */
	char bound[200]; /* who was told to ask: " c1 c2" */
	/* Answers of the last book_ask(), book_renew(), book_end(). */
	int err;
	struct lease lease;
	struct usage_credit credit;
	bool done;
};

void books_world_init(struct books_world *w);
void books_world_fini(struct books_world *w);
/* Opens what is on disk; closes, as at an orderly end. */
void books_world_open(struct books_world *w);
void books_world_close(struct books_world *w);

/* "name=day scope=trunk who=acme seconds=100"; put in the place of one of that
   name. */
void books_world_cap(struct books_world *w, const char *words);
void books_world_drop(struct books_world *w, const char *name);
void books_world_rate(struct books_world *w, const char *words);

/* Fields of a record from words; what is wrong ends the test. */
void words_set(const struct record *r, void *rec, const char *words);

/*
 * Asks for a call: "call=c1 extension=801 trunk=acme rates=acme number=4930
 * dial_rule=out pin_holder=Ada". True: on disk; w->credit says how far. False:
 * refused, w->credit.why or w->err says why.
 */
bool book_ask(struct books_world *w, const char *words);
void book_renew(struct books_world *w, const char *call, uint32_t talk_s);
/* talk_s 0: not answered. The call begins and ends at w->now_ms. */
void book_end(struct books_world *w, const char *call, uint32_t talk_s);
void books_world_wait(struct books_world *w);
/* A record on disk; false: none. */
bool book_record(struct books_world *w, const char *call, struct cdr *row);

/*
 * The books: what calls to the outside may still spend, what they spent, and
 *the record of every call. Nothing is answered before it is on disk.
 *
 *	decision -> books_reserve()   a slice of every limit, then the trunk
 *	            books_renew()     a further one, or the end
 *	end      -> books_end()       record, real use for the slices: one
 *	                              transaction
 *
 * What stands where in the truth: cdr.h, purse.h ("purse": by name) and
 * "open_call" (by call: struct open_call, TLV).
 */
#pragma once

#include "records.h"
#include "rows.h"
#include "usage.h"

struct books;
struct bus;
struct event_base;
struct store;

struct books_config {
	struct event_base *base;
	struct store *store;
	struct bus *bus;     /* NULL in unit tests: nothing is shown */
	const char *run_dir; /* of the views: what sipd knows of its calls */
	/* Somebody must look: a limit nearly used up, a full disk. May be NULL.
	 */
	void (*alarm)(void *ctx, const char *account, const char *detail);
	/* A limit has come to bind an open call that holds nothing of it: it
	   must ask for a slice now. May be NULL; may come again. */
	void (*bound)(void *ctx, const char *call);
	void *ctx;
};

/* Reads what is open and what was used. NULL: no memory, or it cannot be read
   (logged). */
struct books *books_new(const struct books_config *config);
void books_free(struct books *b);

/* What the books go by from here on; copied. */
struct books_rows {
	struct plan_rows credits; /* struct credit */
	struct plan_rows rates;   /* struct call_rate */
};
void books_configure(struct books *b, const struct books_rows *rows);

/* --- what a decision asks: plan/usage.h --- */

uint32_t books_calls(const struct books *b, enum usage_of of, const char *who);
bool books_credit(struct books *b, const struct plan_call *call,
		  struct usage_credit *out);

/* --- a call --- */

/*
 * Holds slices for a call that goes out as chosen, instead of what it held
 * before (another trunk failed). `done` comes with 0 when they are on disk,
 * -EDQUOT when a limit is used up meanwhile, or another negative errno: then
 * the call must not go out. At once, from inside, when there is nothing to
 * write: not outbound, or emergency.
 */
typedef void (*books_done_fn)(void *ctx, int err);
void books_reserve(struct books *b, const struct ask *ask,
		   const struct plan_choice *choice, uint64_t now_ms,
		   books_done_fn done, void *ctx);

/* A running call asks for more. err not 0: ask again; what it had stands. */
typedef void (*books_lease_fn)(void *ctx, int err, const struct lease *lease);
void books_renew(struct books *b, const struct renew *ask, uint64_t now_ms,
		 books_lease_fn done, void *ctx);

/*
 * Writes an ended call down, completed with what was chosen and what it cost.
 * `done` comes with 0 when it is on disk, also for a call that is there
 * already; with a negative errno nothing has changed, and it must be told
 * again.
 */
void books_end(struct books *b, const struct cdr *facts, uint64_t now_ms,
	       books_done_fn done, void *ctx);

/* Each open call over a trunk. */
typedef void (*books_open_fn)(void *ctx, const struct open_call *call);
void books_each_open(const struct books *b, books_open_fn fn, void *ctx);

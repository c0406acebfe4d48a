/*
 * Purses: what each trunk, extension, PIN holder and dial rule has used in
 * its periods, and what its calls hold now. In memory; reserve.c and settle.c
 * keep them on disk. Whoever a limit is for, the purse counts.
 *
 * A period that is over counts no more. When the clock goes back, what was
 * counted ahead of it counts now: a limit is never refilled by a wrong clock
 * that is set right.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "period.h"

/* As credit.scope in the schema. */
enum scope {
	SCOPE_TRUNK,
	SCOPE_EXTENSION,
	SCOPE_PIN_HOLDER,
	SCOPE_DIAL_RULE,
	N_SCOPES
};

struct amount {
	uint64_t seconds;
	uint64_t milli; /* thousandths of the currency */
};

/* One period, and the one before it for a clock that goes back. */
struct spent {
	uint64_t start_ms;
	struct amount used;
	uint64_t before_ms;
	struct amount before;
};

enum { PURSE_NAME = 80 };

struct purse {
	struct spent spent[N_PERIODS];
	struct amount held;    /* by open calls */
	uint32_t calls;        /* of them */
	char name[PURSE_NAME]; /* "trunk/acme" */
};

struct purses;

struct purses *purses_new(void); /* NULL: no memory */
void purses_free(struct purses *a);

/* The purse of one; NULL if there is none yet, or `who` is "". */
struct purse *purse_find(const struct purses *a, enum scope scope,
			 const char *who);
/* The same, made if need be; NULL also for want of memory. */
struct purse *purse_get(struct purses *a, enum scope scope, const char *who);
/* By its name, as it stands on disk. NULL: no such scope, or no memory. */
struct purse *purse_load(struct purses *a, const char *name);

/* Each of them, and whose it is. */
typedef void (*purse_fn)(void *ctx, enum scope scope, const char *who,
			 struct purse *purse);
void purses_each(const struct purses *a, purse_fn fn, void *ctx);

/* What was used in the period that holds now. */
struct amount purse_used(const struct purse *a, enum period period,
			 const struct period_starts *now);

/* Counts a use in all periods that hold now. */
void purse_add(struct purse *a, const struct amount *use,
	       const struct period_starts *now);

/*
 * A purse on disk:
 *
 *	1 byte version (1) | for each period: start_ms, seconds, milli,
 *	before_ms, before seconds, before milli; 8 bytes big endian each
 */
enum { PURSE_BYTES = 1 + N_PERIODS * 6 * 8 };
void purse_encode(const struct purse *a, uint8_t buf[PURSE_BYTES]);
int purse_decode(struct purse *a, const uint8_t *buf, size_t n);

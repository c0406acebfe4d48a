/* Inside of the books; for this folder only. */
#pragma once

#include "books.h"
#include "credit.h"
#include "open_calls.h"
#include "purse.h"
#include "rates.h"

#define PURSE_DB "purse"
#define OPEN_CALL_DB "open_call"

enum {
	/* A lease ends so long before the slice that pays it: by the time the
	   provider hears BYE it has counted no more than we hold. */
	CUT_EARLY_S = 1,
	OPEN_CALL_MAX = 1024, /* more than record_encoded_max() */
};

struct bound;
struct store_batch;

/* Puts a purse as it is now into the batch. */
int purse_put(struct store_batch *batch, const struct purse *purse);

struct books {
	struct books_config config;
	struct store *store;
	struct purses *purses;
	struct open_calls *open;
	bool begun; /* it was configured */
	struct caps *caps;
	struct rates *rates;
	struct period_starts periods;
	struct settle *settle;
	struct lost *lost;
	struct bound *bound;
	struct spend *spend;
};

/* The periods that hold now. */
const struct period_starts *books_now(struct books *b, uint64_t now_ms);
void books_alarm(const struct books *b, const char *account, const char *fmt,
		 ...) __attribute__((format(printf, 3, 4)));

/*
 * Signed-in browsers. The cookie holds 128 random bits; we keep their SHA-256
 * only, in the truth as well, so that a restart signs nobody out and a stolen
 * disk signs nobody in. What others may see is the live table `session`.
 *
 * truth db "login": key = SHA-256 of the token, value = the row of `session`.
 *
 * struct sessions owns every struct login.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uthash.h>

#include "rate.h"

#include "records.h"

#include "digest.h"

struct bus;
struct event_base;
struct sessions;
struct store;

enum {
	LOGIN_TOKEN = 33, /* 32 hexadecimal digits and NUL */
	LOGIN_MAX = 512,
	LOGIN_PER_ACCOUNT = 16, /* beyond it the longest unseen ends */
	LOGIN_STREAMS = 2,
};

struct login {
	uint8_t key[DIGEST];
	struct session row;
	uint64_t stored_ms; /* seen_ms as it stands on disk */
	unsigned streams;
	struct rate names; /* api_names.c's */
	UT_hash_handle hh;
};

struct login_start {
	const char *account;
	enum session_role role;
	const char *source;
	const char *user_agent; /* or NULL */
	void (*stored)(void *ctx, int err);
	void *ctx;
};

struct sessions_config {
	struct event_base *base;
	struct bus *bus;     /* NULL in unit tests: no live table */
	struct store *store; /* NULL in unit tests: nothing is kept */
	/* login is about to be freed. why: for people. */
	void (*ended)(void *ctx, const struct login *login, const char *why);
	void *ctx;
};

/* Reads what was kept. NULL: no memory, or no store. */
struct sessions *sessions_new(const struct sessions_config *config);
void sessions_free(struct sessions *s);

void sessions_limits(struct sessions *s, uint32_t idle_s, uint32_t absolute_s);
uint64_t sessions_ends_ms(const struct sessions *s, const struct login *l);

/*
 * A new session with a new token, always. stored(ctx, err) comes when it is on
 * disk: answer then, and it survives whatever comes. NULL: no memory, and
 * stored does not come.
 */
struct login *sessions_start(struct sessions *s, const struct login_start *from,
			     char token[LOGIN_TOKEN]);

/* Whose token is this? It counts as seen. NULL: nobody's, or over. */
struct login *sessions_find(struct sessions *s, const char *token);

/*
 * They are over at once. done(ctx, err) comes when the disk knows it, too:
 * answer then, and no restart brings them back; at once where there is nothing
 * to write. With an err (a full disk) a restart would. done may be NULL.
 */
typedef void (*sessions_done_fn)(void *ctx, int err);
void sessions_end(struct sessions *s, struct login *l, const char *why,
		  sessions_done_fn done, void *ctx);
/* All of an account; returns how many. */
size_t sessions_end_account(struct sessions *s, const char *account,
			    const char *why, sessions_done_fn done, void *ctx);
struct login *sessions_by_id(const struct sessions *s, const char *id);

/* Walks all; fn must not end any. */
void sessions_each(const struct sessions *s,
		   void (*fn)(void *ctx, const struct login *l), void *ctx);
size_t sessions_count(const struct sessions *s);

/* What the page must send back as X-CSRF-Token: made from the cookie's token
   alone, so whoever cannot read the cookie cannot make it. */
void sessions_csrf(const char *token, char csrf[LOGIN_TOKEN]);

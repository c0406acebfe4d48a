/*
 * Who may sign in to the web pages: the table `account`, and what is so about
 * its rows. There is always an administrator who can sign in. Passwords come
 * here as yescrypt only.
 *
 * At the first start there are no rows: `admin` is made with a random one-time
 * password that stands in STATE/first-password ("admin PASSWORD", 0600) until
 * it was replaced, and `operator`, off.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "record.h"
#include "records.h"

struct accounts;
struct bus;
struct seal;
struct sessions;
struct store;

struct accounts_config {
	struct bus *bus;
	struct store *store;
	const struct seal *seal;
	struct sessions *sessions;
	const char *state_dir;
};

/* NULL, and one line in why. */
struct accounts *accounts_open(const struct accounts_config *config, char *why,
			       size_t why_size);
void accounts_close(struct accounts *a);

/* Valid until the next change; NULL: no such account. */
const struct account *accounts_get(const struct accounts *a, const char *name);

/*
 * SPEC 2: may `name` be called `fresh` from now on? An administrator's name is
 * `admin` and a suffix when it was one. 0, or -EINVAL and *issue.
 */
int account_check_name(const char *name, const char *fresh,
		       struct issue *issue);

struct account_change {
	const char *actor;
	const char *name;
	const char *new_name; /* NULL or "": as it is */
	const char *hash;
	bool must_change;
	bool enable;
};

/* issue NULL: it is in force, and every session of the account has ended. */
typedef void (*account_done_fn)(void *ctx, const struct issue *issue);

/* Sets hash and name. 0, -ENOENT, -ENOMEM; then done does not come. */
int accounts_change(struct accounts *a, const struct account_change *change,
		    account_done_fn done, void *ctx);

#include "account.h"

#include <crypt.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "password.h"
#include "secret.h"

#include "table.h"

#include "session.h"

struct accounts {
	struct accounts_config config;
	struct table *table;
};

/* Can this account sign in as an administrator? */
static bool is_admin(const struct account *a)
{
	return a && a->enabled && a->role == ACCOUNT_ROLE_ADMIN && a->hash[0];
}

static bool another_admin(const struct accounts *a, const char *name)
{
	for (size_t i = 0; i < table_count(a->table); i++) {
		const struct account *row = table_at(a->table, i);

		if (is_admin(row) && strcmp(row->name, name))
			return true;
	}
	return false;
}

static int check(void *ctx, const void *old, void *row, bool force,
		 struct issue *issue)
{
	const struct accounts *a = ctx;
	const struct account *was = old;
	struct account *now = row;

	(void)force;
	if (!now->name[strspn(now->name, "0123456789")])
		return issue_set(issue, "name",
				 "digits alone are an extension's; use a "
				 "letter, too");
	/* the table is not there yet while it is being opened */
	if (a->table && is_admin(was) && !is_admin(now) &&
	    !another_admin(a, was->name))
		return issue_set(issue,
				 was->enabled && !now->enabled ? "enabled"
							       : "role",
				 "this is the last administrator who can sign "
				 "in; make another one first");
	return 0;
}

static int check_delete(void *ctx, const void *row, bool force,
			struct issue *issue)
{
	const struct accounts *a = ctx;
	const struct account *account = row;

	(void)force;
	if (is_admin(account) && !another_admin(a, account->name))
		return issue_set(issue, "name",
				 "this is the last administrator who can sign "
				 "in; make another one first");
	return 0;
}

/* In force: no restart brings back a session of the old password. */
static void on_sessions_ended(void *ctx, int err)
{
	table_change_done(ctx, err ? "its sessions could not be ended for "
				     "good: free disk space"
				   : NULL);
}

static void apply(void *ctx, struct table_change *change, const void *old,
		  const void *row)
{
	const struct accounts *a = ctx;
	const struct account *was = old, *now = row;

	if (was && (!now || !now->enabled || now->role != was->role ||
		    strcmp(now->hash, was->hash) != 0))
		(void)sessions_end_account(a->config.sessions, was->name,
					   "its account was changed",
					   on_sessions_ended, change);
	else
		table_change_done(change, NULL);
}

/* --- the first start --- */

static int first_path(const struct accounts *a, char *path, size_t size)
{
	int n = snprintf(path, size, "%s/first-password", a->config.state_dir);

	return n < (int)size ? 0 : -ENAMETOOLONG;
}

/* Before the account: a lost account can be made again, a password not. */
static int write_first(const struct accounts *a, const char *password)
{
	char path[512], line[64];
	int fd, n, err = first_path(a, path, sizeof(path));

	if (err)
		return err;
	(void)unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	n = snprintf(line, sizeof(line), "admin %s\n", password);
	if (write(fd, line, (size_t)n) != n || fsync(fd))
		err = errno ? -errno : -EIO;
	close(fd);
	secret_wipe(line, sizeof(line));
	return err;
}

static void remove_first(const struct accounts *a)
{
	char path[512];

	if (!first_path(a, path, sizeof(path)) && unlink(path) &&
	    errno != ENOENT)
		log_warn("%s is of no use any more, but cannot be removed: %s",
			 path, strerror(errno));
}

static void on_first(void *ctx, const struct issue *issue)
{
	(void)ctx;
	if (issue)
		log_err("the first account could not be made: %s: %s",
			issue->field, issue->what);
}

/* Start-up may wait the 25 ms; nobody is served yet. */
static int hash_now(const char *secret, char *hash, size_t size)
{
	struct crypt_data *data = calloc(1, sizeof(*data));
	char setting[CRYPT_GENSALT_OUTPUT_SIZE];
	const char *made = NULL;

	if (!data)
		return -ENOMEM;
	if (crypt_gensalt_rn("$y$", 0, NULL, 0, setting, sizeof(setting)))
		made = crypt_rn(secret, setting, data, sizeof(*data));
	if (made)
		(void)snprintf(hash, size, "%s", made);
	secret_wipe(data, sizeof(*data));
	free(data);
	return made ? 0 : -ENOMEM;
}

static int make_admin(struct accounts *a)
{
	char password[PASSWORD_MADE];
	struct account row;
	int err;

	record_init(&account_record, &row);
	(void)snprintf(row.name, sizeof(row.name), "admin");
	row.role = ACCOUNT_ROLE_ADMIN;
	row.must_change = true;
	row.set_ms = clock_wall_ms();
	password_make(password);
	err = hash_now(password, row.hash, sizeof(row.hash));
	if (!err)
		err = write_first(a, password);
	secret_wipe(password, sizeof(password));
	if (err)
		return err;
	log_info("first start: sign in with the password in "
		 "%s/first-password",
		 a->config.state_dir);
	return table_put(a->table, "first start", row.name, &row, on_first, a);
}

static int make_operator(struct accounts *a)
{
	struct account row;

	record_init(&account_record, &row);
	(void)snprintf(row.name, sizeof(row.name), "operator");
	row.role = ACCOUNT_ROLE_OPERATOR;
	row.enabled = false;
	return table_put(a->table, "first start", row.name, &row, on_first, a);
}

/* A renaming that a power cut had stopped after its first half. */
static void finish_renaming(struct accounts *a)
{
	for (size_t i = 0; i < table_count(a->table); i++) {
		const struct account *row = table_at(a->table, i);
		const struct account *old;

		if (!row->renamed_from[0])
			continue;
		old = table_get(a->table, row->renamed_from);
		if (old && old->set_ms < row->set_ms)
			(void)table_put(a->table, "renaming", old->name, NULL,
					on_first, a);
	}
}

struct accounts *accounts_open(const struct accounts_config *config, char *why,
			       size_t why_size)
{
	static const struct table_ops ops = { .check = check,
					      .check_delete = check_delete,
					      .apply = apply };
	struct accounts *a = calloc(1, sizeof(*a));
	int err = 0;

	if (!a) {
		(void)snprintf(why, why_size, "out of memory");
		return NULL;
	}
	a->config = *config;
	a->table = table_open(&(struct table_config){ .record = &account_record,
						      .ops = &ops,
						      .ctx = a,
						      .bus = config->bus,
						      .store = config->store,
						      .seal = config->seal },
			      why, why_size);
	if (!a->table)
		goto fail;
	finish_renaming(a);
	if (!another_admin(a, ""))
		err = make_admin(a);
	if (!err && !table_get(a->table, "operator"))
		err = make_operator(a);
	if (!err)
		return a;
	(void)snprintf(why, why_size,
		       "the first account cannot be made in %s: %s",
		       config->state_dir, strerror(-err));
fail:
	accounts_close(a);
	return NULL;
}

void accounts_close(struct accounts *a)
{
	if (!a)
		return;
	table_close(a->table);
	free(a);
}

const struct account *accounts_get(const struct accounts *a, const char *name)
{
	return table_get(a->table, name);
}

int account_check_name(const char *name, const char *fresh, struct issue *issue)
{
	if (!strncmp(name, "admin", 5) && strncmp(fresh, "admin", 5) != 0)
		return issue_set(issue, "name",
				 "must begin with admin, such as adminZoI6");
	if (!strcmp(name, "operator") && strcmp(fresh, "operator") != 0)
		return issue_set(issue, "name", "the operator keeps this name");
	return 0;
}

/* --- changes: put the new row, then, when it has another name, take the old
   one away, then forget where it came from --- */

struct rename {
	struct accounts *accounts;
	account_done_fn done;
	void *ctx;
	struct account row;
	char actor[96];
	char old[33];
};

static void rename_end(struct rename *r, const struct issue *issue)
{
	if (!issue && !r->row.must_change)
		remove_first(r->accounts);
	r->done(r->ctx, issue);
	secret_wipe(r, sizeof(*r));
	free(r);
}

static void on_cleared(void *ctx, const struct issue *issue)
{
	/* the mark does no harm if it stays */
	(void)issue;
	rename_end(ctx, NULL);
}

static void on_deleted(void *ctx, const struct issue *issue)
{
	struct rename *r = ctx;

	if (issue) {
		rename_end(r, issue);
		return;
	}
	r->row.renamed_from[0] = '\0';
	if (table_put(r->accounts->table, r->actor, r->row.name, &r->row,
		      on_cleared, r))
		rename_end(r, NULL);
}

static void on_put(void *ctx, const struct issue *issue)
{
	struct issue no_memory = { .what = "out of memory: try again" };
	struct rename *r = ctx;

	if (issue || !r->row.renamed_from[0]) {
		rename_end(r, issue);
		return;
	}
	if (table_put(r->accounts->table, r->actor, r->old, NULL, on_deleted,
		      r))
		rename_end(r, &no_memory);
}

int accounts_change(struct accounts *a, const struct account_change *change,
		    account_done_fn done, void *ctx)
{
	const struct account *old = accounts_get(a, change->name);
	struct rename *r;
	int err;

	if (!old)
		return -ENOENT;
	r = calloc(1, sizeof(*r));
	if (!r)
		return -ENOMEM;
	*r = (struct rename){
		.accounts = a, .done = done, .ctx = ctx, .row = *old
	};
	(void)snprintf(r->actor, sizeof(r->actor), "%s", change->actor);
	(void)snprintf(r->old, sizeof(r->old), "%s", change->name);
	(void)snprintf(r->row.hash, sizeof(r->row.hash), "%s", change->hash);
	r->row.must_change = change->must_change;
	r->row.enabled = old->enabled || change->enable;
	r->row.set_ms = clock_wall_ms();
	r->row.renamed_from[0] = '\0';
	if (change->new_name && change->new_name[0] &&
	    strcmp(change->new_name, change->name) != 0) {
		(void)snprintf(r->row.name, sizeof(r->row.name), "%s",
			       change->new_name);
		(void)snprintf(r->row.renamed_from, sizeof(r->row.renamed_from),
			       "%s", change->name);
	}
	err = table_put(a->table, r->actor, r->row.name, &r->row, on_put, r);
	if (err) {
		secret_wipe(r, sizeof(*r));
		free(r);
	}
	return err;
}

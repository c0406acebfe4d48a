/* Accounts: the first start, the last administrator, names, and a renaming that
   a power cut stopped half-way. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <event2/event.h>

#include "seal.h"
#include "store.h"
#include "table.h"

#include "account.h"
#include "session.h"

#include "check.h"
#include "temp.h"

struct world {
	struct event_base *base;
	struct store *store;
	struct seal *seal;
	struct sessions *sessions;
	struct accounts *accounts;
	char dir[TEMP_PATH];
	unsigned done, ended;
	struct issue issue; /* of the last done; what empty: none */
};

static void on_ended(void *ctx, const struct login *l, const char *why)
{
	struct world *w = ctx;

	(void)l;
	(void)why;
	w->ended++;
}

static void on_stored(void *ctx, int err)
{
	(void)ctx;
	CHECK_EQ(err, 0);
}

static void on_done(void *ctx, const struct issue *issue)
{
	struct world *w = ctx;

	w->issue = issue ? *issue : (struct issue){ 0 };
	w->done++;
}

static void open_all(struct world *w)
{
	char view[TEMP_PATH + 8], why[200] = "";

	w->base = event_base_new();
	(void)snprintf(view, sizeof(view), "%s/view", w->dir);
	w->store = store_open(
		w->base,
		&(struct store_config){ .state_dir = w->dir, .view_dir = view },
		why, sizeof(why));
	w->seal = seal_open(w->dir, why, sizeof(why));
	CHECK_STR(why, "");
	w->sessions = sessions_new(&(struct sessions_config){
		.base = w->base, .ended = on_ended, .ctx = w });
	w->accounts = accounts_open(
		&(struct accounts_config){ .store = w->store,
					   .seal = w->seal,
					   .sessions = w->sessions,
					   .state_dir = w->dir },
		why, sizeof(why));
	CHECK_STR(why, "");
	CHECK(w->accounts);
	store_wait(w->store);
}

static void close_all(struct world *w)
{
	store_wait(w->store);
	accounts_close(w->accounts);
	sessions_free(w->sessions);
	seal_free(w->seal);
	store_close(w->store);
	event_base_free(w->base);
}

static int change(struct world *w, const char *name, const char *fresh,
		  const char *hash, bool must_change)
{
	unsigned before = w->done;
	int err = accounts_change(
		w->accounts,
		&(struct account_change){ .actor = "test",
					  .name = name,
					  .new_name = fresh,
					  .hash = hash,
					  .must_change = must_change },
		on_done, w);

	if (err)
		return err;
	while (w->done == before)
		CHECK(event_base_loop(w->base, EVLOOP_ONCE) >= 0);
	return w->issue.what[0] ? -EINVAL : 0;
}

static void test_first(struct world *w)
{
	char path[TEMP_PATH + 32], line[64] = "", token[LOGIN_TOKEN];
	const struct account *a;
	struct stat st;
	FILE *f;

	open_all(w);
	a = accounts_get(w->accounts, "admin");
	CHECK(a && a->must_change && a->enabled);
	CHECK(!strncmp(a->hash, "$y$", 3));
	a = accounts_get(w->accounts, "operator");
	CHECK(a && !a->enabled && !a->hash[0]);
	(void)snprintf(path, sizeof(path), "%s/first-password", w->dir);
	CHECK_EQ(stat(path, &st), 0);
	CHECK_EQ(st.st_mode & 0777, 0600);
	f = fopen(path, "r");
	CHECK(f && fgets(line, sizeof(line), f));
	fclose(f);
	CHECK_EQ(strlen(line), strlen("admin ") + 16 + 1);
	close_all(w);
	/* a second start makes nothing new */
	open_all(w);
	f = fopen(path, "r");
	CHECK(f && fgets(token, sizeof(token), f));
	fclose(f);
	CHECK_STR(token, line);

	CHECK(sessions_start(w->sessions,
			     &(struct login_start){ .account = "admin",
						    .source = "x",
						    .stored = on_stored },
			     token));
	CHECK_EQ(change(w, "nobody", NULL, "$y$x", false), -ENOENT);
	CHECK_EQ(change(w, "admin", "adminZoI6", "$y$new", false), 0);
	CHECK(!accounts_get(w->accounts, "admin"));
	a = accounts_get(w->accounts, "adminZoI6");
	CHECK(a && !a->must_change && !a->renamed_from[0]);
	CHECK_STR(a->hash, "$y$new");
	CHECK_EQ(w->ended, 1);
	CHECK(access(path, F_OK) < 0);
	close_all(w);
}

static void test_names(void)
{
	struct issue issue;

	CHECK_EQ(account_check_name("admin", "adminZoI6", &issue), 0);
	CHECK_EQ(account_check_name("adminZoI6", "admin", &issue), 0);
	CHECK_EQ(account_check_name("admin", "root", &issue), -EINVAL);
	CHECK_STR(issue.field, "name");
	CHECK_EQ(account_check_name("operator", "boss", &issue), -EINVAL);
	CHECK_EQ(account_check_name("petra", "petra2", &issue), 0);
}

/* What stands on disk when the light goes out between put and delete. */
static void test_half_renamed(struct world *w)
{
	struct table *t;
	struct account row;
	char why[200];

	open_all(w);
	accounts_close(w->accounts);
	t = table_open(&(struct table_config){ .record = &account_record,
					       .store = w->store,
					       .seal = w->seal },
		       why, sizeof(why));
	CHECK(t);
	row = *(const struct account *)table_get(t, "adminZoI6");
	(void)snprintf(row.renamed_from, sizeof(row.renamed_from), "%s",
		       row.name);
	(void)snprintf(row.name, sizeof(row.name), "adminNEW");
	row.set_ms++;
	CHECK_EQ(table_put(t, "test", row.name, &row, on_done, w), 0);
	store_wait(w->store);
	table_close(t);
	w->accounts = NULL;
	close_all(w);
	open_all(w);
	CHECK(!accounts_get(w->accounts, "adminZoI6"));
	CHECK(accounts_get(w->accounts, "adminNEW"));
	close_all(w);
}

int main(void)
{
	struct world w = { 0 };

	temp_dir(w.dir);
	test_first(&w);
	test_names();
	test_half_renamed(&w);
	temp_remove(w.dir);
	return 0;
}

/* Sessions: tokens, ends, caps, and a restart. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <event2/event.h>

#include "store.h"

#include "session.h"

#include "check.h"

struct ends {
	unsigned n;
	char why[64];
};

static void on_ended(void *ctx, const struct login *l, const char *why)
{
	struct ends *e = ctx;

	CHECK(l->row.account[0]);
	e->n++;
	(void)snprintf(e->why, sizeof(e->why), "%s", why);
}

static void on_stored(void *ctx, int err)
{
	(void)ctx;
	CHECK_EQ(err, 0);
}

static struct sessions *open_it(struct event_base *base, struct store *store,
				struct ends *ends)
{
	struct sessions *s = sessions_new(&(struct sessions_config){
		.base = base, .store = store, .ended = on_ended, .ctx = ends });

	CHECK(s);
	return s;
}

static struct login *start(struct sessions *s, const char *account, char *token)
{
	struct login *l = sessions_start(
		s,
		&(struct login_start){ .account = account,
				       .role = SESSION_ROLE_ADMIN,
				       .source = "192.0.2.1",
				       .user_agent = "Mozilla\n\xff",
				       .stored = on_stored },
		token);

	CHECK(l);
	return l;
}

static void test_tokens(struct event_base *base)
{
	struct ends ends = { 0 };
	struct sessions *s = open_it(base, NULL, &ends);
	char one[LOGIN_TOKEN], two[LOGIN_TOKEN], csrf[LOGIN_TOKEN];
	struct login *l = start(s, "admin", one);

	CHECK_EQ(strlen(one), 32);
	CHECK_EQ(strspn(one, "0123456789abcdef"), 32);
	CHECK(sessions_find(s, one) == l);
	CHECK_STR(l->row.user_agent, "Mozilla??");
	/* neither what is shown of it nor what is kept is a way in */
	CHECK(!strstr(one, l->row.id));
	CHECK(memcmp(one, l->key, DIGEST) != 0);
	CHECK(!sessions_find(s, ""));
	CHECK(!sessions_find(s, "0"));
	CHECK(!sessions_find(s, "00000000000000000000000000000000"));
	CHECK(!sessions_find(s, l->row.id));
	start(s, "admin", two);
	CHECK(strcmp(one, two) != 0);
	sessions_csrf(one, csrf);
	CHECK_EQ(strlen(csrf), 32);
	CHECK(strcmp(csrf, one) != 0);
	sessions_csrf(two, two);
	CHECK(strcmp(csrf, two) != 0);
	CHECK_EQ(sessions_end_account(s, "other", "x", NULL, NULL), 0);
	CHECK_EQ(sessions_end_account(s, "admin", "x", NULL, NULL), 2);
	CHECK(!sessions_find(s, one));
	CHECK_EQ(ends.n, 2);
	sessions_free(s);
}

static void test_ends(struct event_base *base)
{
	struct ends ends = { 0 };
	struct sessions *s = open_it(base, NULL, &ends);
	char token[LOGIN_TOKEN];
	struct login *l = start(s, "admin", token);

	l->row.seen_ms -= 1799000;
	CHECK(sessions_find(s, token) == l); /* seen again */
	l->row.seen_ms -= 1801000;
	CHECK(!sessions_find(s, token));
	l = start(s, "admin", token);
	l->row.since_ms -= 43201000;
	CHECK(!sessions_find(s, token));
	CHECK_STR(ends.why, "its time was over");
	sessions_limits(s, 60, 300);
	l = start(s, "admin", token);
	l->row.seen_ms -= 61000;
	CHECK(!sessions_find(s, token));
	CHECK_EQ(sessions_count(s), 0);
	sessions_free(s);
}

static void test_caps(struct event_base *base)
{
	struct ends ends = { 0 };
	struct sessions *s = open_it(base, NULL, &ends);
	char first[LOGIN_TOKEN], token[LOGIN_TOKEN], name[16];
	struct login *l = start(s, "admin", first);

	l->row.seen_ms -= 1000;
	for (int i = 0; i < LOGIN_PER_ACCOUNT; i++)
		start(s, "admin", token);
	CHECK_EQ(sessions_count(s), LOGIN_PER_ACCOUNT);
	CHECK(!sessions_find(s, first));
	for (int i = 0; i < 2 * LOGIN_MAX; i++) {
		(void)snprintf(name, sizeof(name), "%d", 1000 + i);
		start(s, name, token);
	}
	CHECK_EQ(sessions_count(s), LOGIN_MAX);
	sessions_free(s);
}

static void test_restart(struct event_base *base)
{
	char dir[] = "/tmp/httpd-session-XXXXXX", view[64], why[200];
	char one[LOGIN_TOKEN], two[LOGIN_TOKEN], command[128];
	struct ends ends = { 0 };
	struct store_config config = { .state_dir = dir, .view_dir = view };
	struct sessions *s;
	struct store *store;

	CHECK(mkdtemp(dir));
	(void)snprintf(view, sizeof(view), "%s/view", dir);
	store = store_open(base, &config, why, sizeof(why));
	CHECK(store);
	s = open_it(base, store, &ends);
	start(s, "admin", one);
	sessions_end(s, start(s, "admin", two), "signed out", NULL, NULL);
	sessions_free(s);
	store_close(store);
	store = store_open(base, &config, why, sizeof(why));
	CHECK(store);
	s = open_it(base, store, &ends);
	CHECK_EQ(sessions_count(s), 1);
	CHECK(sessions_find(s, one));
	CHECK_STR(sessions_find(s, one)->row.account, "admin");
	CHECK(!sessions_find(s, two));
	sessions_free(s);
	store_close(store);
	(void)snprintf(command, sizeof(command), "rm -r %s", dir);
	CHECK_EQ(system(command), 0);
}

/* --- what was told to be over is over, whatever comes then --- */

enum { OF_ACCOUNT = 3 };

/* kill -9 at the moment when it is told. */
static void die(void *ctx, int err)
{
	(void)ctx;
	(void)raise(err ? SIGABRT : SIGKILL);
}

static void end_and_die(const struct store_config *config, char *keeps)
{
	struct event_base *base = event_base_new();
	char why[200], token[LOGIN_TOKEN];
	struct store *store = store_open(base, config, why, sizeof(why));
	struct sessions *s = open_it(base, store, &(struct ends){ 0 });

	start(s, "reader", keeps);
	for (int i = 0; i < OF_ACCOUNT; i++)
		start(s, "admin", token);
	store_wait(store);
	CHECK_EQ(sessions_end_account(s, "admin", "changed", die, NULL),
		 OF_ACCOUNT);
	CHECK(event_base_dispatch(base) >= 0);
	abort(); /* it was never told */
}

static void test_killed(struct event_base *base)
{
	char dir[] = "/tmp/httpd-session-XXXXXX", view[64], why[200];
	char keeps[LOGIN_TOKEN], command[128];
	const struct store_config config = { .state_dir = dir,
					     .view_dir = view };
	struct ends ends = { 0 };
	struct sessions *s;
	struct store *store;
	int status;
	pid_t pid;

	CHECK(mkdtemp(dir));
	(void)snprintf(view, sizeof(view), "%s/view", dir);
	pid = fork();
	CHECK(pid >= 0);
	if (!pid)
		end_and_die(&config, keeps);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	store = store_open(base, &config, why, sizeof(why));
	CHECK(store);
	s = open_it(base, store, &ends);
	CHECK_EQ(sessions_end_account(s, "admin", "x", NULL, NULL), 0);
	CHECK_EQ(sessions_end_account(s, "reader", "x", NULL, NULL), 1);
	sessions_free(s);
	store_close(store);
	(void)snprintf(command, sizeof(command), "rm -r %s", dir);
	CHECK_EQ(system(command), 0);
}

int main(void)
{
	struct event_base *base = event_base_new();

	test_tokens(base);
	test_ends(base);
	test_caps(base);
	test_restart(base);
	test_killed(base);
	event_base_free(base);
	return 0;
}

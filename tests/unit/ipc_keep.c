/*
 * A live row that went does not come back, however often its owner is killed:
 * a view without the db is newer than the copy in the truth.
 */
#include <event2/event.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "log.h"
#include "store.h"

struct run {
	struct event_base *base;
	struct store *store;
};

static const struct bytes key = { "sip@203.0.113.9", 15 };

static struct run start(const char *dir)
{
	char state[128], view[128], why[300] = "";
	struct store_config config = { .state_dir = state,
				       .view_dir = view,
				       .truth_max = 16 << 20,
				       .view_max = 16 << 20 };
	struct run r = { .base = event_base_new() };

	snprintf(state, sizeof(state), "%s/state", dir);
	snprintf(view, sizeof(view), "%s/view", dir);
	CHECK(r.base);
	(void)mkdir(state, 0700);
	r.store = store_open(r.base, &config, why, sizeof(why));
	CHECK_STR(why, "");
	CHECK_EQ(store_view_keep(r.store, "rejected"), 0);
	return r;
}

static bool count(void *ctx, struct bytes k, struct bytes value)
{
	(void)k;
	(void)value;
	(*(int *)ctx)++;
	return true;
}

static int rows(struct run *r)
{
	int n = 0;
	int err = store_view_each(r->store, "rejected", count, &n);

	CHECK(err == 0 || err == -2); /* ENOENT */
	return n;
}

/* Runs fn in a process that ends as if it was killed. */
static void killed(const char *dir, void (*fn)(struct run *r))
{
	pid_t pid = fork();
	int status;

	CHECK(pid >= 0);
	if (pid == 0) {
		struct run r = start(dir);

		fn(&r);
		CHECK_EQ(store_view_publish(r.store), 0);
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

static void finds_and_deletes(struct run *r)
{
	CHECK_EQ(rows(r), 1);
	CHECK_EQ(store_view_del(r->store, "rejected", key), 0);
}

static void finds_none(struct run *r)
{
	CHECK_EQ(rows(r), 0);
}

int main(void)
{
	char dir[] = "/tmp/sallyport-keep-XXXXXX", command[64];
	struct run r;

	log_open("test", LOG_ERR);
	CHECK(mkdtemp(dir));
	/* Into the view, and at the end into the truth. */
	r = start(dir);
	CHECK_EQ(store_view_put(r.store, "rejected", key,
				(struct bytes){ "x", 1 }),
		 0);
	CHECK_EQ(store_view_publish(r.store), 0);
	store_close(r.store);
	event_base_free(r.base);
	killed(dir, finds_and_deletes);
	for (int i = 0; i < 3; i++)
		killed(dir, finds_none);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	CHECK_EQ(system(command), 0);
	return 0;
}

/*
 * A view under stress: an owner that commits as fast as it can and restarts in
 * between, readers in other processes, quick and slow. Every reading must be a
 * state that the owner published: the sum over all accounts never changes.
 * STRESS_S in the environment makes it longer than 4 seconds.
 */
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "clock.h"
#include "store.h"
#include "temp.h"

enum { ACCOUNTS = 2000, BALANCE = 1000, READERS = 3 };

struct account {
	int64_t balance;
	char more[120];
};

struct sum {
	int64_t balance;
	int n;
	int slow_us;
	int restarts;
};

static bool add(void *ctx, struct bytes key, struct bytes value)
{
	struct sum *s = ctx;
	struct account a;

	CHECK_EQ(key.size, 4);
	CHECK_EQ(value.size, sizeof(a));
	memcpy(&a, value.data, sizeof(a));
	s->balance += a.balance;
	s->n++;
	if (s->slow_us && s->n % 100 == 0)
		usleep((useconds_t)s->slow_us);
	return true;
}

static void restart(void *ctx)
{
	struct sum *s = ctx;

	s->balance = 0;
	s->n = 0;
	s->restarts++;
}

/* Reads until it is told to end. Returns the number of good readings. */
static void reader(const char *dir, int slow_us, int end)
{
	struct view *v = view_open(dir);
	int restarts = 0;
	int good = 0;
	char c;

	CHECK(v);
	while (read(end, &c, 1) < 0 && errno == EAGAIN) {
		struct sum s = { .slow_us = slow_us };
		int rc = view_each(v, "account", add, restart, &s);

		restarts += s.restarts;
		if (rc == -ENOENT && good == 0)
			continue;
		CHECK_EQ(rc, 0);
		CHECK_EQ(s.n, ACCOUNTS);
		CHECK_EQ(s.balance, ACCOUNTS * BALANCE);
		good++;
	}
	view_close(v);
	printf("reader: %d readings, %d begun again\n", good, restarts);
	CHECK(good > 0);
}

static pid_t start_reader(const char *dir, int slow_us, int end)
{
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (pid > 0)
		return pid;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	reader(dir, slow_us, end);
	fflush(stdout);
	_exit(0);
}

struct owner {
	struct event_base *base;
	struct store *store;
	char dir[TEMP_PATH];
	char view[TEMP_PATH + 8];
	int64_t balance[ACCOUNTS];
	uint32_t dice;
};

static uint32_t dice(struct owner *o)
{
	o->dice = o->dice * 1664525 + 1013904223;
	return o->dice >> 8;
}

static void put(struct owner *o, uint32_t i)
{
	struct account a = { .balance = o->balance[i] };

	CHECK_EQ(store_view_put(o->store, "account", (struct bytes){ &i, 4 },
				(struct bytes){ &a, sizeof(a) }),
		 0);
}

static void start_owner(struct owner *o)
{
	struct store_config config = { .state_dir = o->dir,
				       .view_dir = o->view };
	char why[256] = "";

	o->store = store_open(o->base, &config, why, sizeof(why));
	CHECK_STR(why, "");
	CHECK(o->store);
	for (uint32_t i = 0; i < ACCOUNTS; i++)
		put(o, i);
	CHECK_EQ(store_view_publish(o->store), 0);
}

static int run(struct owner *o, uint64_t until_ms)
{
	int commits = 0;
	uint32_t from;
	uint32_t to;

	while (clock_mono_ms() < until_ms) {
		for (int i = 0; i < 5; i++) {
			from = dice(o) % ACCOUNTS;
			to = dice(o) % ACCOUNTS;
			o->balance[from] -= 7;
			o->balance[to] += 7;
			put(o, from);
			put(o, to);
		}
		event_base_loop(o->base, EVLOOP_NONBLOCK);
		commits++;
	}
	return commits;
}

int main(void)
{
	const char *text = getenv("STRESS_S");
	int seconds = text ? (int)strtol(text, NULL, 10) : 4;
	struct owner o = { .dice = 7 };
	pid_t readers[READERS];
	int commits = 0;
	int status;
	int end[2];

	temp_dir(o.dir);
	snprintf(o.view, sizeof(o.view), "%s/run", o.dir);
	CHECK_EQ(pipe2(end, O_NONBLOCK), 0);
	for (int i = 0; i < READERS; i++)
		readers[i] = start_reader(o.view, i == 2 ? 20000 : 0, end[0]);
	for (int i = 0; i < ACCOUNTS; i++)
		o.balance[i] = BALANCE;
	o.base = event_base_new();
	CHECK(o.base);
	for (int i = 0; i < seconds; i++) {
		start_owner(&o);
		commits += run(&o, clock_mono_ms() + 1000);
		store_close(o.store);
	}
	printf("owner: %d commits in %d s\n", commits, seconds);
	for (int i = 0; i < READERS; i++)
		CHECK_EQ(write(end[1], "x", 1), 1);
	for (int i = 0; i < READERS; i++) {
		CHECK_EQ(waitpid(readers[i], &status, 0), readers[i]);
		CHECK_EQ(status, 0);
	}
	close(end[0]);
	close(end[1]);
	event_base_free(o.base);
	temp_remove(o.dir);
	return 0;
}

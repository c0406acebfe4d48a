/*
 * An owner that is killed while it works, again and again: what it had
 * acknowledged is there, no commit is there by halves, and its live rows are
 * those that it had flushed, or had waited for, however fast it wrote them.
 */
#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "store.h"
#include "temp.h"

enum { ROUNDS = 12, ACKS = 40 };

struct owner {
	struct event_base *base;
	struct store *store;
	char dir[TEMP_PATH];
	char view[TEMP_PATH + 8];
	uint32_t next;
	int acks; /* the pipe */
	struct event *hurry;
};

static void open_store(struct owner *o)
{
	struct store_config config = { .state_dir = o->dir,
				       .view_dir = o->view };
	char why[256] = "";

	o->store = store_open(o->base, &config, why, sizeof(why));
	CHECK_STR(why, "");
	CHECK(o->store);
	CHECK_EQ(store_view_keep(o->store, "live"), 0);
}

static void commit_next(struct owner *o);

static void on_done(void *ctx, int err)
{
	struct owner *o = ctx;

	CHECK_EQ(err, 0);
	CHECK_EQ(write(o->acks, &o->next, 4), 4);
	o->next++;
	commit_next(o);
}

/* Number n in three places, in the truth and in the view. */
static void commit_next(struct owner *o)
{
	struct store_batch *b = store_batch_new(o->store);
	struct bytes value = { &o->next, 4 };
	char key[2] = "a";

	CHECK(b);
	for (; key[0] <= 'c'; key[0]++) {
		CHECK_EQ(store_batch_put(b, "rows", (struct bytes){ key, 1 },
					 value),
			 0);
		CHECK_EQ(store_view_put(o->store, "live",
					(struct bytes){ key, 1 }, value),
			 0);
	}
	CHECK_EQ(store_view_flush(o->store), 0);
	CHECK_EQ(store_commit(o->store, b, on_done, o), 0);
}

/* Faster than the view is committed: each turn writes the next number, and says
   what it was told of. */
struct word {
	struct store_waiter waiter;
	struct owner *owner;
	uint32_t n;
};

static void on_kept(void *ctx, int err)
{
	struct word *word = ctx;

	CHECK_EQ(err, 0);
	CHECK_EQ(write(word->owner->acks, &word->n, 4), 4);
	free(word);
}

static void on_hurry(evutil_socket_t fd, short what, void *ctx)
{
	struct owner *o = ctx;
	struct word *word = calloc(1, sizeof(*word));
	char key[2] = "a";

	(void)fd;
	(void)what;
	CHECK(word);
	word->owner = o;
	word->n = o->next++;
	for (; key[0] <= 'c'; key[0]++)
		CHECK_EQ(store_view_put(o->store, "live",
					(struct bytes){ key, 1 },
					(struct bytes){ &word->n, 4 }),
			 0);
	store_view_wait(o->store, &word->waiter, on_kept, word);
	event_active(o->hurry, 0, 0);
}

static bool same(void *ctx, struct bytes key, struct bytes value)
{
	uint32_t *n = ctx; /* n[0]: rows, n[1]: their value */
	uint32_t got;

	CHECK_EQ(key.size, 1);
	CHECK_EQ(value.size, 4);
	memcpy(&got, value.data, 4);
	if (n[0]++ == 0)
		n[1] = got;
	CHECK_EQ(got, n[1]);
	return true;
}

static void check(struct owner *o, uint32_t rows_acked, uint32_t live_acked)
{
	uint32_t rows[2] = { 0 };
	uint32_t live[2] = { 0 };

	CHECK_EQ(store_each(o->store, "rows", (struct bytes){ 0 }, false, same,
			    rows),
		 0);
	CHECK_EQ(rows[0], 3);
	CHECK(rows[1] >= rows_acked);
	CHECK_EQ(store_view_each(o->store, "live", same, live), 0);
	CHECK_EQ(live[0], 3);
	CHECK(live[1] >= live_acked);
	o->next = live[1] + 1;
}

static pid_t start(struct owner *o, bool hurry, int *acks)
{
	int fd[2];
	pid_t pid;

	CHECK_EQ(pipe(fd), 0);
	pid = fork();
	CHECK(pid >= 0);
	if (pid > 0) {
		close(fd[1]);
		*acks = fd[0];
		return pid;
	}
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	o->acks = fd[1];
	o->base = event_base_new();
	CHECK(o->base);
	open_store(o);
	o->hurry = event_new(o->base, -1, 0, on_hurry, o);
	CHECK(o->hurry);
	if (hurry)
		event_active(o->hurry, 0, 0);
	else
		commit_next(o);
	event_base_dispatch(o->base);
	_exit(1);
}

int main(void)
{
	struct owner o = { .next = 1 };
	uint32_t rows_acked = 0;
	uint32_t acked = 0;
	bool hurry;
	int status;
	int acks;
	pid_t pid;

	temp_dir(o.dir);
	snprintf(o.view, sizeof(o.view), "%s/run", o.dir);
	for (int round = 0; round < ROUNDS; round++) {
		hurry = round % 2;
		pid = start(&o, hurry, &acks);
		for (int i = 0; i < ACKS + round; i++)
			CHECK_EQ(read(acks, &acked, 4), 4);
		CHECK_EQ(kill(pid, SIGKILL), 0);
		CHECK_EQ(waitpid(pid, &status, 0), pid);
		CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
		while (read(acks, &acked, 4) == 4)
			;
		close(acks);
		o.base = event_base_new();
		open_store(&o);
		rows_acked = hurry ? rows_acked : acked;
		check(&o, rows_acked, acked);
		CHECK_EQ(store_view_publish(o.store), 0);
		store_close(o.store);
		event_base_free(o.base);
	}
	printf("killed %d times, the last number is %u\n", ROUNDS, acked);
	temp_remove(o.dir);
	return 0;
}

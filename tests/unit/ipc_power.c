/*
 * Power cuts and full disks. A run of commits is recorded write by write; then
 * the power fails at every point of it, in three ways: all that was written is
 * there; only what was synced is there; of the rest, sectors by chance. Each
 * time all that had been acknowledged must be there, and nothing by halves.
 */
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <unistd.h>

#include "check.h"
#include "disk_replay.h"
#include "store.h"
#include "temp.h"

enum {
	COMMITS = 24,
	PAIRS = 3, /* rows of one commit, all with its number */
	IMAGE = 4 << 20,
};

struct run {
	struct event_base *base;
	struct store *store;
	char dir[TEMP_PATH];
	char run[TEMP_PATH + 8];
	char path[TEMP_PATH + 32];
	int acked;
	size_t acked_at[COMMITS]; /* operations recorded by then */
	int last_err;
};

static void open_store(struct run *r)
{
	struct store_config config = { .state_dir = r->dir,
				       .view_dir = r->run };
	char why[256] = "";

	r->store = store_open(r->base, &config, why, sizeof(why));
	CHECK_STR(why, "");
	CHECK(r->store);
}

static void begin(struct run *r)
{
	*r = (struct run){ .base = event_base_new() };
	CHECK(r->base);
	temp_dir(r->dir);
	snprintf(r->run, sizeof(r->run), "%s/run", r->dir);
	snprintf(r->path, sizeof(r->path), "%s/truth/data.mdb", r->dir);
	open_store(r);
	store_close(r->store);
}

static void end(struct run *r)
{
	event_base_free(r->base);
	temp_remove(r->dir);
}

static void on_done(void *ctx, int err)
{
	struct run *r = ctx;

	r->last_err = err;
	if (err == 0 && r->acked < COMMITS)
		r->acked_at[r->acked++] = disk_record_count();
}

/* Commit i: new rows of its own, and one that every commit overwrites. */
static void commit(struct run *r, int i)
{
	struct store_batch *b = store_batch_new(r->store);
	char value[300];
	char key[32];

	CHECK(b);
	memset(value, 'a' + i % 26, sizeof(value));
	for (int k = 0; k < PAIRS; k++) {
		snprintf(key, sizeof(key), "%03d-%d", i, k);
		CHECK_EQ(store_batch_put(
				 b, "rows", (struct bytes){ key, strlen(key) },
				 (struct bytes){ value, sizeof(value) }),
			 0);
	}
	snprintf(key, sizeof(key), "%03d-%d", i - 8, 1);
	if (i >= 8) /* pages become free, and are used again */
		CHECK_EQ(store_batch_put(b, "rows",
					 (struct bytes){ key, strlen(key) },
					 (struct bytes){ "short", 5 }),
			 0);
	CHECK_EQ(store_batch_put(b, "last", (struct bytes){ "n", 1 },
				 (struct bytes){ &i, sizeof(i) }),
		 0);
	CHECK_EQ(store_commit(r->store, b, on_done, r), 0);
}

struct seen {
	int rows[COMMITS];
};

static bool see(void *ctx, struct bytes key, struct bytes value)
{
	struct seen *s = ctx;
	char text[8] = "";
	long i;

	CHECK_EQ(key.size, 5);
	memcpy(text, key.data, 5);
	i = strtol(text, NULL, 10);
	CHECK(i >= 0 && i < COMMITS);
	CHECK(value.size == 300 || value.size == 5);
	if (value.size == 300)
		CHECK(*(const char *)value.data == 'a' + i % 26);
	s->rows[i]++;
	return true;
}

/* What is there after the cut. */
static void look(struct run *r, int acked)
{
	struct seen s = { 0 };
	size_t size = sizeof(int);
	int last = -1;
	int rc;

	open_store(r);
	rc = store_get(r->store, "last", (struct bytes){ "n", 1 }, &last,
		       &size);
	CHECK(rc == 0 || (rc == -ENOENT && acked == 0));
	CHECK(last >= acked - 1);
	rc = store_each(r->store, "rows", (struct bytes){ 0 }, false, see, &s);
	CHECK(rc == 0 || (rc == -ENOENT && acked == 0));
	for (int i = 0; i < COMMITS; i++)
		CHECK_EQ(s.rows[i], i <= last ? PAIRS : 0);
	store_close(r->store);
}

static void test_power(void)
{
	struct disk_replay replay;
	struct run r;
	size_t n;
	int acked;

	begin(&r);
	disk_replay_begin(&replay, r.path, IMAGE);
	open_store(&r);
	for (int i = 0; i < COMMITS; i++) {
		commit(&r, i);
		if (i % 3 == 0) /* the others are committed together */
			store_wait(r.store);
	}
	store_close(r.store);
	n = disk_replay_end(&replay);
	CHECK_EQ(r.acked, COMMITS);
	for (size_t cut = 0; cut <= n; cut++) {
		for (acked = 0; acked < COMMITS; acked++) {
			if (r.acked_at[acked] > cut)
				break;
		}
		for (int way = 0; way < DISK_N_WAYS; way++) {
			disk_replay_cut(&replay, cut, (enum disk_way)way);
			look(&r, acked);
		}
	}
	printf("%zu power cuts in 3 ways\n", n + 1);
	disk_replay_free(&replay);
	end(&r);
}

static void test_full_disk(void)
{
	const struct disk_op *ops;
	struct run r;

	begin(&r);
	disk_record_start(r.path);
	open_store(&r);
	commit(&r, 0);
	store_wait(r.store);
	CHECK_EQ(r.last_err, 0);
	disk_record_full(true);
	commit(&r, 1);
	store_wait(r.store);
	CHECK_EQ(r.last_err, -ENOSPC);
	commit(&r, 1);
	commit(&r, 1);
	store_wait(r.store);
	CHECK_EQ(r.last_err, -ENOSPC);
	/* Somebody made room: it goes on. */
	disk_record_full(false);
	commit(&r, 1);
	store_wait(r.store);
	CHECK_EQ(r.last_err, 0);
	store_close(r.store);
	look(&r, 2);
	(void)disk_record_stop(&ops);
	disk_record_free();
	end(&r);
}

int main(void)
{
	test_full_disk();
	test_power();
	return 0;
}

/* The truth and the view: commits, order, walks, live dbs, broken files. */
#include "store.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "temp.h"

struct fixture {
	struct event_base *base;
	struct store *store;
	char dir[TEMP_PATH];
	char run[TEMP_PATH + 8];
	int done;
	int last_err;
};

static struct bytes text(const char *s)
{
	return (struct bytes){ s, strlen(s) };
}

static void open_store(struct fixture *f, size_t max)
{
	struct store_config config = { .state_dir = f->dir,
				       .view_dir = f->run,
				       .truth_max = max };
	char why[256] = "";

	f->store = store_open(f->base, &config, why, sizeof(why));
	if (!f->store)
		fprintf(stderr, "%s\n", why);
	CHECK(f->store);
}

static void begin(struct fixture *f)
{
	*f = (struct fixture){ .base = event_base_new() };
	CHECK(f->base);
	temp_dir(f->dir);
	snprintf(f->run, sizeof(f->run), "%s/run", f->dir);
	open_store(f, 0);
}

static void end(struct fixture *f)
{
	store_close(f->store);
	event_base_free(f->base);
	temp_remove(f->dir);
}

static void again(struct fixture *f)
{
	store_close(f->store);
	open_store(f, 0);
}

/* Long enough for what is committed together. */
static void turn(struct fixture *f)
{
	const struct timeval tv = { 0, 10000 };

	CHECK_EQ(event_base_loopexit(f->base, &tv), 0);
	CHECK_EQ(event_base_dispatch(f->base), 0);
}

static void on_done(void *ctx, int err)
{
	struct fixture *f = ctx;

	f->done++;
	f->last_err = err;
}

static void put_soon(struct fixture *f, const char *key, const char *value,
		     uint32_t wait_ms)
{
	struct store_batch *b = store_batch_new(f->store);

	CHECK(b);
	CHECK_EQ(store_batch_put(b, "rows", text(key), text(value)), 0);
	CHECK_EQ(store_commit_soon(f->store, b, wait_ms, on_done, f), 0);
}

static void put(struct fixture *f, const char *key, const char *value)
{
	put_soon(f, key, value, 0);
}

static void until_done(struct fixture *f, int n)
{
	while (f->done < n)
		CHECK_EQ(event_base_loop(f->base, EVLOOP_ONCE), 0);
	CHECK_EQ(f->done, n);
	CHECK_EQ(f->last_err, 0);
}

static bool collect(void *ctx, struct bytes key, struct bytes value)
{
	char *all = ctx;

	snprintf(all + strlen(all), 200 - strlen(all), "%.*s=%.*s ",
		 (int)key.size, (const char *)key.data, (int)value.size,
		 (const char *)value.data);
	return true;
}

static void clear(void *ctx)
{
	*(char *)ctx = '\0';
}

static void test_truth(void)
{
	char all[200] = "";
	char buf[8];
	size_t size = sizeof(buf);
	struct fixture f;

	begin(&f);
	CHECK_EQ(store_get(f.store, "rows", text("a"), buf, &size), -ENOENT);
	put(&f, "b", "2");
	put(&f, "a", "1");
	put(&f, "c", "3");
	store_wait(f.store);
	CHECK_EQ(f.done, 3);
	CHECK_EQ(f.last_err, 0);
	CHECK_EQ(store_get(f.store, "rows", text("b"), buf, &size), 0);
	CHECK_EQ(size, 1);
	CHECK(buf[0] == '2');
	again(&f);
	CHECK_EQ(store_each(f.store, "rows", text(""), false, collect, all), 0);
	CHECK_STR(all, "a=1 b=2 c=3 ");
	clear(all);
	CHECK_EQ(store_each(f.store, "rows", text("bb"), false, collect, all),
		 0);
	CHECK_STR(all, "c=3 ");
	clear(all);
	CHECK_EQ(store_each(f.store, "rows", text("bb"), true, collect, all),
		 0);
	CHECK_STR(all, "b=2 a=1 ");
	clear(all);
	CHECK_EQ(store_each(f.store, "rows", text("zz"), true, collect, all),
		 0);
	CHECK_STR(all, "c=3 b=2 a=1 ");
	end(&f);
}

static void test_batch_is_whole(void)
{
	char long_key[600];
	struct store_batch *b;
	struct fixture f;
	char all[200] = "";

	memset(long_key, 'k', sizeof(long_key) - 1);
	long_key[sizeof(long_key) - 1] = '\0';
	begin(&f);
	put(&f, "before", "1");
	b = store_batch_new(f.store);
	CHECK_EQ(store_batch_put(b, "rows", text("half"), text("1")), 0);
	CHECK_EQ(store_batch_put(b, "rows", text(long_key), text("1")), 0);
	CHECK_EQ(store_commit(f.store, b, on_done, &f), 0);
	store_wait(f.store);
	CHECK_EQ(f.done, 2);
	CHECK_EQ(f.last_err, -EINVAL);
	put(&f, "after", "1");
	store_wait(f.store);
	CHECK_EQ(f.last_err, 0);
	b = store_batch_new(f.store);
	CHECK_EQ(store_batch_del(b, "rows", text("before")), 0);
	CHECK_EQ(store_batch_del(b, "rows", text("never was")), 0);
	CHECK_EQ(store_batch_del(b, "no such db", text("x")), 0);
	CHECK_EQ(store_commit(f.store, b, on_done, &f), 0);
	store_wait(f.store);
	CHECK_EQ(f.last_err, 0);
	CHECK_EQ(store_each(f.store, "rows", text(""), false, collect, all), 0);
	CHECK_STR(all, "after=1 ");
	end(&f);
}

/* What may wait goes with what may not, by itself when its time has come, and
   at the latest with the end. */
static void test_together(void)
{
	char all[200] = "";
	struct fixture f;

	begin(&f);
	put_soon(&f, "first", "1", 900);
	until_done(&f, 1);
	put(&f, "now", "1");
	until_done(&f, 2);
	put_soon(&f, "waits", "1", 900);
	put_soon(&f, "too", "1", 900);
	put(&f, "all", "1");
	until_done(&f, 5);
	put_soon(&f, "long", "1", 900);
	put_soon(&f, "short", "1", 20);
	until_done(&f, 7);
	put_soon(&f, "never", "1", 900);
	again(&f);
	CHECK_EQ(f.done, 8);
	CHECK_EQ(store_each(f.store, "rows", text(""), false, collect, all), 0);
	CHECK_STR(all, "all=1 first=1 long=1 never=1 now=1 short=1 too=1 "
		       "waits=1 ");
	end(&f);
}

static void test_full(void)
{
	static char big[20000];
	struct store_batch *b;
	struct fixture f;
	char key[16];
	int n = 0;

	begin(&f);
	store_close(f.store);
	open_store(&f, 1 << 20);
	memset(big, 'x', sizeof(big) - 1);
	for (; n < 100 && f.last_err == 0; n++) {
		snprintf(key, sizeof(key), "%03d", n);
		put(&f, key, big);
		store_wait(f.store);
	}
	CHECK_EQ(f.last_err, -ENOSPC);
	CHECK(n > 20);
	/* What is there can still be read, and be deleted to make room. */
	b = store_batch_new(f.store);
	for (int i = 0; i < n; i++) {
		snprintf(key, sizeof(key), "%03d", i);
		CHECK_EQ(store_batch_del(b, "rows", text(key)), 0);
	}
	store_batch_frees(b);
	CHECK_EQ(store_commit(f.store, b, on_done, &f), 0);
	store_wait(f.store);
	CHECK_EQ(f.last_err, 0);
	put(&f, "one", "more");
	put(&f, "two", "more");
	store_wait(f.store);
	put(&f, "three", big);
	store_wait(f.store);
	CHECK_EQ(f.last_err, 0);
	end(&f);
}

static void test_view(void)
{
	char all[200] = "";
	struct fixture f;
	struct view *v;
	struct stat st;
	char buf[8];
	size_t size = sizeof(buf);

	begin(&f);
	v = view_open(f.run);
	CHECK_EQ(view_each(v, "live", collect, clear, all), -ENOENT);
	CHECK_EQ(store_view_put(f.store, "live", text("a"), text("1")), 0);
	CHECK_EQ(store_view_put(f.store, "live", text("b"), text("2")), 0);
	CHECK_EQ(store_view_each(f.store, "live", collect, all), 0);
	CHECK_STR(all, "a=1 b=2 ");
	clear(all);
	CHECK_EQ(view_each(v, "live", collect, clear, all), -ENOENT);
	turn(&f);
	CHECK_EQ(view_each(v, "live", collect, clear, all), 0);
	CHECK_STR(all, "a=1 b=2 ");
	CHECK_EQ(store_view_del(f.store, "live", text("a")), 0);
	turn(&f);
	CHECK_EQ(view_get(v, "live", text("a"), buf, &size), -ENOENT);
	CHECK_EQ(view_get(v, "live", text("b"), buf, &size), 0);
	CHECK_EQ(size, 1);
	CHECK_EQ(store_view_clear(f.store, "live"), 0);
	turn(&f);
	clear(all);
	CHECK_EQ(view_each(v, "live", collect, clear, all), 0);
	CHECK_STR(all, "");
	CHECK_EQ(stat(f.run, &st), 0);
	CHECK_EQ(st.st_mode & 07777, 0750);
	snprintf(all, sizeof(all), "%s/view.mdb", f.run);
	CHECK_EQ(stat(all, &st), 0);
	CHECK_EQ(st.st_mode & 07777, 0640);
	view_close(v);
	end(&f);
}

/* A reader stays right over a restart of the owner, and never sees nothing. */
/* What a waiter was told, in the order of the telling. */
struct told {
	char order[16];
	int err;
};

struct asker {
	struct store_waiter waiter;
	struct told *told;
	char name;
};

static void on_told(void *ctx, int err)
{
	struct asker *a = ctx;
	size_t n = strlen(a->told->order);

	CHECK(n + 1 < sizeof(a->told->order));
	a->told->order[n] = a->name;
	a->told->err = err;
}

static void ask(struct fixture *f, struct asker *a, struct told *told,
		char name)
{
	a->told = told;
	a->name = name;
	store_view_wait(f->store, &a->waiter, on_told, a);
}

static void view_put(struct fixture *f, const char *key)
{
	CHECK_EQ(store_view_put(f->store, "live", text(key), text("v")), 0);
}

static void test_view_wait(void)
{
	struct rlimit all, none;
	struct asker a, b, c;
	struct told told = { 0 }, gone = { 0 };
	struct fixture f;

	begin(&f);
	turn(&f);
	/* Nothing is open: at once. */
	ask(&f, &a, &told, 'a');
	CHECK_STR(told.order, "a");
	/* So when it was gone before, or never there. */
	CHECK_EQ(store_view_del(f.store, "live", text("0")), 0);
	ask(&f, &a, &gone, 'a');
	view_put(&f, "0");
	CHECK_EQ(store_view_flush(f.store), 0);
	CHECK_EQ(store_view_del(f.store, "live", text("0")), 0);
	ask(&f, &a, &gone, 'b');
	CHECK_STR(gone.order, "a");
	CHECK_EQ(store_view_flush(f.store), 0);
	CHECK_EQ(store_view_del(f.store, "live", text("0")), 0);
	ask(&f, &b, &gone, 'c');
	turn(&f);
	CHECK_STR(gone.order, "abc");
	/* Something is: with the commit, however it came about. */
	view_put(&f, "1");
	ask(&f, &a, &told, 'b');
	CHECK_EQ(store_view_flush(f.store), 0);
	view_put(&f, "2");
	ask(&f, &b, &told, 'c');
	CHECK_STR(told.order, "a");
	turn(&f);
	CHECK_STR(told.order, "abc");
	/* One that was committed for, but not told yet, is not overtaken. */
	view_put(&f, "3");
	ask(&f, &a, &told, 'd');
	CHECK_EQ(store_view_flush(f.store), 0);
	ask(&f, &b, &told, 'e');
	CHECK_STR(told.order, "abc");
	turn(&f);
	CHECK_STR(told.order, "abcde");
	/* Forgotten before and after the commit: not told. */
	view_put(&f, "4");
	ask(&f, &a, &told, 'f');
	ask(&f, &b, &told, 'g');
	ask(&f, &c, &told, 'h');
	store_view_forget(f.store, &a.waiter);
	CHECK_EQ(store_view_flush(f.store), 0);
	store_view_forget(f.store, &b.waiter);
	store_view_forget(f.store, &b.waiter);
	store_wait(f.store);
	CHECK_STR(told.order, "abcdeh");
	CHECK_EQ(told.err, 0);
	/* Nothing can be written: told so, once; then it is written. */
	CHECK(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	CHECK_EQ(getrlimit(RLIMIT_FSIZE, &all), 0);
	none = (struct rlimit){ 0, all.rlim_max };
	CHECK_EQ(setrlimit(RLIMIT_FSIZE, &none), 0);
	view_put(&f, "5");
	ask(&f, &a, &told, 'i');
	store_wait(f.store);
	CHECK_EQ(setrlimit(RLIMIT_FSIZE, &all), 0);
	CHECK_STR(told.order, "abcdehi");
	CHECK(told.err < 0);
	ask(&f, &a, &told, 'j');
	store_wait(f.store);
	CHECK_STR(told.order, "abcdehij");
	CHECK_EQ(told.err, 0);
	end(&f);
}

static void test_view_restart(void)
{
	char all[200] = "";
	struct fixture f;
	struct view *v;

	begin(&f);
	CHECK_EQ(store_view_put(f.store, "t", text("a"), text("1")), 0);
	turn(&f);
	v = view_open(f.run);
	CHECK_EQ(view_each(v, "t", collect, clear, all), 0);
	CHECK_STR(all, "a=1 ");
	again(&f);
	clear(all);
	CHECK_EQ(view_each(v, "t", collect, clear, all), 0);
	CHECK_STR(all, "a=1 ");
	CHECK_EQ(store_view_put(f.store, "t", text("a"), text("2")), 0);
	turn(&f);
	clear(all);
	CHECK_EQ(view_each(v, "t", collect, clear, all), 0);
	CHECK_STR(all, "a=2 ");
	view_close(v);
	end(&f);
}

static void write_file(const char *dir, const char *name, const char *what)
{
	char path[2 * TEMP_PATH];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "w");
	CHECK(file);
	CHECK(fputs(what, file) >= 0);
	CHECK_EQ(fclose(file), 0);
}

static void test_keep(void)
{
	char all[200] = "";
	struct fixture f;

	begin(&f);
	CHECK_EQ(store_view_keep(f.store, "live"), 0);
	CHECK_EQ(store_view_put(f.store, "live", text("a"), text("1")), 0);
	CHECK_EQ(store_view_put(f.store, "live", text("b"), text("1")), 0);
	CHECK_EQ(store_view_put(f.store, "table", text("x"), text("1")), 0);
	turn(&f);
	CHECK_EQ(store_view_del(f.store, "live", text("b")), 0);
	turn(&f);
	again(&f);
	CHECK_EQ(store_view_keep(f.store, "live"), 0);
	CHECK_EQ(store_view_each(f.store, "live", collect, all), 0);
	CHECK_STR(all, "a=1 ");
	CHECK_EQ(store_view_each(f.store, "table", collect, all), -ENOENT);
	turn(&f);
	/* Another boot: the copy in the truth. */
	store_close(f.store);
	write_file(f.run, "boot", "yesterday");
	open_store(&f, 0);
	CHECK_EQ(store_view_keep(f.store, "live"), 0);
	clear(all);
	CHECK_EQ(store_view_each(f.store, "live", collect, all), 0);
	CHECK_STR(all, "a=1 ");
	turn(&f);
	/* A damaged view: the same. */
	store_close(f.store);
	write_file(f.run, "view.mdb", "not a view");
	open_store(&f, 0);
	CHECK_EQ(store_view_keep(f.store, "live"), 0);
	clear(all);
	CHECK_EQ(store_view_each(f.store, "live", collect, all), 0);
	CHECK_STR(all, "a=1 ");
	end(&f);
}

static bool count_row(void *ctx, struct bytes key, struct bytes value)
{
	(void)key;
	(void)value;
	(*(int *)ctx)++;
	return true;
}

static void put_numbered(struct fixture *f, int n, const char *value)
{
	char key[16];

	for (int i = 0; i < n; i++) {
		snprintf(key, sizeof(key), "%d", i);
		CHECK_EQ(store_view_put(f->store, "live", text(key),
					text(value)),
			 0);
	}
}

/* More rows than go to the truth, or come from it, in one piece. */
static void test_keep_many(void)
{
	char value[8] = "";
	size_t size = sizeof(value);
	struct fixture f;
	int n = 0;

	begin(&f);
	CHECK_EQ(store_view_keep(f.store, "live"), 0);
	put_numbered(&f, 30000, "one");
	turn(&f);
	again(&f);
	CHECK_EQ(store_count(f.store, "live"), 30000);
	CHECK_EQ(store_view_keep(f.store, "live"), 0);
	put_numbered(&f, 2500, "two");
	CHECK_EQ(store_view_del(f.store, "live", text("29999")), 0);
	turn(&f);
	again(&f);
	CHECK_EQ(store_count(f.store, "live"), 29999);
	CHECK_EQ(store_get(f.store, "live", text("2499"), value, &size), 0);
	CHECK_EQ(memcmp(value, "two", 3), 0);
	/* Another boot. */
	store_close(f.store);
	write_file(f.run, "boot", "yesterday");
	open_store(&f, 0);
	CHECK_EQ(store_view_keep(f.store, "live"), 0);
	CHECK_EQ(store_view_each(f.store, "live", count_row, &n), 0);
	CHECK_EQ(n, 29999);
	end(&f);
}

static void refuse(struct fixture *f, const char *words)
{
	struct store_config config = { .state_dir = f->dir,
				       .view_dir = f->run };
	char why[256] = "";

	f->store = store_open(f->base, &config, why, sizeof(why));
	CHECK(!f->store);
	CHECK(strstr(why, words));
	CHECK(!strchr(why, '\n'));
}

static void spoil(const char *path, off_t at, size_t n)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	unsigned char noise;

	CHECK(fd >= 0);
	for (size_t i = 0; i < n; i++) {
		noise = (unsigned char)(i * 131 + 7);
		CHECK_EQ(pwrite(fd, &noise, 1, at + (off_t)i), 1);
	}
	close(fd);
}

static void test_broken(void)
{
	char path[2 * TEMP_PATH];
	struct stat st;
	struct fixture f;
	char key[16];

	begin(&f);
	for (int i = 0; i < 500; i++) {
		snprintf(key, sizeof(key), "%d", i);
		put(&f, key, "something that takes a bit of room in a page");
	}
	store_close(f.store);
	snprintf(path, sizeof(path), "%s/truth/data.mdb", f.dir);
	CHECK_EQ(stat(path, &st), 0);
	CHECK_EQ(st.st_mode & 07777, 0600);
	CHECK_EQ(truncate(path, st.st_size / 2), 0);
	refuse(&f, "restore a backup");
	spoil(path, 0, 8192);
	refuse(&f, "restore a backup");
	CHECK_EQ(truncate(path, 3), 0);
	refuse(&f, "restore a backup");
	CHECK_EQ(unlink(path), 0);
	open_store(&f, 0);
	for (int i = 0; i < 500; i++) {
		snprintf(key, sizeof(key), "%d", i);
		put(&f, key, "something that takes a bit of room in a page");
	}
	store_close(f.store);
	CHECK_EQ(stat(path, &st), 0);
	spoil(path, 8192, (size_t)st.st_size - 8192);
	refuse(&f, "restore a backup");
	CHECK_EQ(unlink(path), 0);
	open_store(&f, 0);
	end(&f);
}

static void test_one_owner(void)
{
	struct store *first;
	struct fixture f;

	begin(&f);
	first = f.store;
	refuse(&f, "in use by another");
	f.store = first;
	end(&f);
}

int main(void)
{
	test_truth();
	test_batch_is_whole();
	test_together();
	test_full();
	test_view();
	test_view_wait();
	test_view_restart();
	test_keep();
	test_keep_many();
	test_broken();
	test_one_owner();
	return 0;
}

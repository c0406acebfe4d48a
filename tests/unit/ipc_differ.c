/*
 * The walk that makes the truth's copy of a live db what the view is: whatever
 * is in either, in steps, while rows change.
 */
#include "store_differ.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>

#include "check.h"
#include "temp.h"

enum { KEYS = 6000, ROUNDS = 12 };

struct fixture {
	struct event_base *base;
	struct store *store;
	char dir[TEMP_PATH];
	char run[TEMP_PATH + 8];
	unsigned int seed;
	bool touched[KEYS]; /* behind the walk */
};

static uint32_t any(struct fixture *f, uint32_t n)
{
	return (uint32_t)rand_r(&f->seed) % n;
}

/* Keys of several lengths, one the beginning of another. */
static struct bytes key_of(uint32_t i, char buf[16])
{
	int n = snprintf(buf, 16, "k%u", i);

	return (struct bytes){ buf, (size_t)n };
}

static void open_store(struct fixture *f)
{
	struct store_config config = { .state_dir = f->dir,
				       .view_dir = f->run };
	char why[256] = "";

	f->store = store_open(f->base, &config, why, sizeof(why));
	CHECK_STR(why, "");
}

static void put(struct fixture *f, uint32_t i, const char *value)
{
	char buf[16];
	struct bytes v = { value, strlen(value) };

	CHECK_EQ(store_view_put(f->store, "live", key_of(i, buf), v), 0);
}

static void del(struct fixture *f, uint32_t i)
{
	char buf[16];

	CHECK_EQ(store_view_del(f->store, "live", key_of(i, buf)), 0);
}

static void change(struct fixture *f, uint32_t n)
{
	static const char *const values[] = { "", "a", "b", "bb" };

	while (n-- > 0) {
		uint32_t i = any(f, KEYS);

		if (any(f, 3) == 0)
			del(f, i);
		else
			put(f, i, values[any(f, 4)]);
	}
}

static int get(struct fixture *f, uint32_t i, bool view, char out[8])
{
	size_t size = 7;
	char buf[16];
	int rc = view ? store_view_get(f->store, "live", key_of(i, buf), out,
				       &size)
		      : store_get(f->store, "live", key_of(i, buf), out, &size);

	out[rc == 0 ? size : 0] = '\0';
	return rc;
}

/* Returns the operations of the whole walk. */
static size_t walk(struct fixture *f, uint32_t changes)
{
	struct differ d = { 0 };
	struct store_batch *b;
	size_t ops = 0;
	char buf[16];

	memset(f->touched, 0, sizeof(f->touched));
	do {
		b = store_batch_new(f->store);
		CHECK_EQ(differ_step(&d, f->store, "live", b), 0);
		CHECK(b->n_ops <= 2 * DIFFER_ROWS);
		ops += b->n_ops;
		CHECK_EQ(store_commit(f->store, b, NULL, NULL), 0);
		store_wait(f->store);
		for (uint32_t i = 0; d.at_size > 0 && i < changes; i++) {
			uint32_t k = any(f, KEYS);

			put(f, k, "new");
			f->touched[k] |= !differ_ahead(&d, key_of(k, buf));
		}
	} while (d.at_size > 0);
	return ops;
}

static void compare(struct fixture *f)
{
	char a[8], b[8];

	for (uint32_t i = 0; i < KEYS; i++) {
		int rc = get(f, i, true, a);

		if (f->touched[i])
			continue;
		CHECK_EQ(get(f, i, false, b), rc);
		CHECK_STR(b, a);
	}
}

int main(void)
{
	struct fixture *f = calloc(1, sizeof(*f));

	CHECK(f);
	f->base = event_base_new();
	temp_dir(f->dir);
	snprintf(f->run, sizeof(f->run), "%s/run", f->dir);
	open_store(f);
	/* Nothing in either. */
	CHECK_EQ(walk(f, 0), 0);
	for (int i = 0; i < ROUNDS; i++) {
		f->seed = (unsigned int)i;
		change(f, any(f, KEYS));
		walk(f, i % 2 ? 50 : 0);
		compare(f);
	}
	/* What is alike is not written. */
	walk(f, 0);
	CHECK_EQ(walk(f, 0), 0);
	put(f, 1, "other");
	CHECK_EQ(walk(f, 0), 1);
	/* All gone from the view: many deletes are several steps. */
	CHECK_EQ(store_view_clear(f->store, "live"), 0);
	CHECK(walk(f, 0) > DIFFER_ROWS);
	CHECK_EQ(store_count(f->store, "live"), 0);
	/* Whole steps: no row more, and none less. */
	for (uint32_t i = 0; i < 2 * DIFFER_ROWS; i++)
		put(f, i, "x");
	CHECK_EQ(walk(f, 0), 2 * DIFFER_ROWS);
	CHECK_EQ(store_count(f->store, "live"), 2 * DIFFER_ROWS);
	store_close(f->store);
	event_base_free(f->base);
	temp_remove(f->dir);
	free(f);
	return 0;
}

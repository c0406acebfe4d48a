/* Finished calls wait for routed, over a restart and a crash. */
#include <event2/event.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "outbox.h"
#include "records.h"
#include "route_client.h"
#include "store.h"
#include "temp.h"

/* routed, as far as the outbox sees it. */
struct told {
	route_ended_fn done;
	void *ctx;
	char id[41];
};

static struct {
	struct told told[8];
	int n;
} routed;

void route_ended(struct route_client *r, const struct cdr *cdr,
		 route_ended_fn done, void *ctx)
{
	struct told *t = &routed.told[routed.n++];

	(void)r;
	CHECK(routed.n <= 8);
	t->done = done;
	t->ctx = ctx;
	memcpy(t->id, cdr->id, sizeof(t->id));
}

void route_forget(struct route_client *r, void *ctx)
{
	(void)r;
	(void)ctx;
}

static void answer(int i, bool ok)
{
	routed.told[i].done(routed.told[i].ctx, ok);
}

static struct store *open_store(struct event_base *base, const char *dir)
{
	char truth[TEMP_PATH + 16];
	char view[TEMP_PATH + 16];
	char why[256];
	struct store *s;

	(void)snprintf(truth, sizeof(truth), "%s/truth", dir);
	(void)snprintf(view, sizeof(view), "%s/view", dir);
	(void)mkdir(truth, 0700); /* the second time both stand */
	(void)mkdir(view, 0750);
	s = store_open(
		base,
		&(struct store_config){ .state_dir = dir, .view_dir = view },
		why, sizeof(why));
	if (s == NULL)
		fprintf(stderr, "%s\n", why);
	CHECK(s != NULL);
	return s;
}

static void add(struct outbox *o, const char *id)
{
	struct cdr cdr;

	record_init(&cdr_record, &cdr);
	(void)snprintf(cdr.id, sizeof(cdr.id), "%s", id);
	(void)snprintf(cdr.caller, sizeof(cdr.caller), "801");
	CHECK_EQ(outbox_add(o, &cdr), 0);
}

int main(void)
{
	struct event_base *base = event_base_new();
	char dir[TEMP_PATH];
	struct store *store;
	struct outbox *o;

	temp_dir(dir);
	store = open_store(base, dir);
	o = outbox_new(base, store, NULL);

	CHECK(o != NULL);
	add(o, "one");
	add(o, "two");
	add(o, "three");
	CHECK_EQ(routed.n, 3);
	answer(0, true);
	answer(1, false);
	CHECK_EQ(outbox_count(o), 2);
	/* Refused, not lost: it goes out again, the one in flight does not. */
	outbox_retry(o);
	CHECK_EQ(routed.n, 4);
	CHECK_STR(routed.told[3].id, "two");

	/* Another run finds both. */
	outbox_free(o);
	store_close(store);
	routed.n = 0;
	store = open_store(base, dir);
	o = outbox_new(base, store, NULL);
	CHECK_EQ(outbox_count(o), 2);
	outbox_retry(o);
	CHECK_EQ(routed.n, 2);
	answer(0, true);
	answer(1, true);
	CHECK_EQ(outbox_count(o), 0);

	outbox_free(o);
	store_close(store);
	store = open_store(base, dir);
	o = outbox_new(base, store, NULL);
	CHECK_EQ(outbox_count(o), 0);
	outbox_free(o);
	store_close(store);
	event_base_free(base);
	temp_remove(dir);
	return 0;
}

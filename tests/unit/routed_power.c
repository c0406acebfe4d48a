/*
 * The power fails while calls over trunks begin, go on and end. At every point,
 * in three ways: a call that was told it may go out is open or has a record,
 * never both; what purses have used is the sum of the records, to the second;
 * what was acknowledged is there.
 */
#include <errno.h>
#include <event2/event.h>

#include "books_world.h"
#include "cdr.h"
#include "check.h"
#include "disk_replay.h"
#include "store.h"

enum { CALLS = 9, IMAGE = 4 << 20 };

struct run {
	struct books_world world;
	char path[TEMP_PATH + 32];
	size_t out_at[CALLS]; /* operations recorded when it was told so */
	size_t over_at[CALLS];
};

static uint32_t talk_of(int i)
{
	return 7 + 10 * (uint32_t)i;
}

static void name(char id[8], int i)
{
	snprintf(id, 8, "c%d", i);
}

/* Call i begins, the one before it asks for more, the one before that ends. */
static void play(struct run *r)
{
	char words[128], id[8];

	for (int i = 0; i < CALLS + 2; i++) {
		if (i < CALLS) {
			snprintf(words, sizeof(words),
				 "call=c%d extension=80%d trunk=acme "
				 "dial_rule=out rates=acme number=49",
				 i, i % 3);
			CHECK(book_ask(&r->world, words));
			r->out_at[i] = disk_record_count();
		}
		if (i >= 1 && i <= CALLS) {
			name(id, i - 1);
			book_renew(&r->world, id, 5);
		}
		if (i >= 2) {
			name(id, i - 2);
			book_end(&r->world, id, talk_of(i - 2));
			CHECK_EQ(r->world.err, 0);
			r->over_at[i - 2] = disk_record_count();
		}
	}
}

struct open_seen {
	bool open[CALLS];
};

static void see_open(void *ctx, const struct open_call *call)
{
	struct open_seen *s = ctx;
	int i = call->call[1] - '0';

	CHECK(i >= 0 && i < CALLS);
	s->open[i] = true;
}

static void look(struct run *r, size_t cut)
{
	struct books_world *w = &r->world;
	uint64_t seconds = 0, said, held = 0;
	struct open_seen open = { 0 };
	struct usage_credit c;
	struct cdr row;
	char id[8];

	books_world_open(w);
	books_each_open(w->books, see_open, &open);
	for (int i = 0; i < CALLS; i++) {
		bool over;

		name(id, i);
		over = book_record(w, id, &row);
		CHECK(!over || !open.open[i]);
		if (r->out_at[i] <= cut)
			CHECK(over || open.open[i]);
		if (r->over_at[i] <= cut)
			CHECK(over);
		if (over) {
			CHECK_EQ(row.talk_s, talk_of(i));
			CHECK(row.cost_milli > 0);
			seconds += row.talk_s;
		}
		if (open.open[i])
			held++;
	}
	(void)books_credit(w->books,
			   &(struct plan_call){ .id = "",
						.extension = "1",
						.trunk = "acme",
						.dial_rule = "",
						.rates = "acme",
						.number = "49",
						.pin_holder = "",
						.now_ms = w->now_ms },
			   &c);
	CHECK_EQ(sscanf(c.why, "limit acme, %" SCNu64, &said), 1);
	CHECK(said >= seconds + 60 * held && said <= seconds + 120 * held);
	books_world_close(w);
}

int main(void)
{
	struct disk_replay replay;
	struct run r;
	size_t n;

	books_world_init(&r.world);
	books_world_cap(&r.world,
			"name=acme scope=trunk who=acme seconds=100000");
	books_world_rate(&r.world, "id=acme/49 price_milli=60");
	snprintf(r.path, sizeof(r.path), "%s/truth/data.mdb", r.world.state);
	books_world_close(&r.world);
	disk_replay_begin(&replay, r.path, IMAGE);
	books_world_open(&r.world);
	play(&r);
	books_world_close(&r.world);
	n = disk_replay_end(&replay);
	for (size_t cut = 0; cut <= n; cut++) {
		for (int way = 0; way < DISK_N_WAYS; way++) {
			disk_replay_cut(&replay, cut, (enum disk_way)way);
			look(&r, cut);
		}
	}
	printf("%zu power cuts in 3 ways\n", n + 1);
	disk_replay_free(&replay);
	books_world_open(&r.world);
	books_world_fini(&r.world);
	return 0;
}

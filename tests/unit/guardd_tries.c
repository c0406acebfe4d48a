/* The ring of the tries of the last day: bounds, time, and the disk's form. */
#include <netinet/in.h>

#include "check.h"
#include "record.h"
#include "tries.h"

enum { SMALL = 200, CHUNKS = 2000 };

static const uint64_t day_ms = 1767225600000;

/* What stands on disk. */
struct disk {
	struct {
		uint8_t bytes[TRIES_CHUNK * TRY_BYTES];
		size_t n;
	} chunks[CHUNKS];
	uint64_t first;
	int puts;
	int refuse; /* this one, counted down */
};

/* Marsaglia's xorshift: the same story each time */
static uint32_t below(uint32_t *random, uint32_t n)
{
	*random ^= *random << 13;
	*random ^= *random >> 17;
	*random ^= *random << 5;
	return *random % n;
}

static struct guard_key key_of(uint32_t i)
{
	struct guard_key k = { 0 };

	k.service = GUARD_SIP;
	k.family = i % 3 == 2 ? AF_INET6 : AF_INET;
	k.bytes[0] = 45;
	k.bytes[1] = (uint8_t)(i >> 16);
	k.bytes[2] = (uint8_t)(i >> 8);
	k.bytes[3] = (uint8_t)i;
	return k;
}

static void note(struct tries *t, uint32_t source, const char *account,
		 uint64_t at_ms)
{
	struct guard_key key = key_of(source);

	tries_note(t, &key, account, source % 5 == 0, 0, at_ms);
}

static int put(void *ctx, uint64_t number, const void *bytes, size_t n)
{
	struct disk *d = ctx;

	CHECK(number < CHUNKS && n <= sizeof(d->chunks[0].bytes));
	if (d->refuse > 0 && --d->refuse == 0)
		return -1;
	memcpy(d->chunks[number].bytes, bytes, n);
	d->chunks[number].n = n;
	d->puts++;
	return 0;
}

static int save(struct disk *d, struct tries *t)
{
	int err = tries_changes(t, put, d, &d->first);

	for (uint64_t i = 0; err == 0 && i < d->first; i++)
		d->chunks[i].n = 0;
	return err;
}

static struct tries *load(const struct disk *d, size_t max, uint64_t now_ms)
{
	struct tries *t = tries_new(max, day_ms);

	CHECK(t);
	for (uint64_t i = 0; i < CHUNKS; i++)
		if (d->chunks[i].n > 0)
			tries_load(t, i, d->chunks[i].bytes, d->chunks[i].n,
				   now_ms);
	return t;
}

static void same(const struct tries *a, const struct tries *b)
{
	CHECK_EQ(tries_count(a), tries_count(b));
	for (size_t i = 0; i < tries_count(a); i++) {
		const struct try *x = tries_at(a, i), *y = tries_at(b, i);

		CHECK_EQ(x->at_ms, y->at_ms);
		CHECK_EQ(x->n, y->n);
		CHECK_EQ(x->service, y->service);
		CHECK_EQ(x->family, y->family);
		CHECK_EQ(x->banned, y->banned);
		CHECK_EQ(memcmp(x->source, y->source, 8), 0);
		CHECK_STR(x->account, y->account);
	}
}

/* The oldest go, and it is said since when all are known. */
static void test_full(void)
{
	struct tries *t = tries_new(SMALL, day_ms - 5000);
	uint64_t now = day_ms;

	CHECK(t);
	CHECK_EQ(tries_since(t, now), day_ms - 5000);
	for (uint32_t i = 0; i < SMALL; i++)
		note(t, i, "800", now++);
	CHECK_EQ(tries_since(t, now), day_ms - 5000);
	note(t, 1000, "800", now++);
	CHECK_EQ(tries_count(t), SMALL);
	CHECK_EQ(tries_at(t, 0)->at_ms, day_ms + 1);
	CHECK_EQ(tries_since(t, now), day_ms);
	for (uint32_t i = 0; i < 10 * SMALL; i++)
		note(t, i, "800", now++);
	CHECK_EQ(tries_count(t), SMALL);
	CHECK_EQ(tries_since(t, now), now - SMALL - 1);
	tries_free(t);
}

static void test_time(void)
{
	struct tries *t = tries_new(SMALL, day_ms);
	uint64_t now = day_ms + 1000;

	note(t, 1, "800", now);
	note(t, 2, "800", now + 1000);
	/* Slewed back: in order all the same. */
	note(t, 3, "800", now + 500);
	CHECK_EQ(tries_at(t, 2)->at_ms, now + 1000);
	tries_shift(t, 3600000);
	CHECK_EQ(tries_at(t, 0)->at_ms, now + 3600000);
	CHECK_EQ(tries_since(t, now + 3600000), day_ms + 3600000);
	tries_shift(t, -3600000);
	tries_tick(t, now + TRIES_DAY_MS - 1);
	CHECK_EQ(tries_count(t), 3);
	tries_tick(t, now + TRIES_DAY_MS);
	CHECK_EQ(tries_count(t), 2);
	CHECK_EQ(tries_since(t, now + TRIES_DAY_MS), now);
	tries_shift(t, -(int64_t)(2 * now));
	CHECK_EQ(tries_at(t, 0)->at_ms, 0);
	tries_tick(t, UINT64_MAX / 2);
	CHECK_EQ(tries_count(t), 0);
	tries_free(t);
}

/* Whom no ban ends fills no ring alone. */
static void test_join(void)
{
	struct tries *t = tries_new(SMALL, day_ms);
	struct guard_key a = key_of(1), b = key_of(2);

	for (uint64_t i = 0; i < 100; i++) {
		tries_note(t, &a, "801", false, 10000, day_ms + i * 250);
		tries_note(t, &b, "801", false, 10000, day_ms + i * 250);
	}
	CHECK_EQ(tries_count(t), 6);
	CHECK_EQ(tries_at(t, 0)->n, 40);
	CHECK_EQ(tries_at(t, 5)->n, 20);
	/* Another account is another entry; so is a ban. */
	tries_note(t, &a, "802", false, 10000, day_ms + 25000);
	CHECK_EQ(tries_count(t), 7);
	for (uint32_t i = 0; i < 100000; i++)
		tries_note(t, &a, "803", false, 10000, day_ms + 25000);
	CHECK_EQ(tries_count(t), 9);
	CHECK_EQ(tries_at(t, 7)->n, UINT16_MAX);
	tries_free(t);
}

/* Saved every so often, and read back at any moment: all is as it was. */
static void test_disk(void)
{
	struct disk *d = calloc(1, sizeof(*d));
	struct tries *t = tries_new(SMALL, day_ms), *back;
	uint64_t now = day_ms;
	uint32_t random = 7;

	CHECK(d && t);
	for (uint32_t i = 0; i < 5000; i++) {
		struct guard_key key = key_of(below(&random, 50));

		now += below(&random, 60000);
		if (below(&random, 4))
			note(t, below(&random, 1000), "a name that is long",
			     now);
		else
			tries_note(t, &key, "", false, 10000, now);
		if (below(&random, 300) == 0)
			tries_shift(t, below(&random, 2) ? 5000 : -5000);
		if (below(&random, 40))
			continue;
		tries_tick(t, now + 5000);
		CHECK_EQ(save(d, t), 0);
		back = load(d, SMALL, now + 5000);
		tries_tick(back, now + 5000);
		same(t, back);
		CHECK_EQ(tries_since(back, now) >= tries_since(t, now), 1);
		tries_free(back);
	}
	/* Nothing new: nothing to write. What was refused comes again. */
	CHECK_EQ(save(d, t), 0);
	d->puts = 0;
	CHECK_EQ(save(d, t), 0);
	CHECK_EQ(d->puts, 0);
	tries_unsaved(t);
	d->refuse = 2;
	CHECK_EQ(save(d, t), -1);
	CHECK_EQ(d->puts, 1);
	CHECK_EQ(save(d, t), 0);
	CHECK(d->puts >= 3 && d->puts <= SMALL / TRIES_CHUNK + 2);
	back = load(d, SMALL, now + 5000);
	same(t, back);
	tries_free(back);
	tries_free(t);
	free(d);
}

/* A disk that others wrote to. */
static void test_wrong(void)
{
	struct disk *d = calloc(1, sizeof(*d));
	struct tries *t = tries_new(1000, day_ms), *back;

	CHECK(d && t);
	for (uint32_t i = 0; i < 4 * TRIES_CHUNK; i++)
		note(t, i, "801", day_ms + i);
	CHECK_EQ(save(d, t), 0);
	/* One chunk is missing: what came before it is of no use. */
	d->chunks[1].n = 0;
	back = load(d, 1000, day_ms + 10000);
	CHECK_EQ(tries_count(back), 2 * TRIES_CHUNK);
	CHECK_EQ(tries_since(back, day_ms + 10000), day_ms + 2 * TRIES_CHUNK);
	/* A row that cannot be: the chunk ends there. */
	d->chunks[3].bytes[TRY_BYTES * 10 + 19] = 5;
	tries_free(back);
	back = load(d, 1000, day_ms + 10000);
	CHECK_EQ(tries_count(back), TRIES_CHUNK + 10);
	tries_free(back);
	/* From a clock that was a day ahead: nobody knows when that was. */
	back = load(d, 1000, day_ms - TRIES_DAY_MS);
	CHECK_EQ(tries_at(back, 0)->n, 0);
	CHECK_EQ(tries_at(back, 0)->at_ms, day_ms - TRIES_DAY_MS);
	tries_load(back, UINT64_MAX, d->chunks[0].bytes, TRY_BYTES, day_ms);
	CHECK_EQ(tries_count(back), TRIES_CHUNK + 10);
	tries_free(back);
	tries_free(t);
	free(d);
}

/* Strangers' names: cut at a character, and to be shown as they are. */
static void test_names(void)
{
	struct tries *t = tries_new(SMALL, day_ms);

	note(t, 1, "administratoren-zug\xc3\xa4ng", day_ms);
	CHECK_STR(tries_at(t, 0)->account, "administratoren-zu");
	note(t, 1, "administratoren-z\xc3\xa4nge", day_ms);
	CHECK_STR(tries_at(t, 1)->account, "administratoren-z");
	note(t, 1, "a\nb", day_ms);
	CHECK_STR(tries_at(t, 2)->account, "a?b");
	tries_free(t);
}

int main(void)
{
	test_full();
	test_time();
	test_join();
	test_disk();
	test_wrong();
	test_names();
	return 0;
}

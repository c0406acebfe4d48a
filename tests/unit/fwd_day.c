/* A counter's last day, against a list of all that moved it. */
#include "check.h"
#include "day.h"

enum { HOUR_MS = 3600000, ROUNDS = 300, MOVES = 400 };

struct move {
	uint64_t at_ms;
	uint64_t n;
};

/* What came since the beginning of the hour 23 hours before this one. */
static uint64_t expected(const struct move *list, size_t n, uint64_t now_ms)
{
	uint64_t hour = now_ms / HOUR_MS, sum = 0;
	uint64_t from = hour < 23 ? 0 : (hour - 23) * HOUR_MS;

	for (size_t i = 0; i < n; i++)
		if (list[i].at_ms >= from)
			sum += list[i].n;
	return sum;
}

/* fwd looks every second: what moves is seen in its own hour. */
static void test_random(unsigned int seed)
{
	struct move list[MOVES];
	struct day d = { 0 };
	uint64_t now_ms = 5 * HOUR_MS, total = 1000;

	srandom(seed);
	day_note(&d, now_ms, total, total);
	for (size_t i = 0; i < MOVES; i++) {
		now_ms += (uint64_t)random() % (HOUR_MS / 2);
		/* Before it moves, and after. */
		day_note(&d, now_ms, 0, total);
		list[i] = (struct move){ now_ms, (uint64_t)random() % 50 };
		total += list[i].n;
		day_note(&d, now_ms, 0, total);
		CHECK_EQ(day_moved(&d, total), expected(list, i + 1, now_ms));
	}
}

static void test_edges(void)
{
	struct day old = { 0 }, new = { 0 }, d = { 0 };

	CHECK_EQ(day_moved(&d, 7), 0);
	/* One that stood there before us, and one that is made now. */
	day_note(&old, HOUR_MS, 900, 900);
	day_note(&new, HOUR_MS, 0, 3);
	CHECK_EQ(day_moved(&old, 905), 5);
	CHECK_EQ(day_moved(&new, 3), 3);
	/* Made anew: it begins at nothing. */
	day_note(&old, HOUR_MS, 0, 2);
	CHECK_EQ(day_moved(&old, 2), 2);
	/* A day without anybody who looked. */
	day_note(&new, 100 * (uint64_t)HOUR_MS, 0, 50);
	CHECK_EQ(day_moved(&new, 50), 0);
	CHECK_EQ(day_moved(&new, 51), 1);
}

int main(void)
{
	for (unsigned int seed = 1; seed <= ROUNDS; seed++)
		test_random(seed);
	test_edges();
	return 0;
}

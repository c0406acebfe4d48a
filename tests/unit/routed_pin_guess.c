/*
 * A thief who guesses PINs however he likes, with as many calls at once as he
 * likes: within ten minutes he has no more entries than three calls one after
 * the other would give him, and 20 in a day, whatever he does.
 */
#include <string.h>

#include "check.h"
#include "pin_locks.h"

enum {
	SEEDS = 300,
	CALLS = 40,
	STEPS = 4000,
	TRIES = 3,
	LONGEST_MS = 300000, /* of one dialogue */
	ENTRIES = 400,
};

struct caller {
	char id[16];
	uint32_t entries;
	uint64_t since_ms;
	bool on;
};

struct thief {
	struct pin_locks *locks;
	struct caller calls[CALLS];
	uint64_t at_ms[ENTRIES]; /* of each entry that was compared */
	uint32_t n;
	uint32_t n_calls;
	uint64_t now_ms;
	uint64_t random;
};

static uint32_t pick(struct thief *t, uint32_t n)
{
	t->random = t->random * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(t->random >> 33) % n;
}

static uint32_t within(const struct thief *t, uint64_t window_ms)
{
	uint32_t most = 0, from = 0;

	for (uint32_t i = 0; i < t->n; i++) {
		while (t->at_ms[i] - t->at_ms[from] >= window_ms)
			from++;
		if (i - from + 1 > most)
			most = i - from + 1;
	}
	return most;
}

static void hang_up(struct thief *t, struct caller *c)
{
	const struct pin_line *line;

	if (c->on)
		(void)pin_locks_ended(t->locks, "801", c->id, t->now_ms, &line);
	c->on = false;
}

static void call(struct thief *t, struct caller *c)
{
	*c = (struct caller){ .since_ms = t->now_ms, .on = true };
	snprintf(c->id, sizeof(c->id), "c%u", t->n_calls++);
}

/* Types a wrong PIN, if it is taken at all. */
static void type(struct thief *t, struct caller *c)
{
	const struct pin_line *line;

	if (pin_locks_gate(t->locks, "801", c->id, t->now_ms) != PIN_OPEN) {
		hang_up(t, c);
		return;
	}
	CHECK(t->n < ENTRIES);
	t->at_ms[t->n++] = t->now_ms;
	c->entries++;
	(void)pin_locks_wrong(t->locks, "801", c->id, "203.0.113.9",
			      c->entries == TRIES, t->now_ms, &line);
	CHECK(line);
	if (c->entries == TRIES)
		hang_up(t, c);
}

static void one(struct thief *t, uint32_t calls, uint32_t hurry)
{
	struct caller *c = &t->calls[pick(t, calls)];

	t->now_ms += pick(t, 3) ? pick(t, 2000) : pick(t, hurry);
	for (uint32_t i = 0; i < calls; i++)
		if (t->calls[i].on &&
		    t->now_ms - t->calls[i].since_ms > LONGEST_MS)
			hang_up(t, &t->calls[i]);
	if (!c->on)
		call(t, c);
	else if (pick(t, 10))
		type(t, c);
	else
		hang_up(t, c);
}

static uint32_t guess(uint64_t seed, uint32_t calls, uint32_t hurry)
{
	struct thief t = { .random = seed, .now_ms = 1000 };

	t.locks = pin_locks_new(10);
	CHECK(t.locks);
	for (int i = 0; i < STEPS; i++)
		one(&t, calls, hurry);
	CHECK(within(&t, PIN_CALLS_MS) <= PIN_CALLS * TRIES);
	CHECK(within(&t, PIN_DAY_MS) <= PIN_ENTRIES);
	/* Nobody ever looked: there is no 21st. */
	CHECK(t.n <= PIN_ENTRIES || t.at_ms[t.n - 1] - t.at_ms[0] > PIN_DAY_MS);
	pin_locks_free(t.locks);
	return t.n;
}

int main(void)
{
	uint32_t most = 0;

	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		uint32_t n = guess(seed, 1 + seed % CALLS,
				   seed % 3 ? 60000 : 3600000);

		if (n > most)
			most = n;
	}
	/* They did try. */
	CHECK(most >= PIN_ENTRIES);
	return 0;
}

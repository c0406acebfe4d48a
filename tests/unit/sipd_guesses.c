/*
 * One guess a second where nobody counts, whatever one host calls itself.
 */
#include "check.h"
#include "guesses.h"
#include "request.h"

static struct peer peer_of(const char *source, bool local)
{
	struct peer p = { .local = local, .port = 5060 };

	CHECK_EQ(addr_parse(&p.addr, source), 0);
	return p;
}

static void test_second(struct guesses *g)
{
	struct peer p = peer_of("192.168.1.9", true);

	CHECK(!guesses_wait(g, &p, false, 1000));
	guesses_note(g, &p, false, 1000);
	CHECK(guesses_wait(g, &p, false, 1000));
	CHECK(guesses_wait(g, &p, false, 1999));
	CHECK(!guesses_wait(g, &p, true, 1999));
	CHECK(!guesses_wait(g, &p, false, 2000));
	guesses_note(g, &p, true, 2000);
	CHECK(guesses_wait(g, &p, true, 2999));
	/* One who is known and one who is not, in turn: no more for that. */
	guesses_note(g, &p, false, 2999);
	CHECK(guesses_wait(g, &p, true, 3000));
	CHECK(!guesses_wait(g, &p, true, 3999));
}

/* A stranger has his /64, a phone of the house its address. */
static void test_64(struct guesses *g)
{
	struct peer p = peer_of("2001:db8:1:2::1", false);
	struct peer q = peer_of("2001:db8:1:2::2", false);

	guesses_note(g, &p, false, 10000);
	CHECK(guesses_wait(g, &q, false, 10000));
	p.local = q.local = true;
	guesses_note(g, &p, false, 10000);
	CHECK(guesses_wait(g, &p, false, 10000));
	CHECK(!guesses_wait(g, &q, false, 10000));
}

/* One host with many addresses: beyond a number of them all strangers of the
   house wait, but no phone that is known, and nobody from outside. */
static void test_many(struct guesses *g)
{
	struct peer p = peer_of("fe80::1", true);
	struct peer phone = peer_of("192.168.1.20", true);
	struct peer outside = peer_of("203.0.113.9", false);
	unsigned looked_at = 0;

	for (unsigned i = 0; i < 4 * GUESSES_SOURCES; i++) {
		p.addr.bytes[14] = (uint8_t)(i >> 8);
		p.addr.bytes[15] = (uint8_t)i;
		if (guesses_wait(g, &p, false, 20000))
			continue;
		looked_at++;
		guesses_note(g, &p, false, 20000);
	}
	CHECK_EQ(looked_at, GUESSES_SOURCES);
	CHECK(guesses_wait(g, &phone, false, 20000));
	CHECK(!guesses_wait(g, &phone, true, 20000));
	CHECK(!guesses_wait(g, &outside, false, 20000));
	guesses_note(g, &outside, false, 20000);
	CHECK(guesses_wait(g, &outside, false, 20000));
	CHECK(!guesses_wait(g, &phone, false, 21000));
}

int main(void)
{
	struct guesses *g = guesses_new();

	CHECK(g);
	test_second(g);
	test_64(g);
	test_many(g);
	guesses_free(g);
	return 0;
}

/* Passwords: the same work whether there is an account or not. */
#include <errno.h>
#include <string.h>

#include <event2/event.h>

#include "hash.h"

#include "check.h"

struct got {
	unsigned n;
	struct hash_result last;
};

static void on_done(void *ctx, const struct hash_result *result)
{
	struct got *g = ctx;

	g->last = *result;
	g->n++;
}

static void wait_for(struct event_base *base, const struct got *g, unsigned n)
{
	while (g->n < n)
		CHECK_EQ(event_base_loop(base, EVLOOP_ONCE), 0);
}

int main(void)
{
	struct event_base *base = event_base_new();
	struct hasher *h = hasher_new(base);
	struct got g = { 0 };
	char hash[HASH_MAX], longest[HASH_SECRET_MAX + 1];
	unsigned n = 0;
	int err = 0;

	CHECK(h);
	CHECK_EQ(hash_make(h, "correct horse battery", on_done, &g), 0);
	CHECK_EQ(g.n, 0); /* never from inside */
	wait_for(base, &g, 1);
	CHECK(!strncmp(g.last.hash, "$y$", 3));
	memcpy(hash, g.last.hash, sizeof(hash));

	CHECK_EQ(hash_verify(h, "correct horse battery", hash, on_done, &g), 0);
	wait_for(base, &g, 2);
	CHECK(g.last.ok);
	CHECK_EQ(hash_verify(h, "correct horse batterz", hash, on_done, &g), 0);
	wait_for(base, &g, 3);
	CHECK(!g.last.ok);
	CHECK_EQ(hasher_count(h), 3);
	/* nobody's hash: one computation, too, of the same kind; never right */
	CHECK_EQ(hash_verify(h, "", "", on_done, &g), 0);
	wait_for(base, &g, 4);
	CHECK(!g.last.ok);
	CHECK_EQ(hasher_count(h), 4);
	/* a hash that is none is no way in */
	CHECK_EQ(hash_verify(h, "*0", "*0", on_done, &g), 0);
	wait_for(base, &g, 5);
	CHECK(!g.last.ok);

	memset(longest, 'a', sizeof(longest) - 1);
	longest[HASH_SECRET_MAX] = '\0';
	CHECK_EQ(hash_verify(h, longest, hash, on_done, &g), -E2BIG);
	/* the queue is bounded */
	while (!err && n < 1000) {
		err = hash_verify(h, "x", hash, on_done, &g);
		n += !err;
	}
	CHECK_EQ(err, -EAGAIN);
	CHECK(n <= 16);
	/* ends in the middle of its work without a done */
	hasher_free(h);
	CHECK_EQ(g.n, 5);
	event_base_free(base);
	return 0;
}

/*
 * Whom other settings would have shut out: cases by hand, and many by chance
 * against a count that is plain to see, and against the guard itself, which is
 * given the same tries under those settings.
 */
#include <netinet/in.h>
#include <time.h>

#include "check.h"
#include "what_if.h"

enum { ROUNDS = 200, SOURCES = 24, TRIES = 400, HEARD = 64 };

static const uint64_t day_ms = 1767225600000;
static const uint8_t seed[GUARD_SEED] = { 7, 8, 9 };

struct heard {
	struct what_if_source list[HEARD];
	size_t n;
};

struct world {
	struct guard guard;
	struct tries *tries;
	struct heard heard;
	struct what_if_sum sum;
};

static void begin(struct world *w)
{
	memset(w, 0, sizeof(*w));
	CHECK_EQ(guard_init(&w->guard, seed), 0);
	w->guard.locals_known = true;
	w->tries = tries_new(TRIES_MAX, day_ms);
	CHECK(w->tries);
}

static void end(struct world *w)
{
	tries_free(w->tries);
	guard_fini(&w->guard);
}

static void source_of(uint32_t i, char text[ADDR_TEXT])
{
	/* Of IPv6 the /64 is one source. */
	if (i % 4 == 3)
		snprintf(text, ADDR_TEXT, "2001:db8:%u::%x", i, i * 7 + 1);
	else
		snprintf(text, ADDR_TEXT, "203.0.113.%u", i);
}

static struct guard_key key_of(const char *source)
{
	struct guard_key key;
	struct addr a;

	CHECK_EQ(addr_parse(&a, source), 0);
	guard_key_make(&key, GUARD_SIP, &a);
	return key;
}

static void try_at(struct world *w, const char *source, const char *account,
		   uint64_t at_s, bool banned)
{
	struct guard_key key = key_of(source);

	tries_note(w->tries, &key, account, banned, 0, day_ms + at_s * 1000);
}

static void hear(void *ctx, const struct what_if_source *s)
{
	struct heard *h = ctx;

	CHECK(h->n < HEARD);
	h->list[h->n++] = *s;
}

static void ask(struct world *w, uint32_t tries, uint32_t window_s)
{
	const struct tries *const of[] = { w->tries };
	struct what_if a = { .service = GUARD_SIP,
			     .tries = tries,
			     .window_s = window_s,
			     .trust_local = true,
			     .wall_ms = day_ms + 3600000 };

	w->heard.n = 0;
	CHECK_EQ(what_if(&w->guard, of, 1, &a, &w->sum, hear, &w->heard), 0);
}

static const struct what_if_source *found(const struct world *w,
					  const char *source)
{
	struct guard_key key = key_of(source);

	for (size_t i = 0; i < w->heard.n; i++)
		if (guard_key_equal(&w->heard.list[i].key, &key))
			return &w->heard.list[i];
	return NULL;
}

/* Two strangers, one of them shut out at his fifth try. */
static void test_words(void)
{
	const struct what_if_source *s;
	struct world w;

	begin(&w);
	for (uint64_t i = 0; i < 5; i++)
		try_at(&w, "203.0.113.9", i % 2 ? "801" : "80", i, i == 4);
	for (uint64_t i = 0; i < 4; i++)
		try_at(&w, "203.0.113.10", "admin", 10 + 100 * i, false);
	ask(&w, 5, 600);
	CHECK_EQ(w.sum.sources, 2);
	CHECK_EQ(w.sum.would, 1);
	CHECK_EQ(w.sum.more + w.sum.fewer, 0);
	ask(&w, 4, 600);
	CHECK_EQ(w.sum.would, 2);
	CHECK_EQ(w.sum.more, 1);
	s = found(&w, "203.0.113.10");
	CHECK(s && s->would && !s->did);
	CHECK_EQ(s->most, 4);
	CHECK_EQ(s->at_ms, day_ms + 310000);
	CHECK_STR(s->accounts, "admin");
	s = found(&w, "203.0.113.9");
	CHECK_STR(s->accounts, "80, 801");
	CHECK_EQ(s->at_ms, day_ms + 3000);
	CHECK_EQ(s->most, 5);
	/* The window is open at its beginning. */
	ask(&w, 4, 300);
	CHECK_EQ(w.sum.would, 1);
	ask(&w, 4, 301);
	CHECK_EQ(w.sum.would, 2);
	/* Looser: as far as he came, he would not have been. */
	ask(&w, 6, 600);
	CHECK_EQ(w.sum.would, 0);
	CHECK_EQ(w.sum.fewer, 1);
	s = found(&w, "203.0.113.9");
	CHECK(s && !s->would && s->did);
	end(&w);
}

/* As the guard has it now, for the whole day. */
static void test_exempt(void)
{
	struct world w;
	char why[160];

	begin(&w);
	for (uint64_t i = 0; i < 5; i++) {
		try_at(&w, "192.168.1.9", "801", i, false);
		try_at(&w, "203.0.113.80", "801", i, i == 4);
		try_at(&w, "198.51.100.10", "801", i, false);
		try_at(&w, "203.0.113.9", "801", i, false);
	}
	CHECK_EQ(prefix_parse(&w.guard.locals[w.guard.n_locals++],
			      "192.168.1.0/24", why, sizeof(why)),
		 0);
	CHECK_EQ(prefix_parse(&w.guard.trunks[w.guard.n_trunks++],
			      "198.51.100.10", why, sizeof(why)),
		 0);
	w.guard.allowed[w.guard.n_allowed].services = 1u << GUARD_SIP;
	CHECK_EQ(prefix_parse(&w.guard.allowed[w.guard.n_allowed++].source,
			      "203.0.113.80", why, sizeof(why)),
		 0);
	ask(&w, 3, 60);
	CHECK_EQ(w.sum.sources, 4);
	CHECK_EQ(w.sum.would, 1);
	CHECK_EQ(w.sum.local, 1);
	CHECK_EQ(w.sum.allowed, 2);
	CHECK_EQ(w.heard.n, 1);
	CHECK(found(&w, "203.0.113.9"));
	/* Who was banned and is allowed now is nobody's loss. */
	ask(&w, 10, 60);
	CHECK_EQ(w.sum.fewer + w.sum.local + w.sum.allowed, 0);
	end(&w);
}

/* A phone of the house that goes on for ever: its tries are joined. */
static void test_joined(void)
{
	struct guard_key key = key_of("192.168.1.9");
	struct world w;

	begin(&w);
	for (uint64_t i = 0; i < 20; i++)
		tries_note(w.tries, &key, "801", false, 10000,
			   day_ms + i * 1000);
	CHECK_EQ(tries_count(w.tries), 2);
	ask(&w, 20, 60);
	CHECK_EQ(w.sum.would, 1);
	ask(&w, 21, 60);
	CHECK_EQ(w.sum.would, 0);
	ask(&w, 1000, 60);
	CHECK_EQ(w.sum.would, 0);
	end(&w);
}

static void test_accounts(void)
{
	const struct what_if_source *s;
	struct world w;
	char name[16];

	begin(&w);
	for (uint64_t i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "user%u", (unsigned int)i % 50);
		try_at(&w, "203.0.113.9", name, i, false);
	}
	try_at(&w, "203.0.113.9", "", 100, false);
	ask(&w, 5, 600);
	s = found(&w, "203.0.113.9");
	CHECK(s);
	CHECK_EQ(strncmp(s->accounts, "user0, user1, user2, ", 21), 0);
	CHECK(strlen(s->accounts) < sizeof(s->accounts));
	CHECK_STR(s->accounts + strlen(s->accounts) - 5, ", ...");
	end(&w);
}

/* ---- by chance ---- */

struct chance {
	uint32_t source;
	uint64_t at_ms;
};

/* Marsaglia's xorshift: the same story each time */
static uint32_t below(uint32_t *random, uint32_t n)
{
	*random ^= *random << 13;
	*random ^= *random >> 17;
	*random ^= *random << 5;
	return *random % n;
}

/* In bursts, as they come. */
static void draw(struct chance *list, uint32_t *random)
{
	uint64_t at = day_ms;

	for (size_t i = 0; i < TRIES; i++) {
		at += below(random, below(random, 8) ? 3000 : 90000);
		list[i].at_ms = at;
		list[i].source = below(random, SOURCES);
		if (i > 0 && below(random, 2))
			list[i].source = list[i - 1].source;
	}
}

/* Plain to see: so many within the window that ends with one of them. */
static bool plainly(const struct chance *list, uint32_t source, uint32_t tries,
		    uint32_t window_s)
{
	for (size_t i = 0; i < TRIES; i++) {
		uint32_t n = 0;

		for (size_t j = 0; j <= i; j++)
			if (list[j].source == source &&
			    list[i].at_ms - list[j].at_ms <
				    (uint64_t)window_s * 1000)
				n++;
		if (list[i].source == source && n >= tries)
			return true;
	}
	return false;
}

/* Bit n: the guard, given these tries, bans source n. */
static uint32_t guard_bans(const struct chance *list, uint32_t tries,
			   uint32_t window_s)
{
	struct guard_outcome_of o;
	struct guard_now now;
	struct issue issue;
	struct report r;
	uint32_t bans = 0;
	struct guard g;

	CHECK_EQ(guard_init(&g, seed), 0);
	g.locals_known = true;
	g.settings[GUARD_SIP].tries = tries;
	g.settings[GUARD_SIP].window_s = window_s;
	record_init(&report_record, &r);
	snprintf(r.service, sizeof(r.service), "sip");
	for (size_t i = 0; i < TRIES; i++) {
		now.wall_ms = list[i].at_ms;
		now.mono_ms = list[i].at_ms - day_ms + 5000;
		source_of(list[i].source, r.source);
		CHECK_EQ(guard_decide(&g, &r, &now, &o, &issue), 0);
		if (o.outcome == GUARD_BAN)
			bans |= 1u << list[i].source;
	}
	guard_fini(&g);
	return bans;
}

static uint32_t what_if_bans(struct world *w)
{
	char source[ADDR_TEXT];
	uint32_t bans = 0;

	for (uint32_t i = 0; i < SOURCES; i++) {
		const struct what_if_source *s;

		source_of(i, source);
		s = found(w, source);
		if (s && s->would)
			bans |= 1u << i;
	}
	CHECK_EQ(w->sum.would, __builtin_popcount(bans));
	return bans;
}

static void test_chance(void)
{
	uint32_t banned = 0, random = 20260101;

	for (int round = 0; round < ROUNDS; round++) {
		uint32_t tries = 1 + below(&random, 30);
		uint32_t window_s = 10 + below(&random, 600);
		struct chance list[TRIES];
		char source[ADDR_TEXT];
		uint32_t bans;
		struct world w;

		begin(&w);
		draw(list, &random);
		for (size_t i = 0; i < TRIES; i++) {
			struct guard_key key;

			source_of(list[i].source, source);
			key = key_of(source);
			tries_note(w.tries, &key, "801", false, 0,
				   list[i].at_ms);
		}
		ask(&w, tries, window_s);
		bans = what_if_bans(&w);
		CHECK_EQ(bans, guard_bans(list, tries, window_s));
		/* Above 16 the guard joins tries (counters.h): never later. */
		for (uint32_t i = 0; i < SOURCES; i++) {
			bool plain = plainly(list, i, tries, window_s);

			CHECK(!plain || bans & 1u << i);
			CHECK(plain || tries > COUNTER_POINTS ||
			      !(bans & 1u << i));
		}
		banned += (uint32_t)__builtin_popcount(bans);
		end(&w);
	}
	/* Neither all nor nobody. */
	CHECK(banned > ROUNDS && banned < ROUNDS * SOURCES * 9 / 10);
}

/* What the answer costs when the ring is full of strangers. */
static void test_cost(void)
{
	struct timespec a, b;
	struct world w;

	begin(&w);
	for (uint32_t i = 0; i < TRIES_MAX; i++) {
		struct guard_key key = { .service = GUARD_SIP,
					 .family = AF_INET };
		uint32_t mixed = i * 2654435761u;

		memcpy(key.bytes, &mixed, sizeof(mixed));
		tries_note(w.tries, &key, "801", false, 0, day_ms + i);
	}
	CHECK_EQ(tries_count(w.tries), TRIES_MAX);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
	ask(&w, 10, 600);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
	CHECK_EQ(w.sum.sources, TRIES_MAX);
	printf("%.1f ms of CPU to ask about %d sources\n",
	       (double)(b.tv_sec - a.tv_sec) * 1e3 +
		       (double)(b.tv_nsec - a.tv_nsec) / 1e6,
	       TRIES_MAX);
	end(&w);
}

int main(void)
{
	test_words();
	test_exempt();
	test_joined();
	test_accounts();
	test_chance();
	test_cost();
	return 0;
}

/*
 * What outsiders can make guardd hold at the most, whoever they are and
 * whatever they say: the bounds that daemons/guardd/README.md states.
 */
#include <malloc.h>
#include <stdlib.h>

#include "check.h"
#include "decide.h"

enum { MB = 1 << 20, CACHE = 65536 /* malloc's own, of freed blocks */ };

static const uint8_t seed[GUARD_SEED] = { 4, 5, 6 };

static struct guard_key numbered(uint32_t i)
{
	struct guard_key k;
	struct addr a = { .family = 2 };

	for (int n = 0; n < 4; n++)
		a.bytes[n] = (uint8_t)(i >> (24 - 8 * n));
	guard_key_make(&k, GUARD_SIP, &a);
	return k;
}

/* What malloc has given out; AddressSanitizer's has no such number. */
static size_t held(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	return 0;
#else
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
#endif
}

static void fill(struct bans *bs, uint32_t first, uint32_t end,
		 const char *words)
{
	for (uint32_t i = first; i < end; i++) {
		struct guard_key k = numbered(i);
		struct ban *ban = bans_put(bs, &k);

		CHECK(ban);
		CHECK_EQ(bans_say(bs, ban, "", words), 0);
		bans_end_at(bs, ban, 1 + i, 1 + i);
	}
}

static void test_bans(void)
{
	size_t before = held();
	struct bans *bs = bans_new(GUARD_BANS_MAX, seed);

	CHECK(bs);
	CHECK(sizeof(struct ban) <= 72);
	fill(bs, 0, GUARD_BANS_MAX, "801: 10 times, UDP");
	CHECK(held() - before <= 17 * MB);
	bans_free(bs);
	CHECK(held() <= before + CACHE);
}

/* Five long names, ten thousand ways: the newest thing is always told. */
static void test_long_words(void)
{
	static const char line[] = "0123456789012345678901234567890123456789";
	struct guard_key k = numbered(GUARD_BANS_MAX - 1);
	int n;
	char words[BAN_EVIDENCE];
	size_t before = held();
	struct bans *bs = bans_new(GUARD_BANS_MAX, seed);

	CHECK(bs);
	n = snprintf(words, sizeof(words), "%s: 6 times, UDP", line);
	for (int i = 0; i < 4; i++)
		n += snprintf(words + n, sizeof(words) - (size_t)n,
			      "; %s: 1 times, %.31s", line, line);
	CHECK(n > 380 && n < BAN_EVIDENCE);
	fill(bs, 0, GUARD_BANS_MAX, words);
	CHECK(held() - before <= 36 * MB);
	CHECK_STR(ban_evidence(bans_find(bs, &k)),
		  "0123456789012345678901234567890123456789: 6 times, UDP");
	k = numbered(0);
	CHECK_STR(ban_evidence(bans_find(bs, &k)), words);
	/* One that goes makes room for another one. */
	bans_take(bs, bans_find(bs, &k));
	k = numbered(BANS_IN_FULL);
	CHECK_EQ(bans_say(bs, bans_find(bs, &k), "ada", words), 0);
	CHECK_STR(ban_evidence(bans_find(bs, &k)), words);
	CHECK_STR(ban_actor(bans_find(bs, &k)), "ada");
	/* Without a place to cut: at a character. */
	k = numbered(BANS_IN_FULL + 1);
	memset(words, 'a', sizeof(words) - 1);
	memcpy(words + BAN_EVIDENCE_SHORT - 2, "\xc3\xa9", 2);
	CHECK_EQ(bans_say(bs, bans_find(bs, &k), "", words), 0);
	CHECK_EQ(strlen(ban_evidence(bans_find(bs, &k))),
		 BAN_EVIDENCE_SHORT - 2);
	bans_free(bs);
	CHECK(held() <= before + CACHE);
}

/* As many sources as are counted, none at its limit. */
static void test_counters(void)
{
	size_t before = held();
	struct counters *c = counters_new(GUARD_COUNTERS_MAX, seed);

	CHECK(c);
	for (uint32_t i = 0; i < 4 * GUARD_COUNTERS_MAX; i++) {
		struct guard_key k = numbered(i % (2 * GUARD_COUNTERS_MAX));

		CHECK(counters_add(c, &k, 600, i) > 0);
	}
	CHECK_EQ(counters_count(c), GUARD_COUNTERS_MAX);
	CHECK(held() - before <= 14 * MB);
	counters_free(c);
	CHECK(held() <= before + CACHE);
}

static void test_offenders(void)
{
	size_t before = held();
	struct offenders *os = offenders_new(GUARD_OFFENDERS_MAX, seed);

	CHECK(os);
	for (uint32_t i = 0; i < GUARD_OFFENDERS_MAX; i++)
		CHECK_EQ(offenders_note(
				 os, &(struct offender){ numbered(i), 1, i }),
			 0);
	CHECK(held() - before <= 7 * MB);
	offenders_free(os);
	CHECK(held() <= before + CACHE);
}

int main(void)
{
	test_bans();
	test_long_words();
	test_counters();
	test_offenders();
	return 0;
}

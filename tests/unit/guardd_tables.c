/* The guard's bounded tables: counters, bans, offenders, incidents, keys. */
#include <errno.h>

#include "check.h"
#include "decide.h"
#include "got_in.h"
#include "incident_query.h"
#include "incidents.h"
#include "kind.h"

static const uint8_t seed[GUARD_SEED] = { 4, 5, 6 };

static struct guard_key numbered(uint32_t i)
{
	struct guard_key k;
	struct addr a = { .family = 2 };

	a.bytes[0] = 45;
	a.bytes[1] = (uint8_t)(i >> 16);
	a.bytes[2] = (uint8_t)(i >> 8);
	a.bytes[3] = (uint8_t)i;
	guard_key_make(&k, GUARD_SIP, &a);
	return k;
}

static void test_keys(void)
{
	struct guard_key k, back;
	struct addr a;
	char text[GUARD_KEY_TEXT], why[160];

	CHECK_EQ(addr_parse(&a, "2001:db8::1:2"), 0);
	guard_key_make(&k, GUARD_HTTPS, &a);
	guard_key_format(&k, text);
	CHECK_STR(text, "https@2001:db8::/64");
	CHECK_EQ(guard_key_parse(&back, text), 0);
	CHECK(guard_key_equal(&k, &back));
	CHECK_EQ(guard_key_parse(&back, "https@2001:db8::1"), 0);
	CHECK(guard_key_equal(&k, &back));
	CHECK_EQ(guard_key_parse(&back, "sip@203.0.113.0/24"), -EINVAL);
	CHECK_EQ(guard_key_parse(&back, "sip"), -EINVAL);
	CHECK_EQ(guard_key_parse(&back, "nonsense-service@1.2.3.4"), -EINVAL);
	CHECK_EQ(guard_key_parse(&back, "@"), -EINVAL);
	CHECK_EQ(
		guard_key_of_source(&back, GUARD_SIP, "::/0", why, sizeof(why)),
		-EINVAL);
	/* A failure leaves what was there. */
	CHECK(guard_key_equal(&k, &back));
	back.service = GUARD_SIP;
	CHECK(guard_key_hash(&k, seed) != guard_key_hash(&back, seed));
}

/* Who comes from many addresses must not wash out who is near the limit. */
static void test_counters_full(void)
{
	struct counters *c = counters_new(100, seed);
	struct guard_key near = numbered(1000000);

	CHECK(c);
	for (uint32_t i = 1; i <= 9; i++)
		CHECK_EQ(counters_add(c, &near, 600, i), i);
	for (uint32_t i = 0; i < 10000; i++) {
		struct guard_key k = numbered(i);

		CHECK_EQ(counters_add(c, &k, 600, 100 + i), 1);
		CHECK(counters_count(c) <= 100);
	}
	CHECK_EQ(counters_get(c, &near, 600, 20000), 9);
	CHECK_EQ(counters_add(c, &near, 600, 20000), 10);
	counters_forget(c, &near);
	CHECK_EQ(counters_get(c, &near, 600, 20000), 0);
	/* What is silent goes. */
	counters_sweep(c, 600, 10000 + 600000 - 100, 10);
	CHECK_EQ(counters_count(c), 99);
	counters_sweep(c, 600, 20000 + 600000, 1000);
	CHECK_EQ(counters_count(c), 0);
	counters_free(c);
}

/* A limit above the points that are kept: never counted short within the
   window, and everything is forgotten a window after the last. */
static void test_counters_joined(void)
{
	struct counters *c = counters_new(100, seed);
	struct guard_key k = numbered(1);

	CHECK(c);
	for (uint32_t i = 1; i <= 1000; i++)
		CHECK_EQ(counters_add(c, &k, 600, i * 599), i);
	CHECK_EQ(counters_get(c, &k, 600, 1000 * 599 + 600000), 0);
	counters_free(c);
}

/* Loaded from the last run: before the boot as well, and many in one point. */
static void test_counters_loaded(void)
{
	const struct counter_point points[] = { { (uint64_t)-5000, 3 },
						{ 7, 1 },
						{ 1000, 1U << 31 } };
	struct counter_point back[COUNTER_POINTS];
	struct counters *c = counters_new(100, seed);
	struct guard_key k = numbered(1);

	CHECK(c);
	CHECK_EQ(counters_load(c, &k, points, 2), 0);
	CHECK_EQ(counters_get(c, &k, 6, 999), 4);
	CHECK_EQ(counters_points(c, &k, back), 2);
	CHECK_EQ(back[0].at_ms, (uint64_t)-5000);
	CHECK_EQ(back[0].n, 3);
	CHECK_EQ(back[1].at_ms, 7);
	CHECK_EQ(counters_get(c, &k, 6, 1000), 1);
	/* More than a point can hold is still beyond every limit. */
	CHECK_EQ(counters_load(c, &k, points, 3), 0);
	CHECK(counters_get(c, &k, 6, 2000) > 1000000);
	counters_free(c);
}

static struct ban *put(struct bans *bs, uint32_t i, uint64_t end_ms)
{
	struct guard_key k = numbered(i);
	struct ban *ban = bans_put(bs, &k);

	CHECK(ban);
	CHECK_EQ(bans_say(bs, ban, "", ""), 0);
	bans_end_at(bs, ban, end_ms, end_ms);
	return ban;
}

static void test_bans(void)
{
	enum { N = 1000 };
	struct bans *bs = bans_new(N, seed);
	struct guard_key k;
	uint64_t last = 0;
	size_t ended = 0;

	CHECK(bs);
	for (uint32_t i = 0; i < N; i++)
		put(bs, i, i % 10 == 0 ? 0 : 1 + (i * 7919) % 100000);
	CHECK(bans_full(bs));
	k = numbered(N);
	CHECK(!bans_put(bs, &k)); /* full */
	/* New ends, earlier and later, and some go. */
	for (uint32_t i = 0; i < N; i += 3)
		put(bs, i, 1 + (i * 104729) % 200000);
	for (uint32_t i = 0; i < N; i += 7) {
		k = numbered(i);
		bans_take(bs, bans_find(bs, &k));
		CHECK(!bans_find(bs, &k));
	}
	for (struct ban *b; (b = bans_next(bs)); ended++) {
		CHECK(b->until_mono_ms >= last);
		last = b->until_mono_ms;
		bans_take(bs, b);
	}
	CHECK(ended > 700);
	CHECK(bans_count(bs) > 0); /* those without end */
	bans_free(bs);
}

struct told {
	size_t noted;
	size_t gone;
};

static void tell(void *ctx, const struct offender *o, bool gone)
{
	struct told *t = ctx;

	(void)o;
	if (gone)
		t->gone++;
	else
		t->noted++;
}

static void test_offenders(void)
{
	struct offenders *os = offenders_new(10, seed);
	struct told t = { 0 };
	struct guard_key k;

	CHECK(os);
	for (uint32_t i = 0; i < 15; i++) {
		struct offender o = { numbered(i), i + 1, 1000 };

		CHECK_EQ(offenders_note(os, &o), 0);
	}
	k = numbered(14);
	CHECK_EQ(offenders_times(os, &k, 2000, 5000), 15);
	CHECK_EQ(offenders_times(os, &k, 7000, 5000), 0);
	k = numbered(0);
	CHECK_EQ(offenders_times(os, &k, 2000, 5000), 0);
	offenders_changes(os, tell, &t);
	CHECK_EQ(t.noted, 10);
	CHECK_EQ(t.gone, 5);
	k = numbered(14);
	offenders_forget(os, &k);
	offenders_changes(os, tell, &t);
	CHECK_EQ(t.gone, 6);
	offenders_free(os);
}

static void count_row(void *ctx, const struct incident *row)
{
	size_t *n = ctx;

	CHECK(row->count > 0);
	(*n)++;
}

static bool newest(void *ctx, const struct incident *row)
{
	*(struct incident *)ctx = *row;
	return false;
}

static struct incident seen(const char *source)
{
	struct incident row;

	record_init(&incident_record, &row);
	snprintf(row.source, sizeof(row.source), "%s", source);
	snprintf(row.service, sizeof(row.service), "sip");
	return row;
}

static void test_incidents(void)
{
	struct incidents *is = incidents_new(), *again = incidents_new();
	struct incident row = seen("203.0.113.9"), top;
	uint64_t first, now = 1000000;
	size_t n = 0;

	CHECK(is && again);
	for (int i = 0; i < 50; i++)
		incidents_note(is, &row, true, now, now + 1000 * (uint64_t)i);
	incidents_each(is, 0, newest, &top);
	CHECK_EQ(top.id, 1);
	CHECK_EQ(top.count, 50);
	CHECK_EQ(top.first_ms, now);
	CHECK_EQ(top.last_ms, now + 49000);
	/* Ten minutes later it is another. */
	incidents_note(is, &row, true, now, now + 49000 + 600000);
	incidents_each(is, 0, newest, &top);
	CHECK_EQ(top.id, 2);
	CHECK_EQ(incidents_changes(is, count_row, &n, &first), 2);
	CHECK_EQ(n, 2);
	CHECK_EQ(incidents_changes(is, count_row, &n, &first), 0);
	/* Forged datagrams from everywhere end in one row. */
	for (uint32_t i = 0; i < 5000; i++) {
		char source[32];

		snprintf(source, sizeof(source), "198.51.%u.%u", i / 250,
			 i % 250);
		row = seen(source);
		row.kind = INCIDENT_KIND_MALFORMED;
		incidents_note(is, &row, false, now, now + 700000);
	}
	incidents_each(is, 0, newest, &top);
	CHECK_STR(top.source, "others");
	CHECK_EQ(top.count, 4800);
	incidents_load(again, &top);
	incidents_each(again, 0, newest, &row);
	CHECK_EQ(row.id, top.id);
	incidents_free(is);
	incidents_free(again);
}

/* The ring goes round; ids below `first` leave the store. */
static void test_incidents_ring(void)
{
	struct incidents *is = incidents_new();
	uint64_t first = 0, mono = 1;
	size_t n = 0;
	struct incident top;

	CHECK(is);
	for (uint32_t i = 0; i < INCIDENTS_MAX + 500; i++) {
		struct incident row;
		char source[32];

		snprintf(source, sizeof(source), "45.%u.%u.%u", i >> 16,
			 i >> 8 & 255, i & 255);
		row = seen(source);
		mono += 1000;
		incidents_note(is, &row, true, mono, mono);
	}
	CHECK_EQ(incidents_changes(is, count_row, &n, &first), n);
	CHECK_EQ(first, 501);
	CHECK_EQ(n, INCIDENTS_MAX);
	incidents_each(is, 502, newest, &top);
	CHECK_EQ(top.id, 501);
	CHECK_STR(top.source, "45.0.1.244");
	incidents_free(is);
}

/* A ban read back: not longer than it was made for, whatever the clock says. */
static void test_load(void)
{
	struct guard *g = calloc(1, sizeof(*g));
	struct guard_now now = { 5000, 1000000000 };
	struct rejected row, back;
	struct guard_key k = numbered(7);
	struct issue issue;
	struct ban *ban;

	CHECK(g);
	CHECK_EQ(guard_init(g, seed), 0);
	ban = guard_reject(g, &k, 3600, "ada", &now, &issue);
	CHECK(ban);
	guard_ban_row(ban, &row);
	CHECK_STR(row.id, "sip@45.0.0.7");
	bans_take(g->bans, ban);
	now.wall_ms += 600000;
	now.mono_ms = 9;
	CHECK_EQ(guard_ban_load(g, &row, &now, &ban), 0);
	CHECK(ban == bans_find(g->bans, &k));
	CHECK_EQ(guard_left_s(ban, &now), 3000);
	guard_ban_row(ban, &back);
	CHECK(record_equal(&rejected_record, &row, &back, NULL));
	bans_take(g->bans, ban);
	now.wall_ms = 0; /* the clock's battery is empty */
	CHECK_EQ(guard_ban_load(g, &row, &now, &ban), 0);
	CHECK_EQ(guard_left_s(ban, &now), 3600);
	CHECK(ban->until_ms != row.until_ms);
	now.wall_ms = row.until_ms;
	CHECK_EQ(guard_ban_load(g, &row, &now, &ban), -ESTALE);
	snprintf(row.id, sizeof(row.id), "nonsense");
	CHECK_EQ(guard_ban_load(g, &row, &now, &ban), -EINVAL);
	guard_fini(g);
	free(g);
}

enum { MANY = 100000 };

static struct guard_outcome_of decide(struct guard *g, const char *source,
				      const struct guard_now *now)
{
	struct guard_outcome_of out;
	struct issue issue;
	struct report r;

	record_init(&report_record, &r);
	snprintf(r.service, sizeof(r.service), "sip");
	snprintf(r.source, sizeof(r.source), "%s", source);
	CHECK_EQ(guard_decide(g, &r, now, &out, &issue), 0);
	return out;
}

/* A hundred thousand come back from the store, and end in their order. */
static void test_many(void)
{
	struct guard *g = calloc(1, sizeof(*g));
	struct guard_now now = { 5000, 1000000000 };
	uint64_t last = 0;
	char source[ADDR_TEXT];
	struct ban *ban;

	CHECK(g);
	CHECK_EQ(guard_init(g, seed), 0);
	for (uint32_t i = 0; i < MANY; i++) {
		struct guard_key k = numbered(i);
		struct rejected row;

		record_init(&rejected_record, &row);
		guard_key_format(&k, row.id);
		row.since_ms = now.wall_ms - 1000;
		row.until_ms = now.wall_ms + 1 + i * 7919ULL % MANY * 10;
		CHECK_EQ(guard_ban_load(g, &row, &now, &ban), 0);
	}
	CHECK_EQ(bans_count(g->bans), MANY);
	for (uint32_t i = 0; i < MANY; i += 997) {
		struct guard_key k = numbered(i);

		guard_key_source(&k, source);
		CHECK_EQ(decide(g, source, &now).outcome, GUARD_BANNED);
	}
	CHECK_EQ(decide(g, "198.51.100.1", &now).outcome, GUARD_ANSWER);
	while (bans_count(g->bans) > 0) {
		ban = bans_next(g->bans);

		CHECK(ban && ban->until_mono_ms >= last);
		last = ban->until_mono_ms;
		bans_take(g->bans, ban);
	}
	guard_fini(g);
	free(g);
}

static bool finds(const char *filter, const struct incident *row)
{
	struct incident_query q;
	struct issue issue;

	CHECK_EQ(incident_query_parse(&q, filter, &issue), 0);
	return incident_query_matches(&q, row);
}

static void test_query(void)
{
	struct incident row = seen("203.0.113.9");
	struct incident_query q;
	struct issue issue;

	row.kind = INCIDENT_KIND_SCANNER;
	row.last_ms = 1000;
	CHECK(finds("", &row));
	CHECK(finds("kind=scanner;source=203.0.113.9;", &row));
	CHECK(!finds("kind=credential", &row));
	CHECK(finds("since_ms=1000", &row));
	CHECK(!finds("since_ms=1001", &row));
	CHECK(finds("until_ms=1001", &row));
	CHECK(!finds("until_ms=1000", &row));
	CHECK(finds("kind=pin,scanner", &row));
	CHECK(!finds("kind=pin,scan", &row));
	CHECK(finds("source=203.0.113.0/24", &row));
	CHECK(finds("source=198.51.100.0/24,203.0.113.9", &row));
	CHECK(!finds("source=203.0.114.0/24", &row));
	snprintf(row.detail, sizeof(row.detail), "UDP: friendly-scanner");
	CHECK(finds("text=FRIENDLY;kind=scanner", &row));
	CHECK(!finds("text=sipvicious", &row));
	CHECK_EQ(incident_query_parse(&q, "source=203.0.113.9/24", &issue),
		 -EINVAL);
	CHECK_EQ(incident_query_parse(&q, "source=1,1,1,1,1,1,1,1,1", &issue),
		 -EINVAL);
	CHECK_EQ(incident_query_parse(&q, "before=9;service=sip", &issue), 0);
	CHECK_EQ(q.before, 9);
	CHECK_EQ(incident_query_parse(&q, "before=x", &issue), -EINVAL);
	CHECK_EQ(incident_query_parse(&q, "since_ms=-1", &issue), -EINVAL);
	CHECK_EQ(incident_query_parse(&q, "colour=red", &issue), -EINVAL);
	CHECK_EQ(incident_query_parse(&q, "scanner", &issue), -EINVAL);
}

static bool may(enum report_kind kind, const char *service, const char *actor)
{
	struct report r;

	record_init(&report_record, &r);
	r.kind = kind;
	snprintf(r.service, sizeof(r.service), "%s", service);
	return kind_may(&r, actor);
}

/* Nobody reports what only others can see. */
static void test_kinds(void)
{
	struct report r;

	CHECK(may(REPORT_KIND_CREDENTIAL, "sip", "sipd"));
	CHECK(may(REPORT_KIND_CREDENTIAL, "https", "httpd"));
	CHECK(!may(REPORT_KIND_CREDENTIAL, "sip", "mediad"));
	CHECK(!may(REPORT_KIND_CREDENTIAL, "sip", "routed"));
	/* One that was taken over shuts nobody out of another's door. */
	CHECK(!may(REPORT_KIND_CREDENTIAL, "https", "sipd"));
	CHECK(!may(REPORT_KIND_CREDENTIAL, "ssh", "sipd"));
	CHECK(!may(REPORT_KIND_SCANNER, "https", "sipd"));
	CHECK(!may(REPORT_KIND_ACCEPTED, "https", "sipd"));
	CHECK(!may(REPORT_KIND_CREDENTIAL, "sip", "httpd"));
	CHECK(may(REPORT_KIND_FOREIGN_MEDIA, "sip", "mediad"));
	CHECK(may(REPORT_KIND_PIN_LOCK, "sip", "routed"));
	CHECK(!may(REPORT_KIND_PIN_LOCK, "sip", "sipd"));
	CHECK(may(REPORT_KIND_PIN_LOCK, "sip", "root"));
	CHECK(may(REPORT_KIND_CREDENTIAL, "ami", "root"));
	record_init(&report_record, &r);
	r.kind = REPORT_KIND_BRAKE;
	CHECK_EQ(kind_level(&r), INCIDENT_LEVEL_WARNING);
	r.level = REPORT_LEVEL_ALARM;
	CHECK_EQ(kind_level(&r), INCIDENT_LEVEL_ALARM);
	r.level = REPORT_LEVEL_INFO;
	CHECK_EQ(kind_level(&r), INCIDENT_LEVEL_INFO);
}

static void refused(struct incidents *is, const char *source,
		    const char *account, uint32_t times, uint64_t at_ms)
{
	struct incident row;

	record_init(&incident_record, &row);
	row.kind = INCIDENT_KIND_CREDENTIAL;
	snprintf(row.source, sizeof(row.source), "%s", source);
	snprintf(row.service, sizeof(row.service), "sip");
	snprintf(row.account, sizeof(row.account), "%s", account);
	while (times-- > 0)
		(void)incidents_note(is, &row, true, at_ms, at_ms);
}

/* What is told of somebody who is let in as 801: how bad it is; -1: nothing. */
static int let_in(struct incidents *is, const char *source, const char *service,
		  uint64_t at_ms)
{
	struct incident row;
	struct report r;
	struct got_in g;

	record_init(&report_record, &r);
	record_init(&incident_record, &row);
	snprintf(r.source, sizeof(r.source), "%s", source);
	snprintf(r.service, sizeof(r.service), "%s", service);
	snprintf(r.account, sizeof(r.account), "801");
	got_in_look(&g, is, &r, at_ms);
	return got_in_tell(&g, &row) ? (int)row.level : -1;
}

static void test_got_in(void)
{
	const uint64_t begin = 1000000000, hour = 3600000;
	struct incidents *is = incidents_new();
	struct incident told;

	CHECK(is);
	CHECK_EQ(let_in(is, "203.0.113.9", "sip", begin), -1);
	refused(is, "203.0.113.9", "801", 2, begin);
	CHECK_EQ(let_in(is, "203.0.113.9", "sip", begin), -1);
	refused(is, "203.0.113.9", "801", 1, begin);
	CHECK_EQ(let_in(is, "203.0.113.9", "sip", begin),
		 INCIDENT_LEVEL_WARNING);
	/* Neither a neighbour nor another service, nor for ever. */
	CHECK_EQ(let_in(is, "203.0.113.10", "sip", begin), -1);
	CHECK_EQ(let_in(is, "203.0.113.9", "https", begin), -1);
	CHECK_EQ(let_in(is, "203.0.113.9", "sip", begin + hour + 1), -1);
	/* The phone beside a phone that is set up wrongly is nobody's prey;
	   who tries one account after another is no phone. */
	refused(is, "203.0.113.11", "802", 50, begin);
	CHECK_EQ(let_in(is, "203.0.113.11", "sip", begin), -1);
	refused(is, "203.0.113.11", "803", 1, begin);
	refused(is, "203.0.113.11", "804", 1, begin);
	CHECK_EQ(let_in(is, "203.0.113.11", "sip", begin),
		 INCIDENT_LEVEL_ALARM);
	/* Of IPv6 one source is a /64. */
	refused(is, "2001:db8::1", "801", 1, begin);
	refused(is, "2001:db8::2", "801", 2, begin);
	CHECK_EQ(let_in(is, "2001:db8::3", "sip", begin),
		 INCIDENT_LEVEL_WARNING);
	CHECK_EQ(let_in(is, "2001:db8:0:1::3", "sip", begin), -1);
	/* Told once: what was before it counts no more. */
	record_init(&incident_record, &told);
	told.kind = INCIDENT_KIND_GOT_IN;
	snprintf(told.source, sizeof(told.source), "203.0.113.9");
	snprintf(told.service, sizeof(told.service), "sip");
	(void)incidents_note(is, &told, true, begin, begin);
	CHECK_EQ(let_in(is, "203.0.113.9", "sip", begin), -1);
	incidents_free(is);
}

int main(void)
{
	test_got_in();
	test_query();
	test_kinds();
	test_keys();
	test_counters_full();
	test_counters_joined();
	test_counters_loaded();
	test_bans();
	test_offenders();
	test_incidents();
	test_incidents_ring();
	test_load();
	test_many();
	return 0;
}

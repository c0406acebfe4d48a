/* Names of addresses, against a DNS that is a table here and a clock that goes
   when it is told to. */
#include <errno.h>
#include <string.h>

#include <event2/event.h>

#include "clock.h"

#include "reverse.h"

#include "check.h"

enum { PENDING = 32 };

struct fact {
	const char *name;
	enum dns_type type;
	const char *says; /* NULL: could not be asked */
	uint32_t ttl_s;
};

struct question {
	char name[DNS_NAME];
	enum dns_type type;
	dns_done_fn done;
	void *ctx;
};

static struct world {
	struct event_base *base;
	struct question pending[PENDING];
	size_t n_pending;
	unsigned asked;
	uint64_t now_ms;
} w;

struct told {
	unsigned n;
	struct reverse_answer answer;
};

/* --- the doubles: clock.h, dns.h --- */

uint64_t clock_mono_ms(void)
{
	return w.now_ms;
}

uint64_t clock_wall_ms(void)
{
	return w.now_ms;
}

struct dns *dns_new(struct event_base *base, unsigned try_ms, unsigned tries)
{
	CHECK(base == w.base);
	CHECK(try_ms * tries < REVERSE_DEADLINE_MS);
	return (struct dns *)&w;
}

void dns_free(struct dns *d)
{
	CHECK(d == (struct dns *)&w);
}

int dns_ask(struct dns *d, const char *name, enum dns_type type,
	    dns_done_fn done, void *ctx)
{
	struct question *q = &w.pending[w.n_pending++];

	CHECK(d == (struct dns *)&w);
	CHECK(w.n_pending <= PENDING);
	*q = (struct question){ .type = type, .done = done, .ctx = ctx };
	(void)snprintf(q->name, sizeof(q->name), "%s", name);
	w.asked++;
	return 0;
}

void dns_forget(struct dns *d, void *ctx)
{
	CHECK(d == (struct dns *)&w);
	for (size_t i = 0; i < w.n_pending; i++)
		if (w.pending[i].ctx == ctx)
			w.pending[i].done = NULL;
}

static void answer_one(const struct question *q, const struct fact *facts)
{
	struct dns_record records[8];
	struct dns_answer a = { .err = -ENOENT, .records = records };

	for (; facts->name; facts++) {
		struct dns_record *r = &records[a.n];

		if (strcmp(facts->name, q->name) != 0 || facts->type != q->type)
			continue;
		a.err = facts->says ? 0 : -EAGAIN;
		if (!facts->says)
			break;
		*r = (struct dns_record){ .type = q->type,
					  .ttl_s = facts->ttl_s };
		if (q->type == DNS_PTR)
			(void)snprintf(r->name, sizeof(r->name), "%s",
				       facts->says);
		else
			CHECK_EQ(addr_parse(&r->addr, facts->says), 0);
		a.n++;
	}
	if (q->done)
		q->done(q->ctx, &a);
}

/* What was asked is answered, and what is asked because of that. */
static void answer(const struct fact *facts)
{
	while (w.n_pending) {
		struct question q = w.pending[0];

		w.n_pending--;
		memmove(&w.pending[0], &w.pending[1],
			w.n_pending * sizeof(w.pending[0]));
		answer_one(&q, facts);
	}
}

/* --- who asks --- */

static void on_told(void *ctx, const struct reverse_answer *answer)
{
	struct told *t = ctx;

	t->n++;
	t->answer = *answer;
}

static struct addr addr(const char *text)
{
	struct addr a;

	CHECK_EQ(addr_parse(&a, text), 0);
	return a;
}

static void ask(struct reverse *r, const char *text, struct told *t)
{
	struct addr a = addr(text);

	CHECK(!reverse_known(r, &a));
	CHECK_EQ(reverse_ask(r, &a, on_told, t), 0);
	CHECK_EQ(t->n, 0);
}

static void learn(struct reverse *r, const char *text, const struct fact *facts,
		  enum reverse_state state, const char *name)
{
	struct told t = { 0 };
	struct addr a = addr(text);

	ask(r, text, &t);
	answer(facts);
	CHECK_EQ(t.n, 1);
	CHECK(addr_equal(&t.answer.addr, &a));
	CHECK_EQ(t.answer.state, state);
	CHECK_STR(t.answer.name, name);
}

/* --- the tests --- */

static void test_question(void)
{
	char name[REVERSE_QUESTION];
	struct addr a = addr("203.0.113.9");

	reverse_question(&a, name);
	CHECK_STR(name, "9.113.0.203.in-addr.arpa");
	/* RFC 3596 section 2.5 */
	a = addr("4321:0:1:2:3:4:567:89ab");
	reverse_question(&a, name);
	CHECK_STR(name, "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.0.0.0."
			"0.1.2.3.4.ip6.arpa");
}

static const char *tidy(const char *name)
{
	static char out[DNS_NAME];

	(void)snprintf(out, sizeof(out), "-");
	return reverse_tidy(name, out) ? out : "-";
}

static void test_tidy(void)
{
	char name[DNS_NAME];

	CHECK_STR(tidy("Host-9.example"), "host-9.example");
	CHECK_STR(tidy("_dmarc.xn--bcher-kva.example"),
		  "_dmarc.xn--bcher-kva.example");
	CHECK_STR(tidy("printer"), "printer");
	CHECK_STR(tidy("9.113.0.203.adsl.example"), "9.113.0.203.adsl.example");
	/* what looks like an address is none, and no name */
	CHECK_STR(tidy("192.168.1.1"), "-");
	CHECK_STR(tidy("host.1"), "-");
	CHECK_STR(tidy("2001:db8::1"), "-");
	CHECK_STR(tidy(""), "-");
	CHECK_STR(tidy("."), "-");
	CHECK_STR(tidy(".example"), "-");
	CHECK_STR(tidy("a..example"), "-");
	CHECK_STR(tidy("example."), "-");
	CHECK_STR(tidy("<b>.example"), "-");
	CHECK_STR(tidy("a\\.b.example"), "-");
	CHECK_STR(tidy("a\\010b.example"), "-");
	CHECK_STR(tidy("a b.example"), "-");
	CHECK_STR(tidy("caf\xc3\xa9.example"), "-");
	memset(name, 'a', sizeof(name));
	name[63] = '.';
	name[70] = '\0';
	CHECK_STR(tidy(name), name);
	name[63] = 'a';
	CHECK_STR(tidy(name), "-");
	for (size_t i = 0; i < 253; i++)
		name[i] = i % 60 == 59 ? '.' : 'a';
	name[253] = '\0';
	CHECK_STR(tidy(name), name);
	name[253] = 'a';
	name[254] = '\0';
	CHECK_STR(tidy(name), "-");
}

static void test_names(struct reverse *r)
{
	static const struct fact facts[] = {
		{ "1.2.0.192.in-addr.arpa", DNS_PTR, "Host.example", 600 },
		{ "host.example", DNS_A, "192.0.2.7", 600 },
		{ "host.example", DNS_A, "192.0.2.1", 600 },
		{ "2.2.0.192.in-addr.arpa", DNS_PTR, "www.bank.example", 600 },
		{ "www.bank.example", DNS_A, "198.51.100.1", 600 },
		{ "3.2.0.192.in-addr.arpa", DNS_PTR, "gone.example", 600 },
		{ "4.2.0.192.in-addr.arpa", DNS_PTR, "<b>x</b>.example", 600 },
		{ "5.2.0.192.in-addr.arpa", DNS_PTR, "10.0.0.1", 600 },
		{ "5.2.0.192.in-addr.arpa", DNS_PTR, "host.example", 600 },
		{ "6.2.0.192.in-addr.arpa", DNS_PTR, NULL, 0 },
		{ "7.2.0.192.in-addr.arpa", DNS_PTR, "mute.example", 600 },
		{ "mute.example", DNS_A, NULL, 0 },
		{ "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1."
		  "0.0.2.ip6.arpa",
		  DNS_PTR, "six.example", 600 },
		{ "six.example", DNS_A, "192.0.2.1", 600 },
		{ "six.example", DNS_AAAA, "2001:db8::1", 600 },
		{ NULL, DNS_A, NULL, 0 },
	};

	learn(r, "192.0.2.1", facts, REVERSE_CONFIRMED, "host.example");
	learn(r, "192.0.2.2", facts, REVERSE_CLAIMED, "www.bank.example");
	learn(r, "192.0.2.3", facts, REVERSE_CLAIMED, "gone.example");
	learn(r, "192.0.2.4", facts, REVERSE_NONE, "");
	learn(r, "192.0.2.5", facts, REVERSE_CLAIMED, "host.example");
	learn(r, "192.0.2.6", facts, REVERSE_SILENT, "");
	learn(r, "192.0.2.7", facts, REVERSE_CLAIMED, "mute.example");
	learn(r, "192.0.2.8", facts, REVERSE_NONE, "");
	learn(r, "2001:db8::1", facts, REVERSE_CONFIRMED, "six.example");
}

static bool known_after(struct reverse *r, const char *text, uint64_t s)
{
	struct addr a = addr(text);
	uint64_t now_ms = w.now_ms;
	bool known;

	w.now_ms += s * 1000;
	known = reverse_known(r, &a) != NULL;
	w.now_ms = now_ms;
	return known;
}

/* How long an answer is kept: its records say so, within bounds. */
static void test_kept(struct reverse *r)
{
	static const struct fact facts[] = {
		{ "1.2.0.192.in-addr.arpa", DNS_PTR, "host.example", 900 },
		{ "host.example", DNS_A, "192.0.2.1", 600 },
		{ "2.2.0.192.in-addr.arpa", DNS_PTR, "long.example", 900000 },
		{ "3.2.0.192.in-addr.arpa", DNS_PTR, "short.example", 0 },
		{ "6.2.0.192.in-addr.arpa", DNS_PTR, NULL, 0 },
		{ "7.2.0.192.in-addr.arpa", DNS_PTR, "mute.example", 600 },
		{ "mute.example", DNS_A, NULL, 0 },
		{ NULL, DNS_A, NULL, 0 },
	};
	static const struct {
		const char *address;
		enum reverse_state state;
		const char *name;
		uint64_t s;
	} kept[] = {
		{ "192.0.2.1", REVERSE_CONFIRMED, "host.example", 600 },
		{ "192.0.2.2", REVERSE_CLAIMED, "long.example",
		  REVERSE_TTL_MAX_S },
		{ "192.0.2.3", REVERSE_CLAIMED, "short.example",
		  REVERSE_TTL_MIN_S },
		{ "192.0.2.4", REVERSE_NONE, "", REVERSE_NONE_S },
		{ "192.0.2.6", REVERSE_SILENT, "", REVERSE_SILENT_S },
		{ "192.0.2.7", REVERSE_CLAIMED, "mute.example",
		  REVERSE_TTL_MIN_S },
	};

	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		learn(r, kept[i].address, facts, kept[i].state, kept[i].name);
		CHECK(known_after(r, kept[i].address, kept[i].s - 1));
		CHECK(!known_after(r, kept[i].address, kept[i].s));
		/* then it is asked for again */
		learn(r, kept[i].address, facts, kept[i].state, kept[i].name);
	}
}

static void test_together(struct reverse *r)
{
	static const struct fact none = { NULL, DNS_A, NULL, 0 };
	struct told one = { 0 }, two = { 0 }, gone = { 0 };
	unsigned asked = w.asked;

	ask(r, "192.0.2.1", &one);
	ask(r, "192.0.2.1", &gone);
	ask(r, "192.0.2.1", &two);
	reverse_forget(r, &gone);
	CHECK_EQ(w.asked, asked + 1);
	answer(&none);
	CHECK_EQ(one.n, 1);
	CHECK_EQ(two.n, 1);
	CHECK_EQ(gone.n, 0);
}

static void test_bounds(struct reverse *r)
{
	static const struct fact none = { NULL, DNS_A, NULL, 0 };
	struct told told[REVERSE_AT_ONCE] = { 0 }, late = { 0 };
	struct addr a = addr("192.0.2.200");
	char text[ADDR_TEXT];

	for (unsigned i = 0; i < REVERSE_AT_ONCE; i++) {
		(void)snprintf(text, sizeof(text), "192.0.2.%u", i);
		ask(r, text, &told[i]);
	}
	CHECK_EQ(reverse_ask(r, &a, on_told, &late), -EBUSY);
	/* but with another it may come along */
	ask(r, "192.0.2.0", &late);
	answer(&none);
	CHECK_EQ(late.n, 1);
	for (unsigned i = 0; i < 2 * REVERSE_KEPT; i++) {
		(void)snprintf(text, sizeof(text), "10.0.%u.%u", i / 256,
			       i % 256);
		learn(r, text, &none, REVERSE_NONE, "");
	}
	a = addr("10.0.0.255");
	CHECK(!reverse_known(r, &a));
	a = addr("10.0.1.0");
	CHECK(reverse_known(r, &a));
}

static void until_told(const struct told *t, unsigned n)
{
	while (t->n < n)
		CHECK_EQ(event_base_loop(w.base, EVLOOP_ONCE), 0);
}

/* A server that says nothing, or not the second time; and late answers. */
static void test_deadline(struct reverse *r)
{
	static const struct fact facts[] = {
		{ "1.2.0.192.in-addr.arpa", DNS_PTR, "host.example", 600 },
		{ "host.example", DNS_A, "192.0.2.1", 600 },
		{ NULL, DNS_A, NULL, 0 },
	};
	struct told silent = { 0 }, half = { 0 };
	struct question first;

	ask(r, "192.0.2.1", &half);
	first = w.pending[0];
	w.n_pending = 0;
	answer_one(&first, facts);
	ask(r, "192.0.2.9", &silent);
	until_told(&silent, 1);
	until_told(&half, 1);
	CHECK_EQ(silent.answer.state, REVERSE_SILENT);
	CHECK_EQ(half.answer.state, REVERSE_CLAIMED);
	CHECK_STR(half.answer.name, "host.example");
	answer(facts);
	CHECK_EQ(silent.n, 1);
	CHECK_EQ(half.n, 1);
	CHECK(!known_after(r, "192.0.2.9", REVERSE_SILENT_S));
	CHECK(!known_after(r, "192.0.2.1", REVERSE_TTL_MIN_S));
}

static void with_reverse(void (*test)(struct reverse *r))
{
	struct reverse *r = reverse_new(w.base);

	CHECK(r != NULL);
	test(r);
	reverse_free(r);
	w.n_pending = 0;
}

int main(void)
{
	struct reverse *r;
	struct told told = { 0 };

	w.base = event_base_new();
	CHECK(w.base != NULL);
	test_question();
	test_tidy();
	with_reverse(test_names);
	with_reverse(test_kept);
	with_reverse(test_together);
	with_reverse(test_bounds);
	with_reverse(test_deadline);
	/* the end, while somebody waits */
	r = reverse_new(w.base);
	CHECK(r != NULL);
	ask(r, "192.0.2.1", &told);
	reverse_free(r);
	CHECK_EQ(told.n, 0);
	event_base_free(w.base);
	return 0;
}

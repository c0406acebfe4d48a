/* RFC 3263, against a DNS that is a table here. */
#include <errno.h>

#include "check.h"
#include "dns.h"
#include "where.h"

/* What the test's DNS knows. */
struct fact {
	const char *name;
	struct dns_record r;
};

static struct world {
	const struct fact *facts;
	size_t n;
	const char *deaf; /* no answer for this name */
	dns_done_fn done;
	void *ctx;
	char name[DNS_NAME + 16];
	enum dns_type type;
	int asked;

	int err;
	struct trunk_place places[TRUNK_PLACES];
	size_t n_places;
	uint32_t ttl_s;
	bool told;
} w;

int dns_ask(struct dns *d, const char *name, enum dns_type type,
	    dns_done_fn done, void *ctx)
{
	(void)d;
	CHECK(w.done == NULL);
	w.done = done;
	w.ctx = ctx;
	w.type = type;
	(void)snprintf(w.name, sizeof(w.name), "%s", name);
	w.asked++;
	return 0;
}

void dns_forget(struct dns *d, void *ctx)
{
	(void)d;
	CHECK(ctx == w.ctx);
	w.done = NULL;
}

static void turn(void)
{
	struct dns_record found[DNS_RECORDS];
	struct dns_answer a = { .err = -ENOENT, .records = found };
	dns_done_fn done = w.done;

	for (size_t i = 0; i < w.n; i++) {
		if (w.facts[i].r.type == w.type &&
		    strcmp(w.facts[i].name, w.name) == 0)
			found[a.n++] = w.facts[i].r;
	}
	if (a.n > 0)
		a.err = 0;
	else if (w.deaf && strcmp(w.deaf, w.name) == 0)
		a.err = -EAGAIN;
	w.done = NULL;
	done(w.ctx, &a);
}

static void on_where(void *ctx, const struct where_answer *a)
{
	(void)ctx;
	w.told = true;
	w.err = a->err;
	w.ttl_s = a->ttl_s;
	w.n_places = a->n;
	memcpy(w.places, a->places, a->n * sizeof(*a->places));
}

static void find(const struct fact *facts, size_t n, const char *deaf,
		 struct where_question q)
{
	memset(&w, 0, sizeof(w));
	w.facts = facts;
	w.n = n;
	w.deaf = deaf;
	CHECK(where_ask(NULL, &q, on_where, NULL) != NULL);
	CHECK(!w.told);
	while (!w.told)
		turn();
	CHECK(w.asked <= 32);
}

static void place(size_t i, const char *host, uint16_t port,
		  enum peer_transport transport)
{
	char text[ADDR_TEXT];

	CHECK(i < w.n_places);
	addr_format(&w.places[i].addr, text);
	CHECK_STR(text, host);
	CHECK_EQ(w.places[i].port, port);
	CHECK_EQ(w.places[i].transport, transport);
}

static struct dns_record address(const char *text, uint32_t ttl_s)
{
	struct dns_record r = { .ttl_s = ttl_s };

	CHECK_EQ(addr_parse(&r.addr, text), 0);
	r.type = strchr(text, ':') ? DNS_AAAA : DNS_A;
	return r;
}

static struct dns_record srv(uint16_t priority, uint16_t weight, uint16_t port,
			     const char *target)
{
	struct dns_record r = { .type = DNS_SRV,
				.ttl_s = 300,
				.order = priority,
				.preference = weight,
				.port = port };

	(void)snprintf(r.name, sizeof(r.name), "%s", target);
	return r;
}

static struct dns_record naptr(uint16_t order, uint16_t preference,
			       const char *flags, const char *service,
			       const char *name)
{
	struct dns_record r = { .type = DNS_NAPTR,
				.ttl_s = 600,
				.order = order,
				.preference = preference };

	(void)snprintf(r.flags, sizeof(r.flags), "%s", flags);
	(void)snprintf(r.service, sizeof(r.service), "%s", service);
	(void)snprintf(r.name, sizeof(r.name), "%s", name);
	return r;
}

static void test_addresses(void)
{
	const struct fact facts[] = {
		{ "sip.example", address("192.0.2.1", 60) },
		{ "sip.example", address("192.0.2.2", 90) },
		{ "sip.example", address("2001:db8::1", 40) },
	};

	/* A port says that there is no SRV to ask. */
	find(facts, 3, NULL,
	     (struct where_question){ "sip.example", 5070, WHERE_TCP });
	CHECK_EQ(w.err, 0);
	CHECK_EQ(w.asked, 2);
	CHECK_EQ(w.n_places, 3);
	place(0, "192.0.2.1", 5070, PEER_TCP);
	place(1, "192.0.2.2", 5070, PEER_TCP);
	place(2, "2001:db8::1", 5070, PEER_TCP);
	CHECK_EQ(w.ttl_s, 40);
	/* No SRV: the name itself, at the transport's own port. */
	find(facts, 3, NULL,
	     (struct where_question){ "sip.example", 0, WHERE_TLS });
	CHECK_EQ(w.asked, 3);
	place(0, "192.0.2.1", 5061, PEER_TLS);
	find(facts, 3, NULL,
	     (struct where_question){ "sip.example", 0, WHERE_AUTO });
	place(0, "192.0.2.1", 5060, PEER_UDP);
}

static void test_srv(void)
{
	const struct fact facts[] = {
		{ "_sip._udp.itsp.example", srv(20, 0, 5061, "c.example") },
		{ "_sip._udp.itsp.example", srv(10, 0, 5060, "a.example") },
		{ "_sip._udp.itsp.example", srv(15, 100, 5062, "b.example") },
		{ "_sip._udp.itsp.example", srv(15, 0, 5063, "a.example") },
		{ "a.example", address("192.0.2.1", 600) },
		{ "b.example", address("192.0.2.2", 60) },
		{ "c.example", address("192.0.2.3", 600) },
	};
	int first = 0;

	for (int i = 0; i < 200; i++) {
		find(facts, 7, NULL,
		     (struct where_question){ "itsp.example", 0, WHERE_UDP });
		CHECK_EQ(w.n_places, 4);
		place(0, "192.0.2.1", 5060, PEER_UDP);
		place(3, "192.0.2.3", 5061, PEER_UDP);
		CHECK_EQ(w.ttl_s, 60);
		first += w.places[1].port == 5062;
	}
	/* The weight of 100 beside 0: nearly always. */
	CHECK(first > 180);
}

/* RFC 2782: a target "." is the word that there is no such service. */
static void test_denied(void)
{
	const struct fact facts[] = {
		{ "_sip._udp.itsp.example", srv(0, 0, 0, "") },
		{ "itsp.example", address("192.0.2.1", 600) },
	};

	find(facts, 2, NULL,
	     (struct where_question){ "itsp.example", 0, WHERE_UDP });
	CHECK_EQ(w.err, -ENOENT);
}

static void test_naptr(void)
{
	const struct fact facts[] = {
		{ "itsp.example",
		  naptr(20, 10, "s", "SIP+D2U", "_sip._udp.itsp.example") },
		{ "itsp.example",
		  naptr(10, 20, "S", "sip+d2t", "tcp.itsp.example") },
		{ "itsp.example",
		  naptr(10, 10, "s", "SIPS+D2T", "tls.itsp.example") },
		{ "itsp.example", naptr(1, 1, "u", "E2U+sip", "x.example") },
		{ "itsp.example", naptr(1, 1, "s", "SIP+D2S", "y.example") },
		{ "tls.itsp.example", srv(0, 0, 5061, "a.example") },
		{ "tcp.itsp.example", srv(0, 0, 5070, "a.example") },
		{ "_sip._udp.itsp.example", srv(0, 0, 5060, "a.example") },
		{ "a.example", address("192.0.2.1", 600) },
	};

	find(facts, 9, NULL,
	     (struct where_question){ "itsp.example", 0, WHERE_AUTO });
	CHECK_EQ(w.n_places, 3);
	place(0, "192.0.2.1", 5061, PEER_TLS);
	place(1, "192.0.2.1", 5070, PEER_TCP);
	place(2, "192.0.2.1", 5060, PEER_UDP);
	/* The row's transport is no question for NAPTR. */
	find(facts, 9, NULL,
	     (struct where_question){ "itsp.example", 0, WHERE_UDP });
	CHECK_EQ(w.n_places, 1);
	place(0, "192.0.2.1", 5060, PEER_UDP);
}

static void test_nothing(void)
{
	find(NULL, 0, NULL,
	     (struct where_question){ "itsp.example", 0, WHERE_AUTO });
	CHECK_EQ(w.err, -ENOENT);
	find(NULL, 0, "itsp.example",
	     (struct where_question){ "itsp.example", 0, WHERE_UDP });
	CHECK_EQ(w.err, -EAGAIN);
}

/* A DNS that is not on our side: bounded in questions and places. */
static void test_flood(void)
{
	struct fact facts[DNS_RECORDS + 1];

	for (uint16_t i = 0; i < DNS_RECORDS; i++)
		facts[i] = (struct fact){ "_sip._udp.itsp.example",
					  srv(i, i, i, "none.example") };
	find(facts, DNS_RECORDS, NULL,
	     (struct where_question){ "itsp.example", 0, WHERE_UDP });
	CHECK_EQ(w.err, -ENOENT);
	for (uint16_t i = 0; i < DNS_RECORDS; i++)
		facts[i] = (struct fact){ "itsp.example",
					  address("192.0.2.1", i) };
	find(facts, DNS_RECORDS, NULL,
	     (struct where_question){ "itsp.example", 0, WHERE_UDP });
	CHECK_EQ(w.n_places, TRUNK_PLACES);
}

static void test_dropped(void)
{
	const struct where_question q = { "itsp.example", 0, WHERE_UDP };
	struct where *asked;

	memset(&w, 0, sizeof(w));
	asked = where_ask(NULL, &q, on_where, NULL);
	CHECK(asked && w.done);
	where_drop(asked);
	CHECK(w.done == NULL);
	where_drop(NULL);
}

static void test_is_address(void)
{
	struct where_question q = { "2001:db8::5", 0, WHERE_TLS };
	struct trunk_place p;

	CHECK(where_is_address(&q, &p));
	CHECK_EQ(p.port, 5061);
	CHECK_EQ(p.transport, PEER_TLS);
	q.host = "itsp.example";
	CHECK(!where_is_address(&q, &p));
}

int main(void)
{
	test_addresses();
	test_srv();
	test_denied();
	test_naptr();
	test_nothing();
	test_flood();
	test_dropped();
	test_is_address();
	return 0;
}

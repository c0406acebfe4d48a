/*
 * Auto defense and the built-in limits in the real kernel, with frames of any
 * source. Needs root; exits 77 otherwise.
 *
 * How many packets of a source passed is read from counters: those of common
 * rules that accept, behind the limits.
 */
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"
#include "defense.h"
#include "flood.h"
#include "fwd_frame.h"
#include "measure.h"
#include "nft.h"
#include "nft_take.h"

enum { EAR_PORT = 9, WAIT_MS = 10000 };
enum { SKIP = 77, MANY = DEFENSE_SOURCES + 5000 };

struct world {
	struct fwd_world ns;
	struct frame_link link;
	struct nft *nft;
	struct ruleset_input in;
	struct common_rule common[2];
	struct auto_defense defense[2];
	uint16_t source_port;
	int ear; /* hears what settle() sends */
};

/* One who is always let in: what was sent before it has come. */
static void settle(struct world *w)
{
	struct pollfd p = { .fd = w->ear, .events = POLLIN };
	struct packet last = { .protocol = IPPROTO_UDP,
			       .port = EAR_PORT,
			       .source_port = 9 };
	char c[16];

	CHECK_EQ(addr_parse(&last.source, "198.51.100.250"), 0);
	frame_send(&w->link, &last, 1);
	CHECK_EQ(poll(&p, 1, WAIT_MS), 1);
	CHECK(recv(w->ear, c, sizeof(c), 0) > 0);
}

static void listen_for_it(struct world *w)
{
	struct sockaddr_in any = { .sin_family = AF_INET,
				   .sin_port = htons(EAR_PORT) };
	cpu_set_t one;

	/* On one processor, what is sent later arrives later. */
	CPU_ZERO(&one);
	CPU_SET((size_t)sched_getcpu(), &one);
	CHECK_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
	w->ear = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	CHECK(w->ear >= 0);
	CHECK_EQ(bind(w->ear, (struct sockaddr *)&any, sizeof(any)), 0);
}

static void allow_last(struct world *w)
{
	struct interval iv = { .family = AF_INET };
	struct nft_allowed allowed = { &iv, 1 };
	struct prefix p;
	char why[100];

	CHECK_EQ(prefix_parse(&p, "198.51.100.250", why, sizeof(why)), 0);
	interval_of_prefix(&iv, &p);
	CHECK_EQ(nft_allow(w->nft, WALL_ALL, &allowed), 0);
}

static void apply(struct world *w)
{
	struct ruleset rs;
	char why[300] = "";

	w->in.generation++;
	CHECK_EQ(ruleset_build(&rs, &w->in), 0);
	if (nft_apply(w->nft, &rs, why, sizeof(why)) < 0)
		CHECK_STR(why, "");
	ruleset_fini(&rs);
	allow_last(w);
}

struct wanted {
	const char *name;
	uint64_t packets;
};

static void on_counter(void *ctx, const char *name, const struct nft_count *c)
{
	struct wanted *w = ctx;

	if (strcmp(name, w->name) == 0)
		w->packets = c->packets;
}

static uint64_t counter(struct world *w, const char *name)
{
	struct wanted c = { .name = name };

	settle(w);
	CHECK_EQ(nft_each_counter(w->nft, on_counter, &c), 0);
	return c.packets;
}

/* A first packet of a flow of its own, of source n.n.n.n. */
static void send_one(struct world *w, uint32_t source, uint8_t protocol,
		     uint16_t port)
{
	struct packet p = { .protocol = protocol,
			    .port = port,
			    .source_port = ++w->source_port };

	p.source.family = AF_INET;
	for (int i = 0; i < 4; i++)
		p.source.bytes[i] = (uint8_t)(source >> (24 - 8 * i));
	frame_send(&w->link, &p, 1);
}

static void send_many(struct world *w, uint32_t source, uint8_t protocol,
		      uint16_t port, size_t n)
{
	while (n-- > 0)
		send_one(w, source, protocol, port);
}

/* 203.0.113.n */
static uint32_t stranger(uint32_t n)
{
	return 203u << 24 | 113u << 8 | n;
}

static void row(struct auto_defense *r, const char *name, uint32_t protocol,
		const char *port, uint32_t packets, uint32_t seconds)
{
	record_init(&auto_defense_record, r);
	snprintf(r->name, sizeof(r->name), "%s", name);
	r->protocol = protocol;
	snprintf(r->port, sizeof(r->port), "%s", port);
	r->packets = packets;
	r->seconds = seconds;
}

static void begin(struct world *w)
{
	char why[300];

	CHECK_EQ(nft_remove(w->nft, why, sizeof(why)), 0);
	w->in.n_defense = 0;
}

struct hits {
	size_t n;
	uint64_t packets;
	struct prefix last;
};

static void on_hit(void *ctx, const struct prefix *source, uint64_t packets)
{
	struct hits *h = ctx;

	h->n++;
	h->packets += packets;
	h->last = *source;
}

/* In how many pieces it came. */
static size_t take(const char *set, struct hits *h)
{
	struct nft_take *t = nft_take_new();
	size_t pieces = 1;
	int rc;

	CHECK(t);
	/* What was begun before is of no account. */
	CHECK_EQ(nft_take_begin(t, set, AF_INET), 0);
	CHECK_EQ(nft_take_begin(t, set, AF_INET), 0);
	while ((rc = nft_take_step(t, on_hit, h)) > 0)
		pieces++;
	CHECK_EQ(rc, 0);
	nft_take_free(t);
	return pieces;
}

/* The guide's example: 10 packets in 60 s on port 22. */
static void test_ten_in_sixty(struct world *w)
{
	struct hits h = { 0 };
	char source[ADDR_TEXT], set[RULESET_NAME];

	begin(w);
	row(&w->defense[0], "ssh", AUTO_DEFENSE_PROTOCOL_TCP, "22", 10, 60);
	w->in.n_defense = 1;
	apply(w);
	send_many(w, stranger(1), IPPROTO_TCP, 22, 30);
	CHECK_EQ(counter(w, "common_all"), 10);
	CHECK_EQ(counter(w, "defense_ssh"), 20);
	/* By source, and by port. */
	send_many(w, stranger(2), IPPROTO_TCP, 22, 5);
	send_many(w, stranger(1), IPPROTO_TCP, 23, 5);
	CHECK_EQ(counter(w, "common_all"), 20);
	/* Rates and counters outlive a change of the rules. */
	w->in.ping = !w->in.ping;
	apply(w);
	send_many(w, stranger(1), IPPROTO_TCP, 22, 5);
	CHECK_EQ(counter(w, "common_all"), 20);
	CHECK_EQ(counter(w, "defense_ssh"), 25);
	/* Who it was, once. */
	defense_hits(set, AF_INET, "ssh");
	take(set, &h);
	CHECK_EQ(h.n, 1);
	CHECK_EQ(h.packets, 25);
	prefix_format(&h.last, source);
	CHECK_STR(source, "203.0.113.1");
	take(set, &h);
	CHECK_EQ(h.n, 1);
	/* Another limit begins anew; what it counted is kept. */
	w->defense[0].packets = 3;
	apply(w);
	send_many(w, stranger(1), IPPROTO_TCP, 22, 5);
	CHECK_EQ(counter(w, "common_all"), 23);
	CHECK_EQ(counter(w, "defense_ssh"), 27);
	/* Off: nothing is discarded. Gone: its counter, too. */
	w->defense[0].enabled = false;
	apply(w);
	send_many(w, stranger(1), IPPROTO_TCP, 22, 5);
	CHECK_EQ(counter(w, "common_all"), 28);
	CHECK_EQ(counter(w, "defense_ssh"), 27);
	w->in.n_defense = 0;
	apply(w);
	CHECK_EQ(counter(w, "defense_ssh"), 0);
}

/* Of UDP every packet counts, of one flow as of many; allowed are exempt. */
static void test_udp_and_allowed(struct world *w)
{
	struct interval iv = { .family = AF_INET };
	struct nft_allowed allowed = { &iv, 1 };
	struct packet p = { .protocol = IPPROTO_UDP,
			    .port = 5060,
			    .source_port = 99 };

	begin(w);
	row(&w->defense[0], "sip", AUTO_DEFENSE_PROTOCOL_UDP, "5000-5100", 8,
	    30);
	w->in.n_defense = 1;
	apply(w);
	CHECK_EQ(addr_parse(&p.source, "203.0.113.7"), 0);
	for (int i = 0; i < 20; i++)
		frame_send(&w->link, &p, 1);
	CHECK_EQ(counter(w, "defense_sip"), 12);
	memcpy(iv.first, p.source.bytes, 4);
	memcpy(iv.last, p.source.bytes, 4);
	CHECK_EQ(nft_allow(w->nft, WALL_SIP, &allowed), 0);
	for (int i = 0; i < 20; i++)
		frame_send(&w->link, &p, 1);
	CHECK_EQ(counter(w, "defense_sip"), 12);
	/* IPv6 counts by /64. */
	CHECK_EQ(addr_parse(&p.source, "2001:db8:77:5::1"), 0);
	for (uint8_t i = 0; i < 20; i++) {
		p.source.bytes[15] = i;
		frame_send(&w->link, &p, 1);
	}
	CHECK_EQ(counter(w, "defense_sip"), 24);
}

/* Behind it stands the limit of all strangers. */
static uint64_t past_defense(struct world *w)
{
	return counter(w, "common_all") + counter(w, "flood_port");
}

/*
 * More forged sources than there is room for: who was there before has his
 * bucket still, and all the others together have little.
 */
static void test_full_set(struct world *w)
{
	uint64_t before, passed;

	begin(w);
	row(&w->defense[0], "sip", AUTO_DEFENSE_PROTOCOL_UDP, "7000", 2, 600);
	w->in.n_defense = 1;
	apply(w);
	before = past_defense(w);
	send_one(w, stranger(9), IPPROTO_UDP, 7000);
	for (uint32_t i = 0; i < MANY; i++)
		send_one(w, (100u << 24 | 64u << 16) + i, IPPROTO_UDP, 7000);
	passed = past_defense(w) - before;
	printf("%llu of %d forged sources passed\n", (unsigned long long)passed,
	       MANY);
	CHECK(passed <= DEFENSE_SOURCES + 2 * DEFENSE_OTHERS);
	CHECK(counter(w, "defense_sip") > 0);
	send_many(w, stranger(9), IPPROTO_UDP, 7000, 5);
	CHECK_EQ(past_defense(w) - before, passed + 1);
}

/* Built in: what one source, and all together, may ask of a service. */
static void test_floods(struct world *w)
{
	begin(w);
	apply(w);
	send_many(w, stranger(3), IPPROTO_TCP, 9999, FLOOD_TCP_BURST + 500);
	CHECK(counter(w, "flood_tcp") > 100);
	send_one(w, stranger(4), IPPROTO_TCP, 9999);
	CHECK_EQ(counter(w, "flood_port"), 0);
	for (uint32_t i = 0; i < 3 * FLOOD_PORT_BURST; i++)
		send_one(w, (100u << 24 | 64u << 16) + i, IPPROTO_UDP, 5060);
	CHECK(counter(w, "flood_port") > 0);
	CHECK_EQ(counter(w, "flood_udp"), 0);
}

/* New flows to ports of nothing would fill the table of connections; nor do
   they take what strangers may have of a service. */
static void test_flood_of_nothing(struct world *w)
{
	uint64_t dropped;

	begin(w);
	apply(w);
	for (uint32_t i = 0; i < 6 * FLOOD_OTHERS_BURST; i++)
		send_one(w, (100u << 24 | 64u << 16) + i, IPPROTO_UDP, 7001);
	dropped = counter(w, "flood_port");
	CHECK(dropped > 0);
	for (uint32_t i = 0; i < 100; i++)
		send_one(w, (100u << 24 | 65u << 16) + i, IPPROTO_UDP, 5060);
	CHECK_EQ(counter(w, "flood_port"), dropped);
}

/* Who sent to a port, as many as there is room for: in pieces, and once. */
static void test_measured(struct world *w)
{
	static const struct meter sip = { IPPROTO_UDP, false, 5060, 5060 };
	struct hits h = { 0 }, again = { 0 }, few = { 0 };
	char set[RULESET_NAME];

	measure_set(set, AF_INET, &sip);
	begin(w);
	apply(w);
	for (uint32_t i = 0; i < MEASURE_SOURCES + 500; i++)
		send_one(w, (100u << 24 | 64u << 16) + i, IPPROTO_UDP, 5060);
	settle(w);
	CHECK(take(set, &h) > 3);
	CHECK_EQ(h.n, MEASURE_SOURCES);
	CHECK_EQ(h.packets, MEASURE_SOURCES);
	CHECK_EQ(take(set, &again), 1);
	CHECK_EQ(again.n, 0);
	send_many(w, stranger(5), IPPROTO_UDP, 5060, 7);
	settle(w);
	CHECK_EQ(take(set, &few), 1);
	CHECK_EQ(few.n, 1);
	CHECK_EQ(few.packets, 7);
}

int main(void)
{
	static struct world w;
	char why[300];

	if (geteuid() != 0 || fwd_world_make(&w.ns) < 0)
		return SKIP;
	frame_open(&w.link, &w.ns, "v0", "v1", "198.51.100.1",
		   "2001:db8:77::1");
	record_init(&common_rule_record, &w.common[0]);
	snprintf(w.common[0].name, sizeof(w.common[0].name), "all");
	w.common[0].protocol = COMMON_RULE_PROTOCOL_ANY;
	w.common[0].action = COMMON_RULE_ACTION_ACCEPT;
	w.in = (struct ruleset_input){
		.enabled = true,
		.ping = true,
		.ports = { { IPPROTO_UDP, 5060, WALL_SIP },
			   { IPPROTO_TCP, 9999, WALL_HTTPS } },
		.n_ports = 2,
		.common = w.common,
		.n_common = 1,
		.defense = w.defense,
	};
	w.nft = nft_open(why, sizeof(why));
	CHECK(w.nft);
	listen_for_it(&w);
	test_ten_in_sixty(&w);
	test_udp_and_allowed(&w);
	test_full_set(&w);
	test_flood_of_nothing(&w);
	test_floods(&w);
	test_measured(&w);
	CHECK_EQ(nft_remove(w.nft, why, sizeof(why)), 0);
	nft_close(w.nft);
	return 0;
}

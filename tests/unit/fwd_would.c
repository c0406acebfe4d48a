/*
 * Random rulesets and random packets: what would.c says of each is what the
 * kernel does, and the same counters move (issue: Would is held against the
 * real kernel). fwd_would [SEED]. Needs root; exits 77 otherwise.
 *
 * Packets are frames written onto the peer's links, so that any source, any
 * MAC address and any protocol can be sent; raw sockets of the box hear what
 * passed the input hook. A packet that is always let in ends each round.
 */
#include <arpa/inet.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"
#include "fwd_frame.h"
#include "fwd_world.h"
#include "nft.h"

enum { VIA_V, VIA_W, N_LINKS };

enum {
	SKIP = 77,
	ROUNDS = 200,
	PACKETS = 200,
	COMMON = 12,
	LISTS = 4, /* of bans and allowed addresses each */
	COUNTERS = 64,
	LAST = 0xffffff,
	WAIT_MS = 10000,
	BUFFER = 4 << 20,
	OPEN_PORT = 10004,
};

enum { HEAR_UDP4, HEAR_TCP4, HEAR_ICMP4, HEAR_UDP6, HEAR_TCP6, HEAR_ICMP6 };
enum { N_EARS = 6 };

struct entry {
	struct prefix source;
	enum wall_service service;
};

struct counted {
	char name[RULESET_NAME];
	uint64_t kernel;
	uint64_t ours;
};

struct world {
	struct fwd_world ns;
	struct nft *nft;
	struct frame_link link[N_LINKS];
	int ears[N_EARS];
	uint32_t random;
	struct ruleset_input in;
	struct interval local[3];
	struct common_rule common[COMMON];
	struct entry bans[LISTS];
	struct entry allowed[LISTS + N_LINKS];
	struct ruleset rs;
	struct counted counters[COUNTERS];
	size_t n_counters;
	bool arrived[PACKETS];
};

static uint32_t chance(struct world *w, uint32_t n)
{
	/* Marsaglia's xorshift: any seed tells the same story again */
	w->random ^= w->random << 13;
	w->random ^= w->random >> 17;
	w->random ^= w->random << 5;
	return w->random % n;
}

static const char *pick(struct world *w, const char *const *list, size_t n)
{
	return list[chance(w, (uint32_t)n)];
}
#define PICK(w, list) pick(w, list, sizeof(list) / sizeof((list)[0]))

static struct prefix prefix(const char *text)
{
	struct prefix p;
	char why[160];

	CHECK_EQ(prefix_parse(&p, text, why, sizeof(why)), 0);
	return p;
}

/* ---- random settings ---- */

static const char *const networks[] = {
	"198.51.100.0/24", "198.51.100.128/25", "203.0.113.0/24",
	"203.0.113.130",   "10.77.0.0/24",      "10.77.0.128/26",
	"2001:db8::/32",   "2001:db8:77::/48",  "2001:db8:77:5::/64",
	"fd77::/64",       "0.0.0.0/0",         "::/0",
	"198.51.100.130",  "fd77::1:2",
};
static const char *const ports[] = {
	"",        "5060", "9999", "5038",  "22",  "7000-7010", "10000-10500",
	"1-65535", "sip",  "rtp",  "https", "ssh", "iax2",      "ami",
};
static const uint8_t macs[][6] = {
	{ 0x02, 0, 0, 0, 0, 0x01 },
	{ 0x02, 0, 0, 0, 0, 0x02 },
	{ 0x02, 0xaa, 0xbb, 0xcc, 0xdd, 0xee },
};

static void random_row(struct world *w, struct common_rule *r, int i)
{
	record_init(&common_rule_record, r);
	snprintf(r->name, sizeof(r->name), "row-%d", i);
	r->enabled = chance(w, 8) > 0;
	r->action = chance(w, 2);
	r->protocol = chance(w, 5);
	if (r->protocol != COMMON_RULE_PROTOCOL_ICMP &&
	    r->protocol != COMMON_RULE_PROTOCOL_ANY)
		snprintf(r->port, sizeof(r->port), "%s", PICK(w, ports));
	if (chance(w, 3) > 0)
		snprintf(r->source, sizeof(r->source), "%s", PICK(w, networks));
	if (chance(w, 5) == 0) {
		const uint8_t *m = macs[chance(w, 3)];

		snprintf(r->mac, sizeof(r->mac),
			 "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2],
			 m[3], m[4], m[5]);
	}
}

static void random_settings(struct world *w)
{
	struct ruleset_input *in = &w->in;

	in->enabled = chance(w, 12) > 0;
	in->ping = chance(w, 3) > 0;
	in->drop_all = chance(w, 2) > 0;
	in->rtp_min = chance(w, 6) > 0 ? 10000 : 0;
	in->generation++;
	in->n_common = 1 + chance(w, COMMON);
	in->common = w->common;
	for (size_t i = 0; i < in->n_common; i++)
		random_row(w, &w->common[i], (int)i);
}

/* ---- bans and allowed addresses ---- */

static void allow_all(struct world *w)
{
	struct interval lists[WALL_N_SERVICES][LISTS + N_LINKS];
	struct nft_allowed allowed[WALL_N_SERVICES] = { 0 };
	struct nft_ban bans[LISTS];

	for (size_t i = 0; i < LISTS + N_LINKS; i++) {
		enum wall_service s = w->allowed[i].service;

		interval_of_prefix(&lists[s][allowed[s].n++],
				   &w->allowed[i].source);
	}
	for (size_t s = 0; s < WALL_N_SERVICES; s++) {
		allowed[s].n = intervals_merge(lists[s], allowed[s].n);
		allowed[s].list = lists[s];
	}
	for (size_t i = 0; i < LISTS; i++)
		bans[i] = (struct nft_ban){ .source = w->bans[i].source,
					    .service = w->bans[i].service,
					    .timeout_ms = 600000 };
	CHECK_EQ(nft_restore(w->nft, bans, LISTS, allowed), 0);
}

static void random_lists(struct world *w)
{
	static const char *const sources[] = {
		"198.51.100.130",   "203.0.113.131",      "203.0.113.130",
		"10.77.0.130",      "2001:db8:77:5::/64", "fd77::/64",
		"2001:db8:99::/64",
	};

	for (size_t i = 0; i < LISTS; i++) {
		w->bans[i].source = prefix(PICK(w, sources));
		w->bans[i].service = chance(w, WALL_N_SERVICES);
		w->allowed[i].source = prefix(PICK(w, networks));
		w->allowed[i].service = chance(w, WALL_N_SERVICES);
	}
	/* Those whose packet ends a round. */
	w->allowed[LISTS].source = prefix("198.51.100.250");
	w->allowed[LISTS].service = WALL_ALL;
	w->allowed[LISTS + 1].source = prefix("10.77.0.250");
	w->allowed[LISTS + 1].service = WALL_ALL;
	allow_all(w);
}

static bool listed(const struct entry *list, size_t n, int service,
		   const struct addr *a)
{
	for (size_t i = 0; i < n; i++)
		if ((int)list[i].service == service &&
		    prefix_contains(&list[i].source, a))
			return true;
	return false;
}

static bool in_set(void *ctx, const char *set, const struct addr *a)
{
	static const char *const locals[] = { "10.77.0.0/24", "fd77::/64",
					      "fe80::/64" };
	const struct world *w = ctx;
	int service =
		strchr(set, '_') ? wall_service_find(strchr(set, '_') + 1) : 0;
	bool banned;

	if (strncmp(set, "local", 5) == 0) {
		for (size_t i = 0; i < 3; i++) {
			struct prefix p = prefix(locals[i]);

			if (prefix_contains(&p, a))
				return true;
		}
		return false;
	}
	CHECK(service >= 0);
	if (strncmp(set, "allow", 5) == 0)
		return listed(w->allowed, LISTS + N_LINKS, service, a);
	banned = listed(w->bans, LISTS, service, a);
	CHECK_EQ(nft_is_banned(w->nft, (enum wall_service)service, a), banned);
	return banned;
}

/* ---- counters ---- */

static struct counted *counted(struct world *w, const char *name)
{
	for (size_t i = 0; i < w->n_counters; i++)
		if (strcmp(w->counters[i].name, name) == 0)
			return &w->counters[i];
	CHECK(w->n_counters < COUNTERS);
	snprintf(w->counters[w->n_counters].name, RULESET_NAME, "%s", name);
	return &w->counters[w->n_counters++];
}

static void on_our_count(void *ctx, const char *name)
{
	counted(ctx, name)->ours++;
}

static void on_kernel_before(void *ctx, const char *name,
			     const struct nft_count *c)
{
	counted(ctx, name)->kernel -= c->packets;
}

static void on_kernel_after(void *ctx, const char *name,
			    const struct nft_count *c)
{
	counted(ctx, name)->kernel += c->packets;
}

/* ---- packets ---- */

static int random_packet(struct world *w, struct packet *p, uint32_t number)
{
	static const char *const outside[] = {
		"198.51.100.130",   "198.51.100.131", "203.0.113.130",
		"203.0.113.131",    "10.77.0.130",    "198.51.100.1",
		"2001:db8:77:5::5", "2001:db8:99::5", "fd77::1:2",
	};
	static const char *const inside[] = { "10.77.0.130", "10.77.0.200",
					      "fd77::1:2", "fd77::2:2",
					      "10.77.0.1" };
	static const uint16_t targets[] = { 5060, 9999,  5038,      22,
					    4569, 7005,  10000,     OPEN_PORT,
					    8000, 10500, OPEN_PORT, 5060 };
	static const uint8_t protocols[] = { IPPROTO_UDP, IPPROTO_TCP,
					     IPPROTO_ICMP };
	int via = chance(w, 2) ? VIA_V : VIA_W;
	const char *from = via == VIA_V ? PICK(w, outside) : PICK(w, inside);
	bool v4 = strchr(from, ':') == NULL;

	memset(p, 0, sizeof(*p));
	CHECK_EQ(addr_parse(&p->source, from), 0);
	p->protocol = protocols[chance(w, 3)];
	p->source_port = (uint16_t)(20000 + number); /* a flow of its own */
	p->port = targets[chance(w, 12)];
	if (p->protocol == IPPROTO_ICMP) {
		p->protocol = v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
		p->icmp_type = v4 ? ICMP_ECHO : ICMP6_ECHO_REQUEST;
	}
	memcpy(p->mac, macs[chance(w, 3)], 6);
	p->has_mac = true;
	p->ct = CT_NEW;
	p->own_source = strcmp(from, "198.51.100.1") == 0 ||
			strcmp(from, "10.77.0.1") == 0;
	p->no_way_back = via == VIA_V && (strncmp(from, "10.77", 5) == 0 ||
					  strncmp(from, "fd77", 4) == 0);
	p->has_socket = p->protocol == IPPROTO_UDP && p->port == OPEN_PORT;
	return via;
}

/* ---- what arrived ---- */

static uint32_t number_in(int ear, const uint8_t *data, size_t n)
{
	static const size_t at[N_EARS] = { 8, 4, 4, 8, 4, 4 };
	size_t head = ear < HEAR_UDP6 ? (size_t)(data[0] & 15) * 4 : 0;
	uint32_t number;

	if (n < head + at[ear] + 4)
		return UINT32_MAX;
	memcpy(&number, data + head + at[ear], 4);
	number = ntohl(number);
	if (ear == HEAR_ICMP4 || ear == HEAR_ICMP6)
		number = number << 16 | number >> 16;
	return number;
}

/* Hears all that is there; true: the last one of the round was among it. */
static bool hear(struct world *w, uint32_t base)
{
	bool last = false;
	uint8_t data[2048];
	ssize_t n;

	for (int i = 0; i < N_EARS; i++) {
		while ((n = recv(w->ears[i], data, sizeof(data),
				 MSG_DONTWAIT)) > 0) {
			uint32_t number = number_in(i, data, (size_t)n) - base;

			last |= number == LAST || number == LAST - 1;
			if (number < PACKETS)
				w->arrived[number] = true;
		}
	}
	return last;
}

static void hear_until_last(struct world *w, uint32_t base)
{
	struct pollfd p = { .fd = w->ears[HEAR_UDP4], .events = POLLIN };

	do {
		CHECK_EQ(poll(&p, 1, WAIT_MS), 1);
	} while (!hear(w, base));
	(void)hear(w, base);
}

/* ---- rounds ---- */

static void end_link(struct world *w, int via, uint32_t base)
{
	struct packet p = { .protocol = IPPROTO_UDP,
			    .source_port = 9,
			    .port = 9 };

	CHECK_EQ(addr_parse(&p.source,
			    via == VIA_V ? "198.51.100.250" : "10.77.0.250"),
		 0);
	frame_send(&w->link[via], &p, base + LAST);
	hear_until_last(w, base);
}

static void tell(const struct world *w, const struct packet *p,
		 const struct would *o, bool arrived)
{
	char *text = ruleset_text(&w->rs);
	char source[ADDR_TEXT];

	addr_format(&p->source, source);
	fprintf(stderr,
		"%s\n%s protocol %u port %u: we say %s (%s %s), the kernel "
		"%s it\n",
		text ? text : "", source, p->protocol, p->port,
		o->accept ? "accept" : "drop", o->rule ? o->rule->why : "-",
		o->rule ? o->rule->row : "", arrived ? "accepts" : "drops");
	free(text);
}

static void round_of(struct world *w, uint32_t base)
{
	const struct would_world sets = { in_set, on_our_count, w };
	struct packet packets[PACKETS];
	char why[300] = "";

	random_settings(w);
	/* With buckets that are full: a round is no flood. */
	CHECK_EQ(nft_remove(w->nft, why, sizeof(why)), 0);
	CHECK_EQ(ruleset_build(&w->rs, &w->in), 0);
	if (nft_apply(w->nft, &w->rs, why, sizeof(why)) < 0)
		CHECK_STR(why, "");
	random_lists(w);
	w->n_counters = 0;
	memset(w->counters, 0, sizeof(w->counters));
	memset(w->arrived, 0, sizeof(w->arrived));
	CHECK_EQ(nft_each_counter(w->nft, on_kernel_before, w), 0);
	for (uint32_t i = 0; i < PACKETS; i++) {
		int via = random_packet(w, &packets[i], i);

		frame_send(&w->link[via], &packets[i], base + i);
	}
	end_link(w, VIA_V, base);
	end_link(w, VIA_W, base);
	CHECK_EQ(nft_each_counter(w->nft, on_kernel_after, w), 0);
	for (uint32_t i = 0; i < PACKETS; i++) {
		struct would o;

		/* Without rules, routing drops these before anybody asks. */
		if (packets[i].own_source && !w->in.enabled)
			continue;
		would(&w->rs, &packets[i], &sets, &o);
		if (o.accept != w->arrived[i])
			tell(w, &packets[i], &o, w->arrived[i]);
		CHECK_EQ(o.accept, w->arrived[i]);
	}
	for (size_t i = 0; i < w->n_counters; i++) {
		if (w->counters[i].kernel != w->counters[i].ours)
			fprintf(stderr, "counter %s\n", w->counters[i].name);
		CHECK_EQ(w->counters[i].kernel, w->counters[i].ours);
	}
	ruleset_fini(&w->rs);
}

static void open_ears(struct world *w)
{
	static const struct {
		int family;
		int protocol;
	} ears[N_EARS] = {
		[HEAR_UDP4] = { AF_INET, IPPROTO_UDP },
		[HEAR_TCP4] = { AF_INET, IPPROTO_TCP },
		[HEAR_ICMP4] = { AF_INET, IPPROTO_ICMP },
		[HEAR_UDP6] = { AF_INET6, IPPROTO_UDP },
		[HEAR_TCP6] = { AF_INET6, IPPROTO_TCP },
		[HEAR_ICMP6] = { AF_INET6, IPPROTO_ICMPV6 },
	};
	int bytes = BUFFER;

	for (int i = 0; i < N_EARS; i++) {
		w->ears[i] = socket(ears[i].family, SOCK_RAW | SOCK_CLOEXEC,
				    ears[i].protocol);
		CHECK(w->ears[i] >= 0);
		CHECK_EQ(setsockopt(w->ears[i], SOL_SOCKET, SO_RCVBUFFORCE,
				    &bytes, sizeof(bytes)),
			 0);
	}
}

static void open_port(void)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6,
				    .sin6_port = htons(OPEN_PORT) };
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	CHECK(fd >= 0);
	CHECK_EQ(bind(fd, (struct sockaddr *)&any, sizeof(any)), 0);
}

static void settings(struct world *w)
{
	static const char *const locals[] = { "10.77.0.0/24", "fd77::/64",
					      "fe80::/64" };

	for (size_t i = 0; i < 3; i++) {
		struct prefix p = prefix(locals[i]);

		interval_of_prefix(&w->local[i], &p);
	}
	w->in = (struct ruleset_input){
		.rtp_max = 10500,
		.ports = { { IPPROTO_UDP, 5060, WALL_SIP },
			   { IPPROTO_TCP, 5060, WALL_SIP },
			   { IPPROTO_TCP, 9999, WALL_HTTPS },
			   { IPPROTO_TCP, 22, WALL_SSH },
			   { IPPROTO_UDP, 4569, WALL_IAX2 },
			   { IPPROTO_TCP, 5038, WALL_AMI } },
		.n_ports = 6,
		.local = w->local,
		.n_local = intervals_merge(w->local, 3),
	};
}

int main(int argc, char **argv)
{
	struct world *w = calloc(1, sizeof(*w));
	char why[300];
	cpu_set_t one;

	CHECK(w);
	if (geteuid() != 0 || fwd_world_make(&w->ns) < 0)
		return SKIP;
	/* On one processor, what is sent later arrives later. */
	CPU_ZERO(&one);
	CPU_SET((size_t)sched_getcpu(), &one);
	CHECK_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
	w->random = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 0) : 1;
	frame_open(&w->link[VIA_V], &w->ns, "v0", "v1", "198.51.100.1",
		   "2001:db8:77::1");
	frame_open(&w->link[VIA_W], &w->ns, "w0", "w1", "10.77.0.1", "fd77::1");
	open_ears(w);
	open_port();
	settings(w);
	w->nft = nft_open(why, sizeof(why));
	CHECK(w->nft);
	for (uint32_t i = 0; i < ROUNDS; i++)
		round_of(w, (i + 1) << 24);
	CHECK_EQ(nft_remove(w->nft, why, sizeof(why)), 0);
	nft_close(w->nft);
	free(w);
	return 0;
}

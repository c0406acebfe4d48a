/*
 * The packet filter by itself, in two network namespaces of its own: what a
 * ban costs with 100,000 present, what replacing 500 common rules takes, and
 * what a dropped packet costs beside the rules that fail2ban writes. Prints
 * name=value lines; asserts no figure. Needs root and iptables.
 *
 * A frame sent on a veth pair is received on the same processor before the
 * sender goes on, so the time of sending is the whole cost of the packet.
 */
#include <arpa/inet.h>
#include <sched.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "fwd_frame.h"
#include "nft.h"

enum {
	PRESENT = 100000,
	TIMED = 2000,
	RULES = 500,
	TURNS = 20,
	PACKETS = 200000,
	SIP_PORT = 5060,
};

struct world {
	struct fwd_world ns;
	struct frame_link link;
	struct nft *nft;
	struct ruleset_input in;
	struct common_rule common[RULES];
};

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void tell(const char *name, double *us, size_t n)
{
	qsort(us, n, sizeof(*us), by_size);
	printf("%s_p50_us=%.1f\n%s_p99_us=%.1f\n", name, us[n / 2], name,
	       us[n * 99 / 100]);
}

static void run(const char *command)
{
	CHECK_EQ(system(command), 0);
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
}

static struct nft_ban numbered(uint32_t n, uint8_t net)
{
	struct nft_ban b = { .service = WALL_SIP, .timeout_ms = 3600000 };

	n = htonl((uint32_t)net << 24 | n);
	b.source.addr.family = AF_INET;
	memcpy(b.source.addr.bytes, &n, 4);
	b.source.len = 32;
	return b;
}

static void bans(struct world *w)
{
	struct nft_allowed none[WALL_N_SERVICES] = { 0 };
	struct nft_ban *list = calloc(PRESENT, sizeof(*list));
	double us[TIMED], start;

	CHECK(list);
	for (uint32_t i = 0; i < PRESENT; i++)
		list[i] = numbered(i, 44);
	CHECK_EQ(nft_restore(w->nft, list, PRESENT, none), 0);
	for (uint32_t i = 0; i < TIMED; i++) {
		struct nft_ban b = numbered(i, 45);

		start = now_us();
		CHECK_EQ(nft_ban(w->nft, &b), 0);
		us[i] = now_us() - start;
	}
	tell("ban", us, TIMED);
	for (uint32_t i = 0; i < TIMED; i++) {
		struct nft_ban b = numbered(i, 45);

		start = now_us();
		CHECK_EQ(nft_unban(w->nft, &b), 0);
		us[i] = now_us() - start;
	}
	tell("unban", us, TIMED);
	free(list);
}

static double packet_us(struct world *w, const char *source, uint16_t port)
{
	struct packet p = { .protocol = IPPROTO_UDP,
			    .port = port,
			    .source_port = 9 };
	double start;

	CHECK_EQ(addr_parse(&p.source, source), 0);
	for (int i = 0; i < PACKETS / 10; i++)
		frame_send(&w->link, &p, 1);
	start = now_us();
	for (int i = 0; i < PACKETS; i++)
		frame_send(&w->link, &p, 1);
	return (now_us() - start) / PACKETS;
}

/* A packet to a port whose rate is measured by source, and to another one;
   each dropped at the end of its walk. */
static void measured(struct world *w)
{
	w->in.drop_all = true;
	apply(w);
	printf("packet_measured_us=%.2f\n",
	       packet_us(w, "203.0.113.10", SIP_PORT));
	printf("packet_unmeasured_us=%.2f\n",
	       packet_us(w, "203.0.113.10", 7000));
	w->in.drop_all = false;
	apply(w);
}

static void rules(struct world *w)
{
	double us[TURNS], start;

	for (int i = 0; i < RULES; i++) {
		struct common_rule *r = &w->common[i];

		record_init(&common_rule_record, r);
		snprintf(r->name, sizeof(r->name), "rule-%d", i);
		snprintf(r->source, sizeof(r->source), "10.%d.%d.0/24", i / 256,
			 i % 256);
		snprintf(r->port, sizeof(r->port), "%d", 1000 + i);
	}
	w->in.common = w->common;
	w->in.n_common = RULES;
	apply(w);
	for (int i = 0; i < TURNS; i++) {
		start = now_us();
		apply(w);
		us[i] = now_us() - start;
	}
	tell("replace_500_rules", us, TURNS);
	/* To a port that no rule names: all are looked at, the last drops. */
	w->in.drop_all = true;
	apply(w);
	printf("walked_500_rules_us=%.2f\n", packet_us(w, "203.0.113.9", 7000));
	w->in.drop_all = false;
	w->in.n_common = 0;
	apply(w);
}

/* fail2ban's iptables-multiport: a chain of one rule a banned address. */
static void iptables(struct world *w, int n)
{
	FILE *f;

	run("iptables -N f2b-sip 2>/dev/null || iptables -F f2b-sip");
	run("iptables -C INPUT -p udp -m multiport --dports 5060,5061 "
	    "-j f2b-sip 2>/dev/null || iptables -I INPUT -p udp "
	    "-m multiport --dports 5060,5061 -j f2b-sip");
	f = popen("iptables-restore --noflush", "w");
	CHECK(f);
	fprintf(f, "*filter\n");
	for (int i = 0; i < n - 1; i++)
		fprintf(f, "-A f2b-sip -s 44.0.%d.%d -j DROP\n", i / 256,
			i % 256);
	fprintf(f, "-A f2b-sip -s 203.0.113.9 -j DROP\nCOMMIT\n");
	CHECK_EQ(pclose(f), 0);
	printf("dropped_by_iptables_%d_us=%.2f\n", n,
	       packet_us(w, "203.0.113.9", SIP_PORT));
}

static void drops(struct world *w)
{
	struct nft_ban ban = numbered(0, 0);
	char why[300];

	/* 100,000 bans stand. */
	CHECK_EQ(addr_parse(&ban.source.addr, "203.0.113.9"), 0);
	CHECK_EQ(nft_ban(w->nft, &ban), 0);
	printf("dropped_by_ban_us=%.2f\n",
	       packet_us(w, "203.0.113.9", SIP_PORT));
	CHECK_EQ(nft_remove(w->nft, why, sizeof(why)), 0);
	printf("no_filter_us=%.2f\n", packet_us(w, "203.0.113.9", SIP_PORT));
	iptables(w, 10);
	iptables(w, 100);
	iptables(w, 1000);
	iptables(w, 10000);
}

int main(void)
{
	static struct world w;
	char why[300];
	cpu_set_t one;

	if (geteuid() != 0 || fwd_world_make(&w.ns) < 0) {
		fprintf(stderr, "wall_load: needs root\n");
		return 1;
	}
	CPU_ZERO(&one);
	CPU_SET((size_t)sched_getcpu(), &one);
	CHECK_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
	frame_open(&w.link, &w.ns, "v0", "v1", "198.51.100.1",
		   "2001:db8:77::1");
	w.in = (struct ruleset_input){
		.enabled = true,
		.ping = true,
		.rtp_min = 10000,
		.rtp_max = 10500,
		.ports = { { IPPROTO_UDP, SIP_PORT, WALL_SIP },
			   { IPPROTO_TCP, SIP_PORT, WALL_SIP },
			   { IPPROTO_TCP, 5061, WALL_SIP },
			   { IPPROTO_TCP, 9999, WALL_HTTPS },
			   { IPPROTO_TCP, 22, WALL_SSH },
			   { IPPROTO_UDP, 4569, WALL_IAX2 },
			   { IPPROTO_TCP, 5038, WALL_AMI } },
		.n_ports = 7,
	};
	w.nft = nft_open(why, sizeof(why));
	CHECK(w.nft);
	apply(&w);
	bans(&w);
	measured(&w);
	rules(&w);
	drops(&w);
	nft_close(w.nft);
	return 0;
}

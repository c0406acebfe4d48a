/*
 * What does relaying a packet cost? A child process is all the phones: both
 * ends of every call, a packet each 20 ms; this process is mediad without its
 * bus. Its own CPU time over the packets it relayed is the result.
 *
 *	relay_load [CALLS [SECONDS [SUITE]]]    (100 calls, 10 s)
 *
 * With the name of an SRTP suite (AEAD_AES_256_GCM) both ends of every call
 * have keys of it.
 *
 * Loopback only. Prints one line of name=value pairs.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "mediad/box.h"
#include "rtp.h"
#include "sdp.h"
#include "srtp_leg.h"

enum { CALLS_MAX = 1000, SECONDS_MAX = 60, PAYLOAD = 160, SAMPLES = 1 << 20 };
enum { SLICES = 10, SLICE_NS = 2000000 };

struct result {
	uint64_t sent, heard;
	double p50_us, p99_us;
};

struct phones {
	uint32_t n;                     /* two a call */
	uint16_t port[2 * CALLS_MAX];   /* theirs */
	uint16_t to[2 * CALLS_MAX];     /* ours that faces them */
	struct sdes key[2 * CALLS_MAX]; /* theirs; suite NONE: plain RTP */
	struct sdes ours[2 * CALLS_MAX];
	struct srtp_leg *srtp[2 * CALLS_MAX];
	int fd[2 * CALLS_MAX];
	uint16_t seq;
	uint32_t *late_us;
	struct result result;
};

static uint64_t now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void must_write(int fd, const void *p, size_t n)
{
	CHECK_EQ(write(fd, p, n), n);
}

static void must_read(int fd, void *p, size_t n)
{
	for (size_t got = 0; got < n;) {
		ssize_t r = read(fd, (char *)p + got, n - got);

		CHECK(r > 0);
		got += (size_t)r;
	}
}

/* --- the phones --- */

static void open_phones(struct phones *p, int epoll)
{
	for (uint32_t i = 0; i < p->n; i++) {
		struct sockaddr_in sa = { .sin_family = AF_INET };
		struct epoll_event e = { .events = EPOLLIN, .data.u32 = i };
		socklen_t len = sizeof(sa);
		int size = 1 << 18;

		sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		p->fd[i] = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
		CHECK(!bind(p->fd[i], (struct sockaddr *)&sa, sizeof(sa)));
		CHECK(!getsockname(p->fd[i], (struct sockaddr *)&sa, &len));
		(void)setsockopt(p->fd[i], SOL_SOCKET, SO_RCVBUF, &size,
				 sizeof(size));
		CHECK(!epoll_ctl(epoll, EPOLL_CTL_ADD, p->fd[i], &e));
		p->port[i] = ntohs(sa.sin_port);
	}
}

/* A tenth of the phones: real ones do not send in step. */
static void send_some(struct phones *p, uint64_t tick)
{
	uint8_t packet[RTP_HEADER + PAYLOAD + SRTP_MORE] = { 0 };

	for (uint32_t i = tick % SLICES; i < p->n; i += SLICES) {
		struct sockaddr_in sa = { .sin_family = AF_INET,
					  .sin_port = htons(p->to[i]) };
		struct rtp r = { .pt = 8,
				 .seq = p->seq,
				 .ts = p->seq * 160u,
				 .ssrc = i + 1 };
		size_t n = RTP_HEADER + PAYLOAD;
		uint64_t t = now_us();

		sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		rtp_write(packet, &r);
		memcpy(packet + RTP_HEADER, &t, sizeof(t));
		if (p->srtp[i])
			CHECK(!srtp_leg_seal(p->srtp[i], packet, &n, false));
		if (sendto(p->fd[i], packet, n, 0, (struct sockaddr *)&sa,
			   sizeof(sa)) > 0)
			p->result.sent++;
	}
	if (tick % SLICES == SLICES - 1)
		p->seq++;
}

static void hear_one(struct phones *p, uint32_t who)
{
	uint8_t packet[RTP_MAX];
	ssize_t got = recv(p->fd[who], packet, sizeof(packet), 0);
	size_t n = got > 0 ? (size_t)got : 0;
	uint64_t t;

	if (p->srtp[who] && srtp_leg_open(p->srtp[who], packet, &n, false, 0))
		return;
	if (n != RTP_HEADER + PAYLOAD)
		return;
	memcpy(&t, packet + RTP_HEADER, sizeof(t));
	if (p->result.heard < SAMPLES)
		p->late_us[p->result.heard] = (uint32_t)(now_us() - t);
	p->result.heard++;
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void run_phones(struct phones *p, int epoll, unsigned seconds)
{
	const struct itimerspec each = { { 0, SLICE_NS }, { 0, SLICE_NS } };
	int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	struct epoll_event e = { .events = EPOLLIN, .data.u32 = UINT32_MAX };
	struct epoll_event events[256];
	uint64_t ticks = 0, n, end = seconds * 500u;

	CHECK(!epoll_ctl(epoll, EPOLL_CTL_ADD, timer, &e));
	CHECK(!timerfd_settime(timer, 0, &each, NULL));
	while (ticks < end + 100) { /* 200 ms for what still flies */
		int got = epoll_wait(epoll, events, 256, 1000);

		for (int i = 0; i < got; i++) {
			uint32_t who = events[i].data.u32;

			if (who != UINT32_MAX) {
				hear_one(p, who);
				continue;
			}
			if (read(timer, &n, sizeof(n)) != sizeof(n))
				continue;
			for (; n; n--, ticks++) {
				if (ticks < end)
					send_some(p, ticks);
			}
		}
	}
	n = p->result.heard < SAMPLES ? p->result.heard : SAMPLES;
	qsort(p->late_us, n, sizeof(*p->late_us), compare);
	if (n) {
		p->result.p50_us = p->late_us[n / 2];
		p->result.p99_us = p->late_us[n * 99 / 100];
	}
}

static void key_up(struct phones *p)
{
	void *library = NULL; /* until the process ends */

	for (uint32_t i = 0; i < p->n && p->key[i].suite; i++) {
		const struct srtp_keys keys = { p->ours[i], p->key[i] };

		CHECK(!srtp_start(&library));
		p->srtp[i] = srtp_leg_new();
		CHECK(p->srtp[i]);
		srtp_leg_set(p->srtp[i], &keys, 0);
	}
}

static void be_phones(struct phones *p, int in, int out, unsigned seconds)
{
	int epoll = epoll_create1(0);

	p->late_us = calloc(SAMPLES, sizeof(*p->late_us));
	CHECK(p->late_us);
	open_phones(p, epoll);
	must_write(out, p->port, p->n * sizeof(*p->port));
	must_read(in, p->to, p->n * sizeof(*p->to));
	must_read(in, p->ours, p->n * sizeof(*p->ours));
	key_up(p);
	run_phones(p, epoll, seconds);
	must_write(out, &p->result, sizeof(p->result));
}

/* --- mediad --- */

/* What the box told a phone: its port, and the key that goes with the phone's
   own. */
static void told(struct box *b, struct phones *p, uint32_t i)
{
	char why[SDP_WHY];
	struct sdp s;

	CHECK(!sdp_read(&s, b->sdp.sdp, b->sdp.sdp_bytes, SDP_ANY, why));
	p->to[i] = s.port;
	for (unsigned k = 0; k < s.n_crypto; k++) {
		if (s.crypto[k].suite != p->key[i].suite)
			continue;
		p->ours[i] = s.crypto[k];
		p->key[i].tag = s.crypto[k].tag;
	}
}

static const char *key_line(const struct sdes *key, char line[SDES_TEXT + 16])
{
	char text[SDES_TEXT];

	*line = '\0';
	if (key->suite && sdes_write(key, text, sizeof(text)) > 0)
		snprintf(line, SDES_TEXT + 16, "a=crypto:%s\r\n", text);
	return line;
}

static void connect_calls(struct box *b, struct phones *p)
{
	char line[SDES_TEXT + 16];

	for (uint32_t i = 0; i < p->n; i += 2) {
		char id[24];

		snprintf(id, sizeof(id), "c%u", i);
		CHECK_EQ(box_offer(b, id, 0, "", p->port[i], "8 101",
				   key_line(&p->key[i], line)),
			 0);
		told(b, p, i + 1);
		CHECK_EQ(box_answer(b, id, 1, "b", p->port[i + 1], "8 101",
				    true, key_line(&p->key[i + 1], line)),
			 0);
		told(b, p, i);
	}
}

static double cpu_ms(void)
{
	struct rusage r;

	(void)getrusage(RUSAGE_SELF, &r);
	return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1e3 +
	       (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e3;
}

static void be_mediad(struct phones *p, int in, int out)
{
	struct result r;
	struct box b;
	double before;

	box_open(&b);
	b.srtp = p->key[0].suite ? SRTP_MODE_MAY : SRTP_MODE_OFF;
	CHECK_EQ(ports_range(b.ports, 20000, 30000), 0);
	must_read(in, p->port, p->n * sizeof(*p->port));
	connect_calls(&b, p);
	before = cpu_ms();
	must_write(out, p->to, p->n * sizeof(*p->to));
	must_write(out, p->ours, p->n * sizeof(*p->ours));
	must_read(in, &r, sizeof(r));
	printf("relay calls=%u packets=%llu lost=%llu "
	       "cpu_ms_per_1000=%.2f p50_us=%.0f p99_us=%.0f\n",
	       p->n / 2, (unsigned long long)r.heard,
	       (unsigned long long)(r.sent - r.heard),
	       (cpu_ms() - before) * 1000 / (double)(r.heard ? r.heard : 1),
	       r.p50_us, r.p99_us);
	box_close(&b);
}

static unsigned argument(int argc, char **argv, int i, unsigned dflt,
			 unsigned most)
{
	unsigned long v = argc > i ? strtoul(argv[i], NULL, 10) : dflt;

	return v && v <= most ? (unsigned)v : dflt;
}

static void make_keys(struct phones *p, const char *name)
{
	enum srtp_suite s = SRTP_NONE;

	while (++s < SRTP_SUITES && strcmp(suite_info(s)->name, name))
		;
	CHECK(s < SRTP_SUITES);
	for (uint32_t i = 0; i < p->n; i++) {
		sdes_make(&p->key[i], s);
		p->key[i].tag = 1;
	}
}

int main(int argc, char **argv)
{
	struct phones *p = calloc(1, sizeof(*p));
	unsigned seconds = argument(argc, argv, 2, 10, SECONDS_MAX);
	const struct rlimit files = { 65536, 65536 };
	int there[2], back[2], status;
	pid_t child;

	CHECK(p && !pipe(there) && !pipe(back));
	(void)setrlimit(RLIMIT_NOFILE, &files);
	p->n = 2 * argument(argc, argv, 1, 100, CALLS_MAX);
	if (argc > 3)
		make_keys(p, argv[3]);
	child = fork();
	CHECK(child >= 0);
	if (!child) {
		(void)close(there[1]);
		(void)close(back[0]);
		be_phones(p, there[0], back[1], seconds);
		_exit(0);
	}
	(void)close(there[0]);
	(void)close(back[1]);
	be_mediad(p, back[0], there[1]);
	CHECK_EQ(waitpid(child, &status, 0), child);
	free(p);
	return status ? 1 : 0;
}

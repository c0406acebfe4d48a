/*
 * The phones of many calls: both ends of each send a G.711 packet every 20 ms
 * to where they are told, and hear what comes. How many came, and how late?
 *
 *	rtp_load SECONDS <calls
 *
 * A line a call, both ends: ADDRESS PORT TO-ADDRESS TO-PORT, twice. The sending
 * times are spread evenly over the 20 ms, as those of real phones are. Prints
 * one line of name=value pairs.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum {
	PHONES_MAX = 2000,
	SECONDS_MAX = 60,
	HEADER = 12, /* RFC 3550 section 5.1, no CSRC */
	PAYLOAD = 160,
	PERIOD_MS = 20,
	TAIL_MS = 200, /* for what still flies */
	SAMPLES = 1 << 20,
};

struct phone {
	int fd;
	struct sockaddr_in to;
	uint16_t seq;
};

struct load {
	struct phone phones[PHONES_MAX];
	uint32_t n;
	uint64_t sent, heard;
	uint32_t *late_us;
};

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static uint64_t now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static struct sockaddr_in address(const char *host, unsigned port)
{
	struct sockaddr_in sa = { .sin_family = AF_INET,
				  .sin_port = htons((uint16_t)port) };

	if (inet_pton(AF_INET, host, &sa.sin_addr) != 1)
		die(host);
	return sa;
}

static void add_phone(struct load *l, int epoll)
{
	struct phone *p = &l->phones[l->n];
	struct epoll_event e = { .events = EPOLLIN, .data.u32 = l->n };
	char host[64], to[64];
	struct sockaddr_in sa;
	unsigned port, to_port;
	int size = 1 << 18;

	if (scanf(" %63s %5u %63s %5u", host, &port, to, &to_port) != 4)
		die("a call's line");
	sa = address(host, port);
	p->to = address(to, to_port);
	p->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	if (p->fd < 0 || bind(p->fd, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		die("socket");
	(void)setsockopt(p->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (epoll_ctl(epoll, EPOLL_CTL_ADD, p->fd, &e) < 0)
		die("epoll");
	l->n++;
}

static bool more_calls(void)
{
	int c = getchar();

	while (c == '\n' || c == ' ')
		c = getchar();
	if (c == EOF)
		return false;
	(void)ungetc(c, stdin);
	return true;
}

/* RFC 3550 section 5.1: PCMA; the payload opens with the time of sending. */
static void send_one(struct load *l, uint32_t i)
{
	struct phone *p = &l->phones[i];
	uint8_t packet[HEADER + PAYLOAD] = { 0x80, 8 };
	uint16_t seq = htons(p->seq);
	uint32_t ts = htonl(p->seq * 160u), ssrc = htonl(i + 1);
	uint64_t t = now_us();

	memcpy(packet + 2, &seq, sizeof(seq));
	memcpy(packet + 4, &ts, sizeof(ts));
	memcpy(packet + 8, &ssrc, sizeof(ssrc));
	memcpy(packet + HEADER, &t, sizeof(t));
	p->seq++;
	if (sendto(p->fd, packet, sizeof(packet), 0, (struct sockaddr *)&p->to,
		   sizeof(p->to)) > 0)
		l->sent++;
}

static void hear_one(struct load *l, int fd)
{
	uint8_t packet[2048];
	uint64_t t;

	if (recv(fd, packet, sizeof(packet), 0) != HEADER + PAYLOAD)
		return;
	memcpy(&t, packet + HEADER, sizeof(t));
	if (l->heard < SAMPLES)
		l->late_us[l->heard] = (uint32_t)(now_us() - t);
	l->heard++;
}

/* Those whose turn it is in this millisecond of the 20. */
static void send_turn(struct load *l, uint64_t tick)
{
	for (uint32_t i = tick % PERIOD_MS; i < l->n; i += PERIOD_MS)
		send_one(l, i);
}

static void run(struct load *l, int epoll, unsigned seconds)
{
	const struct itimerspec each = { { 0, 1000000 }, { 0, 1000000 } };
	int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	struct epoll_event e = { .events = EPOLLIN, .data.u32 = UINT32_MAX };
	struct epoll_event events[64];
	uint64_t tick = 0, n, end = seconds * 1000u;

	if (timer < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, timer, &e) < 0 ||
	    timerfd_settime(timer, 0, &each, NULL) < 0)
		die("timer");
	while (tick < end + TAIL_MS) {
		int got = epoll_wait(epoll, events, 64, 1000);

		for (int i = 0; i < got; i++) {
			uint32_t who = events[i].data.u32;

			if (who != UINT32_MAX) {
				hear_one(l, l->phones[who].fd);
				continue;
			}
			if (read(timer, &n, sizeof(n)) != sizeof(n))
				continue;
			for (; n > 0; n--, tick++) {
				if (tick < end)
					send_turn(l, tick);
			}
		}
	}
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void tell(const struct load *l)
{
	size_t n = l->heard < SAMPLES ? l->heard : SAMPLES;

	qsort(l->late_us, n, sizeof(*l->late_us), compare);
	printf("calls=%u sent=%llu heard=%llu p50_us=%u p99_us=%u\n", l->n / 2,
	       (unsigned long long)l->sent, (unsigned long long)l->heard,
	       n ? l->late_us[n / 2] : 0, n ? l->late_us[n * 99 / 100] : 0);
}

int main(int argc, char **argv)
{
	const struct rlimit files = { 65536, 65536 };
	struct load *l = calloc(1, sizeof(*l));
	unsigned long seconds = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
	int epoll = epoll_create1(0);

	if (!seconds || seconds > SECONDS_MAX) {
		fprintf(stderr, "usage: rtp_load SECONDS <calls (at most %d)\n",
			SECONDS_MAX);
		return 2;
	}
	(void)setrlimit(RLIMIT_NOFILE, &files);
	if (!l || epoll < 0)
		die("start");
	l->late_us = calloc(SAMPLES, sizeof(*l->late_us));
	if (!l->late_us)
		die("memory");
	while (l->n + 2 <= PHONES_MAX && more_calls()) {
		add_phone(l, epoll);
		add_phone(l, epoll);
	}
	run(l, epoll, (unsigned)seconds);
	tell(l);
	free(l->late_us);
	free(l);
	return 0;
}

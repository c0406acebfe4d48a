/* Questions to a DNS server, in a network of our own: what is asked, what comes
   of it, and servers that change while somebody asks. */
#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dns.h"

#include "check.h"

enum { SKIP = 77, LONGEST_S = 60 };

struct server {
	int fd;
	struct event *ev;
	unsigned asked;
	bool silent;
};

struct world {
	struct event_base *base;
	struct dns *dns;
	struct server one, two;
	char servers[32]; /* what lies over /etc/resolv.conf */
	unsigned answers, again;
	int err;
	char name[DNS_NAME];
};

static void say_servers(const struct world *w, const char *address)
{
	/* another time than before, whatever the clock's steps are */
	struct timespec times[2] = { { .tv_sec = w->answers + 1 },
				     { .tv_sec = w->answers + 1 } };
	FILE *f = fopen(w->servers, "we");

	CHECK(f != NULL);
	(void)fprintf(f, "nameserver %s\n", address);
	(void)fclose(f);
	CHECK_EQ(utimensat(AT_FDCWD, w->servers, times, 0), 0);
}

/* Answers every question: it is host.example's. */
static void on_question(evutil_socket_t fd, short what, void *arg)
{
	static const uint8_t record[] = "\xc0\x0c\0\x0c\0\x01\0\0\x01\x2c\0\x0e"
					"\4host\7example";
	struct sockaddr_in from;
	socklen_t from_n = sizeof(from);
	struct server *s = arg;
	uint8_t m[512];
	ssize_t n = recvfrom(fd, m, sizeof(m) - sizeof(record), 0,
			     (struct sockaddr *)&from, &from_n);
	size_t end = 12;

	(void)what;
	CHECK(n > 12);
	s->asked++;
	if (s->silent)
		return;
	while (m[end] != 0 && end < (size_t)n)
		end += m[end] + 1u;
	end += 5; /* the root, type, class */
	CHECK(end <= (size_t)n);
	m[2] = 0x81;
	m[3] = 0x80;
	memcpy(m + 4, "\0\1\0\1\0\0\0", 8);
	memcpy(m + end, record, sizeof(record));
	end += sizeof(record);
	CHECK_EQ(sendto(fd, m, end, 0, (struct sockaddr *)&from, from_n),
		 (ssize_t)end);
}

static void open_server(struct world *w, struct server *s, const char *address)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_port = htons(53) };

	CHECK_EQ(inet_pton(AF_INET, address, &at.sin_addr), 1);
	s->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	CHECK(s->fd >= 0);
	CHECK_EQ(bind(s->fd, (struct sockaddr *)&at, sizeof(at)), 0);
	s->ev = event_new(w->base, s->fd, EV_READ | EV_PERSIST, on_question, s);
	CHECK(s->ev && event_add(s->ev, NULL) == 0);
}

static void close_server(struct server *s)
{
	event_free(s->ev);
	(void)close(s->fd);
}

static void on_answer(void *ctx, const struct dns_answer *answer)
{
	struct world *w = ctx;

	w->answers++;
	w->err = answer->err;
	if (answer->n)
		memcpy(w->name, answer->records[0].name, sizeof(w->name));
	if (w->again) {
		w->again--;
		say_servers(w, "127.0.0.2");
		CHECK_EQ(dns_ask(w->dns, "1.2.0.192.in-addr.arpa", DNS_PTR,
				 on_answer, w),
			 0);
		return;
	}
	(void)event_base_loopbreak(w->base);
}

static void ask(struct world *w)
{
	CHECK_EQ(dns_ask(w->dns, "9.2.0.192.in-addr.arpa", DNS_PTR, on_answer,
			 w),
		 0);
	CHECK_EQ(event_base_dispatch(w->base), 0);
}

static void test_name(struct world *w)
{
	ask(w);
	CHECK_EQ(w->answers, 1);
	CHECK_EQ(w->err, 0);
	CHECK_STR(w->name, "host.example");
	CHECK_EQ(w->one.asked, 1);
	CHECK_EQ(w->two.asked, 0);
}

/* Who asks again from inside of his answer, when the servers have just changed,
   asks those he asked; the next question goes to the new ones. */
static void test_servers_change_in_an_answer(struct world *w)
{
	w->again = 1;
	ask(w);
	CHECK_EQ(w->answers, 3);
	CHECK_EQ(w->err, 0);
	CHECK_EQ(w->one.asked, 3);
	ask(w);
	CHECK_EQ(w->err, 0);
	CHECK_EQ(w->two.asked, 1);
}

static void test_silence(struct world *w)
{
	w->two.silent = true;
	ask(w);
	CHECK_EQ(w->err, -EAGAIN);
	CHECK_EQ(w->two.asked, 3); /* and two tries */
}

/* Nobody is called after he has gone. */
static void test_forget(struct world *w)
{
	unsigned answers = w->answers;

	CHECK_EQ(dns_ask(w->dns, "9.2.0.192.in-addr.arpa", DNS_PTR, on_answer,
			 w),
		 0);
	dns_forget(w->dns, w);
	dns_free(w->dns);
	CHECK_EQ(w->answers, answers);
}

/* False: this needs root. */
static bool enter_world(struct world *w)
{
	int fd;

	if (unshare(CLONE_NEWNET | CLONE_NEWNS) < 0 ||
	    system("ip link set lo up") != 0)
		return false;
	memcpy(w->servers, "/tmp/base-dns-XXXXXX", 21);
	fd = mkstemp(w->servers);
	CHECK(fd >= 0);
	(void)close(fd);
	CHECK_EQ(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	CHECK_EQ(mount(w->servers, "/etc/resolv.conf", NULL, MS_BIND, NULL), 0);
	return true;
}

int main(void)
{
	struct world w = { 0 };

	(void)alarm(LONGEST_S);
	if (!enter_world(&w))
		return SKIP;
	say_servers(&w, "127.0.0.1");
	w.base = event_base_new();
	CHECK(w.base != NULL);
	open_server(&w, &w.one, "127.0.0.1");
	open_server(&w, &w.two, "127.0.0.2");
	w.dns = dns_new(w.base, 100, 2);
	CHECK(w.dns != NULL);
	test_name(&w);
	test_servers_change_in_an_answer(&w);
	test_silence(&w);
	test_forget(&w);
	close_server(&w.one);
	close_server(&w.two);
	event_base_free(w.base);
	CHECK_EQ(umount("/etc/resolv.conf"), 0);
	(void)unlink(w.servers);
	return 0;
}

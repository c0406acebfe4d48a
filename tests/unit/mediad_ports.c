#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"
#include "ports.h"

/* A quiet part of the dynamic range (RFC 6335); others may hold some. */
enum { MIN = 61001, MAX = 61020 };

static void shut(const struct port_pair *p)
{
	(void)close(p->rtp);
	(void)close(p->rtcp);
}

static void pairs_are_even_and_bound(void)
{
	struct ports *p = ports_new();
	struct port_pair a;

	CHECK(p);
	CHECK_EQ(ports_range(p, MIN, MAX), 0);
	CHECK_EQ(ports_count(p), 9); /* 61002 to 61018 */
	CHECK_EQ(ports_free_count(p), 9);
	CHECK_EQ(ports_take(p, &a), 0);
	CHECK_EQ(a.port % 2, 0);
	CHECK(a.port >= MIN && a.port < MAX);
	CHECK(ports_holds(p, a.port));
	CHECK_EQ(ports_free_count(p), 8);
	shut(&a);
	ports_give(p, a.port);
	ports_give(p, a.port); /* twice is once */
	CHECK_EQ(ports_free_count(p), 9);
	ports_free(p);
}

static void the_longest_unused_comes_first(void)
{
	struct ports *p = ports_new();
	struct port_pair a, b;
	uint32_t n;

	CHECK_EQ(ports_range(p, MIN, MAX), 0);
	n = ports_count(p);
	CHECK_EQ(ports_take(p, &a), 0);
	shut(&a);
	ports_give(p, a.port);
	for (uint32_t i = 1; i < n; i++) {
		CHECK_EQ(ports_take(p, &b), 0);
		CHECK(b.port != a.port);
		shut(&b);
		ports_give(p, b.port);
	}
	CHECK_EQ(ports_take(p, &b), 0);
	CHECK_EQ(b.port, a.port);
	shut(&b);
	ports_free(p);
}

static void all_taken_is_busy(void)
{
	struct ports *p = ports_new();
	struct port_pair all[9], one;

	CHECK_EQ(ports_range(p, MIN, MAX), 0);
	for (int i = 0; i < 9; i++)
		CHECK_EQ(ports_take(p, &all[i]), 0);
	CHECK_EQ(ports_take(p, &one), -EBUSY);
	for (int i = 0; i < 9; i++)
		shut(&all[i]);
	ports_free(p);
}

static void one_that_another_holds_is_left_out(void)
{
	struct sockaddr_in sa = { .sin_family = AF_INET,
				  .sin_port = htons(MIN + 1 + 1) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct ports *p = ports_new();
	struct port_pair a;

	CHECK_EQ(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	CHECK_EQ(ports_range(p, MIN, MIN + 2), 0); /* 61002 and its odd one */
	CHECK_EQ(ports_count(p), 1);
	CHECK_EQ(ports_take(p, &a), -EBUSY);
	(void)close(fd);
	CHECK_EQ(ports_take(p, &a), 0);
	shut(&a);
	ports_free(p);
}

static void a_new_range_is_for_new_calls(void)
{
	struct ports *p = ports_new();
	struct port_pair a, b;

	CHECK_EQ(ports_range(p, MIN, MAX), 0);
	CHECK_EQ(ports_take(p, &a), 0);
	CHECK_EQ(ports_range(p, 61101, 61110), 0);
	CHECK_EQ(ports_take(p, &b), 0);
	CHECK(b.port > 61100);
	shut(&a);
	ports_give(p, a.port);
	CHECK_EQ(ports_free_count(p), ports_count(p) - 1);
	CHECK_EQ(ports_range(p, 61101, 61102), -EINVAL);
	CHECK_EQ(ports_count(p), 4);
	shut(&b);
	ports_free(p);
}

int main(void)
{
	pairs_are_even_and_bound();
	the_longest_unused_comes_first();
	all_taken_is_busy();
	one_that_another_holds_is_left_out();
	a_new_range_is_for_new_calls();
	return 0;
}

/* The log writes to descriptor 2: the test puts a pipe there for a while. */
#include <unistd.h>

#include "log.h"

#include "check.h"

static char seen[8192];

static void take(int kept, int pipe_end)
{
	ssize_t n = read(pipe_end, seen, sizeof(seen) - 1);

	(void)dup2(kept, STDERR_FILENO);
	seen[n > 0 ? n : 0] = '\0';
}

struct capture {
	int kept;
	int ends[2];
};

static void capture(struct capture *c)
{
	CHECK_EQ(pipe(c->ends), 0);
	c->kept = dup(STDERR_FILENO);
	(void)dup2(c->ends[1], STDERR_FILENO);
	close(c->ends[1]);
}

static void release(struct capture *c)
{
	/* The write end goes with the old descriptor 2, so read() ends. */
	(void)dup2(c->kept, STDERR_FILENO);
	take(c->kept, c->ends[0]);
	close(c->ends[0]);
	close(c->kept);
}

static void test_levels(void)
{
	struct capture c;

	log_open("testd", LOG_INFO);
	capture(&c);
	log_err("a %d", 1);
	log_warn("b");
	log_info("c");
	log_debug("d");
	release(&c);
	CHECK_STR(seen, "err testd: a 1\nwarn testd: b\ninfo testd: c\n");
}

static void test_one_line(void)
{
	struct capture c;

	capture(&c);
	log_info("x\ninfo testd: forged\r\x1b[2J\x7f");
	release(&c);
	CHECK_STR(seen, "info testd: x?info testd: forged??[2J?\n");
}

static void test_long_line(void)
{
	struct capture c;
	char text[5000];
	size_t n;

	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	capture(&c);
	log_info("%s", text);
	release(&c);
	n = strlen(seen);
	CHECK(n <= 1024);
	CHECK_STR(seen + n - 5, "a...\n");
}

static void test_limited(void)
{
	struct capture c;
	struct rate r;

	rate_init(&r, 2, 0);
	capture(&c);
	for (int i = 0; i < 10; i++)
		log_limited(&r, LOG_WARN, "try %d", i);
	r.level_milli = 1000;
	log_limited(&r, LOG_WARN, "last");
	release(&c);
	CHECK_STR(seen, "warn testd: try 0\nwarn testd: try 1\n"
			"warn testd: last (8 such lines kept back)\n");
}

int main(void)
{
	test_levels();
	test_one_line();
	test_long_line();
	test_limited();
	return 0;
}

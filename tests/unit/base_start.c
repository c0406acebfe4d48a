#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "start.h"

#include "check.h"

/* Runs fn in a child, for what cannot be taken back; returns its status. */
static int in_child(int (*fn)(void))
{
	int status = 0;
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (pid == 0) {
		int out = open("/dev/null", O_WRONLY);

		/* Usage lines belong to the case, not to the report. */
		(void)dup2(out, STDOUT_FILENO);
		_exit(fn());
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* The command line, as main() gets it; NULL ends it. */
static int parse(const char *first, const char *second)
{
	char name[] = "testd";
	char words[2][16] = { 0 };
	char *argv[] = { name, NULL, NULL, NULL };
	int argc = 1;
	const char *state = "unset";
	const struct start_option options[] = {
		{ "--state", "where", &state },
		{ 0 },
	};

	for (; argc < 3 && first; first = second, second = NULL) {
		snprintf(words[argc - 1], sizeof(words[0]), "%s", first);
		argv[argc] = words[argc - 1];
		argc++;
	}
	(void)close(STDERR_FILENO);
	start_options(argc, argv, options);
	return strcmp(state, "/x") == 0 ? 10 : 11;
}

static int good_option(void)
{
	return parse("--state", "/x");
}

static int no_option(void)
{
	return parse(NULL, NULL);
}

static int unknown_option(void)
{
	return parse("--stale", "/x");
}

static int no_value(void)
{
	return parse("--state", NULL);
}

static int help(void)
{
	return parse("--help", NULL);
}

static void test_options(void)
{
	CHECK_EQ(in_child(good_option), 10);
	CHECK_EQ(in_child(no_option), 11);
	CHECK_EQ(in_child(unknown_option), 2);
	CHECK_EQ(in_child(no_value), 2);
	CHECK_EQ(in_child(help), 0);
}

static uint64_t effective(void)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];

	CHECK_EQ(syscall(SYS_capget, &head, data), 0);
	return (uint64_t)data[1].effective << 32 | data[0].effective;
}

static int drops_all(void)
{
	struct rlimit core = { 1, 1 };

	CHECK_EQ(start_drop_rights(false), 0);
	CHECK_EQ(effective(), 0);
	CHECK_EQ(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1);
#ifndef __SANITIZE_ADDRESS__
	CHECK_EQ(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 0);
#endif
	CHECK_EQ(getrlimit(RLIMIT_CORE, &core), 0);
	CHECK_EQ(core.rlim_max, 0);
	CHECK_EQ(umask(0), 027);
	return 0;
}

static int keeps_net_admin(void)
{
	uint64_t before = effective();
	uint64_t wanted = UINT64_C(1) << CAP_NET_ADMIN;

	if (!(before & wanted)) {
		CHECK_EQ(start_drop_rights(true), -EPERM);
		return 0;
	}
	CHECK_EQ(start_drop_rights(true), 0);
	CHECK_EQ(effective(), wanted);
	/* What is gone stays gone. */
	CHECK_EQ(start_drop_rights(false), 0);
	CHECK_EQ(start_drop_rights(true), -EPERM);
	return 0;
}

static int closes_inherited(void)
{
	int fd = open("/dev/null", O_RDONLY);
	int high = dup2(fd, 200);

	CHECK(fd > STDERR_FILENO);
	CHECK_EQ(high, 200);
	start_close_inherited();
	CHECK_EQ(fcntl(fd, F_GETFD), -1);
	CHECK_EQ(fcntl(high, F_GETFD), -1);
	CHECK(fcntl(STDERR_FILENO, F_GETFD) >= 0);
	return 0;
}

int main(void)
{
	test_options();
	CHECK_EQ(in_child(drops_all), 0);
	CHECK_EQ(in_child(keeps_net_admin), 0);
	CHECK_EQ(in_child(closes_inherited), 0);
	return 0;
}

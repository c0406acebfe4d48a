#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox.h"

#include "check.h"

static void in_child(void (*fn)(void))
{
	int status = 0;
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (pid == 0) {
		fn();
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFEXITED(status));
	CHECK_EQ(WEXITSTATUS(status), 0);
}

static void enter(enum sandbox_sockets sockets)
{
	CHECK_EQ(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	CHECK_EQ(sandbox_enter(sockets), 0);
}

/* 0, or why there is no such socket. */
static int opens(int family, int type, int protocol)
{
	int fd = socket(family, type, protocol);

	if (fd < 0)
		return errno;
	CHECK_EQ(close(fd), 0);
	return 0;
}

static void local(void)
{
	enter(SANDBOX_LOCAL);
	CHECK_EQ(opens(AF_UNIX, SOCK_STREAM, 0), 0);
	CHECK_EQ(opens(AF_INET, SOCK_DGRAM, 0), EAFNOSUPPORT);
	CHECK_EQ(opens(AF_INET6, SOCK_STREAM, 0), EAFNOSUPPORT);
	CHECK_EQ(opens(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE), EAFNOSUPPORT);
	CHECK_EQ(opens(AF_ALG, SOCK_SEQPACKET, 0), EAFNOSUPPORT);
}

static void inet(void)
{
	enter(SANDBOX_INET);
	CHECK_EQ(opens(AF_UNIX, SOCK_DGRAM, 0), 0);
	CHECK_EQ(opens(AF_INET, SOCK_DGRAM, 0), 0);
	CHECK_EQ(opens(AF_INET6, SOCK_STREAM, 0), 0);
	CHECK_EQ(opens(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE), 0);
	CHECK_EQ(opens(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER), EAFNOSUPPORT);
	CHECK_EQ(opens(AF_PACKET, SOCK_DGRAM, 0), EAFNOSUPPORT);
	CHECK_EQ(opens(AF_ALG, SOCK_SEQPACKET, 0), EAFNOSUPPORT);
	CHECK_EQ(opens(AF_VSOCK, SOCK_STREAM, 0), EAFNOSUPPORT);
}

static void filter(void)
{
	enter(SANDBOX_FILTER);
	CHECK_EQ(opens(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE), 0);
	CHECK_EQ(opens(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER), 0);
	CHECK_EQ(opens(AF_NETLINK, SOCK_RAW, NETLINK_AUDIT), EAFNOSUPPORT);
	CHECK_EQ(opens(AF_INET, SOCK_DGRAM, 0), EAFNOSUPPORT);
}

static void no_program(void)
{
	char name[] = "/bin/true";
	char *argv[] = { name, NULL }, *none[] = { NULL };

	enter(SANDBOX_INET);
	CHECK_EQ(execve(name, argv, none), -1);
	CHECK_EQ(errno, EPERM);
}

/* As root, whom nothing else keeps from it. */
static void no_namespace(void)
{
	enter(SANDBOX_INET);
	CHECK_EQ(unshare(CLONE_NEWUSER), -1);
	CHECK_EQ(errno, EPERM);
	CHECK_EQ(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0), -1);
	CHECK_EQ(errno, EPERM);
	CHECK_EQ(syscall(SYS_clone, CLONE_NEWNET | SIGCHLD, 0, 0, 0, 0), -1);
	CHECK_EQ(errno, EPERM);
	CHECK_EQ(chroot("/"), -1);
	CHECK_EQ(errno, EPERM);
}

static void no_code(void)
{
#ifndef __SANITIZE_ADDRESS__
	const int private = MAP_PRIVATE | MAP_ANONYMOUS;
	void *page;

	enter(SANDBOX_INET);
	CHECK(mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, private, -1,
		   0) == MAP_FAILED);
	CHECK_EQ(errno, EPERM);
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, private, -1, 0);
	CHECK(page != MAP_FAILED);
	CHECK_EQ(mprotect(page, 4096, PROT_READ | PROT_EXEC), -1);
	CHECK_EQ(errno, EPERM);
	CHECK_EQ(mprotect(page, 4096, PROT_READ), 0);
	CHECK_EQ(munmap(page, 4096), 0);
	CHECK_EQ(ptrace(PTRACE_TRACEME, 0, NULL, NULL), -1);
	CHECK_EQ(errno, EPERM);
#endif
}

static void *in_thread(void *arg)
{
	*(int *)arg = opens(AF_PACKET, SOCK_DGRAM, 0);
	return NULL;
}

/* What daemons do all day goes on, in threads and in children, and those are
   inside as well. */
static void still_works(void)
{
	pthread_t thread;
	int why = 0, status = 0;
	pid_t pid;

	enter(SANDBOX_INET);
	CHECK_EQ(pthread_create(&thread, NULL, in_thread, &why), 0);
	CHECK_EQ(pthread_join(thread, NULL), 0);
	CHECK_EQ(why, EAFNOSUPPORT);
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0)
		_exit(opens(AF_PACKET, SOCK_DGRAM, 0) == EAFNOSUPPORT ? 7 : 8);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(WEXITSTATUS(status), 7);
}

int main(void)
{
	in_child(local);
	in_child(inet);
	in_child(filter);
	in_child(no_program);
	in_child(no_namespace);
	in_child(no_code);
	in_child(still_works);
	return 0;
}

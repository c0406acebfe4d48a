#include "fwd_world.h"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include "check.h"

static void run(const char *command)
{
	int status = system(command);

	if (status != 0)
		fprintf(stderr, "%s: %d\n", command, status);
	CHECK_EQ(status, 0);
}

void fwd_world_enter(int ns)
{
	CHECK_EQ(setns(ns, CLONE_NEWNET), 0);
}

static int namespace_new(void)
{
	int fd;

	if (unshare(CLONE_NEWNET) < 0)
		return -1;
	run("ip link set lo up");
	fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0);
	return fd;
}

/*
 * A link carries nothing until the kernel has found both of its ends up, and a
 * first packet waits three seconds at most for its neighbour: on a busy machine
 * either may be too long for a test's own packet.
 */
static void reach_box(void)
{
	static const char *const hosts[] = { "198.51.100.1", "10.77.0.1",
					     "2001:db8:77::1", "fd77::1",
					     "fe80::77:1%v1" };
	char command[100];

	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		snprintf(command, sizeof(command),
			 "ping -nqc 1 -w 60 %s >/dev/null", hosts[i]);
		run(command);
	}
}

int fwd_world_make(struct fwd_world *w)
{
	char command[200];

	w->peer = namespace_new();
	w->box = namespace_new();
	if (w->peer < 0 || w->box < 0)
		return -1;
	snprintf(
		command, sizeof(command),
		"ip link add v0 type veth peer name v1 netns /proc/%d/fd/%d "
		"&& ip link add w0 type veth peer name w1 netns /proc/%d/fd/%d",
		getpid(), w->peer, getpid(), w->peer);
	run(command);
	run("sysctl -qw net.ipv4.conf.all.rp_filter=0 "
	    "net.ipv4.conf.default.rp_filter=0 net.ipv4.conf.v0.rp_filter=0 "
	    "net.ipv4.conf.w0.rp_filter=0");
	run("ip address add 198.51.100.1/24 dev v0 && "
	    "ip address add 2001:db8:77::1/48 dev v0 nodad && "
	    "ip address add 10.77.0.1/24 dev w0 && "
	    "ip address add fd77::1/64 dev w0 nodad && "
	    "ip address add fe80::77:1/64 dev v0 nodad && "
	    "ip link set v0 up && ip link set w0 up");
	fwd_world_enter(w->peer);
	run("ip address add 198.51.100.2/24 dev v1 && "
	    "ip address add 198.51.100.3/24 dev v1 && "
	    "ip address add 2001:db8:77::2/48 dev v1 nodad && "
	    "ip address add 2001:db8:77::3/48 dev v1 nodad && "
	    "ip address add 2001:db8:77:9::2/48 dev v1 nodad && "
	    "ip address add 10.77.0.9/24 dev w1 && "
	    "ip address add fd77::9/64 dev w1 nodad && "
	    "ip address add fe80::77:2/64 dev v1 nodad && "
	    "ip link set v1 up && ip link set w1 up");
	reach_box();
	fwd_world_enter(w->box);
	return 0;
}

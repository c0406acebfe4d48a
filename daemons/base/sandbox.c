#include "sandbox.h"

#include <errno.h>
#include <linux/netlink.h>
#include <sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/socket.h>

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* One that this processor does not have is left out by libseccomp. */
static const int never[] = {
	/* other programs, other processes */
	SCMP_SYS(execve),
	SCMP_SYS(execveat),
	SCMP_SYS(process_vm_readv),
	SCMP_SYS(process_vm_writev),
	SCMP_SYS(process_madvise),
	SCMP_SYS(pidfd_getfd),
	SCMP_SYS(kcmp),
	/* other views of the machine */
	SCMP_SYS(unshare),
	SCMP_SYS(setns),
	SCMP_SYS(chroot),
	SCMP_SYS(pivot_root),
	SCMP_SYS(mount),
	SCMP_SYS(umount2),
	SCMP_SYS(mount_setattr),
	SCMP_SYS(move_mount),
	SCMP_SYS(open_tree),
	SCMP_SYS(fsopen),
	SCMP_SYS(fsconfig),
	SCMP_SYS(fsmount),
	SCMP_SYS(fspick),
	SCMP_SYS(open_by_handle_at),
	/* where the kernel's faults are found */
	SCMP_SYS(bpf),
	SCMP_SYS(perf_event_open),
	SCMP_SYS(userfaultfd),
	SCMP_SYS(io_uring_setup),
	SCMP_SYS(io_uring_enter),
	SCMP_SYS(io_uring_register),
	SCMP_SYS(add_key),
	SCMP_SYS(request_key),
	SCMP_SYS(keyctl),
	SCMP_SYS(modify_ldt),
	SCMP_SYS(personality),
	SCMP_SYS(vmsplice),
	/* the machine itself */
	SCMP_SYS(init_module),
	SCMP_SYS(finit_module),
	SCMP_SYS(delete_module),
	SCMP_SYS(kexec_load),
	SCMP_SYS(kexec_file_load),
	SCMP_SYS(reboot),
	SCMP_SYS(swapon),
	SCMP_SYS(swapoff),
	SCMP_SYS(syslog),
	SCMP_SYS(settimeofday),
	SCMP_SYS(clock_settime),
	SCMP_SYS(acct),
	SCMP_SYS(quotactl),
};

static int refuse_calls(scmp_filter_ctx f)
{
	for (size_t i = 0; i < COUNT(never); i++) {
		int err =
			seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), never[i], 0);

		if (err)
			return err;
	}
	/* Its flags lie in memory, where no filter looks: glibc takes the older
	   call when there is no such one. */
	return seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
}

static int refuse_namespaces(scmp_filter_ctx f)
{
	static const uint64_t flags[] = {
		CLONE_NEWUSER, CLONE_NEWNS,  CLONE_NEWNET,    CLONE_NEWPID,
		CLONE_NEWIPC,  CLONE_NEWUTS, CLONE_NEWCGROUP,
	};

	for (size_t i = 0; i < COUNT(flags); i++) {
		int err = seccomp_rule_add(
			f, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
			SCMP_A0(SCMP_CMP_MASKED_EQ, flags[i], flags[i]));

		if (err)
			return err;
	}
	return 0;
}

/* Memory is for data or for code that came from a file, never for both. */
static int refuse_making_code(scmp_filter_ctx f)
{
#ifdef __SANITIZE_ADDRESS__
	(void)f;
	return 0;
#else
	const uint64_t both = PROT_WRITE | PROT_EXEC;
	int err =
		seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(ptrace), 0);

	if (!err)
		err = seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(mmap),
				       1,
				       SCMP_A2(SCMP_CMP_MASKED_EQ, both, both));
	if (!err)
		err = seccomp_rule_add(
			f, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(mprotect), 1,
			SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC));
	if (!err)
		err = seccomp_rule_add(
			f, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(pkey_mprotect), 1,
			SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC));
	return err;
#endif
}

/* Rules of one call are joined by "or": each family that is not allowed is
   named, and what is above the last one that may be is compared. */
static int refuse_sockets(scmp_filter_ctx f, enum sandbox_sockets sockets)
{
	const uint32_t no = SCMP_ACT_ERRNO(EAFNOSUPPORT);
	int err = 0;

	for (unsigned family = 0; family <= AF_NETLINK && !err; family++) {
		if (family == AF_UNIX ||
		    (sockets == SANDBOX_INET &&
		     (family == AF_INET || family == AF_INET6)) ||
		    (sockets != SANDBOX_LOCAL && family == AF_NETLINK))
			continue;
		err = seccomp_rule_add(f, no, SCMP_SYS(socket), 1,
				       SCMP_A0(SCMP_CMP_EQ, family));
	}
	if (!err)
		err = seccomp_rule_add(f, no, SCMP_SYS(socket), 1,
				       SCMP_A0(SCMP_CMP_GT, AF_NETLINK));
	/* Of netlink's many: routes, and for fwd the packet filter. */
	for (unsigned proto = 1; proto < MAX_LINKS && !err; proto++) {
		if (sockets == SANDBOX_LOCAL ||
		    (sockets == SANDBOX_FILTER && proto == NETLINK_NETFILTER))
			continue;
		err = seccomp_rule_add(f, no, SCMP_SYS(socket), 2,
				       SCMP_A0(SCMP_CMP_EQ, AF_NETLINK),
				       SCMP_A2(SCMP_CMP_EQ, proto));
	}
	return err;
}

int sandbox_enter(enum sandbox_sockets sockets)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_ALLOW);
	int err;

	if (!f)
		return -ENOMEM;
	/* Setting it is start_drop_rights()'s, and it has been done. */
	err = seccomp_attr_set(f, SCMP_FLTATR_CTL_NNP, 0);
	if (!err)
		err = refuse_calls(f);
	if (!err)
		err = refuse_namespaces(f);
	if (!err)
		err = refuse_making_code(f);
	if (!err)
		err = refuse_sockets(f, sockets);
	if (!err)
		err = seccomp_load(f);
	seccomp_release(f);
	return err;
}

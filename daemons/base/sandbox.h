/*
 * The system calls that no daemon of ours has a use for, and the kinds of
 * sockets that this one has none for, are refused by the kernel from now on
 * (seccomp): who takes a daemon over runs no program, makes no code, opens no
 * namespace, and reaches none of the kernel's seldom used parts.
 */
#pragma once

enum sandbox_sockets {
	SANDBOX_LOCAL,  /* of this machine: AF_UNIX alone */
	SANDBOX_INET,   /* and IPv4, IPv6, asking for routes */
	SANDBOX_FILTER, /* and the packet filter, but no network */
};

/*
 * For this thread and those it makes; there is no way back. Needs no_new_privs
 * (start_drop_rights). What is refused fails with EPERM, a socket with
 * EAFNOSUPPORT. Builds with sanitizers may trace and map code: LeakSanitizer
 * does. Returns 0 or a negative errno.
 */
int sandbox_enter(enum sandbox_sockets sockets);

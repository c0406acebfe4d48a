/*
 * One line of sshd's log: does it tell of a try, by whom, from where. Pure.
 *
 * Names and versions in it are the attacker's own words: a user may be called
 * "x from 192.0.2.1 port 22 ssh2". What sshd itself says stands in front of
 * them (the time, the host, "sshd[123]:", the kind of message) and behind them
 * (address and port): so a line is read from both ends towards the middle, and
 * what stands there is shown but never believed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"

enum { SSH_LINE_MAX = 1024 };

enum ssh_what {
	SSH_NOTHING,
	SSH_FAILED,  /* a password was refused */
	SSH_UNKNOWN, /* a name that does not exist; its first refusal follows,
			or the peer gives up */
	SSH_LEFT,    /* gave up before it was let in */
	SSH_KNOCK,   /* does not speak SSH: a scanner */
	SSH_LET_IN,  /* no try: a password or a key was right */
};

struct ssh_line {
	enum ssh_what what;
	struct addr source;
	uint16_t port;
	uint32_t times; /* "message repeated 3 times" */
	char user[65];  /* clean text; "" when none was told */
};

/*
 * Reads `n` bytes without the line's end: "Nov 28 00:12:23 host sshd[12]: ..."
 * or "2026-11-28T00:12:23+0000 host sshd[12]: ...". Whatever is no try by a
 * stranger is SSH_NOTHING.
 */
void ssh_line_parse(struct ssh_line *out, const char *line, size_t n);

/*
 * sshd says more than once that a connection failed: that the name is unknown,
 * that the password was refused, that the peer left. What is one try is counted
 * once: the last connections are remembered by address and port. Pure.
 */
#pragma once

#include "ssh_line.h"

enum { SSH_FLOWS = 256 };

struct ssh_flow {
	struct addr source; /* family 0: none */
	uint16_t port;
	bool ahead; /* its next refusal has been counted already */
};

struct ssh_flows {
	struct ssh_flow ring[SSH_FLOWS];
	size_t next;
};

/* How many tries this line adds. */
uint32_t ssh_flows_tries(struct ssh_flows *f, const struct ssh_line *line);

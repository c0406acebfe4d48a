/*
 * What sshd logs, as it comes: a pipe that somebody with the right to read the
 * log fills (rootfs/sshlog); guardd itself may read no file of the system.
 */
#pragma once

#include "guardd.h"

struct ssh_log;

/* NULL and one line in why. The pipe is a FIFO that guardd may read and write,
   so that it never ends and keeps what comes while guardd is away. */
struct ssh_log *ssh_log_open(struct guardd *d, const char *path, char *why,
			     size_t why_size);
void ssh_log_close(struct ssh_log *log);

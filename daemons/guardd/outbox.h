/*
 * Mails on their way out: files in a folder from which somebody with the right
 * to do so hands them to the box's mail system (rootfs/helpers). guardd has no
 * network and may not run a program with other rights.
 *
 *   NUMBER.mail   whole; taken away when it was handed over
 *   wake          a pipe: one byte when there is a new one
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { OUTBOX_MAX = 100 };

/* 0, or a negative errno: -ENOSPC, there are OUTBOX_MAX already. */
int outbox_put(const char *dir, const char *text, uint64_t number);

/*
 * The first lines of every daemon: options, and the rights it gives up. What
 * needs the bus or the store is ipc/service.h's.
 */
#pragma once

#include <stdbool.h>

#include "log.h"

struct start_option {
	const char *name; /* "--port" */
	const char *help;
	const char **value; /* set to the argument */
};

/*
 * Reads options of the form "--name VALUE". "--help" prints and exits 0. A
 * wrong one prints one line that says what to do and exits 2.
 */
void start_options(int argc, char **argv, const struct start_option *options);

/*
 * No new privileges, no core files, not dumpable, umask 027, no inherited
 * descriptors above 2. `keep_net_admin` keeps that capability (fwd), all
 * others go. Returns 0 or a negative errno.
 */
int start_drop_rights(bool keep_net_admin);

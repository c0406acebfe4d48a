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
 * Reads options of the form "--name VALUE"; `options` ends with a NULL name.
 * "--help" prints and exits 0. A wrong one prints one line that says what to
 * do and exits 2. The values point into argv.
 */
void start_options(int argc, char **argv, const struct start_option *options);

/* Closes the descriptors above 2 that the parent left open. Call it first. */
void start_close_inherited(void);

/*
 * No new privileges, no core files, not dumpable (a build with sanitizers is,
 * so that it can report leaks at its end), umask 027, no capabilities;
 * `keep_net_admin` keeps that one (fwd). What is open stays open. Returns 0 or
 * a negative errno: -EPERM when the capability to keep is not there.
 */
int start_drop_rights(bool keep_net_admin);

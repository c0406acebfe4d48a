/*
 * fwd as a whole in a test's process: on a bus of the test's own, in a network
 * namespace of its own. Needs root.
 */
#pragma once

#include "bus_world.h"
#include "service.h"

struct store;

struct fwd_host {
	struct bus_world bus;
	struct service service;
	struct bus *asker; /* guardd's connection */
};

/* -1: may not make a namespace. */
int fwd_host_start(struct fwd_host *w);
void fwd_host_stop(struct fwd_host *w);

/* One life of fwd; what it wrote stays for the next. */
void fwd_begins(struct fwd_host *w);
void fwd_ends(struct fwd_host *w);

/* The store of a daemon, by its name. */
struct store *fwd_host_store(struct fwd_host *w, const char *daemon);
void fwd_host_run(const char *command);

/*
 * What every daemon is: an event loop, a bus connection, a store, signals.
 *
 *	int main(int argc, char **argv)
 *	{
 *		return service_main(argc, argv, &(struct service_def){
 *			.name = "routed", .bus_name = "org.sallyport.Route",
 *			.start = routed_start, .stop = routed_stop });
 *	}
 *
 * Options: --state DIR (own truth), --run DIR (views and sockets of all),
 * --bus ADDRESS, --log err|warn|info|debug, and the daemon's own.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "sandbox.h"
#include "start.h"

struct bus;
struct event_base;
struct seal;
struct store;

struct service {
	struct event_base *base;
	struct bus *bus;
	struct store *store;
	struct seal *seal;
	const char *state_dir;
	const char *run_dir;
	const struct start_option *options; /* the definition's, filled in */
	void *daemon; /* the daemon's own context, set by start() */
};

struct service_def {
	const char *name;
	const char *bus_name;
	const struct start_option *options; /* the daemon's own, or NULL */
	size_t truth_max;                   /* 0: 1 GiB */
	bool keep_net_admin;
	enum sandbox_sockets sockets; /* the only ones it may open */
	/* Builds the daemon. 0, or negative and one line in why: exit 1. After
	   it the bus name is taken. */
	int (*start)(struct service *s, char *why, size_t why_size);
	/* SIGTERM, SIGINT: end cleanly, free everything. Also called when
	   start() failed and left s->daemon set. */
	void (*stop)(struct service *s);
};

/* Returns main()'s exit status: 0, 1 (cannot start), 2 (wrong option). */
int service_main(int argc, char **argv, const struct service_def *def);

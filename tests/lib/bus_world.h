/*
 * Two daemons in one test process, on a bus of its own: routed, which serves
 * org.sallyport.Route1, and sipd, which asks it.
 */
#pragma once

#include <stdbool.h>

#include "bus_fixture.h"

struct bus;
struct event_base;

struct bus_world {
	struct bus_fixture fixture;
	struct event_base *base;
	struct bus *routed;
	struct bus *sipd;
};

/* run_dir: with direct connections. Both have their names when it returns. */
void bus_world_start(struct bus_world *w, bool run_dir);
void bus_world_stop(struct bus_world *w);

/* One more bus of this world; name NULL: it takes none. */
struct bus *bus_world_open(struct bus_world *w, const char *daemon,
			   const char *name, bool run_dir);

/* Turns the loop for a round trip of each: what was on its way has come. */
void bus_world_settle(struct bus_world *w, struct bus *bus);

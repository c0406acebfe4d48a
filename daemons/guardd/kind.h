/*
 * What may be reported, by whom, and what an incident of it is: a row a kind.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "records.h"

struct kind {
	enum incident_kind incident;
	enum incident_level level; /* unless the report says another */
	/* A stranger at a service: counted, answered or dropped. Else it
	   happened in the house: noted, and no one is banned for it. */
	bool stranger;
	const char *from[3]; /* the daemons that see such things */
};

/* The row of a kind; every kind of a checked report has one. */
const struct kind *kind_of(enum report_kind kind);

/*
 * May this caller report it? Administrators' scripts may report anything; a
 * daemon that was taken over cannot have people banned in the name of others,
 * nor from a door that is not its own.
 */
bool kind_may(const struct report *r, const char *actor);

enum incident_level kind_level(const struct report *r);

/* The daemon: its tables, the plan compiled from them, the books. */
#pragma once

#include "books.h"
#include "brake_desk.h"
#include "kill_switch.h"
#include "pin_desk.h"
#include "plan.h"
#include "service.h"

struct table;
struct watch;

/* The configuration that routed owns. */
enum routed_table {
	ROUTED_SETTINGS,
	ROUTED_PROFILES,
	ROUTED_EMERGENCIES,
	ROUTED_DIAL_PLANS,
	ROUTED_DIAL_RULES,
	ROUTED_PIN_SETS,
	ROUTED_PINS,
	ROUTED_TIME_RULES,
	ROUTED_HOLIDAYS,
	ROUTED_INBOUND_RULES,
	ROUTED_CREDITS,
	ROUTED_RATES,
	ROUTED_BRAKES,
	ROUTED_N_TABLES,
};

struct routed {
	struct service *service;
	struct table *tables[ROUTED_N_TABLES];
	struct watch *extensions; /* sipd's */
	struct watch *trunks;     /* sipd's */
	struct plan *plan;        /* of what was so; ask routed_plan() */
	bool stale;               /* something has changed since */
	struct books *books;
	struct retention *retention;
	struct cdr_searches *searches;
	struct rate_import *rate_import;
	struct pin_desk *pins;
	struct brake_desk *brakes;
	struct kill_switch *kill_switch;
};

/* Something that a plan is made of has changed. Many changes in a row cost
   nothing until somebody asks. */
void routed_changed(struct routed *r);

/*
 * The plan of what is so now; compiled when needed. For want of memory it is
 * the one before, and a line is logged; never NULL after the start.
 */
const struct plan *routed_plan(struct routed *r);

/* What was used so far, for decisions. */
struct plan_usage routed_usage(struct routed *r);

/* Gives the books their limits, prices and settings as they are now. */
void routed_configure_books(struct routed *r);

/* What was used so far, for decisions. */
struct plan_usage routed_usage(struct routed *r);

/* Exports org.sallyport.Route1. Returns 0 or a negative errno. */
int routed_bus_open(struct routed *r);

/* The daemon: its tables, the plan compiled from them, the books. */
#pragma once

#include "books.h"
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
	struct plan *plan;        /* never NULL after the start */
	struct books *books;
};

/* Compiles a new plan from what is so now. On want of memory the old one
   stays in force, and a line is logged. */
void routed_compile(struct routed *r);

/* Exports org.sallyport.Route1. Returns 0 or a negative errno. */
int routed_bus_open(struct routed *r);

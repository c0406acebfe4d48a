/* The daemon: everything hangs from here. Made in main(), ended there. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "records.h"
#include "service.h"

#include "gate.h"

struct bans;
struct calls;
struct extensions;
struct gate;
struct live;
struct networks;
struct registrar;
struct sofia;
struct table;
struct trunks;

struct sipd {
	struct service *service;
	struct table *settings_table;
	struct sip_settings settings; /* what is in force */
	struct extensions *extensions;
	struct networks *networks;
	struct bans *bans;
	struct sofia *sofia;
	struct live *bindings;
	struct registrar *registrar;
	struct trunks *trunks;
	struct gate *gate;
	struct calls *calls;
};

/* The service's start and stop functions. `bind`: addresses to listen on
   (separated by commas), NULL for all of the box. */
int sipd_start(struct service *s, const char *bind, char *why, size_t why_size);
void sipd_stop(struct service *s);

/* Exports org.sallyport.Sip1 and follows the bans. Returns 0 or a negative
   errno. */
int sipd_bus_open(struct sipd *d);

/* gate_ops.report and registrar_config.fact. */
struct report;
int sipd_bus_report(void *ctx, const struct report *report,
		    gate_reported_fn done, void *done_ctx);
void sipd_bus_fact(void *ctx, const struct binding_fact *fact);

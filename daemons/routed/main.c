/* routed decides calls and keeps their books; it has no network. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "brake_first.h"
#include "bus.h"
#include "cdr_search.h"
#include "checks.h"
#include "log.h"
#include "rate_import.h"
#include "report.h"
#include "retention.h"
#include "route_bus.h"
#include "routed.h"
#include "table.h"
#include "watch.h"

/* The next question finds a new plan. */
static void on_row(void *ctx, struct table_change *change, const void *old,
		   const void *row)
{
	(void)old;
	(void)row;
	routed_changed(ctx);
	table_change_done(change, NULL);
}

/* Limits and prices are the books' alone. */
static void on_books_row(void *ctx, struct table_change *change,
			 const void *old, const void *row)
{
	(void)old;
	(void)row;
	if (!table_change_more(change))
		routed_configure_books(ctx);
	table_change_done(change, NULL);
}

static void on_imported(void *ctx)
{
	routed_configure_books(ctx);
}

static void on_settings(void *ctx, struct table_change *change, const void *old,
			const void *row)
{
	const struct route_settings *now = row;
	struct routed *r = ctx;

	routed_configure_books(r);
	kill_switch_set(r->kill_switch, now && now->kill_switch,
			table_change_actor(change));
	on_row(ctx, change, old, row);
}

static bool is_night(void *ctx, uint64_t now_ms)
{
	return plan_is_night(routed_plan(ctx), now_ms);
}

static bool is_holiday(void *ctx, uint64_t now_ms)
{
	return plan_is_holiday(routed_plan(ctx), now_ms);
}

static void on_pin_report(void *ctx, bool locked, const char *extension,
			  const char *source, const char *detail)
{
	const struct routed *r = ctx;

	report_send(r->service->bus,
		    locked ? REPORT_KIND_PIN_LOCK : REPORT_KIND_PIN, extension,
		    source, detail);
}

static void on_alarm(void *ctx, const char *account, const char *detail)
{
	const struct routed *r = ctx;

	report_send(r->service->bus, REPORT_KIND_ALARM, account, "", detail);
}

static void on_bound(void *ctx, const char *call)
{
	const struct routed *r = ctx;
	struct instruct in;

	record_init(&instruct_record, &in);
	(void)snprintf(in.call, sizeof(in.call), "%s", call);
	in.action = INSTRUCT_ACTION_RENEW;
	if (bus_emit(r->service->bus, &route_iface, ROUTE_SIG_INSTRUCT, &in) <
	    0)
		log_warn("call %s: no memory to have it ask for a slice: again "
			 "in a few seconds",
			 call);
}

static void on_watched(void *ctx)
{
	routed_changed(ctx);
}

static const struct {
	const struct record *record;
	struct table_ops ops;
} tables[ROUTED_N_TABLES] = {
	[ROUTED_SETTINGS] = { &route_settings_record,
			      { checks_settings, .apply = on_settings } },
	[ROUTED_PROFILES] = { &call_profile_record, { .apply = on_row } },
	[ROUTED_EMERGENCIES] = { &emergency_record,
				 { checks_emergency, .apply = on_row } },
	[ROUTED_DIAL_PLANS] = { &dial_plan_record,
				{ checks_dial_plan, .apply = on_row } },
	[ROUTED_DIAL_RULES] = { &dial_rule_record,
				{ checks_dial_rule, .apply = on_row } },
	[ROUTED_PIN_SETS] = { &pin_set_record, { .apply = on_row } },
	[ROUTED_PINS] = { &pin_record, { checks_pin, .apply = on_row } },
	[ROUTED_TIME_RULES] = { &time_rule_record,
				{ checks_time_rule, .apply = on_row } },
	[ROUTED_HOLIDAYS] = { &holiday_record,
			      { checks_holiday, .apply = on_row } },
	[ROUTED_INBOUND_RULES] = { &inbound_rule_record,
				   { checks_inbound_rule, .apply = on_row } },
	[ROUTED_CREDITS] = { &credit_record,
			     { checks_credit, .apply = on_books_row } },
	[ROUTED_RATES] = { &call_rate_record,
			   { checks_rate, .apply = on_books_row } },
	[ROUTED_BRAKES] = { &brake_record, { checks_brake, .apply = on_row } },
};

static int open_tables(struct routed *r, char *why, size_t why_size)
{
	struct table_config config = {
		.ctx = r,
		.bus = r->service->bus,
		.store = r->service->store,
		.seal = r->service->seal,
		.run_dir = r->service->run_dir,
	};

	for (size_t i = 0; i < ROUTED_N_TABLES; i++) {
		config.record = tables[i].record;
		config.ops = &tables[i].ops;
		r->tables[i] = table_open(&config, why, why_size);
		if (!r->tables[i])
			return -EIO;
	}
	return 0;
}

/* A new box knows the two numbers that work in most of the world, and what is
   not usual. */
static void first_start(struct routed *r)
{
	static const char *const numbers[] = { "112", "911" };

	struct table *t = r->tables[ROUTED_EMERGENCIES];

	if (table_seq(t))
		return;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		struct emergency e;

		record_init(&emergency_record, &e);
		snprintf(e.number, sizeof(e.number), "%s", numbers[i]);
		if (table_put(t, "routed", e.number, &e, NULL, NULL))
			log_err("emergency number %s could not be kept",
				numbers[i]);
	}
	brake_first(r->tables[ROUTED_BRAKES]);
}

/* They ask the books which calls go on. */
static int open_brakes(struct routed *r)
{
	struct service *s = r->service;

	r->brakes = brake_desk_new(&(struct brake_desk_config){
		.base = s->base,
		.bus = s->bus,
		.store = s->store,
		.books = r->books,
		.when = { is_night, is_holiday, r },
	});
	r->kill_switch = kill_switch_new(s->base, s->bus, r->books);
	return r->brakes && r->kill_switch ? 0 : -ENOMEM;
}

/* It was thrown when we ended: it still is. */
static void take_kill_switch(struct routed *r)
{
	const struct route_settings *s =
		table_get(r->tables[ROUTED_SETTINGS], "general");

	kill_switch_set(r->kill_switch, s && s->kill_switch, NULL);
}

static void stop(struct service *s)
{
	struct routed *r = s->daemon;

	if (!r)
		return;
	watch_close(r->extensions);
	watch_close(r->trunks);
	for (size_t i = 0; i < ROUTED_N_TABLES; i++)
		table_close(r->tables[i]);
	plan_free(r->plan);
	kill_switch_free(r->kill_switch);
	brake_desk_free(r->brakes);
	books_free(r->books);
	cdr_searches_free(r->searches);
	rate_import_free(r->rate_import);
	retention_free(r->retention);
	pin_desk_free(r->pins);
	free(r);
	s->daemon = NULL;
}

static int start(struct service *s, char *why, size_t why_size)
{
	struct routed *r = calloc(1, sizeof(*r));

	snprintf(why, why_size, "not enough memory");
	if (!r)
		return -ENOMEM;
	s->daemon = r;
	r->service = s;
	if (open_tables(r, why, why_size))
		return -EIO;
	r->books = books_new(&(struct books_config){
		.base = s->base,
		.store = s->store,
		.bus = s->bus,
		.run_dir = s->run_dir,
		.alarm = on_alarm,
		.bound = on_bound,
		.ctx = r,
	});
	r->pins = pin_desk_new(&(struct pin_desk_config){
		.base = s->base,
		.bus = s->bus,
		.store = s->store,
		.report = on_pin_report,
		.ctx = r,
	});
	r->retention = retention_new(s->base, s->store);
	r->searches = cdr_searches_new(s->base, s->store);
	r->rate_import = rate_import_new(s->base, r->tables[ROUTED_RATES],
					 on_imported, r);
	r->extensions = watch_open(s->bus, s->run_dir, &extension_record,
				   on_watched, r);
	r->trunks =
		watch_open(s->bus, s->run_dir, &trunk_record, on_watched, r);
	if (!r->books || !r->retention || !r->searches || !r->rate_import ||
	    !r->pins || !r->extensions || !r->trunks || open_brakes(r))
		return -ENOMEM;
	routed_configure_books(r);
	routed_changed(r);
	if (!routed_plan(r) || routed_bus_open(r))
		return -ENOMEM;
	first_start(r);
	take_kill_switch(r);
	return 0;
}

int main(int argc, char **argv)
{
	return service_main(argc, argv,
			    &(struct service_def){
				    .name = "routed",
				    .bus_name = "org.sallyport.Route",
				    .truth_max = (size_t)4 << 30,
				    .start = start,
				    .stop = stop,
			    });
}

#include "routed.h"

#include "build_date.h"
#include "log.h"
#include "retention.h"
#include "table.h"
#include "watch.h"

static const void *row_of_table(const void *from, size_t i)
{
	return table_at(from, i);
}

static const void *row_of_watch(const void *from, size_t i)
{
	return watch_at(from, i);
}

static struct plan_rows rows_of(const struct routed *r, enum routed_table which)
{
	const struct table *t = r->tables[which];

	return (struct plan_rows){ row_of_table, t, table_count(t) };
}

static void configure_brakes(struct routed *r)
{
	const struct plan_rows rows = rows_of(r, ROUTED_BRAKES);
	const struct route_settings *s =
		table_get(r->tables[ROUTED_SETTINGS], "general");

	brake_desk_rows(r->brakes, &rows, s ? s->country : "");
}

static void compile(struct routed *r)
{
	struct plan_input input = {
		.extensions = { row_of_watch, r->extensions,
				watch_count(r->extensions) },
		.trunks = { row_of_watch, r->trunks, watch_count(r->trunks) },
		.profiles = rows_of(r, ROUTED_PROFILES),
		.settings = rows_of(r, ROUTED_SETTINGS),
		.emergencies = rows_of(r, ROUTED_EMERGENCIES),
		.dial_plans = rows_of(r, ROUTED_DIAL_PLANS),
		.dial_rules = rows_of(r, ROUTED_DIAL_RULES),
		.inbound_rules = rows_of(r, ROUTED_INBOUND_RULES),
		.pin_sets = rows_of(r, ROUTED_PIN_SETS),
		.pins = rows_of(r, ROUTED_PINS),
		.time_rules = rows_of(r, ROUTED_TIME_RULES),
		.holidays = rows_of(r, ROUTED_HOLIDAYS),
		.clock_from_ms = BUILD_S * 1000ULL,
	};
	struct plan *p = plan_new(&input);

	if (!p) {
		log_err("no memory for a new plan: the old one stays in force");
		return;
	}
	plan_free(r->plan);
	r->plan = p;
	r->stale = false;
	configure_brakes(r);
	log_debug("plan: %zu extensions", input.extensions.n);
}

void routed_changed(struct routed *r)
{
	r->stale = true;
}

const struct plan *routed_plan(struct routed *r)
{
	if (r->stale)
		compile(r);
	return r->plan;
}

void routed_configure_books(struct routed *r)
{
	const struct route_settings *settings =
		table_get(r->tables[ROUTED_SETTINGS], "general");

	books_configure(r->books, &(struct books_rows){
					  .credits = rows_of(r, ROUTED_CREDITS),
					  .rates = rows_of(r, ROUTED_RATES),
				  });
	retention_set(r->retention, settings->records_most,
		      settings->records_days);
}

static uint32_t usage_calls(void *ctx, enum usage_of of, const char *who)
{
	struct routed *r = ctx;

	return books_calls(r->books, of, who);
}

static bool usage_credit(void *ctx, const struct plan_call *call,
			 struct usage_credit *out)
{
	struct routed *r = ctx;

	return books_credit(r->books, call, out);
}

static bool usage_locked(void *ctx, const struct plan_call *call, char why[121])
{
	struct routed *r = ctx;

	return pin_desk_locked(r->pins, call, why);
}

static bool usage_mute(void *ctx, const struct plan_call *call)
{
	struct routed *r = ctx;

	return pin_desk_mute(r->pins, call);
}

static enum usage_brake usage_brake(void *ctx, const struct plan_call *call,
				    struct usage_brake_why *why)
{
	struct routed *r = ctx;

	return brake_desk_ask(r->brakes, call, why);
}

struct plan_usage routed_usage(struct routed *r)
{
	return (struct plan_usage){
		.ctx = r,
		.calls = usage_calls,
		.credit = usage_credit,
		.brake = usage_brake,
		.locked = usage_locked,
		.mute = usage_mute,
	};
}

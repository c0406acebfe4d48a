#include "routed.h"

#include "log.h"
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

void routed_compile(struct routed *r)
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
	};
	struct plan *p = plan_new(&input);

	if (!p) {
		log_err("no memory for a new plan: the old one stays in force");
		return;
	}
	plan_free(r->plan);
	r->plan = p;
	log_debug("plan: %zu extensions", input.extensions.n);
}

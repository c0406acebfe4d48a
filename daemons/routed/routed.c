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

void routed_compile(struct routed *r)
{
	struct plan_input input = {
		.extensions = { row_of_watch, r->extensions,
				watch_count(r->extensions) },
		.profiles = { row_of_table, r->profiles,
			      table_count(r->profiles) },
		.emergencies = { row_of_table, r->emergencies,
				 table_count(r->emergencies) },
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

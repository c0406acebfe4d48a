#include "checks.h"

#include "brake.h"
#include "caps.h"
#include "feature.h"
#include "pin_table.h"
#include "rates.h"
#include "routed.h"
#include "row_check.h"
#include "watch.h"

int checks_settings(void *ctx, const void *old, void *row, bool force,
		    struct issue *issue)
{
	(void)ctx;
	(void)old;
	(void)force;
	return check_settings(row, issue);
}

int checks_dial_plan(void *ctx, const void *old, void *row, bool force,
		     struct issue *issue)
{
	(void)ctx;
	(void)old;
	(void)force;
	return check_dial_plan(row, issue);
}

int checks_dial_rule(void *ctx, const void *old, void *row, bool force,
		     struct issue *issue)
{
	(void)ctx;
	(void)old;
	(void)force;
	return check_dial_rule(row, issue);
}

int checks_time_rule(void *ctx, const void *old, void *row, bool force,
		     struct issue *issue)
{
	(void)ctx;
	(void)old;
	(void)force;
	return check_time_rule(row, issue);
}

int checks_holiday(void *ctx, const void *old, void *row, bool force,
		   struct issue *issue)
{
	(void)ctx;
	(void)old;
	(void)force;
	return check_holiday(row, issue);
}

int checks_credit(void *ctx, const void *old, void *row, bool force,
		  struct issue *issue)
{
	(void)ctx;
	(void)old;
	(void)force;
	return caps_check(row, issue);
}

int checks_rate(void *ctx, const void *old, void *row, bool force,
		struct issue *issue)
{
	const struct call_rate *rate = row;

	(void)ctx;
	(void)old;
	(void)force;
	return rates_check_id(rate->id, issue);
}

int checks_inbound_rule(void *ctx, const void *old, void *row, bool force,
			struct issue *issue)
{
	(void)ctx;
	(void)old;
	(void)force;
	return check_inbound_rule(row, issue);
}

/* sipd refuses an extension that an emergency number hides; here it is the
   other way round. */
int checks_emergency(void *ctx, const void *old, void *row, bool force,
		     struct issue *issue)
{
	const struct emergency *e = row;
	const struct routed *r = ctx;

	if (old || force)
		return 0;
	if (feature_find(e->number))
		return issue_set(issue, "number",
				 "%s is a feature code, which nobody could "
				 "reach any more",
				 e->number);
	if (!r->extensions || !watch_get(r->extensions, e->number))
		return 0;
	return issue_set(issue, "number",
			 "extension %s could not be called any more: give it "
			 "another number first",
			 e->number);
}

int checks_pin(void *ctx, const void *old, void *row, bool force,
	       struct issue *issue)
{
	const struct routed *r = ctx;

	return pin_table_check(r->tables[ROUTED_PINS], old, row, force, issue);
}

int checks_brake(void *ctx, const void *old, void *row, bool force,
		 struct issue *issue)
{
	(void)ctx;
	(void)old;
	(void)force;
	return brake_check(row, issue);
}

#include "bus_plan.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "budget.h"
#include "bus.h"
#include "clock.h"
#include "exposure.h"
#include "moment.h"
#include "risk.h"
#include "routed.h"
#include "row_check.h"
#include "shadow.h"

#define TIME_WRONG "time: write now, or 2026-12-24T18:00"

/* --- explain --- */

static void on_line(void *ctx, const struct explain_line *line)
{
	bus_reply_row(ctx, line);
}

/* Decides as if this were asked, and answers with the trace. */
static void explain(struct routed *r, struct bus_req *req,
		    const struct ask *ask, const char *time)
{
	struct plan_trace trace = { .line = on_line, .ctx = req };
	struct plan_usage usage = routed_usage(r);
	struct plan_question q = { .ask = ask,
				   .trace = &trace,
				   .usage = &usage,
				   .suppose_pin = true };
	struct plan_choice choice;
	struct verdict v;

	if (moment_parse(time, clock_wall_ms(), &q.now_ms)) {
		bus_reply_error(req, "Invalid", TIME_WRONG);
		return;
	}
	plan_decide(routed_plan(r), &q, &v, &choice);
	bus_reply_end(req);
}

void bus_plan_explain(void *ctx, struct bus_req *req, const void *in)
{
	const struct explain_ask *e = in;
	struct ask ask;

	record_init(&ask_record, &ask);
	memcpy(ask.who, e->extension, sizeof(ask.who));
	memcpy(ask.number, e->number, sizeof(ask.number));
	explain(ctx, req, &ask, e->time);
}

void bus_plan_explain_inbound(void *ctx, struct bus_req *req, const void *in)
{
	const struct inbound_ask *i = in;
	struct ask ask;

	record_init(&ask_record, &ask);
	ask.who_kind = ASK_WHO_KIND_TRUNK;
	memcpy(ask.who, i->trunk, sizeof(ask.who));
	memcpy(ask.number, i->number, sizeof(ask.number));
	memcpy(ask.caller, i->caller, sizeof(ask.caller));
	explain(ctx, req, &ask, i->time);
}

/* --- exposure --- */

struct exposed {
	struct routed *r;
	struct bus_req *req;
};

static void exposure_limit(void *ctx, enum usage_of of, const char *who,
			   bool money, const struct exposure_span *span,
			   struct exposure_limit *out)
{
	struct exposed *e = ctx;
	struct budget b =
		books_budget(e->r->books, of, who, money, span->from_ms,
			     span->until_ms, clock_wall_ms());

	out->amount = b.amount;
	snprintf(out->by, sizeof(out->by), "%s", b.credit);
}

static void exposure_line(void *ctx, const struct exposure_line *line)
{
	struct exposed *e = ctx;

	bus_reply_row(e->req, line);
}

void bus_plan_exposure(void *ctx, struct bus_req *req, const void *in)
{
	const struct exposure_ask *ask = in;
	struct exposed e = { ctx, req };
	struct exposure_span spans[EXPOSURE_SPANS];
	const struct plan *plan = routed_plan(ctx);
	uint64_t from_ms;
	int err = 0;

	if (moment_parse(ask->time, clock_wall_ms(), &from_ms)) {
		bus_reply_error(req, "Invalid", TIME_WRONG);
		return;
	}
	exposure_spans(plan, from_ms, spans);
	for (int i = 0; !err && i < EXPOSURE_SPANS; i++)
		err = exposure(plan, &(struct exposure_question){
					     .extension = ask->extension,
					     .span = spans[i],
					     .limit = exposure_limit,
					     .line = exposure_line,
					     .ctx = &e });
	if (err == -ENOENT)
		bus_reply_error(req, "NoSuch", "there is no extension \"%s\"",
				ask->extension);
	else if (err)
		bus_reply_error(req, "Failed", "no memory");
	else
		bus_reply_end(req);
}

/* --- hidden rules --- */

static void shadow_line(void *ctx, const struct shadow_line *line)
{
	bus_reply_row(ctx, line);
}

void bus_plan_shadowed(void *ctx, struct bus_req *req, const void *in)
{
	const struct shadow_ask *ask = in;
	const char *name = *ask->dial_plan ? ask->dial_plan : "default";

	if (shadow_each(routed_plan(ctx), name, shadow_line, req))
		bus_reply_error(req, "NoSuch", "there is no dial plan \"%s\"",
				name);
	else
		bus_reply_end(req);
}

/* --- risks --- */

static bool is_capped(void *ctx, enum usage_of of, const char *who)
{
	struct routed *r = ctx;
	uint64_t now_ms = clock_wall_ms();

	for (int money = 0; money < 2; money++)
		if (books_budget(r->books, of, who, money, now_ms, now_ms + 1,
				 now_ms)
			    .amount != UINT64_MAX)
			return true;
	return false;
}

static void risk_line(void *ctx, const struct risk_line *line)
{
	bus_reply_row(ctx, line);
}

/* A rule as it would be. false: it could not be kept, and that is said. */
static bool rule_asked(struct bus_req *req, const struct risk_ask *ask,
		       struct dial_rule *row)
{
	struct issue issue;

	record_init(&dial_rule_record, row);
	memcpy(row->name, ask->dial_rule, sizeof(row->name));
	memcpy(row->pattern, ask->pattern, sizeof(row->pattern));
	row->strip = ask->strip;
	memcpy(row->prepend, ask->prepend, sizeof(row->prepend));
	memcpy(row->trunks, ask->trunks, sizeof(row->trunks));
	memcpy(row->pin_set, ask->pin_set, sizeof(row->pin_set));
	memcpy(row->time_rule, ask->time_rule, sizeof(row->time_rule));
	if (!check_dial_rule(row, &issue))
		return true;
	bus_reply_error(req, "Invalid", "%s: %s", issue.field, issue.what);
	return false;
}

void bus_plan_risks(void *ctx, struct bus_req *req, const void *in)
{
	struct risk_question q = { clock_wall_ms(), is_capped, ctx };
	const struct plan *plan = routed_plan(ctx);
	const struct risk_ask *ask = in;
	struct dial_rule row;
	struct risk_line line;

	if (!*ask->pattern) {
		risk_each(plan, &q, risk_line, req);
	} else {
		if (!rule_asked(req, ask, &row))
			return;
		risk_of(plan, &row, &q, &line);
		bus_reply_row(req, &line);
	}
	bus_reply_end(req);
}

/* --- hours --- */

static void hours_line(void *ctx, const struct hours_line *line)
{
	bus_reply_row(ctx, line);
}

void bus_plan_hours(void *ctx, struct bus_req *req, const void *in)
{
	(void)in;
	plan_hours(routed_plan(ctx), clock_wall_ms(), hours_line, req);
	bus_reply_end(req);
}

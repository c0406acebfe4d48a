/* guardd on the bus: unpacks, calls, packs. */
#include "bus.h"

#include <stdio.h>
#include <string.h>

#include "guard_bus.h"
#include "guardd.h"
#include "incident_query.h"
#include "incidents.h"
#include "kind.h"
#include "service.h"
#include "would_ban.h"

static void on_judged(void *ctx, const struct report_verdict *v)
{
	bus_reply(ctx, v);
}

static void refuse(struct bus_req *req, const struct issue *issue)
{
	if (issue->field[0])
		bus_reply_error(req, "Invalid", "%s: %s", issue->field,
				issue->what);
	else
		bus_reply_error(req, "Silent", "%s", issue->what);
}

static void on_report(void *ctx, struct bus_req *req, const void *in)
{
	const struct report *r = in;
	struct issue issue;

	if (!kind_may(r, bus_req_actor(req)))
		bus_reply_error(req, "Denied",
				"kind: not for this daemon to see");
	else if (judge_report(ctx, in, on_judged, req, &issue) < 0)
		refuse(req, &issue);
}

static bool unpack(struct bus_req *req, const char *service_name,
		   const char *source, struct guard_key *key)
{
	int service = guard_service_find(service_name);
	char why[160];

	if (service < 0) {
		bus_reply_error(req, "Invalid",
				"service: " GUARD_SERVICES ", all");
		return false;
	}
	if (guard_key_of_source(key, (enum guard_service_id)service, source,
				why, sizeof(why)) < 0) {
		bus_reply_error(req, "Invalid", "source: %s", why);
		return false;
	}
	return true;
}

/* The bus knows all who are signed in to the pages as httpd, which says who it
   is; root may, too, as with Apply. */
static const char *actor_of(const struct bus_req *req, const char *said)
{
	const char *who = bus_req_actor(req);
	bool believed = strcmp(who, "httpd") == 0 || strcmp(who, "root") == 0;

	return said[0] && believed ? said : who;
}

static void on_reject_done(void *ctx, uint32_t count, const char *err)
{
	(void)count;
	if (err)
		bus_reply_error(ctx, "Silent", "%s", err);
	else
		bus_reply(ctx, NULL);
}

static void on_reject(void *ctx, struct bus_req *req, const void *in)
{
	const struct reject *r = in;
	struct guard_key key;
	struct issue issue;

	if (!unpack(req, r->service, r->source, &key))
		return;
	if (wish_reject(ctx, &key, r->seconds, actor_of(req, r->actor),
			on_reject_done, req, &issue) < 0)
		refuse(req, &issue);
}

static void on_unreject_done(void *ctx, uint32_t count, const char *err)
{
	struct changed_count out;

	if (err) {
		bus_reply_error(ctx, "Silent", "%s", err);
		return;
	}
	record_init(&changed_count_record, &out);
	out.count = count;
	bus_reply(ctx, &out);
}

static void on_unreject(void *ctx, struct bus_req *req, const void *in)
{
	const struct unreject *u = in;
	struct guard_key key;
	struct issue issue;

	if (!unpack(req, u->service, u->source, &key))
		return;
	if (wish_unreject(ctx, &key, actor_of(req, u->actor), on_unreject_done,
			  req, &issue) < 0)
		refuse(req, &issue);
}

/* ---- incidents ---- */

struct listing {
	struct bus_req *req;
	struct incident_query query;
	uint32_t left;
};

static bool list_incident(void *ctx, const struct incident *row)
{
	struct listing *l = ctx;

	if (!incident_query_matches(&l->query, row))
		return true;
	bus_reply_row(l->req, row);
	return --l->left > 0;
}

static void on_incidents(void *ctx, struct bus_req *req, const void *in)
{
	const struct records_ask *ask = in;
	struct guardd *d = ctx;
	struct listing l = { .req = req, .left = ask->limit };
	struct issue issue;

	if (incident_query_parse(&l.query, ask->filter, &issue) < 0) {
		refuse(req, &issue);
		return;
	}
	incidents_each(d->incidents, l.query.before, list_incident, &l);
	bus_reply_end(req);
}

/* ---- other settings ---- */

static void on_would_ban(void *ctx, struct bus_req *req, const void *in)
{
	struct would_ban out;
	struct issue issue;

	if (would_ban(ctx, in, &out, &issue) < 0)
		refuse(req, &issue);
	else
		bus_reply(req, &out);
}

static void list_whom(void *ctx, const struct would_ban_whom *row)
{
	bus_reply_row(ctx, row);
}

static void on_would_ban_whom(void *ctx, struct bus_req *req, const void *in)
{
	struct issue issue;

	if (would_ban_whom(ctx, in, list_whom, req, &issue) < 0)
		refuse(req, &issue);
	else
		bus_reply_end(req);
}

static void tell(struct guardd *d, const struct guard_key *key,
		 uint64_t until_ms, bool banned)
{
	struct ban_fact fact;

	record_init(&ban_fact_record, &fact);
	fact.op = banned ? BAN_FACT_OP_BANNED : BAN_FACT_OP_LIFTED;
	guard_key_source(key, fact.source);
	snprintf(fact.service, sizeof(fact.service), "%s",
		 guard_service_name((enum guard_service_id)key->service));
	fact.until_ms = until_ms;
	(void)bus_emit(d->service->bus, &guard_iface, GUARD_SIG_BAN_FACT,
		       &fact);
}

int guardd_bus_export(struct guardd *d)
{
	static const bus_method_fn fns[GUARD_N_METHODS] = {
		[GUARD_REPORT] = on_report,
		[GUARD_REJECT] = on_reject,
		[GUARD_UNREJECT] = on_unreject,
		[GUARD_INCIDENTS] = on_incidents,
		[GUARD_WOULD_BAN] = on_would_ban,
		[GUARD_WOULD_BAN_WHOM] = on_would_ban_whom,
	};

	d->fact = tell;
	return bus_export(d->service->bus, &guard_iface, fns, d);
}

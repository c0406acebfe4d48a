/* guardd on the bus: unpacks, calls, packs. */
#include "bus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guard_bus.h"
#include "guardd.h"
#include "incidents.h"
#include "service.h"

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
	struct issue issue;

	if (judge_report(ctx, in, on_judged, req, &issue) < 0)
		refuse(req, &issue);
}

static bool unpack(struct bus_req *req, const char *service_name,
		   const char *source, struct guard_key *key)
{
	int service = guard_service_find(service_name);
	char why[160];

	if (service < 0) {
		bus_reply_error(req, "Invalid", "service: no such service");
		return false;
	}
	if (guard_key_of_source(key, (enum guard_service_id)service, source,
				why, sizeof(why)) < 0) {
		bus_reply_error(req, "Invalid", "source: %s", why);
		return false;
	}
	return true;
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
	if (judge_reject(ctx, &key, r->seconds, bus_req_actor(req),
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
	if (judge_unreject(ctx, &key, bus_req_actor(req), on_unreject_done, req,
			   &issue) < 0)
		refuse(req, &issue);
}

/* ---- incidents ---- */

enum { WORDS_MAX = 8 };

/* "kind=scanner;source=203.0.113.9;since_ms=1700000000000;before=812" */
struct query {
	struct bus_req *req;
	const struct field *fields[WORDS_MAX];
	const char *values[WORDS_MAX];
	size_t n;
	uint64_t since_ms;
	uint64_t before;
	uint32_t left;
	char text[257];
};

static bool parse_word(struct query *q, char *word)
{
	char *value = strchr(word, '=');
	const struct field *f;

	if (!value)
		return false;
	*value++ = '\0';
	if (strcmp(word, "since_ms") == 0) {
		q->since_ms = strtoull(value, NULL, 10);
		return true;
	}
	if (strcmp(word, "before") == 0) {
		q->before = strtoull(value, NULL, 10);
		return true;
	}
	f = record_field(&incident_record, word);
	if (!f || q->n == WORDS_MAX)
		return false;
	q->fields[q->n] = f;
	q->values[q->n++] = value;
	return true;
}

static bool matches(const struct query *q, const struct incident *row)
{
	char text[256];

	if (row->last_ms < q->since_ms)
		return false;
	for (size_t i = 0; i < q->n; i++) {
		if (field_get(q->fields[i], row, text, sizeof(text)) < 0 ||
		    strcmp(text, q->values[i]) != 0)
			return false;
	}
	return true;
}

static bool list_incident(void *ctx, const struct incident *row)
{
	struct query *q = ctx;

	if (!matches(q, row))
		return true;
	bus_reply_row(q->req, row);
	return --q->left > 0;
}

static void on_incidents(void *ctx, struct bus_req *req, const void *in)
{
	const struct records_ask *ask = in;
	struct guardd *d = ctx;
	struct query q = { .req = req, .left = ask->limit };
	char *rest = q.text, *word;

	snprintf(q.text, sizeof(q.text), "%s", ask->filter);
	while ((word = strsep(&rest, ";"))) {
		if (word[0] && !parse_word(&q, word)) {
			bus_reply_error(req, "Invalid",
					"filter: words are field=value, "
					"since_ms=, before=, separated by ;");
			return;
		}
	}
	incidents_each(d->incidents, q.before, list_incident, &q);
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
	};

	d->fact = tell;
	return bus_export(d->service->bus, &guard_iface, fns, d);
}

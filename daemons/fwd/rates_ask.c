/* What a limit would have done to whom was measured. */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "flows.h"
#include "fwd.h"
#include "rates_impl.h"
#include "store.h"

enum { TOLD = 5 };

struct question {
	struct rates *r;
	const struct meter *meter;
	uint32_t packets;
	uint32_t seconds;
	struct rate_answer *out;
	const struct rates_entry *top[TOLD]; /* who needs most */
	size_t n_top;
};

static uint32_t need(const struct question *q, const struct rates_entry *e)
{
	return ladder_need(&e->ladder, q->seconds);
}

static bool is_cut(const struct question *q, const struct rates_entry *e)
{
	return need(q, e) > q->packets;
}

static void note_top(struct question *q, const struct rates_entry *e)
{
	size_t i = q->n_top;

	while (i > 0 && need(q, e) > need(q, q->top[i - 1]))
		i--;
	if (i == TOLD)
		return;
	if (q->n_top < TOLD)
		q->n_top++;
	memmove(&q->top[i + 1], &q->top[i],
		(q->n_top - i - 1) * sizeof(q->top[0]));
	q->top[i] = e;
}

static void ask_entries(struct question *q)
{
	struct rate_answer *out = q->out;
	struct rates_entry *e, *next;

	HASH_ITER(hh, q->r->entries, e, next)
	{
		if (!meter_equal(&e->key.meter, q->meter))
			continue;
		out->sources++;
		if (is_cut(q, e))
			out->cut++;
		if (need(q, e) > out->enough)
			out->enough = need(q, e);
		note_top(q, e);
	}
}

static struct rates_entry *entry_at(const struct question *q,
				    const char *source)
{
	struct prefix p;
	struct addr a;

	if (addr_parse(&a, source) < 0)
		return NULL;
	prefix_of_source(&p, &a);
	return rates_find(q->r, q->meter, &p.addr);
}

/* Those who used the box in the last week: phones, trunks, people. */
static void ask_known(struct question *q)
{
	const struct wall_flow *flow;

	for (size_t i = 0; (flow = flows_at(q->r->f->flows, i)); i++) {
		struct rates_entry *e = entry_at(q, flow->source);

		if (!e || e->asked == q->r->questions)
			continue;
		e->asked = q->r->questions;
		if (is_cut(q, e))
			q->out->known++;
		if (need(q, e) > q->out->enough_known)
			q->out->enough_known = need(q, e);
	}
}

static bool covers(const struct meter *m, uint8_t protocol, uint16_t port)
{
	return m->protocol == protocol && port >= m->first && port <= m->last;
}

/* Does a phone that speaks this protocol need what is measured here? */
static bool is_of_phones(const struct question *q, uint8_t protocol)
{
	const struct ruleset_input *in = &q->r->f->ruleset.in;

	for (size_t i = 0; i < in->n_ports; i++)
		if (in->ports[i].service == WALL_SIP &&
		    in->ports[i].protocol == protocol &&
		    covers(q->meter, protocol, in->ports[i].port))
			return true;
	return in->rtp_min > 0 && q->meter->protocol == IPPROTO_UDP &&
	       q->meter->first <= in->rtp_max && q->meter->last >= in->rtp_min;
}

static bool on_binding(void *ctx, struct bytes key, struct bytes value)
{
	struct question *q = ctx;
	const struct rates_entry *e;
	struct binding row;

	(void)key;
	if (record_decode(&binding_record, &row, value.data, value.size) < 0 ||
	    !is_of_phones(q, row.transport == BINDING_TRANSPORT_UDP
				     ? IPPROTO_UDP
				     : IPPROTO_TCP))
		return true;
	e = entry_at(q, row.source);
	if (e && is_cut(q, e))
		q->out->phones++;
	return true;
}

static void again(void *ctx)
{
	struct question *q = ctx;

	q->out->phones = 0;
}

static const char *who_at(const struct rates *r, const struct addr *source)
{
	const struct wall_flow *flow;
	struct prefix p;
	struct addr a;

	for (size_t i = 0; (flow = flows_at(r->f->flows, i)); i++) {
		if (addr_parse(&a, flow->source) < 0)
			continue;
		prefix_of_source(&p, &a);
		if (addr_equal(&p.addr, source))
			return flow->who;
	}
	return "";
}

/* "192.168.1.101 (801)" */
static void put_who(const struct question *q, size_t i, char *text, size_t size)
{
	struct prefix p = { .addr = q->top[i]->key.source };
	const char *who = who_at(q->r, &p.addr);
	char source[ADDR_TEXT];

	p.len = p.addr.family == AF_INET ? 32 : 64;
	prefix_format(&p, source);
	snprintf(text, size, "%s%s%.32s%s", source, who[0] ? " (" : "", who,
		 who[0] ? ")" : "");
}

/* Those of the top who are cut off, or else the first alone; and all of it. */
static void tell_top(struct question *q)
{
	struct rate_answer *out = q->out;
	size_t said = 0, n = 0;
	char who[ADDR_TEXT + 40];

	for (size_t i = 0; i < q->n_top; i++) {
		const struct rates_entry *e = q->top[i];

		put_who(q, i, who, sizeof(who));
		if ((i == 0 || is_cut(q, e)) && said < sizeof(out->busiest))
			said += (size_t)snprintf(out->busiest + said,
						 sizeof(out->busiest) - said,
						 "%s%s", i > 0 ? ", " : "",
						 who);
		if (n < sizeof(out->top))
			n += (size_t)snprintf(
				out->top + n, sizeof(out->top) - n, "%s%u %s",
				i > 0 ? "; " : "", need(q, e), who);
	}
}

void rates_would(struct rates *r, const struct meter *m, uint32_t packets,
		 uint32_t seconds, struct rate_answer *out)
{
	const uint64_t period_ms = UINT64_C(86400000) * RATES_PERIOD_DAYS;
	const struct rates_meter *k = rates_meter(r, m);
	struct question q = { .r = r,
			      .meter = m,
			      .packets = packets,
			      .seconds = seconds,
			      .out = out };

	record_init(&rate_answer_record, out);
	if (!k)
		return;
	r->questions++;
	out->since_ms = k->since_ms;
	/* What was before is forgotten. */
	if (r->period > 0 && out->since_ms < (r->period - 1) * period_ms)
		out->since_ms = (r->period - 1) * period_ms;
	ask_entries(&q);
	ask_known(&q);
	(void)view_each(r->sip, "binding", on_binding, again, &q);
	tell_top(&q);
}

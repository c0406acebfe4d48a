#include "inbound.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decide.h"

/* Of the rules behind the one that took the call, Explain tells so many. */
enum { LATER_MAX = 20 };

/* "" is any number; a pattern that cannot be read was never let in. */
static bool take(struct pattern *p, const char *text)
{
	char why[128];

	return !*text || !pattern_parse(p, text, why, sizeof(why));
}

int inbound_init(struct inbound *in, const struct plan_rows *rows)
{
	in->ways = calloc(rows->n + 1, sizeof(*in->ways));
	if (!in->ways)
		return -ENOMEM;
	for (size_t i = 0; i < rows->n; i++) {
		const struct inbound_rule *row = plan_row(rows, i);
		struct inbound_way *w = &in->ways[in->n];

		if (!take(&w->did, row->did) || !take(&w->caller, row->caller))
			continue;
		w->row = *row;
		in->n++;
	}
	return 0;
}

void inbound_fini(struct inbound *in)
{
	free(in->ways);
	*in = (struct inbound){ 0 };
}

/* Providers write a number with + or without: both are the same here. */
static bool fits(const struct pattern *p, const char *number)
{
	return !p->n || pattern_matches(p, number) ||
	       (*number == '+' && pattern_matches(p, number + 1));
}

static const char *why_not(const struct decision *d,
			   const struct inbound_way *w)
{
	const struct ask *ask = d->q->ask;
	const struct timed *rule;

	if (!w->row.enabled)
		return "is switched off";
	if (*w->row.trunk && strcmp(w->row.trunk, ask->who) != 0)
		return "is another trunk's";
	if (!fits(&w->did, ask->number))
		return "is for other numbers";
	if (!fits(&w->caller, ask->caller))
		return "is for other callers";
	if (!*w->row.time_rule)
		return NULL;
	rule = times_find(&d->plan->times, w->row.time_rule);
	if (!rule)
		return "its time rule does not exist";
	if (times_ask(&d->plan->times, rule, d->q->now_ms) != TIMES_OPEN)
		return "its time rule is closed";
	return NULL;
}

static bool ring(struct decision *d, const struct inbound_way *w)
{
	const char *extension = w->row.extension;
	const struct line *callee = lines_find(&d->plan->lines, extension);
	const struct ask *ask = d->q->ask;
	char name[sizeof(w->row.name_prefix) + sizeof(ask->caller_name)];

	(void)decide_by(d, "inbound rule", w->row.name);
	if (!callee) {
		decide_refuse(d, 404, "",
			      "its inbound rule's extension is "
			      "gone");
		return decide_trace(d, "inbound rule", w->row.name, true,
				    "extension %s does not exist: refused",
				    extension);
	}
	decide_trace(d, "inbound rule", w->row.name, true, "rings extension %s",
		     extension);
	snprintf(d->out->caller_number, sizeof(d->out->caller_number), "%s",
		 ask->caller);
	snprintf(name, sizeof(name), "%s%s", w->row.name_prefix,
		 ask->caller_name);
	text_from_peer(d->out->caller_name, sizeof(d->out->caller_name), name,
		       strlen(name));
	d->out->longest_s = callee->longest_s;
	return decide_callee(d, callee);
}

/* The first that fits decides: those behind it are not asked. */
static void tell_later(const struct decision *d, size_t winner)
{
	const struct inbound_way *ways = d->plan->inbound.ways;
	size_t n = d->plan->inbound.n, left = n - winner - 1;

	for (size_t i = winner + 1; i < n && i - winner <= LATER_MAX; i++) {
		if (ways[i].row.enabled)
			decide_trace(d, "inbound rule", ways[i].row.name, false,
				     "comes after %s", ways[winner].row.name);
		else
			decide_trace(d, "inbound rule", ways[i].row.name, false,
				     "is switched off");
	}
	if (left > LATER_MAX)
		decide_trace(d, "inbound rule", "", false,
			     "and %zu others, which come later",
			     left - LATER_MAX);
}

/* A provider's call rings an extension or ends here: it never goes on to a
   feature code, a dial rule or an emergency number. */
bool decide_inbound(struct decision *d)
{
	const struct ask *ask = d->q->ask;
	const char *why;
	bool decided;

	if (ask->who_kind != ASK_WHO_KIND_TRUNK)
		return false;
	d->out->direction = VERDICT_DIRECTION_INBOUND;
	snprintf(d->out->trunk, sizeof(d->out->trunk), "%s", ask->who);
	for (size_t i = 0; i < d->plan->inbound.n; i++) {
		const struct inbound_way *w = &d->plan->inbound.ways[i];

		why = why_not(d, w);
		if (!why) {
			decided = ring(d, w);
			tell_later(d, i);
			return decided;
		}
		decide_trace(d, "inbound rule", w->row.name, false, "%s", why);
	}
	(void)decide_by(d, "inbound rules", ask->number);
	decide_refuse(d, 404, "", "no inbound rule takes this call");
	return decide_trace(d, "inbound rule", ask->who, true,
			    "no inbound rule takes this call: refused");
}

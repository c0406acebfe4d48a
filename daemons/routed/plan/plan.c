#include "plan.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dialled.h"
#include "feature.h"

struct line {
	char number[9];
	char name[65];
	bool enabled;
	bool do_not_disturb;
	uint32_t ring_s;
	uint32_t longest_s;
};

struct emergency_number {
	char number[17];
};

struct plan {
	struct line *lines;                   /* sorted by number */
	struct emergency_number *emergencies; /* sorted by number */
	size_t n_lines;
	size_t n_emergencies;
};

/* What one decision works on. */
struct decision {
	const struct plan *plan;
	const struct ask *ask;
	const struct plan_trace *trace;
	const struct line *caller; /* NULL: no extension calls */
	struct verdict *out;
	uint64_t now_ms;
};

static int by_line(const void *a, const void *b)
{
	const struct line *x = a, *y = b;

	return strcmp(x->number, y->number);
}

static int by_emergency(const void *a, const void *b)
{
	const struct emergency_number *x = a, *y = b;

	return strcmp(x->number, y->number);
}

static const struct line *find_line(const struct plan *p, const char *number)
{
	struct line key = { 0 };

	if (strlen(number) >= sizeof(key.number))
		return NULL;
	memcpy(key.number, number, strlen(number) + 1);
	return p->n_lines ? bsearch(&key, p->lines, p->n_lines,
				    sizeof(*p->lines), by_line)
			  : NULL;
}

static bool is_emergency(const struct plan *p, const char *number)
{
	struct emergency_number key = { 0 };

	if (strlen(number) >= sizeof(key.number) || !p->n_emergencies)
		return false;
	memcpy(key.number, number, strlen(number) + 1);
	return bsearch(&key, p->emergencies, p->n_emergencies,
		       sizeof(*p->emergencies), by_emergency);
}

static void take_profile(struct plan *p, const struct call_profile *profile)
{
	struct line *l = (struct line *)find_line(p, profile->extension);

	if (!l)
		return; /* of an extension that is gone: skipped when used */
	l->do_not_disturb = profile->do_not_disturb;
	l->ring_s = profile->ring_s;
	l->longest_s = profile->longest_s;
}

static void take_lines(struct plan *p, const struct plan_input *input)
{
	struct call_profile dflt;

	record_init(&call_profile_record, &dflt);
	for (size_t i = 0; i < input->extensions.n; i++) {
		const struct extension *e =
			input->extensions.at(input->extensions.from, i);
		struct line *l = &p->lines[p->n_lines++];

		memcpy(l->number, e->number, sizeof(l->number));
		memcpy(l->name, e->name, sizeof(l->name));
		l->enabled = e->enabled;
		l->ring_s = dflt.ring_s;
		l->longest_s = dflt.longest_s;
	}
	if (p->n_lines)
		qsort(p->lines, p->n_lines, sizeof(*p->lines), by_line);
	for (size_t i = 0; i < input->profiles.n; i++)
		take_profile(p, input->profiles.at(input->profiles.from, i));
}

static void take_emergencies(struct plan *p, const struct plan_rows *rows)
{
	for (size_t i = 0; i < rows->n; i++) {
		const struct emergency *e = rows->at(rows->from, i);

		memcpy(p->emergencies[p->n_emergencies++].number, e->number,
		       sizeof(e->number));
	}
	if (p->n_emergencies)
		qsort(p->emergencies, p->n_emergencies, sizeof(*p->emergencies),
		      by_emergency);
}

struct plan *plan_new(const struct plan_input *input)
{
	struct plan *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->lines = calloc(input->extensions.n + 1, sizeof(*p->lines));
	p->emergencies =
		calloc(input->emergencies.n + 1, sizeof(*p->emergencies));
	if (!p->lines || !p->emergencies) {
		plan_free(p);
		return NULL;
	}
	take_lines(p, input);
	take_emergencies(p, &input->emergencies);
	return p;
}

void plan_free(struct plan *p)
{
	if (!p)
		return;
	free(p->lines);
	free(p->emergencies);
	free(p);
}

/* One line of the explanation; returns `applies`, so that it reads as a test.
 */
__attribute__((format(printf, 5, 6))) static bool trace(
	const struct decision *d, const char *step, const char *what,
	bool applies, const char *fmt, ...)
{
	struct explain_line line = { .applies = applies };
	va_list ap;

	if (!d->trace)
		return applies;
	snprintf(line.step, sizeof(line.step), "%s", step);
	snprintf(line.what, sizeof(line.what), "%s", what);
	va_start(ap, fmt);
	vsnprintf(line.why, sizeof(line.why), fmt, ap);
	va_end(ap);
	d->trace->line(d->trace->ctx, &line);
	return applies;
}

static void refuse(struct verdict *v, uint32_t code, const char *prompts,
		   const char *reason)
{
	v->action = VERDICT_ACTION_REFUSE;
	v->code = code;
	snprintf(v->reason, sizeof(v->reason), "%s", reason);
	snprintf(v->prompts, sizeof(v->prompts), "%s", prompts);
}

/* Each step says whether it has decided. */

static bool decide_caller(struct decision *d)
{
	if (d->ask->who_kind == ASK_WHO_KIND_TRUNK) {
		refuse(d->out, 404, "", "no inbound rule takes this call");
		return trace(d, "caller", d->ask->who, true,
			     "a trunk calls, and there is no inbound rule");
	}
	d->caller = find_line(d->plan, d->ask->who);
	if (!d->caller || !d->caller->enabled) {
		refuse(d->out, 403, "", "the caller is no extension in use");
		return trace(d, "caller", d->ask->who, true,
			     "is no extension in use: refused");
	}
	snprintf(d->out->caller_name, sizeof(d->out->caller_name), "%s",
		 d->caller->name);
	snprintf(d->out->caller_number, sizeof(d->out->caller_number), "%s",
		 d->caller->number);
	d->out->longest_s = d->caller->longest_s;
	return trace(d, "caller", d->ask->who, false, "is an extension in use");
}

static bool decide_dialled(struct decision *d)
{
	if (dialled_is_valid(d->ask->number))
		return trace(d, "dialled", d->ask->number, false,
			     "has only 0-9 * # +");
	refuse(d->out, 404, "pbx-invalid",
	       "a number has only the characters 0-9 * # +");
	return trace(d, "dialled", "", true,
		     "a number has only the characters 0-9 * # +: refused");
}

static bool decide_emergency(struct decision *d)
{
	if (!is_emergency(d->plan, d->ask->number))
		return trace(d, "emergency", d->ask->number, false,
			     "is no emergency number");
	d->out->emergency = true;
	d->out->longest_s = 0;
	refuse(d->out, 503, "ss-noservice",
	       "there is no trunk that could carry an emergency call");
	return trace(
		d, "emergency", d->ask->number, true,
		"goes past every limit, but there is no trunk to carry it");
}

static bool decide_feature(struct decision *d)
{
	const struct feature *f = feature_find(d->ask->number);

	if (!f)
		return trace(d, "feature", d->ask->number, false,
			     "is no feature code");
	f->decide(d->ask, d->now_ms, d->out);
	return trace(d, "feature", f->code, true, "%s", f->what);
}

static bool decide_extension(struct decision *d)
{
	const struct line *callee = find_line(d->plan, d->ask->number);

	if (!callee)
		return trace(d, "extension", d->ask->number, false,
			     "is no extension");
	if (!callee->enabled) {
		refuse(d->out, 404, "vm-isunavail",
		       "the extension is switched off");
		return trace(d, "extension", callee->number, true,
			     "is switched off: refused");
	}
	if (callee == d->caller) {
		refuse(d->out, 486, "tone/busy", "the caller's own number");
		return trace(d, "extension", callee->number, true,
			     "is the caller's own number: busy");
	}
	if (callee->do_not_disturb) {
		refuse(d->out, 486, "do-not-disturb",
		       "does not want calls now");
		return trace(d, "extension", callee->number, true,
			     "does not want calls now: busy");
	}
	d->out->action = VERDICT_ACTION_DIAL;
	d->out->ring_s = callee->ring_s;
	snprintf(d->out->targets, sizeof(d->out->targets), "%s",
		 callee->number);
	snprintf(d->out->sent, sizeof(d->out->sent), "%s", callee->number);
	return trace(d, "extension", callee->number, true,
		     "rings for %u s, talks for at most %u s", callee->ring_s,
		     d->out->longest_s);
}

static bool decide_rule(struct decision *d)
{
	refuse(d->out, 404, "pbx-invalid", "no such number");
	return trace(d, "dial rule", d->ask->number, true,
		     "no dial rule fits: refused, the caller hears why");
}

void plan_decide(const struct plan *p, const struct ask *ask, uint64_t now_ms,
		 const struct plan_trace *tr, struct verdict *out)
{
	static bool (*const steps[])(struct decision *) = {
		decide_dialled, decide_emergency, decide_caller,
		decide_feature, decide_extension, decide_rule,
	};
	struct decision d = {
		.plan = p, .ask = ask, .trace = tr, .out = out, .now_ms = now_ms
	};

	record_init(&verdict_record, out);
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++)
		if (steps[i](&d))
			return;
}

#include "alerts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rate.h"

enum {
	NEW_BURST = 50,
	NEW_A_S = 1,
	SIGNAL_BURST = 20,
	SIGNAL_A_S = 10,
};

/* What strangers can make, and what they cannot (incident_level). */
enum { ORDINARY, ALARMS, N_WEIGHTS };

struct rule {
	struct alert_rule row;
	struct rate fresh[N_WEIGHTS];
	struct rate signals[N_WEIGHTS];
	uint64_t mail_at_ms; /* monotonic; 0: nothing waits */
	uint64_t mailed_ms;  /* monotonic; 0: never */
	uint32_t more;       /* since the last mail */
};

struct kept {
	struct alert row;
	uint32_t seen_at; /* its count when a person saw it; 0: nobody did */
	bool dirty;       /* to be put at the next tick */
};

/* Alerts stand in the order in which they came. */
struct alerts {
	const struct alerts_ops *ops;
	void *ctx;
	struct rule rules[ALERT_RULES_MAX];
	size_t n_rules;
	struct rule old[ALERT_RULES_MAX]; /* while rules are put anew */
	size_t n_old;
	struct kept rows[ALERTS_MAX];
	size_t n;
};

struct alerts *alerts_new(const struct alerts_ops *ops, void *ctx)
{
	struct alerts *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->ops = ops;
	a->ctx = ctx;
	return a;
}

void alerts_free(struct alerts *a)
{
	free(a);
}

/* ---- rules ---- */

void alerts_rules_begin(struct alerts *a)
{
	memcpy(a->old, a->rules, sizeof(a->old));
	a->n_old = a->n_rules;
	a->n_rules = 0;
}

void alerts_rules_add(struct alerts *a, const struct alert_rule *rule)
{
	struct rule *r = &a->rules[a->n_rules];

	if (a->n_rules == ALERT_RULES_MAX)
		return;
	a->n_rules++;
	memset(r, 0, sizeof(*r));
	for (size_t i = 0; i < N_WEIGHTS; i++) {
		rate_init(&r->fresh[i], NEW_BURST, NEW_A_S);
		rate_init(&r->signals[i], SIGNAL_BURST, SIGNAL_A_S);
	}
	/* One that was changed has sent what it has sent. */
	for (size_t i = 0; i < a->n_old; i++)
		if (strcmp(a->old[i].row.name, rule->name) == 0)
			*r = a->old[i];
	r->row = *rule;
}

static struct rule *rule_of(struct alerts *a, const char *name)
{
	for (size_t i = 0; i < a->n_rules; i++)
		if (strcmp(a->rules[i].row.name, name) == 0)
			return &a->rules[i];
	return NULL;
}

static const char *kind_name(uint32_t kind)
{
	const struct field *f = record_field(&incident_record, "kind");

	return f->values[kind];
}

static bool in_list(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (const char *p = list; *p; p += strspn(p, ";")) {
		size_t n = strcspn(p, ";");

		if (n == len && memcmp(p, word, n) == 0)
			return true;
		p += n;
	}
	return false;
}

static bool is_kind(const char *word)
{
	const struct field *f = record_field(&incident_record, "kind");

	for (uint64_t i = 0; i <= f->max; i++)
		if (strcmp(f->values[i], word) == 0)
			return true;
	return false;
}

int alert_rule_check(const struct alert_rule *rule, bool can_mail,
		     struct issue *issue)
{
	char copy[sizeof(rule->kinds)];
	char *rest = copy, *word;

	snprintf(copy, sizeof(copy), "%s", rule->kinds);
	while ((word = strsep(&rest, ";")))
		if (*word && !is_kind(word))
			return issue_set(issue, "kinds",
					 "%s is no kind of incident", word);
	if (rule->mail[0] && !can_mail)
		return issue_set(issue, "mail",
				 "this box has no way to send mail");
	if (!rule->web && !rule->signal && !rule->mail[0])
		return issue_set(issue, "web",
				 "say how to tell: on the web page, as a "
				 "signal, or by mail");
	return 0;
}

static bool matches(const struct rule *r, const struct incident *row)
{
	return r->row.enabled && row->level >= r->row.level &&
	       row->count >= r->row.times &&
	       (!r->row.kinds[0] ||
		in_list(r->row.kinds, kind_name(row->kind)));
}

/* ---- alerts ---- */

static size_t find(const struct alerts *a, const char *rule, uint64_t incident)
{
	for (size_t i = 0; i < a->n; i++)
		if (a->rows[i].row.incident == incident &&
		    strcmp(a->rows[i].row.rule, rule) == 0)
			return i;
	return a->n;
}

static void take(struct alerts *a, size_t i)
{
	struct kept k = a->rows[i];

	a->n--;
	memmove(&a->rows[i], &a->rows[i + 1], (a->n - i) * sizeof(a->rows[0]));
	if (!k.seen_at)
		a->ops->gone(a->ctx, k.row.id);
}

static bool waits(struct alerts *a, const struct kept *k)
{
	const struct rule *r = rule_of(a, k->row.rule);

	return r && r->row.mail[0] && !k->row.mailed && !k->seen_at;
}

/* 0: a person has seen it. */
static uint32_t worth(struct alerts *a, const struct kept *k)
{
	return k->seen_at ? 0 : 1 + 2 * k->row.level + waits(a, k);
}

/* One that was seen goes; else the least level, of these rather one that is not
   to be mailed, of these the oldest. False: all are of a higher level. */
static bool make_room(struct alerts *a, uint32_t level)
{
	size_t least = 0;

	if (a->n < ALERTS_MAX)
		return true;
	for (size_t i = 1; i < a->n; i++)
		if (worth(a, &a->rows[i]) < worth(a, &a->rows[least]))
			least = i;
	if (!a->rows[least].seen_at && a->rows[least].row.level > level)
		return false;
	if (waits(a, &a->rows[least]))
		rule_of(a, a->rows[least].row.rule)->more++;
	take(a, least);
	return true;
}

static void fill(struct alert *to, const struct incident *row)
{
	to->level = row->level;
	to->last_ms = row->last_ms;
	to->count = row->count;
	memcpy(to->detail, row->detail, sizeof(to->detail));
	memcpy(to->outcome, row->outcome, sizeof(to->outcome));
}

static struct alert *append(struct alerts *a, const struct rule *r,
			    const struct incident *row)
{
	struct alert *to;

	a->rows[a->n] = (struct kept){ 0 };
	to = &a->rows[a->n++].row;
	record_init(&alert_record, to);
	snprintf(to->id, sizeof(to->id), "%s/%llu", r->row.name,
		 (unsigned long long)row->id);
	memcpy(to->rule, r->row.name, sizeof(to->rule));
	to->incident = row->id;
	snprintf(to->kind, sizeof(to->kind), "%s", kind_name(row->kind));
	memcpy(to->source, row->source, sizeof(to->source));
	memcpy(to->service, row->service, sizeof(to->service));
	memcpy(to->account, row->account, sizeof(to->account));
	to->first_ms = row->first_ms;
	fill(to, row);
	return to;
}

static void plan_mail(struct rule *r, uint64_t mono_ms)
{
	uint64_t at = mono_ms + ALERT_MAIL_WAIT_MS;
	uint64_t next = r->mailed_ms + (uint64_t)r->row.mail_every_s * 1000;

	if (!r->row.mail[0] || r->mail_at_ms > 0)
		return;
	r->mail_at_ms = r->mailed_ms > 0 && next > at ? next : at;
}

/* A flood of what strangers can make must not hide what they cannot. */
static size_t weight(uint32_t level)
{
	return level == INCIDENT_LEVEL_ALARM ? ALARMS : ORDINARY;
}

static void tell(struct alerts *a, struct rule *r, const struct alert *row,
		 uint64_t mono_ms)
{
	if (r->row.signal &&
	    rate_take(&r->signals[weight(row->level)], mono_ms))
		a->ops->signal(a->ctx, row);
}

/* One that is there: what was seen by a person comes back when it got worse, or
   has grown tenfold. */
static void again(struct alerts *a, struct rule *r, struct kept *k,
		  const struct incident *row, uint64_t mono_ms)
{
	bool worse = row->level > k->row.level;

	if (k->seen_at && !worse && row->count / 10 < k->seen_at) {
		k->row.count = row->count;
		return;
	}
	fill(&k->row, row);
	k->dirty = true;
	if (worse || k->seen_at) {
		k->row.mailed = false;
		plan_mail(r, mono_ms);
		tell(a, r, &k->row, mono_ms);
	}
	k->seen_at = 0;
}

static void hear(struct alerts *a, struct rule *r, const struct incident *row,
		 uint64_t mono_ms)
{
	size_t i = find(a, r->row.name, row->id);
	struct alert *alert;

	if (i < a->n) {
		again(a, r, &a->rows[i], row, mono_ms);
		return;
	}
	plan_mail(r, mono_ms);
	if (!rate_take(&r->fresh[weight(row->level)], mono_ms) ||
	    !make_room(a, row->level)) {
		r->more++;
		return;
	}
	alert = append(a, r, row);
	tell(a, r, alert, mono_ms);
	a->ops->put(a->ctx, alert);
}

void alerts_hear(struct alerts *a, const struct incident *row, uint64_t mono_ms)
{
	for (size_t i = 0; i < a->n_rules; i++)
		if (matches(&a->rules[i], row))
			hear(a, &a->rules[i], row, mono_ms);
}

/* ---- mail ---- */

static bool unsent(const struct rule *r, const struct kept *k)
{
	return !k->row.mailed && !k->seen_at &&
	       strcmp(k->row.rule, r->row.name) == 0;
}

static void collect(const struct alerts *a, const struct rule *r,
		    struct alert_digest *d)
{
	for (size_t i = a->n; i > 0; i--) {
		const struct kept *k = &a->rows[i - 1];

		if (!unsent(r, k))
			continue;
		if (d->n < ALERT_MAIL_LINES)
			d->lines[d->n++] = &k->row;
		else
			d->more++;
	}
}

static void mark(struct alerts *a, const struct rule *r)
{
	for (size_t i = a->n; i > 0; i--) {
		struct kept *k = &a->rows[i - 1];

		if (!unsent(r, k))
			continue;
		k->row.mailed = true;
		k->dirty = true;
		if (!r->row.web)
			take(a, i - 1);
	}
}

static void mail(struct alerts *a, struct rule *r, uint64_t mono_ms,
		 uint64_t wall_ms)
{
	struct alert_digest d = { .rule = &r->row,
				  .more = r->more,
				  .wall_ms = wall_ms };

	r->mail_at_ms = 0;
	collect(a, r, &d);
	if (!r->row.enabled || !r->row.mail[0] || (d.n == 0 && d.more == 0))
		return;
	if (!a->ops->mail(a->ctx, &d)) {
		r->mail_at_ms = mono_ms + ALERT_MAIL_AGAIN_MS;
		return;
	}
	r->mailed_ms = mono_ms;
	r->more = 0;
	mark(a, r);
}

/* Writes what changed; what was for a signal alone has no other end. */
static void settle(struct alerts *a, size_t i)
{
	struct kept *k = &a->rows[i];
	const struct rule *r = rule_of(a, k->row.rule);

	if (k->dirty && !k->seen_at)
		a->ops->put(a->ctx, &k->row);
	k->dirty = false;
	if (r && !r->row.web && !r->row.mail[0])
		take(a, i);
}

void alerts_tick(struct alerts *a, uint64_t mono_ms, uint64_t wall_ms)
{
	for (size_t i = 0; i < a->n_rules; i++) {
		struct rule *r = &a->rules[i];

		if (r->mail_at_ms > 0 && r->mail_at_ms <= mono_ms)
			mail(a, r, mono_ms, wall_ms);
	}
	for (size_t i = a->n; i > 0; i--)
		settle(a, i - 1);
}

/* ---- people and the store ---- */

bool alerts_seen(struct alerts *a, const char *id)
{
	for (size_t i = 0; i < a->n; i++) {
		struct kept *k = &a->rows[i];

		if (k->seen_at || strcmp(k->row.id, id) != 0)
			continue;
		a->ops->gone(a->ctx, id);
		k->seen_at = k->row.count;
		return true;
	}
	return false;
}

void alerts_load(struct alerts *a, const struct alert *row)
{
	struct rule *r = rule_of(a, row->rule);

	if (a->n == ALERTS_MAX)
		return;
	a->rows[a->n++] = (struct kept){ .row = *row };
	/* A mail that waited when we ended: soon. */
	if (r && !row->mailed && r->row.mail[0])
		r->mail_at_ms = 1;
}

size_t alerts_count(const struct alerts *a)
{
	size_t n = 0;

	for (size_t i = 0; i < a->n; i++)
		n += !a->rows[i].seen_at;
	return n;
}

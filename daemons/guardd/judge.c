#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "duration.h"
#include "guardd.h"
#include "kind.h"
#include "log.h"
#include "service.h"
#include "store.h"
#include "wall.h"

/* A report whose ban is on its way into the kernel, or whose count into the
   view. */
struct pending {
	struct guardd *d;
	struct store_waiter waiter;
	struct guard_key key;
	bool bans;
	uint64_t until_ms;
	struct report_verdict verdict;
	judge_report_fn done;
	void *ctx;
};

/* SPEC 6: exactly so many tries are answered, also when guardd is killed after
   any of them: what is not written down is not answered. */
static void on_kept(void *ctx, int err)
{
	struct pending *p = ctx;
	struct guardd *d = p->d;

	if (err < 0)
		p->verdict.action = REPORT_VERDICT_ACTION_DROP;
	p->done(p->ctx, &p->verdict);
	/* Behind the answer: who hears the fact drops that source's packets
	   and would drop this answer, too. */
	if (p->bans && bans_find(d->guard.bans, &p->key))
		d->fact(d, &p->key, p->until_ms, true);
	free(p);
}

static void on_banned(void *ctx, const char *err)
{
	struct pending *p = ctx;
	struct guardd *d = p->d;

	/* SPEC 6: the last try is answered, the packet after it meets the
	   ban. Without the ban there is no answer. */
	if (err) {
		log_limited(&d->log, LOG_WARN,
			    "a ban is not in force yet: %s; again soon", err);
		p->verdict.action = REPORT_VERDICT_ACTION_DROP;
		wall_resync(d->wall);
	}
	store_view_wait(d->service->store, &p->waiter, on_kept, p);
	/* Under load the view gathers what comes; the attacker's other tries
	   may wait for that, his ban need not. */
	if (rate_take(&d->hurry, clock_mono_ms()))
		(void)store_view_flush(d->service->store);
}

static void say_banned(struct guardd *d, const struct report *r,
		       const struct ban *ban, uint32_t seconds)
{
	char source[ADDR_TEXT], words[100], text[DURATION_TEXT];

	guard_key_source(&ban->key, source);
	duration_format(seconds, text);
	log_limited(&d->log, LOG_INFO, "%s: %s is shut out for %s (%u tries)",
		    r->service, source, text, ban->tries);
	snprintf(words, sizeof(words), "shut out for %s after %u tries", text,
		 ban->tries);
	note_ban(d, INCIDENT_KIND_BANNED, &ban->key, words);
}

static void put_in_force(struct guardd *d, const struct report *r,
			 const struct guard_outcome_of *o,
			 struct report_verdict *v, judge_report_fn done,
			 void *ctx)
{
	struct pending *p = malloc(sizeof(*p));
	struct pending now = {
		.d = d, .bans = true, .done = done, .ctx = ctx, .verdict = *v
	};
	const char *err = "fwd does not answer";
	int rc = -ENOMEM;

	now.key = o->ban->key;
	now.until_ms = o->ban->until_ms;
	note_evidence(d, o->ban);
	standing_put_row(d, o->ban);
	say_banned(d, r, o->ban, o->banned_s);
	standing_arm(d);
	if (p) {
		*p = now;
		rc = wall_ban(d->wall, &now.key, o->banned_s, on_banned, p);
		if (rc == 0)
			return;
		on_banned(p, err);
		return;
	}
	now.verdict.action = REPORT_VERDICT_ACTION_DROP;
	done(ctx, &now.verdict);
	wall_resync(d->wall);
}

/* A try that is answered: counted first. */
static void answer_counted(struct guardd *d, const struct guard_key *key,
			   struct report_verdict *v, judge_report_fn done,
			   void *ctx)
{
	struct pending *p = malloc(sizeof(*p));

	keep_counter(d, key);
	if (!p) {
		v->action = REPORT_VERDICT_ACTION_DROP;
		done(ctx, v);
		return;
	}
	*p = (struct pending){
		.d = d, .verdict = *v, .done = done, .ctx = ctx
	};
	store_view_wait(d->service->store, &p->waiter, on_kept, p);
}

static uint32_t action_of(enum guard_outcome outcome)
{
	switch (outcome) {
	case GUARD_ANSWER:
	case GUARD_BAN:
	case GUARD_EXEMPT:
		return REPORT_VERDICT_ACTION_ANSWER;
	case GUARD_BANNED:
	case GUARD_NOTED:
		return REPORT_VERDICT_ACTION_DROP;
	}
	return REPORT_VERDICT_ACTION_DROP;
}

int judge_report(struct guardd *d, const struct report *r, judge_report_fn done,
		 void *ctx, struct issue *issue)
{
	struct report_verdict v;
	struct guard_outcome_of o;
	struct guard_now now;

	guardd_now(d, &now);
	record_init(&report_verdict_record, &v);
	v.action = REPORT_VERDICT_ACTION_DROP;
	if (!kind_of(r->kind)->stranger) {
		if (note_event(d, r, issue) < 0)
			return -EINVAL;
		done(ctx, &v);
		return 0;
	}
	standing_ends(d);
	standing_make_room(d);
	if (guard_decide(&d->guard, r, &now, &o, issue) < 0)
		return -EINVAL;
	note_try(d, r, &o);
	keep_tries_hear(d, r, &o, &now);
	/* Only a refused credential is ever answered (SPEC 3). */
	if (r->kind == REPORT_KIND_CREDENTIAL)
		v.action = action_of(o.outcome);
	v.tries_left = o.tries_left;
	v.banned_s = o.banned_s;
	if (o.outcome == GUARD_BAN && o.ban) {
		put_in_force(d, r, &o, &v, done, ctx);
		return 0;
	}
	if (o.outcome == GUARD_ANSWER) {
		answer_counted(d, &o.key, &v, done, ctx);
		return 0;
	}
	if (o.outcome == GUARD_BAN)
		v.action = REPORT_VERDICT_ACTION_DROP;
	done(ctx, &v);
	return 0;
}

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "duration.h"
#include "guardd.h"
#include "kind.h"
#include "live.h"
#include "log.h"
#include "service.h"
#include "store.h"
#include "wall.h"

/* A hundred thousand bans that end together may not keep a report waiting. */
enum { ENDS_AT_ONCE = 256 };

/* ---- rows and facts ---- */

static void put_row(struct guardd *d, const struct ban *ban)
{
	struct rejected row;
	int err;

	guard_ban_row(ban, &row);
	err = live_put(d->rejected, &row);
	if (err < 0)
		log_limited(&d->log, LOG_ERR,
			    "a ban cannot be written down: %s; it stands, but "
			    "a restart forgets it",
			    strerror(-err));
}

static void del_row(struct guardd *d, const struct guard_key *key)
{
	char id[GUARD_KEY_TEXT];

	guard_key_format(key, id);
	(void)live_del(d->rejected, id);
}

/* Everything but the kernel: that is the caller's. */
static void lift(struct guardd *d, struct ban *ban)
{
	struct guard_key key = ban->key;

	del_row(d, &key);
	bans_take(d->guard.bans, ban);
	d->fact(d, &key, 0, false);
}

static void nothing_more(void *ctx, const char *err)
{
	(void)ctx;
	(void)err;
}

static void lift_in_kernel(struct guardd *d, const struct guard_key *key)
{
	if (wall_unban(d->wall, key, nothing_more, NULL) < 0)
		wall_resync(d->wall);
}

/* ---- time ---- */

static void arm(struct guardd *d)
{
	const struct ban *ban = bans_next(d->guard.bans);
	struct guard_now now;
	uint64_t wait_ms = 0;
	struct timeval tv;

	if (!ban) {
		(void)evtimer_del(d->end);
		return;
	}
	guardd_now(d, &now);
	if (ban->until_mono_ms > now.mono_ms)
		wait_ms = ban->until_mono_ms - now.mono_ms;
	tv.tv_sec = (time_t)(wait_ms / 1000);
	tv.tv_usec = (suseconds_t)(wait_ms % 1000 * 1000);
	(void)evtimer_add(d->end, &tv);
}

void judge_ends(struct guardd *d)
{
	struct guard_now now;
	struct ban *ban;

	guardd_now(d, &now);
	/* The kernel's element ends by itself at the same time. */
	for (int i = 0; i < ENDS_AT_ONCE; i++) {
		ban = bans_next(d->guard.bans);
		if (!ban || ban->until_mono_ms > now.mono_ms)
			break;
		lift(d, ban);
	}
	arm(d);
}

/* The ban that would end first goes; permanent ones stay. */
static void make_room(struct guardd *d)
{
	struct ban *ban;
	struct guard_key key;

	if (!bans_full(d->guard.bans))
		return;
	ban = bans_next(d->guard.bans);
	if (!ban)
		return;
	key = ban->key;
	log_limited(&d->log, LOG_WARN,
		    "%d bans at once: the one that ends first makes room",
		    GUARD_BANS_MAX);
	lift(d, ban);
	lift_in_kernel(d, &key);
}

struct shift {
	struct guardd *d;
	int64_t step_ms;
};

static void shift_row(void *ctx, struct ban *ban)
{
	const struct shift *s = ctx;

	ban->since_ms += (uint64_t)s->step_ms;
	if (ban->until_ms > 0)
		ban->until_ms += (uint64_t)s->step_ms;
	put_row(s->d, ban);
}

void judge_clock_set(struct guardd *d, int64_t step_ms)
{
	struct shift s = { d, step_ms };

	log_info("the clock was set by %lld s: bans last as long as before",
		 (long long)(step_ms / 1000));
	bans_each(d->guard.bans, shift_row, &s);
}

/* ---- a report ---- */

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
	put_row(d, o->ban);
	say_banned(d, r, o->ban, o->banned_s);
	arm(d);
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
	judge_ends(d);
	make_room(d);
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

/* ---- people ---- */

struct wish {
	struct guardd *d;
	struct guard_key key;
	uint32_t seconds;
	bool rejects;
	bool was_there; /* then: */
	uint8_t old_origin;
	uint64_t old_until_ms;
	uint64_t old_until_mono_ms;
	char actor[BAN_ACTOR];
	judge_done_fn done;
	void *ctx;
	uint32_t count;
	size_t waiting;
	char err[200]; /* "": it went well */
	struct store_waiter waiter;
};

static struct wish *wish_new(struct guardd *d, const struct guard_key *key,
			     const char *actor, judge_done_fn done, void *ctx)
{
	struct wish *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->d = d;
	w->key = *key;
	w->done = done;
	w->ctx = ctx;
	snprintf(w->actor, sizeof(w->actor), "%s", actor);
	return w;
}

static const char silent[] = "the packet filter (fwd) does not answer; "
			     "nothing was changed";

/* It stands in the view: should guardd be killed now, it stays so, and who
   hears the fact finds the row. */
static void on_wish_kept(void *ctx, int err)
{
	struct wish *w = ctx;
	const struct ban *ban = bans_find(w->d->guard.bans, &w->key);

	(void)err; /* a full disk: it was logged, and is tried again */
	if (w->rejects && !*w->err && ban)
		w->d->fact(w->d, &w->key, ban->until_ms, true);
	w->done(w->ctx, w->count, *w->err ? w->err : NULL);
	free(w);
}

/* Not a commit for each: a script may ban by the thousand. */
static void keep_wish(struct wish *w)
{
	store_view_wait(w->d->service->store, &w->waiter, on_wish_kept, w);
}

static void take_back(struct wish *w, struct ban *ban)
{
	struct guardd *d = w->d;

	if (w->was_there) {
		ban->origin = w->old_origin;
		bans_end_at(d->guard.bans, ban, w->old_until_mono_ms,
			    w->old_until_ms);
		put_row(d, ban);
	} else {
		del_row(d, &w->key);
		bans_take(d->guard.bans, ban);
	}
	wall_resync(d->wall);
}

static void on_rejected(void *ctx, const char *err)
{
	struct wish *w = ctx;
	struct guardd *d = w->d;
	struct ban *ban = bans_find(d->guard.bans, &w->key);

	snprintf(w->err, sizeof(w->err), "%s", err ? err : "");
	w->count = 1;
	if (err && ban) {
		take_back(w, ban);
	} else if (ban) {
		char words[120], source[ADDR_TEXT];

		guard_key_source(&w->key, source);
		log_info("%s: %s is shut out by %s",
			 guard_service_name(
				 (enum guard_service_id)w->key.service),
			 source, w->actor);
		snprintf(words, sizeof(words), "by %s", w->actor);
		note_ban(d, INCIDENT_KIND_BANNED, &w->key, words);
	}
	arm(d);
	keep_wish(w);
}

/* evidence NULL: by a person; else by auto defense, and why. */
static int reject(struct guardd *d, const struct guard_key *key,
		  uint32_t seconds, const char *actor, const char *evidence,
		  judge_done_fn done, void *ctx, struct issue *issue)
{
	struct guard_now now;
	struct ban *ban;
	struct wish *w;

	guardd_now(d, &now);
	if (!wall_there(d->wall))
		return issue_set(issue, "", "%s", silent);
	make_room(d);
	w = wish_new(d, key, actor, done, ctx);
	if (!w)
		return issue_set(issue, "", "no memory");
	w->rejects = true;
	ban = bans_find(d->guard.bans, key);
	if (ban) {
		w->was_there = true;
		w->old_origin = ban->origin;
		w->old_until_ms = ban->until_ms;
		w->old_until_mono_ms = ban->until_mono_ms;
	}
	ban = guard_reject(&d->guard, key, seconds, actor, &now, issue);
	if (!ban) {
		free(w);
		return -EINVAL;
	}
	if (evidence) {
		ban->origin = REJECTED_ORIGIN_AUTO_DEFENSE;
		(void)bans_say(d->guard.bans, ban, actor, evidence);
	}
	/* Before fwd hears of it: should it take our view over just then, the
	   ban must be there. For the same reason a row goes first below. */
	put_row(d, ban);
	if (wall_ban(d->wall, key, seconds, on_rejected, w) < 0)
		on_rejected(w, silent);
	return 0;
}

int judge_reject(struct guardd *d, const struct guard_key *key,
		 uint32_t seconds, const char *actor, judge_done_fn done,
		 void *ctx, struct issue *issue)
{
	return reject(d, key, seconds, actor, NULL, done, ctx, issue);
}

static void on_defended(void *ctx, uint32_t count, const char *err)
{
	struct guardd *d = ctx;

	(void)count;
	if (err)
		log_limited(&d->log, LOG_WARN,
			    "auto defense: a ban is not in force: %s", err);
}

int judge_defend(struct guardd *d, const struct guard_key *key,
		 uint32_t seconds, const char *row, struct issue *issue)
{
	char evidence[100];

	snprintf(evidence, sizeof(evidence), "sent more than \"%s\" allows",
		 row);
	return reject(d, key, seconds, "auto defense", evidence, on_defended, d,
		      issue);
}

static void on_unbanned(void *ctx, const char *err)
{
	struct wish *w = ctx;

	if (err)
		snprintf(w->err, sizeof(w->err), "%s", silent);
	if (--w->waiting == 0)
		keep_wish(w);
}

/* One ban of a wish: in the kernel first, then here. */
struct one {
	struct wish *wish;
	struct guard_key key;
};

static void on_one(void *ctx, const char *err)
{
	struct one *one = ctx;
	struct wish *w = one->wish;
	struct guardd *d = w->d;
	struct ban *ban = bans_find(d->guard.bans, &one->key);

	if (!err && ban) {
		char words[120], source[ADDR_TEXT];

		guard_key_source(&one->key, source);
		log_info("%s: %s is let in by %s",
			 guard_service_name(
				 (enum guard_service_id)one->key.service),
			 source, w->actor);
		snprintf(words, sizeof(words), "by %s", w->actor);
		note_ban(d, INCIDENT_KIND_UNBANNED, &one->key, words);
		offenders_forget(d->guard.offenders, &one->key);
		lift(d, ban);
		w->count++;
	} else if (ban) {
		put_row(d, ban);
		wall_resync(d->wall);
	}
	free(one);
	on_unbanned(w, err);
}

static void unban_one(struct wish *w, const struct guard_key *key)
{
	struct one *one;

	counters_forget(w->d->guard.counters, key);
	if (!bans_find(w->d->guard.bans, key))
		return;
	one = malloc(sizeof(*one));
	if (!one) {
		snprintf(w->err, sizeof(w->err), "no memory");
		return;
	}
	*one = (struct one){ w, *key };
	w->waiting++;
	del_row(w->d, key);
	if (wall_unban(w->d->wall, key, on_one, one) < 0)
		on_one(one, silent);
}

int judge_unreject(struct guardd *d, const struct guard_key *key,
		   const char *actor, judge_done_fn done, void *ctx,
		   struct issue *issue)
{
	struct wish *w;

	if (!wall_there(d->wall))
		return issue_set(issue, "", "%s", silent);
	w = wish_new(d, key, actor, done, ctx);
	if (!w)
		return issue_set(issue, "", "no memory");
	/* One for this function, so that the last call ends the wish. */
	w->waiting = 1;
	for (enum guard_service_id s = 0; s < GUARD_N_SERVICES; s++) {
		struct guard_key k = *key;

		if (key->service != GUARD_ALL && key->service != s)
			continue;
		k.service = (uint8_t)s;
		unban_one(w, &k);
	}
	on_unbanned(w, NULL);
	return 0;
}

/* ---- who is let in for another reason ---- */

struct let_in {
	const struct prefix *source;
	uint32_t services;
	struct guard_key *keys;
	size_t n;
	size_t room;
};

static void collect(void *ctx, struct ban *ban)
{
	struct let_in *l = ctx;
	struct addr source = { .family = ban->key.family };

	memcpy(source.bytes, ban->key.bytes, sizeof(source.bytes));
	if ((l->services & 1u << ban->key.service) == 0)
		return;
	/* An allowed address within a banned /64 lifts the /64's ban. */
	if (!prefix_contains(l->source, &source)) {
		struct guard_key k;

		guard_key_make(&k, (enum guard_service_id)ban->key.service,
			       &l->source->addr);
		if (!guard_key_equal(&k, &ban->key))
			return;
	}
	if (l->n == l->room) {
		size_t room = l->room ? l->room * 2 : 16;
		struct guard_key *keys = realloc(l->keys, room * sizeof(*keys));

		if (!keys)
			return;
		l->keys = keys;
		l->room = room;
	}
	l->keys[l->n++] = ban->key;
}

void judge_let_in(struct guardd *d, const struct prefix *source,
		  uint32_t services, const char *why)
{
	struct let_in l = { .source = source, .services = services };

	bans_each(d->guard.bans, collect, &l);
	for (size_t i = 0; i < l.n; i++) {
		struct ban *ban = bans_find(d->guard.bans, &l.keys[i]);

		note_ban(d, INCIDENT_KIND_UNBANNED, &l.keys[i], why);
		lift(d, ban);
		lift_in_kernel(d, &l.keys[i]);
	}
	free(l.keys);
	arm(d);
}

/* ---- start ---- */

struct load {
	struct guardd *d;
	struct guard_now now;
	size_t n;
};

/* A row is written again only if it is another one: 100,000 need no second
   place in the view. */
static void on_row(void *ctx, const void *row)
{
	struct load *l = ctx;
	const struct rejected *r = row;
	struct ban *ban;
	int err = guard_ban_load(&l->d->guard, r, &l->now, &ban);

	if (err == 0) {
		l->n++;
		if (ban->until_ms != r->until_ms)
			put_row(l->d, ban);
		return;
	}
	if (err != -ESTALE)
		log_limited(&l->d->log, LOG_WARN,
			    "a ban of the last run cannot be used: %s",
			    strerror(-err));
	(void)live_del(l->d->rejected, r->id);
}

int judge_load(struct guardd *d)
{
	struct load l = { .d = d };
	int err;

	guardd_now(d, &l.now);
	err = live_each(d->rejected, on_row, &l);
	arm(d);
	if (l.n > 0)
		log_info("%zu bans of the last run stand again", l.n);
	return err;
}

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "guardd.h"
#include "log.h"
#include "service.h"
#include "store.h"
#include "wall.h"

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
	wish_done_fn done;
	void *ctx;
	uint32_t count;
	size_t waiting;
	char err[200]; /* "": it went well */
	struct store_waiter waiter;
};

static struct wish *wish_new(struct guardd *d, const struct guard_key *key,
			     const char *actor, wish_done_fn done, void *ctx)
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

/* At once, also under an attack; but a script may ban by the thousand, and then
   there is not a commit for each. */
static void keep_wish(struct wish *w)
{
	struct guardd *d = w->d;

	if (rate_take(&d->hurry, clock_mono_ms()))
		(void)store_view_flush(d->service->store);
	store_view_wait(d->service->store, &w->waiter, on_wish_kept, w);
}

static void take_back(struct wish *w, struct ban *ban)
{
	struct guardd *d = w->d;

	if (w->was_there) {
		ban->origin = w->old_origin;
		bans_end_at(d->guard.bans, ban, w->old_until_mono_ms,
			    w->old_until_ms);
		standing_put_row(d, ban);
	} else {
		standing_del_row(d, &w->key);
		bans_take(d->guard.bans, ban);
	}
	wall_resync(d->wall);
}

static void say(struct wish *w, const struct guard_key *key, bool banned)
{
	char words[120], source[ADDR_TEXT];

	guard_key_source(key, source);
	log_info("%s: %s is %s by %s",
		 guard_service_name((enum guard_service_id)key->service),
		 source, banned ? "shut out" : "let in", w->actor);
	snprintf(words, sizeof(words), "by %s", w->actor);
	note_ban(w->d, banned ? INCIDENT_KIND_BANNED : INCIDENT_KIND_UNBANNED,
		 key, words);
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
		say(w, &w->key, true);
	}
	standing_arm(d);
	keep_wish(w);
}

/* evidence NULL: by a person; else by auto defense, and why. */
static int reject(struct guardd *d, const struct guard_key *key,
		  uint32_t seconds, const char *actor, const char *evidence,
		  wish_done_fn done, void *ctx, struct issue *issue)
{
	struct guard_now now;
	struct ban *ban;
	struct wish *w;

	guardd_now(d, &now);
	if (!wall_there(d->wall))
		return issue_set(issue, "", "%s", silent);
	standing_make_room(d);
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
	standing_put_row(d, ban);
	if (wall_ban(d->wall, key, seconds, on_rejected, w) < 0)
		on_rejected(w, silent);
	return 0;
}

int wish_reject(struct guardd *d, const struct guard_key *key, uint32_t seconds,
		const char *actor, wish_done_fn done, void *ctx,
		struct issue *issue)
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

int wish_defend(struct guardd *d, const struct guard_key *key, uint32_t seconds,
		const char *row, struct issue *issue)
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
		say(w, &one->key, false);
		offenders_forget(d->guard.offenders, &one->key);
		standing_lift(d, ban);
		w->count++;
	} else if (ban) {
		standing_put_row(d, ban);
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
	standing_del_row(w->d, key);
	if (wall_unban(w->d->wall, key, on_one, one) < 0)
		on_one(one, silent);
}

static int let_in(struct guardd *d, const struct guard_key *key,
		  bool everywhere, const char *actor, wish_done_fn done,
		  void *ctx, struct issue *issue)
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

		if (!everywhere && key->service != s)
			continue;
		k.service = (uint8_t)s;
		unban_one(w, &k);
	}
	on_unbanned(w, NULL);
	return 0;
}

int wish_unreject(struct guardd *d, const struct guard_key *key,
		  const char *actor, wish_done_fn done, void *ctx,
		  struct issue *issue)
{
	return let_in(d, key, key->service == GUARD_ALL, actor, done, ctx,
		      issue);
}

int wish_delete(struct guardd *d, const struct guard_key *key,
		const char *actor, wish_done_fn done, void *ctx,
		struct issue *issue)
{
	return let_in(d, key, false, actor, done, ctx, issue);
}

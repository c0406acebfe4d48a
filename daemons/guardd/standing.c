#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "guardd.h"
#include "live.h"
#include "log.h"
#include "wall.h"

/* A hundred thousand bans that end together may not keep a report waiting. */
enum { ENDS_AT_ONCE = 256 };

/* ---- rows and facts ---- */

void standing_put_row(struct guardd *d, const struct ban *ban)
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

void standing_del_row(struct guardd *d, const struct guard_key *key)
{
	char id[GUARD_KEY_TEXT];

	guard_key_format(key, id);
	(void)live_del(d->rejected, id);
}

void standing_lift(struct guardd *d, struct ban *ban)
{
	struct guard_key key = ban->key;

	standing_del_row(d, &key);
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

void standing_arm(struct guardd *d)
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

void standing_ends(struct guardd *d)
{
	struct guard_now now;
	struct ban *ban;

	guardd_now(d, &now);
	/* The kernel's element ends by itself at the same time. */
	for (int i = 0; i < ENDS_AT_ONCE; i++) {
		ban = bans_next(d->guard.bans);
		if (!ban || ban->until_mono_ms > now.mono_ms)
			break;
		standing_lift(d, ban);
	}
	standing_arm(d);
}

void standing_make_room(struct guardd *d)
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
	standing_lift(d, ban);
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
	standing_put_row(s->d, ban);
}

void standing_clock_set(struct guardd *d, int64_t step_ms)
{
	struct shift s = { d, step_ms };

	log_info("the clock was set by %lld s: bans last as long as before",
		 (long long)(step_ms / 1000));
	bans_each(d->guard.bans, shift_row, &s);
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

void standing_let_in(struct guardd *d, const struct prefix *source,
		     uint32_t services, const char *why)
{
	struct let_in l = { .source = source, .services = services };

	bans_each(d->guard.bans, collect, &l);
	for (size_t i = 0; i < l.n; i++) {
		struct ban *ban = bans_find(d->guard.bans, &l.keys[i]);

		note_ban(d, INCIDENT_KIND_UNBANNED, &l.keys[i], why);
		standing_lift(d, ban);
		lift_in_kernel(d, &l.keys[i]);
	}
	free(l.keys);
	standing_arm(d);
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
			standing_put_row(l->d, ban);
		return;
	}
	if (err != -ESTALE)
		log_limited(&l->d->log, LOG_WARN,
			    "a ban of the last run cannot be used: %s",
			    strerror(-err));
	(void)live_del(l->d->rejected, r->id);
}

int standing_load(struct guardd *d)
{
	struct load l = { .d = d };
	int err;

	guardd_now(d, &l.now);
	err = live_each(d->rejected, on_row, &l);
	standing_arm(d);
	if (l.n > 0)
		log_info("%zu bans of the last run stand again", l.n);
	return err;
}

#include "guardd.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alerts.h"
#include "bus.h"
#include "clock.h"
#include "incidents.h"
#include "live.h"
#include "log.h"
#include "secret.h"
#include "service.h"
#include "ssh_log.h"
#include "store.h"
#include "table.h"
#include "wall.h"

enum {
	CLOCK_STEP_MS = 2000, /* less is slewing and rounding */
	FLUSH_TICKS = 2,
	SWEEP_AT_ONCE = 4096,
	LOG_BURST = 20,
	LOG_A_S = 1,
	HURRY_BURST = 100,
	HURRY_A_S = 100,
};

void guardd_now(const struct guardd *d, struct guard_now *now)
{
	(void)d;
	now->mono_ms = clock_mono_ms();
	now->wall_ms = clock_wall_ms();
}

/* ---- settings ---- */

static int setting_check(void *ctx, const void *old, void *row, bool force,
			 struct issue *issue)
{
	const struct guard_service *s = row;
	int service = guard_service_find(s->service);

	(void)ctx;
	(void)old;
	(void)force;
	if (service < 0 || service == GUARD_ALL)
		return issue_set(issue, "service", GUARD_SERVICES);
	return 0;
}

static void take_setting(struct guardd *d, const struct guard_service *row)
{
	int service = guard_service_find(row->service);

	if (service >= 0)
		d->guard.settings[service] = *row;
}

static void setting_apply(void *ctx, struct table_change *change,
			  const void *old, const void *row)
{
	(void)old;
	if (row)
		take_setting(ctx, row);
	table_change_done(change, NULL);
}

/* The first start: SPEC 6 has other numbers for SIP and IAX2 than the schema's
   defaults. The mark goes in when both rows stand. */
static const char first_db[] = "guard";
static const char first_key[] = "defaults";

static void on_marked(void *ctx, int err)
{
	(void)ctx;
	if (err < 0)
		log_warn("the first start cannot be noted: %s", strerror(-err));
}

static void on_default(void *ctx, const struct issue *issue)
{
	struct guardd *d = ctx;
	struct store_batch *b;

	if (issue) {
		log_err("default settings: %s %s", issue->field, issue->what);
		return;
	}
	b = store_batch_new(d->service->store);
	if (!b)
		return;
	if (store_batch_put(b, first_db,
			    (struct bytes){ first_key, sizeof(first_key) - 1 },
			    (struct bytes){ "1", 1 }) < 0 ||
	    store_commit(d->service->store, b, on_marked, d) < 0)
		store_batch_free(b);
}

static void first_settings(struct guardd *d)
{
	static const enum guard_service_id other[] = { GUARD_SIP, GUARD_IAX2 };
	char buf[8];
	size_t size = sizeof(buf);

	if (store_get(d->service->store, first_db,
		      (struct bytes){ first_key, sizeof(first_key) - 1 }, buf,
		      &size) == 0)
		return;
	alert_first(d);
	for (size_t i = 0; i < 2; i++) {
		struct guard_service row;

		guard_default_setting(&row, other[i]);
		take_setting(d, &row);
		if (table_put(d->settings, "guardd", row.service, &row,
			      i == 1 ? on_default : NULL, d) < 0)
			log_err("default settings of %s cannot be kept",
				row.service);
	}
}

static int open_settings(struct guardd *d, char *why, size_t why_size)
{
	static const struct table_ops ops = { .check = setting_check,
					      .apply = setting_apply };
	struct service *s = d->service;
	struct table_config config = {
		.record = &guard_service_record,
		.ops = &ops,
		.ctx = d,
		.bus = s->bus,
		.store = s->store,
		.seal = s->seal,
	};

	d->settings = table_open(&config, why, why_size);
	if (!d->settings)
		return -EIO;
	for (size_t i = 0; i < table_count(d->settings); i++)
		take_setting(d, table_at(d->settings, i));
	first_settings(d);
	return 0;
}

/* ---- rejected rows ---- */

static void on_deleted(void *ctx, uint32_t count, const char *err)
{
	if (err)
		bus_reply_error(ctx, "Silent", "%s", err);
	else if (count == 0)
		bus_reply_error(ctx, "NoSuch", "id: it has just ended");
	else
		bus_reply(ctx, NULL);
}

static void on_delete(void *ctx, struct bus_req *req, const char *key)
{
	struct guardd *d = ctx;
	struct guard_key k;
	struct issue issue;

	if (guard_key_parse(&k, key) < 0 || !bans_find(d->guard.bans, &k)) {
		bus_reply_error(req, "NoSuch",
				"id: nobody is shut out as \"%s\": it is "
				"service@address, as List tells",
				key);
		return;
	}
	if (wish_delete(d, &k, bus_req_actor(req), on_deleted, req, &issue) < 0)
		bus_reply_error(req, "Silent", "%s", issue.what);
}

static int open_rejected(struct guardd *d, char *why, size_t why_size)
{
	static const struct live_ops ops = { .delete_row = on_delete };
	struct service *s = d->service;

	d->rejected = live_open(&rejected_record, s->bus, s->store, &ops, d);
	if (!d->rejected) {
		snprintf(why, why_size, "no memory for the rejected list");
		return -ENOMEM;
	}
	return 0;
}

/* ---- local networks ---- */

static void on_networks(void *ctx, const struct prefix *list, size_t n)
{
	struct guardd *d = ctx;
	uint32_t trusting = 0;

	if (n > GUARD_LOCALS_MAX)
		n = GUARD_LOCALS_MAX;
	memcpy(d->guard.locals, list, n * sizeof(*list));
	d->guard.n_locals = n;
	d->guard.locals_known = true;
	for (enum guard_service_id s = 0; s < GUARD_N_SERVICES; s++)
		if (d->guard.settings[s].trust_local)
			trusting |= 1u << s;
	/* A network that became local: its bans were a stranger's. */
	for (size_t i = 0; i < n; i++)
		standing_let_in(d, &list[i], trusting, "a local address");
}

/* ---- time ---- */

static void watch_clock(struct guardd *d, const struct guard_now *now)
{
	uint64_t ahead = now->wall_ms - now->mono_ms;
	int64_t step = (int64_t)(ahead - d->wall_ahead_ms);

	if (step > -CLOCK_STEP_MS && step < CLOCK_STEP_MS)
		return;
	d->wall_ahead_ms = ahead;
	standing_clock_set(d, step);
	keep_tries_clock(d, step);
}

static uint32_t longest_window_s(const struct guardd *d)
{
	uint32_t most = 0;

	for (size_t s = 0; s < GUARD_N_SERVICES; s++)
		if (d->guard.settings[s].window_s > most)
			most = d->guard.settings[s].window_s;
	return most;
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct guardd *d = arg;
	struct guard_now now;

	(void)fd;
	(void)what;
	guardd_now(d, &now);
	watch_clock(d, &now);
	allow_tick(d, now.wall_ms);
	alerts_tick(d->alerts, now.mono_ms, now.wall_ms);
	counters_sweep(d->guard.counters, longest_window_s(d), now.mono_ms,
		       SWEEP_AT_ONCE);
	if (++d->ticks % FLUSH_TICKS == 0) {
		keep_flush(d);
		keep_tries_flush(d, now.wall_ms);
	}
}

static void on_end(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	standing_ends(arg);
}

static int open_timers(struct guardd *d)
{
	static const struct timeval second = { .tv_sec = 1 };
	struct event_base *base = d->service->base;
	struct guard_now now;

	guardd_now(d, &now);
	d->wall_ahead_ms = now.wall_ms - now.mono_ms;
	d->end = evtimer_new(base, on_end, d);
	d->tick = event_new(base, -1, EV_PERSIST, on_tick, d);
	if (!d->end || !d->tick || event_add(d->tick, &second) < 0)
		return -ENOMEM;
	return 0;
}

/* ---- start and stop ---- */

static int make(struct guardd *d)
{
	static const struct wall_ops ops = { .networks = on_networks };
	uint8_t seed[GUARD_SEED];

	secret_random(seed, sizeof(seed));
	rate_init(&d->log, LOG_BURST, LOG_A_S);
	rate_init(&d->hurry, HURRY_BURST, HURRY_A_S);
	if (guard_init(&d->guard, seed) < 0)
		return -ENOMEM;
	d->incidents = incidents_new();
	d->wall = wall_new(d->service, &ops, d);
	if (!d->incidents || !d->wall)
		return -ENOMEM;
	return open_timers(d);
}

static int open_ssh_log(struct guardd *d, char *why, size_t why_size)
{
	const struct start_option *options = d->service->options;

	if (!options || !*options[GUARDD_SSH_LOG].value)
		return 0;
	d->ssh_log =
		ssh_log_open(d, *options[GUARDD_SSH_LOG].value, why, why_size);
	return d->ssh_log ? 0 : -EIO;
}

int guardd_start(struct service *s, char *why, size_t why_size)
{
	struct guardd *d = calloc(1, sizeof(*d));
	int err = -ENOMEM;

	snprintf(why, why_size, "no memory");
	s->daemon = d;
	if (!d)
		return err;
	d->service = s;
	err = make(d);
	if (err < 0)
		goto out;
	err = guardd_bus_export(d);
	if (err < 0)
		goto out;
	err = open_rejected(d, why, why_size);
	if (err == 0)
		err = alert_open(d, why, why_size);
	if (err == 0)
		err = open_settings(d, why, why_size);
	if (err == 0)
		err = allow_open(d, why, why_size);
	if (err == 0)
		err = defense_open(d, why, why_size);
	if (err < 0)
		goto out;
	err = keep_load(d);
	if (err == 0)
		err = keep_tries_open(d);
	if (err == 0)
		err = standing_load(d);
	if (err < 0) {
		snprintf(why, why_size, "bans and incidents cannot be read: %s",
			 strerror(-err));
		goto out;
	}
	err = trunks_open(d);
	if (err == 0)
		err = open_ssh_log(d, why, why_size);
	if (err == 0)
		err = wall_go(d->wall);
out:
	if (err < 0)
		guardd_stop(s);
	return err;
}

/* While there is still somebody to be told how it went. */
static void keep_all(struct guardd *d)
{
	struct guard_now now;

	guardd_now(d, &now);
	keep_flush(d);
	keep_tries_flush(d, now.wall_ms);
	store_wait(d->service->store);
}

void guardd_stop(struct service *s)
{
	struct guardd *d = s->daemon;

	s->daemon = NULL;
	if (!d)
		return;
	if (d->incidents && d->guard.offenders && d->tries && d->tries_spared)
		keep_all(d);
	trunks_close(d);
	ssh_log_close(d->ssh_log);
	wall_free(d->wall);
	/* Who waited for fwd waits for the view now, and must hear of it. */
	store_wait(d->service->store);
	keep_tries_close(d);
	if (d->defense)
		bus_unwatch(d->service->bus, d);
	table_close(d->defense);
	table_close(d->allowed);
	table_close(d->settings);
	live_close(d->rejected);
	alert_close(d);
	if (d->end)
		event_free(d->end);
	if (d->tick)
		event_free(d->tick);
	incidents_free(d->incidents);
	guard_fini(&d->guard);
	free(d);
}

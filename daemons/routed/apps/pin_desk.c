#include "pin_desk.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "live.h"
#include "log.h"
#include "mutes.h"
#include "pin_locks.h"
#include "pin_row.h"
#include "records.h"
#include "store.h"
#include "usage.h"

enum {
	LINES_MAX = 20000, /* more than there can be extensions */
	SWEEP_S = 60,
};

struct pin_desk {
	struct pin_desk_config config;
	struct pin_locks *locks;
	struct mutes mutes;
	struct live *live;
	struct event *sweep;
};

static struct pin_now moment(void)
{
	return (struct pin_now){ clock_mono_ms(), clock_wall_ms() };
}

static void keep(struct pin_desk *d, const struct pin_line *line)
{
	struct pin_now now = moment();
	struct pin_lock row;
	int err;

	pin_row_write(line, &now, &row);
	err = live_put(d->live, &row);
	if (err == 0)
		err = store_view_flush(d->config.store);
	if (err)
		log_err("PIN locks of %s cannot be written down: %s; a restart "
			"forgets them",
			line->extension, strerror(-err));
}

static void on_row(void *ctx, const void *row)
{
	struct pin_desk *d = ctx;
	struct pin_now now = moment();
	struct pin_line line;

	pin_row_read(row, &now, &line);
	pin_locks_put(d->locks, &line, now.mono_ms);
}

static void on_forgotten(void *ctx, const struct pin_line *line)
{
	struct pin_desk *d = ctx;

	(void)live_del(d->live, line->extension);
}

/* The rows follow the clock of the wall, which may have been set. */
static void on_line(void *ctx, const struct pin_line *line)
{
	struct pin_desk *d = ctx;
	struct pin_now now = moment();
	struct pin_lock row;

	pin_row_write(line, &now, &row);
	(void)live_put(d->live, &row);
}

static void on_sweep(evutil_socket_t fd, short what, void *arg)
{
	struct pin_desk *d = arg;

	(void)fd;
	(void)what;
	pin_locks_sweep(d->locks, clock_mono_ms(), on_forgotten, d);
	pin_locks_each(d->locks, on_line, d);
}

struct pin_desk *pin_desk_new(const struct pin_desk_config *config)
{
	const struct timeval every = { SWEEP_S, 0 };
	struct pin_desk *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->config = *config;
	d->locks = pin_locks_new(LINES_MAX);
	d->live = live_open(&pin_lock_record, config->bus, config->store, NULL,
			    NULL);
	d->sweep = event_new(config->base, -1, EV_PERSIST, on_sweep, d);
	if (!d->locks || !d->live || !d->sweep ||
	    live_each(d->live, on_row, d) || event_add(d->sweep, &every)) {
		pin_desk_free(d);
		return NULL;
	}
	return d;
}

void pin_desk_free(struct pin_desk *d)
{
	if (!d)
		return;
	if (d->sweep)
		event_free(d->sweep);
	live_close(d->live);
	pin_locks_free(d->locks);
	free(d);
}

/* --- what the decision asks --- */

static void until(char *text, size_t size, uint64_t wall_ms)
{
	time_t t = (time_t)(wall_ms / 1000);
	struct tm tm;

	if (!localtime_r(&t, &tm) ||
	    !strftime(text, size, "%Y-%m-%d %H:%M:%S", &tm))
		snprintf(text, size, "later");
}

bool pin_desk_locked(void *desk, const struct plan_call *call, char why[121])
{
	struct pin_desk *d = desk;
	struct pin_now now = moment();
	/* Asked about another time (Explain): what will be so then. */
	uint64_t at_ms = now.mono_ms + (call->now_ms - now.wall_ms);
	const struct pin_line *line = pin_locks_find(d->locks, call->extension);
	char when[32];

	switch (pin_locks_gate(d->locks, call->extension, call->id, at_ms)) {
	case PIN_OPEN:
		return false;
	case PIN_LOCKED:
		until(when, sizeof(when),
		      now.wall_ms + (line->until_ms - now.mono_ms));
		snprintf(why, 121, "wrong PINs: locked for %s until %s",
			 call->extension, when);
		return true;
	case PIN_FOR_EVER:
		snprintf(why, 121,
			 "wrong PINs: locked for %s until a person unlocks it",
			 call->extension);
		return true;
	case PIN_BUSY:
		snprintf(why, 121,
			 "wrong PINs: other calls of %s are being asked",
			 call->extension);
		return true;
	}
	return true;
}

bool pin_desk_mute(void *desk, const struct plan_call *call)
{
	const struct pin_desk *d = desk;

	return mutes_knows(&d->mutes, call->extension, call->source);
}

/* --- what it hears --- */

static void tell_lock(struct pin_desk *d, const struct pin_line *line)
{
	char detail[160], when[32] = "";

	if (line->for_ever) {
		snprintf(detail, sizeof(detail),
			 "%u wrong PINs in a day: its PIN rules are locked "
			 "until a person unlocks them",
			 line->wrong.n);
	} else {
		until(when, sizeof(when),
		      clock_wall_ms() + (line->until_ms - line->since_ms));
		snprintf(detail, sizeof(detail),
			 "%d calls failed for wrong PINs: its PIN rules are "
			 "locked until %s",
			 PIN_CALLS, when);
	}
	d->config.report(d->config.ctx, true, line->extension, line->source,
			 detail);
}

static void failed(struct pin_desk *d, const struct pin_line *line,
		   const char *call)
{
	char detail[96];

	snprintf(detail, sizeof(detail),
		 "call %s failed for a wrong PIN, %u wrong in a day", call,
		 line->wrong.n);
	d->config.report(d->config.ctx, false, line->extension, line->source,
			 detail);
}

static void wrong(struct pin_desk *d, const struct ask *ask, bool last)
{
	const struct pin_line *line;
	bool locked =
		pin_locks_wrong(d->locks, ask->who, ask->call, ask->source,
				last, clock_mono_ms(), &line);

	if (!line) {
		log_err("extension %s: a wrong PIN cannot be counted: no "
			"memory",
			ask->who);
		return;
	}
	keep(d, line);
	if (last)
		failed(d, line, ask->call);
	if (locked)
		tell_lock(d, line);
}

static void right(struct pin_desk *d, const struct ask *ask)
{
	const struct pin_line *line = pin_locks_find(d->locks, ask->who);

	pin_locks_right(d->locks, ask->who, ask->call);
	if (line)
		keep(d, line);
}

void pin_desk_note(struct pin_desk *d, const struct ask *ask,
		   const struct plan_choice *choice)
{
	switch (choice->pin_event) {
	case PIN_EVENT_NONE:
		return;
	case PIN_EVENT_SILENT:
		mutes_meet(&d->mutes, ask->who, ask->source);
		return;
	case PIN_EVENT_WRONG:
		wrong(d, ask, false);
		return;
	case PIN_EVENT_FAILED:
		wrong(d, ask, true);
		return;
	case PIN_EVENT_RIGHT:
		right(d, ask);
		return;
	}
}

void pin_desk_ended(struct pin_desk *d, const struct cdr *cdr)
{
	const struct pin_line *line;
	bool locked = pin_locks_ended(d->locks, cdr->caller, cdr->id,
				      clock_mono_ms(), &line);

	if (!line)
		return;
	keep(d, line);
	failed(d, line, cdr->id);
	if (locked)
		tell_lock(d, line);
}

int pin_desk_unlock(struct pin_desk *d, const char *extension)
{
	if (!pin_locks_unlock(d->locks, extension))
		return -ENOENT;
	(void)live_del(d->live, extension);
	log_info("extension %s: its PIN rules are unlocked", extension);
	return store_view_flush(d->config.store);
}

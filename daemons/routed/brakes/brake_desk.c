#include "brake_desk.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "books.h"
#include "clock.h"
#include "live.h"
#include "log.h"
#include "report.h"
#include "store.h"

enum {
	SWEEP_S = 10,
	TOLD_BURST = 50,
	TOLD_A_S = 5,
	HELD = 64, /* calls that were held lately: told once each */
};

/* The last call of which was asked, and what a brake would do. */
struct asked {
	enum usage_brake does;
	char id[41];
	char extension[33];
	char source[65];
	char dial_rule[33];
	char number[65];
	char pin[33];
};

struct brake_desk {
	struct brake_desk_config config;
	struct brakes *brakes;
	struct live *counts;
	struct live *countries;
	struct event *sweep;
	struct rate told;
	struct asked last;
	char held[HELD][41];
	size_t next_held;
	bool dirty;
};

/* ---- the store ---- */

static void kept(struct brake_desk *d, int err)
{
	d->dirty = true;
	if (err < 0)
		log_err("a brake's count cannot be written down: %s; a restart "
			"forgets it",
			strerror(-err));
}

static void on_count(void *ctx, const struct brake_count *row)
{
	struct brake_desk *d = ctx;

	kept(d, live_put(d->counts, row));
}

static void on_count_gone(void *ctx, const char *id)
{
	struct brake_desk *d = ctx;

	(void)live_del(d->counts, id);
}

static void on_country(void *ctx, const struct country_seen *row)
{
	struct brake_desk *d = ctx;

	kept(d, live_put(d->countries, row));
}

static void load_count(void *ctx, const void *row)
{
	brakes_load_count(ctx, row);
}

static void load_country(void *ctx, const void *row)
{
	brakes_load_country(ctx, row);
}

static void load_open(void *ctx, const struct open_call *call)
{
	struct plan_call c = {
		.id = call->call,
		.extension = call->extension,
		.source = call->source,
		.dial_rule = call->dial_rule,
		.number = call->number,
		.pin = call->pin,
	};

	if (!call->emergency)
		brakes_open_add(ctx, &c);
}

static int load(struct brake_desk *d)
{
	const struct brakes_store store = { on_count, on_count_gone, on_country,
					    d };
	int err = live_each(d->counts, load_count, d->brakes);

	if (err == 0)
		err = live_each(d->countries, load_country, d->brakes);
	books_each_open(d->config.books, load_open, d->brakes);
	brakes_store(d->brakes, &store);
	return err;
}

/* ---- time ---- */

static void on_known(void *ctx, const struct open_call *call)
{
	brakes_open_known(ctx, call->call);
}

static void on_sweep(evutil_socket_t fd, short what, void *arg)
{
	struct brake_desk *d = arg;

	(void)fd;
	(void)what;
	brakes_sweep(d->brakes, clock_wall_ms());
	brakes_open_begin(d->brakes);
	books_each_open(d->config.books, on_known, d->brakes);
	brakes_open_end(d->brakes);
}

struct brake_desk *brake_desk_new(const struct brake_desk_config *config)
{
	const struct timeval every = { SWEEP_S, 0 };
	struct brake_desk *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->config = *config;
	rate_init(&d->told, TOLD_BURST, TOLD_A_S);
	d->brakes = brakes_new(&config->when);
	d->counts = live_open(&brake_count_record, config->bus, config->store,
			      NULL, NULL);
	d->countries = live_open(&country_seen_record, config->bus,
				 config->store, NULL, NULL);
	d->sweep = event_new(config->base, -1, EV_PERSIST, on_sweep, d);
	if (!d->brakes || !d->counts || !d->countries || !d->sweep || load(d) ||
	    event_add(d->sweep, &every)) {
		brake_desk_free(d);
		return NULL;
	}
	return d;
}

void brake_desk_free(struct brake_desk *d)
{
	if (!d)
		return;
	if (d->sweep)
		event_free(d->sweep);
	brakes_free(d->brakes);
	live_close(d->counts);
	live_close(d->countries);
	free(d);
}

void brake_desk_rows(struct brake_desk *d, const struct plan_rows *rows,
		     const char *country)
{
	brakes_rows_begin(d->brakes, country);
	for (size_t i = 0; i < rows->n; i++)
		brakes_rows_add(d->brakes, rows->at(rows->from, i));
}

/* ---- deciding ---- */

enum usage_brake brake_desk_ask(void *desk, const struct plan_call *call,
				struct usage_brake_why *why)
{
	struct brake_desk *d = desk;

	struct asked *a = &d->last;

	a->does = brakes_ask(d->brakes, call, why);
	if (a->does == USAGE_BRAKE_OFF)
		return a->does;
	snprintf(a->id, sizeof(a->id), "%s", call->id);
	snprintf(a->extension, sizeof(a->extension), "%s", call->extension);
	snprintf(a->source, sizeof(a->source), "%s", call->source);
	snprintf(a->dial_rule, sizeof(a->dial_rule), "%s", call->dial_rule);
	snprintf(a->number, sizeof(a->number), "%s", call->number);
	snprintf(a->pin, sizeof(a->pin), "%s", call->pin);
	return a->does;
}

struct telling {
	struct brake_desk *d;
	const struct plan_call *call;
	enum usage_brake does; /* what became of the call */
};

static const char *outcome_of(const struct telling *t,
			      const struct brake_news *news)
{
	if (news->level == BRAKE_WARNED)
		return "warned; the call went out";
	if (t->does == USAGE_BRAKE_REFUSE &&
	    news->row->action == BRAKE_ACTION_REFUSE)
		return "refused";
	if (t->does == USAGE_BRAKE_PIN && news->row->action == BRAKE_ACTION_PIN)
		return "a PIN was asked for";
	return "the call went out";
}

static void on_news(void *ctx, const struct brake_news *news)
{
	const struct telling *t = ctx;
	struct report r;

	if (!rate_take(&t->d->told, clock_mono_ms()))
		return;
	record_init(&report_record, &r);
	/* Each brake has incidents of its own. */
	snprintf(r.service, sizeof(r.service), "%s", news->row->name);
	r.kind = REPORT_KIND_BRAKE;
	r.level = news->level == BRAKE_ACTED ? REPORT_LEVEL_ALARM
					     : REPORT_LEVEL_WARNING;
	snprintf(r.account, sizeof(r.account), "%s", t->call->extension);
	snprintf(r.source, sizeof(r.source), "%s", t->call->source);
	snprintf(r.detail, sizeof(r.detail), "%s", news->text);
	snprintf(r.outcome, sizeof(r.outcome), "%s", outcome_of(t, news));
	report_send_whole(t->d->config.bus, &r);
}

/* A dialogue asks often for one call. */
static bool told_before(struct brake_desk *d, const char *id)
{
	for (size_t i = 0; i < HELD; i++)
		if (strcmp(d->held[i], id) == 0)
			return true;
	snprintf(d->held[d->next_held], sizeof(d->held[0]), "%s", id);
	d->next_held = (d->next_held + 1) % HELD;
	return false;
}

/* It did not go out, as a brake said. */
static void held(struct brake_desk *d, uint64_t now_ms)
{
	const struct asked *a = &d->last;
	struct plan_call call = {
		.id = a->id,
		.extension = a->extension,
		.source = a->source,
		.dial_rule = a->dial_rule,
		.number = a->number,
		.pin = a->pin,
		.now_ms = now_ms,
	};
	struct telling t = { d, &call, a->does };

	if (!told_before(d, a->id))
		brakes_held(d->brakes, &call, on_news, &t);
}

static void went(struct brake_desk *d, const struct ask *ask,
		 const struct plan_choice *choice, uint64_t now_ms)
{
	struct plan_call call = {
		.id = ask->call,
		.extension = ask->who,
		.source = ask->source,
		.dial_rule = choice->dial_rule,
		.number = choice->number,
		.pin = choice->pin,
		.now_ms = now_ms,
	};
	struct telling t = { d, &call, USAGE_BRAKE_OFF };

	brakes_went(d->brakes, &call, on_news, &t);
}

void brake_desk_note(struct brake_desk *d, const struct ask *ask,
		     const struct plan_choice *choice,
		     const struct verdict *verdict, uint64_t now_ms)
{
	if (choice->outbound && verdict->action == VERDICT_ACTION_DIAL)
		went(d, ask, choice, now_ms);
	else if (d->last.does != USAGE_BRAKE_OFF &&
		 strcmp(d->last.id, ask->call) == 0)
		held(d, now_ms);
	d->last.does = USAGE_BRAKE_OFF;
	if (d->dirty)
		(void)store_view_flush(d->config.store);
	d->dirty = false;
}

void brake_desk_ended(struct brake_desk *d, const struct cdr *cdr)
{
	brakes_ended(d->brakes, cdr->id);
}

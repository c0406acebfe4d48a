#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "clock.h"
#include "guardd.h"
#include "log.h"
#include "service.h"
#include "table.h"
#include "wall.h"

static uint32_t services_of(const char *list)
{
	char copy[sizeof(((struct allowed_address *)0)->services)];
	char *rest = copy, *name;
	uint32_t bits = 0;

	snprintf(copy, sizeof(copy), "%s", list);
	while ((name = strsep(&rest, ";"))) {
		int service = guard_service_find(name);

		if (service >= 0)
			bits |= 1u << service;
	}
	return bits;
}

static bool ended(const struct allowed_address *row, uint64_t wall_ms)
{
	return row->until_ms > 0 && row->until_ms <= wall_ms;
}

static void add(struct guard *g, const struct allowed_address *row)
{
	struct guard_allowed *a = &g->allowed[g->n_allowed];
	char why[100];

	if (g->n_allowed == GUARD_ALLOWED_MAX ||
	    prefix_parse(&a->source, row->source, why, sizeof(why)) < 0)
		return;
	a->services = services_of(row->services);
	a->until_ms = row->until_ms;
	snprintf(a->name, sizeof(a->name), "%s", row->name);
	g->n_allowed++;
}

/* What guard_allows() looks at: the table, with row `key` as it will be. */
static void rebuild(struct guardd *d, const char *key,
		    const struct allowed_address *row)
{
	d->guard.n_allowed = 0;
	for (size_t i = 0; i < table_count(d->allowed); i++) {
		const struct allowed_address *other = table_at(d->allowed, i);

		if (!key || strcmp(other->name, key) != 0)
			add(&d->guard, other);
	}
	if (row)
		add(&d->guard, row);
}

/* Does a row in force let just this source in at this service? */
static bool wanted(const struct guardd *d, const struct prefix *source,
		   enum guard_service_id service, uint64_t wall_ms)
{
	for (size_t i = 0; i < d->guard.n_allowed; i++) {
		const struct guard_allowed *a = &d->guard.allowed[i];

		if ((a->services & 1u << service) == 0 ||
		    (a->until_ms > 0 && a->until_ms <= wall_ms))
			continue;
		if (a->source.len == source->len &&
		    addr_equal(&a->source.addr, &source->addr))
			return true;
	}
	return false;
}

/* A change of the table on its way into the kernel. */
struct applying {
	struct guardd *d;
	struct table_change *change;
	size_t waiting;
	uint32_t resyncs; /* when it began */
	bool failed;
	char why[200]; /* the first thing that was said */
	bool had_old;
	char key[33];
	struct allowed_address old;
};

static void on_applied(void *ctx, const char *err)
{
	struct applying *a = ctx;

	if (err && !a->failed)
		snprintf(a->why, sizeof(a->why), "%s", err);
	a->failed |= err != NULL;
	if (--a->waiting > 0)
		return;
	if (a->failed) {
		/* The table goes back; what got through is put right. */
		rebuild(a->d, a->key, a->had_old ? &a->old : NULL);
		wall_resync_later(a->d->wall);
	} else if (a->resyncs != wall_resyncs(a->d->wall)) {
		/* fwd took our view over while this row was not yet in it. */
		wall_resync_later(a->d->wall);
	}
	table_change_done(a->change, a->failed ? a->why : NULL);
	free(a);
}

static void tell_wall(struct applying *a, const struct allowed_address *row,
		      bool permit, uint64_t wall_ms)
{
	const char *actor =
		table_change_forced(a->change) || table_change_own(a->change)
			? NULL
			: table_change_actor(a->change);
	uint32_t services = services_of(row->services);
	struct wall *w = a->d->wall;
	struct prefix source;
	char why[100];
	int err;

	if (prefix_parse(&source, row->source, why, sizeof(why)) < 0)
		return;
	for (enum guard_service_id s = 0; s < GUARD_N_SERVICES; s++) {
		if ((services & 1u << s) == 0 ||
		    wanted(a->d, &source, s, wall_ms) != permit)
			continue;
		a->waiting++;
		if (permit)
			err = wall_permit(w, s, row->source, on_applied, a);
		else
			err = wall_unpermit(w, s, row->source, actor,
					    on_applied, a);
		if (err < 0)
			on_applied(a, "the packet filter (fwd) does not "
				      "answer");
	}
	/* Allowed for all lets in everywhere; lifted here and in the kernel. */
	if (permit && !a->failed)
		standing_let_in(a->d, &source,
				services & 1u << GUARD_ALL ? UINT32_MAX
							   : services,
				"an allowed address");
}

static void allow_apply(void *ctx, struct table_change *change, const void *old,
			const void *row)
{
	const struct allowed_address *now = row ? row : old;
	struct guardd *d = ctx;
	uint64_t wall_ms = clock_wall_ms();
	struct applying *a = calloc(1, sizeof(*a));

	if (!a) {
		table_change_done(change, "no memory");
		return;
	}
	a->d = d;
	a->change = change;
	a->waiting = 1;
	a->resyncs = wall_resyncs(d->wall);
	a->had_old = old != NULL;
	if (old)
		a->old = *(const struct allowed_address *)old;
	snprintf(a->key, sizeof(a->key), "%s", now->name);
	rebuild(d, now->name, row);
	if (row && !ended(row, wall_ms))
		tell_wall(a, row, true, wall_ms);
	if (old)
		tell_wall(a, old, false, wall_ms);
	on_applied(a, NULL);
}

/* Who let it in stays, whoever changes it later. */
static void set_added(const struct guardd *d, struct allowed_address *a,
		      const struct allowed_address *was)
{
	snprintf(a->added_by, sizeof(a->added_by), "%s",
		 was ? was->added_by : table_check_actor(d->allowed));
	a->added_ms = was ? was->added_ms : clock_wall_ms();
}

static int allow_check(void *ctx, const void *old, void *row, bool force,
		       struct issue *issue)
{
	const struct allowed_address *was = old;
	struct allowed_address *a = row;
	struct prefix source;
	char why[160];

	set_added(ctx, a, was);
	if (prefix_parse(&source, a->source, why, sizeof(why)) < 0)
		return issue_set(issue, "source", "%s", why);
	if (services_of(a->services) == 0)
		return issue_set(issue, "services",
				 "name at least one: sip, iax2, https, ssh, "
				 "ami, or all");
	if (source.len < (source.addr.family == AF_INET ? 8 : 16) && !force)
		return issue_set(issue, "source",
				 "so wide a network would let strangers in: "
				 "name smaller ones");
	/* One that ended by itself stays, and its note can be changed. */
	if (ended(a, clock_wall_ms()) && !(was && was->until_ms == a->until_ms))
		return issue_set(issue, "until_ms",
				 "is over already: name a time to come, or 0 "
				 "for no end");
	return 0;
}

int allow_open(struct guardd *d, char *why, size_t why_size)
{
	static const struct table_ops ops = { .check = allow_check,
					      .apply = allow_apply };
	struct service *s = d->service;
	struct table_config config = {
		.record = &allowed_address_record,
		.ops = &ops,
		.ctx = d,
		.bus = s->bus,
		.store = s->store,
		.seal = s->seal,
	};

	d->allowed = table_open(&config, why, why_size);
	if (!d->allowed)
		return -EIO;
	rebuild(d, NULL, NULL);
	d->allowed_seen_ms = clock_wall_ms();
	return 0;
}

static void on_taken(void *ctx, const char *err)
{
	struct guardd *d = ctx;

	if (err)
		wall_resync(d->wall);
}

void allow_tick(struct guardd *d, uint64_t wall_ms)
{
	uint64_t since = d->allowed_seen_ms;

	d->allowed_seen_ms = wall_ms;
	for (size_t i = 0; i < d->guard.n_allowed; i++) {
		const struct guard_allowed *a = &d->guard.allowed[i];
		char source[ADDR_TEXT];

		if (a->until_ms == 0 || a->until_ms > wall_ms ||
		    a->until_ms <= since)
			continue;
		log_info("allowed address %s has ended", a->name);
		prefix_format(&a->source, source);
		for (enum guard_service_id s = 0; s < GUARD_N_SERVICES; s++)
			if ((a->services & 1u << s) &&
			    !wanted(d, &a->source, s, wall_ms) &&
			    wall_unpermit(d->wall, s, source, NULL, on_taken,
					  d) < 0)
				wall_resync(d->wall);
	}
}

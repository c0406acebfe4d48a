/*
 * Auto defense: the rows are ours, fwd has them in force, and tells who sent
 * too much; for whom a row bans, that is decided here.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus.h"
#include "firewall_bus.h"
#include "guardd.h"
#include "log.h"
#include "ports.h"
#include "service.h"
#include "table.h"
#include "wall.h"

static int on_check(void *ctx, const void *old, void *row, bool force,
		    struct issue *issue)
{
	const struct auto_defense *r = row;
	struct ports p;

	(void)ctx;
	(void)old;
	if (ports_parse(&p, r->port) < 0)
		return issue_set(
			issue, "port",
			"must be a port from 1 to 65535, or a range as "
			"10000-10500");
	if (r->ban_s > 0 && r->protocol == AUTO_DEFENSE_PROTOCOL_UDP && !force)
		return issue_set(issue, "ban_s",
				 "the sender of a udp packet can be forged: "
				 "anybody could have your provider banned. "
				 "Leave it 0: what is too much is discarded "
				 "anyway");
	return 0;
}

/* A change of the table on its way into the kernel. */
struct applying {
	struct guardd *d;
	struct table_change *change;
	uint32_t resyncs; /* when it began */
};

static void on_applied(void *ctx, const char *err)
{
	struct applying *a = ctx;

	/* fwd may have taken our view over while this row was not yet in it;
	   or may have heard us and not been able to say so. */
	if (err || a->resyncs != wall_resyncs(a->d->wall))
		wall_resync_later(a->d->wall);
	table_change_done(a->change, err);
	free(a);
}

static void on_apply(void *ctx, struct table_change *change, const void *old,
		     const void *row)
{
	const struct auto_defense *was = old;
	struct guardd *d = ctx;
	struct applying *a = malloc(sizeof(*a));

	if (!a) {
		table_change_done(change, "no memory");
		return;
	}
	*a = (struct applying){ d, change, wall_resyncs(d->wall) };
	if (wall_defend(d->wall, row, was ? was->name : "", on_applied, a) == 0)
		return;
	free(a);
	table_change_done(change, "the packet filter (fwd) does not answer");
}

/* ---- who sent too much ---- */

static void note(struct guardd *d, const struct exceeded *e,
		 const char *outcome)
{
	struct issue issue;
	struct report r;

	record_init(&report_record, &r);
	r.kind = REPORT_KIND_DEFENSE;
	snprintf(r.service, sizeof(r.service), "%s", e->service);
	snprintf(r.source, sizeof(r.source), "%s", e->source);
	snprintf(r.account, sizeof(r.account), "%s", e->rule);
	snprintf(r.detail, sizeof(r.detail), "%llu packets in a second",
		 (unsigned long long)e->packets);
	snprintf(r.outcome, sizeof(r.outcome), "%s", outcome);
	(void)note_event(d, &r, &issue);
}

/* Who never finished a handshake may be anybody's name (SPEC 3, 6); with UDP
   whoever forced it wanted it so. */
static bool may_ban(const struct auto_defense *row, const struct exceeded *e)
{
	return e->proven || row->protocol == AUTO_DEFENSE_PROTOCOL_UDP;
}

static void on_exceeded(void *ctx, const void *rec)
{
	const struct exceeded *e = rec;
	struct guardd *d = ctx;
	const struct auto_defense *row = table_get(d->defense, e->rule);
	int service = guard_service_find(e->service);
	struct guard_key key;
	struct issue issue;
	char why[160];

	if (!row || row->ban_s == 0 || !e->source[0] || service < 0 ||
	    !may_ban(row, e) ||
	    guard_key_of_source(&key, (enum guard_service_id)service, e->source,
				why, sizeof(why)) < 0) {
		note(d, e, "discarded");
		return;
	}
	if (bans_find(d->guard.bans, &key))
		return;
	/* A trusted local address, an allowed one: discarded, not banned. */
	if (wish_defend(d, &key, row->ban_s, row->name, &issue) < 0)
		note(d, e, "discarded, not banned: trusted or allowed");
	else
		note(d, e, "discarded and banned");
}

int defense_open(struct guardd *d, char *why, size_t why_size)
{
	static const struct table_ops ops = { .check = on_check,
					      .apply = on_apply };
	struct service *s = d->service;
	struct table_config config = {
		.record = &auto_defense_record,
		.ops = &ops,
		.ctx = d,
		.bus = s->bus,
		.store = s->store,
		.seal = s->seal,
	};

	d->defense = table_open(&config, why, why_size);
	if (!d->defense)
		return -EIO;
	return bus_watch(s->bus, &firewall_iface, FIREWALL_SIG_EXCEEDED,
			 on_exceeded, d);
}

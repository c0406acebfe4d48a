/* fwd on the bus: unpacks, calls, packs. */
#include "bus.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "firewall_bus.h"
#include "fwd.h"
#include "nft.h"
#include "service.h"

/* Rows of one Entries answer: a message has its limits. */
enum { ENTRIES_MAX = 20000 };

/* Service and source of a request; answers it when they are wrong. */
static bool unpack(struct bus_req *req, const char *service_name,
		   const char *source, enum wall_service *service,
		   struct prefix *p)
{
	char why[160];
	int s = wall_service_find(service_name);

	if (s < 0) {
		bus_reply_error(req, "Invalid", "service: no such service");
		return false;
	}
	if (prefix_parse(p, source, why, sizeof(why)) < 0) {
		bus_reply_error(req, "Invalid", "source: %s", why);
		return false;
	}
	*service = (enum wall_service)s;
	return true;
}

/* A ban is of one address, or of an IPv6 /64. */
static bool bannable(struct bus_req *req, const struct prefix *p)
{
	uint8_t least = p->addr.family == AF_INET ? 32 : 64;

	if (p->len >= least)
		return true;
	bus_reply_error(req, "Invalid",
			"source: a network cannot be banned, only an address");
	return false;
}

static void answer(struct bus_req *req, int err)
{
	if (err < 0)
		bus_reply_error(req, "Kernel", "%s", fwd_error(err));
	else
		bus_reply(req, NULL);
}

static void on_ban(void *ctx, struct bus_req *req, const void *in)
{
	const struct reject *r = in;
	enum wall_service service;
	struct prefix p;

	if (unpack(req, r->service, r->source, &service, &p) &&
	    bannable(req, &p))
		answer(req, fwd_ban(ctx, service, &p.addr,
				    (uint64_t)r->seconds * 1000));
}

static void on_unban(void *ctx, struct bus_req *req, const void *in)
{
	const struct unreject *u = in;
	enum wall_service service;
	struct prefix p;

	if (unpack(req, u->service, u->source, &service, &p) &&
	    bannable(req, &p))
		answer(req, fwd_unban(ctx, service, &p.addr));
}

static void on_permit(void *ctx, struct bus_req *req, const void *in)
{
	const struct permit *r = in;
	enum wall_service service;
	struct prefix p;

	if (unpack(req, r->service, r->source, &service, &p))
		answer(req, fwd_permit(ctx, service, &p));
}

static void on_unpermit(void *ctx, struct bus_req *req, const void *in)
{
	const struct permit *r = in;
	enum wall_service service;
	struct prefix p;

	if (unpack(req, r->service, r->source, &service, &p))
		answer(req, fwd_unpermit(ctx, service, &p));
}

static void on_restore(void *ctx, struct bus_req *req, const void *in)
{
	struct changed_count out;
	int n = fwd_restore(ctx);

	(void)in;
	if (n < 0) {
		bus_reply_error(req, "Kernel", "%s", fwd_error(n));
		return;
	}
	record_init(&changed_count_record, &out);
	out.count = (uint32_t)n;
	bus_reply(req, &out);
}

struct listing {
	struct bus_req *req;
	uint64_t now_ms;
	size_t n;
};

static bool list_ban(void *ctx, const struct nft_ban *ban, uint64_t packets)
{
	struct listing *l = ctx;
	struct wall_entry row;
	char source[ADDR_TEXT];

	record_init(&wall_entry_record, &row);
	row.set = WALL_ENTRY_SET_BANNED;
	prefix_format(&ban->source, source);
	snprintf(row.source, sizeof(row.source), "%s", source);
	snprintf(row.service, sizeof(row.service), "%s",
		 wall_service_name(ban->service));
	row.until_ms = ban->timeout_ms ? l->now_ms + ban->timeout_ms : 0;
	row.packets = packets;
	bus_reply_row(l->req, &row);
	return ++l->n < ENTRIES_MAX;
}

static void on_entries(void *ctx, struct bus_req *req, const void *in)
{
	struct fwd *f = ctx;
	struct listing l = { req, clock_wall_ms(), 0 };
	int err = nft_each_ban(f->nft, list_ban, &l);

	(void)in;
	if (err < 0) {
		bus_reply_error(req, "Kernel", "%s", fwd_error(err));
		return;
	}
	for (size_t i = 0; i < f->permits.n && l.n < ENTRIES_MAX; i++, l.n++) {
		const struct permitted *p = &f->permits.list[i];
		struct wall_entry row;
		char source[ADDR_TEXT];

		record_init(&wall_entry_record, &row);
		row.set = WALL_ENTRY_SET_ALLOWED;
		prefix_format(&p->source, source);
		snprintf(row.source, sizeof(row.source), "%s", source);
		snprintf(row.service, sizeof(row.service), "%s",
			 wall_service_name(p->service));
		bus_reply_row(req, &row);
	}
	bus_reply_end(req);
}

static void network_row(const struct local_net *n, struct network *row)
{
	char text[ADDR_TEXT];

	record_init(&network_record, row);
	prefix_format(&n->prefix, text);
	snprintf(row->network, sizeof(row->network), "%s", text);
	snprintf(row->interface, sizeof(row->interface), "%s", n->interface);
	row->origin = n->interface[0] ? NETWORK_ORIGIN_INTERFACE
				      : NETWORK_ORIGIN_SETTING;
}

static void on_networks(void *ctx, struct bus_req *req, const void *in)
{
	const struct fwd *f = ctx;
	struct network row;

	(void)in;
	for (size_t i = 0; i < f->networks.n; i++) {
		network_row(&f->networks.list[i], &row);
		bus_reply_row(req, &row);
	}
	bus_reply_end(req);
}

static void tell_networks_changed(struct fwd *f)
{
	struct network row;

	/* Loopback is always there; who hears it asks for the list. */
	network_row(&f->networks.list[0], &row);
	(void)bus_emit(f->service->bus, &firewall_iface,
		       FIREWALL_SIG_NETWORKS_CHANGED, &row);
}

int fwd_bus_export(struct fwd *f)
{
	static const bus_method_fn fns[FIREWALL_N_METHODS] = {
		[FIREWALL_BAN] = on_ban,
		[FIREWALL_UNBAN] = on_unban,
		[FIREWALL_PERMIT] = on_permit,
		[FIREWALL_UNPERMIT] = on_unpermit,
		[FIREWALL_RESTORE] = on_restore,
		[FIREWALL_ENTRIES] = on_entries,
		[FIREWALL_NETWORKS] = on_networks,
	};

	f->networks_changed = tell_networks_changed;
	return bus_export(f->service->bus, &firewall_iface, fns, f);
}

/* fwd on the bus: unpacks, calls, packs. */
#include "bus.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "ask.h"
#include "clock.h"
#include "common.h"
#include "counts.h"
#include "firewall_bus.h"
#include "flows.h"
#include "fwd.h"
#include "lockout.h"
#include "nft.h"
#include "preflight.h"
#include "rates.h"
#include "service.h"
#include "trial.h"

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
		bus_reply_error(req, "Invalid",
				"service: must be one of: all, sip, iax2, "
				"https, ssh, ami");
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
	char who[80];

	if (!unpack(req, r->service, r->source, &service, &p))
		return;
	if (!r->forced &&
	    lockout_without(ctx, service, &p, r->actor, who, sizeof(who)))
		bus_reply_error(req, "Invalid",
				"drop all is on, and without it %s would be "
				"shut out: first let https in by a common "
				"rule or another allowed address",
				who);
	else
		answer(req, fwd_unpermit(ctx, service, &p));
}

static void on_defend(void *ctx, struct bus_req *req, const void *in)
{
	const struct auto_defense *row = in;
	char why[200];

	if (fwd_defend(ctx, row->name, row, why, sizeof(why)) < 0)
		bus_reply_error(req, "Kernel", "%s", why);
	else
		bus_reply(req, NULL);
}

static void on_undefend(void *ctx, struct bus_req *req, const void *in)
{
	const struct filter *row = in;
	char why[200];

	if (fwd_defend(ctx, row->filter, NULL, why, sizeof(why)) < 0)
		bus_reply_error(req, "Kernel", "%s", why);
	else
		bus_reply(req, NULL);
}

static void tell_exceeded(struct fwd *f, const struct exceeded *e)
{
	(void)bus_emit(f->service->bus, &firewall_iface, FIREWALL_SIG_EXCEEDED,
		       e);
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

/* ---- Would ---- */

static bool unpack_packet(struct bus_req *req, const struct would_ask *in,
			  struct packet *p)
{
	static const uint8_t protocols[] = {
		[WOULD_ASK_PROTOCOL_UDP] = IPPROTO_UDP,
		[WOULD_ASK_PROTOCOL_TCP] = IPPROTO_TCP,
		[WOULD_ASK_PROTOCOL_ICMP] = IPPROTO_ICMP,
	};
	struct addr source;

	if (addr_parse(&source, in->source) < 0) {
		bus_reply_error(req, "Invalid",
				"source: must be one address, as 192.168.1.2");
		return false;
	}
	if (in->protocol != WOULD_ASK_PROTOCOL_ICMP && in->port == 0) {
		bus_reply_error(req, "Invalid",
				"port: must be a number from 1 to 65535");
		return false;
	}
	ask_packet(p, &source, protocols[in->protocol], (uint16_t)in->port);
	if (in->mac[0] && common_mac(p->mac, in->mac) < 0) {
		bus_reply_error(req, "Invalid",
				"mac: must look like 00:1a:2b:3c:4d:5e");
		return false;
	}
	p->has_mac = in->mac[0] != '\0';
	return true;
}

static void on_would(void *ctx, struct bus_req *req, const void *in)
{
	struct fwd *f = ctx;
	struct ask_world world = { f, &f->ruleset };
	struct would_answer out;
	struct would w;
	struct packet p;

	if (!unpack_packet(req, in, &p))
		return;
	ask(&world, &p, &w);
	record_init(&would_answer_record, &out);
	out.verdict = w.accept ? WOULD_ANSWER_VERDICT_ACCEPT
			       : WOULD_ANSWER_VERDICT_DROP;
	snprintf(out.why, sizeof(out.why), "%s",
		 w.rule ? w.rule->why : "the firewall is off");
	snprintf(out.rule, sizeof(out.rule), "%s", w.rule ? w.rule->row : "");
	ask_note(&world, &p, &w, out.note, sizeof(out.note));
	bus_reply(req, &out);
}

/* ---- Counters ---- */

static void count_row(const struct count *c, struct wall_count *row)
{
	static const char common[] = "common_", defense[] = "defense_";
	const char *name = c->name;

	record_init(&wall_count_record, row);
	row->kind = WALL_COUNT_KIND_BUILT_IN;
	if (strncmp(name, common, sizeof(common) - 1) == 0) {
		row->kind = WALL_COUNT_KIND_COMMON;
		name += sizeof(common) - 1;
	} else if (strncmp(name, defense, sizeof(defense) - 1) == 0) {
		row->kind = WALL_COUNT_KIND_DEFENSE;
		name += sizeof(defense) - 1;
	}
	snprintf(row->rule, sizeof(row->rule), "%s", name);
	row->packets = c->now.packets;
	row->bytes = c->now.bytes;
	row->last_ms = c->last_ms;
	row->day_packets = day_moved(&c->day, c->now.packets);
}

static void on_counters(void *ctx, struct bus_req *req, const void *in)
{
	struct fwd *f = ctx;
	const struct count *c;
	struct wall_count row;
	int err = counts_read(f->counts);

	(void)in;
	if (err < 0) {
		bus_reply_error(req, "Kernel", "%s", fwd_error(err));
		return;
	}
	for (size_t i = 0; (c = counts_at(f->counts, i)); i++) {
		/* Rates have a method of their own. */
		if (strncmp(c->name, "meter_", 6) == 0)
			continue;
		count_row(c, &row);
		bus_reply_row(req, &row);
	}
	bus_reply_end(req);
}

static void preflight_row(void *ctx, const struct preflight *row)
{
	bus_reply_row(ctx, row);
}

static void on_preflight(void *ctx, struct bus_req *req, const void *in)
{
	(void)in;
	if (preflight(ctx, preflight_row, req) < 0)
		bus_reply_error(req, "Failed", "no memory");
	else
		bus_reply_end(req);
}

/* ---- rates ---- */

static void on_rates(void *ctx, struct bus_req *req, const void *in)
{
	struct fwd *f = ctx;

	(void)in;
	flows_look(f->flows);
	for (size_t i = 0; i < f->defense.n; i++) {
		const struct auto_defense *row = &f->defense.list[i];
		struct rate_answer out;
		struct meter m;

		if (measure_of_row(&m, row) < 0)
			continue;
		rates_would(f->rates, &m, row->packets, row->seconds, &out);
		snprintf(out.rule, sizeof(out.rule), "%s", row->name);
		bus_reply_row(req, &out);
	}
	bus_reply_end(req);
}

static void on_would_exceed(void *ctx, struct bus_req *req, const void *in)
{
	const struct rate_ask *ask = in;
	struct fwd *f = ctx;
	struct auto_defense row;
	struct rate_answer out;
	struct meter m;

	record_init(&auto_defense_record, &row);
	row.protocol = ask->protocol == RATE_ASK_PROTOCOL_TCP
			       ? AUTO_DEFENSE_PROTOCOL_TCP
			       : AUTO_DEFENSE_PROTOCOL_UDP;
	row.counted = ask->counted;
	snprintf(row.port, sizeof(row.port), "%s", ask->port);
	if (measure_of_row(&m, &row) < 0) {
		bus_reply_error(req, "Invalid",
				"port: must be a port from 1 to 65535, or a "
				"range as 10000-10500");
		return;
	}
	flows_look(f->flows);
	rates_would(f->rates, &m, ask->packets, ask->seconds, &out);
	bus_reply(req, &out);
}

/* ---- what is on trial ---- */

static bool is_web(const struct bus_req *req)
{
	return strcmp(bus_req_actor(req), "httpd") == 0;
}

static void on_trial(void *ctx, struct bus_req *req, const void *in)
{
	const struct fwd *f = ctx;
	struct trial_state row;

	(void)in;
	trial_row(f->trial, &row);
	bus_reply(req, &row);
}

static void on_trial_done(void *ctx, const char *err)
{
	if (err)
		bus_reply_error(ctx, "Failed", "%s", err);
	else
		bus_reply(ctx, NULL);
}

static void refuse(struct bus_req *req, const char *name,
		   const struct issue *issue)
{
	bus_reply_error(req, name, "%s%s%s", issue->field,
			issue->field[0] ? ": " : "", issue->what);
}

static void on_confirm(void *ctx, struct bus_req *req, const void *in)
{
	struct fwd *f = ctx;
	struct issue issue = { "", "" };
	const char *name;

	if (trial_keep(f->trial, in, is_web(req), on_trial_done, req, &name,
		       &issue) < 0)
		refuse(req, name, &issue);
}

static void on_rollback(void *ctx, struct bus_req *req, const void *in)
{
	struct fwd *f = ctx;
	struct issue issue = { "", "" };
	const char *name;

	if (trial_take_back(f->trial, in, is_web(req), on_trial_done, req,
			    &name, &issue) < 0)
		refuse(req, name, &issue);
}

static void on_extend(void *ctx, struct bus_req *req, const void *in)
{
	struct fwd *f = ctx;
	struct issue issue = { "", "" };
	const char *name;

	if (trial_extend(f->trial, in, is_web(req), &name, &issue) < 0)
		refuse(req, name, &issue);
	else
		on_trial(ctx, req, NULL);
}

static void tell_trial_changed(struct fwd *f)
{
	struct trial_state row;

	trial_row(f->trial, &row);
	(void)bus_emit(f->service->bus, &firewall_iface,
		       FIREWALL_SIG_TRIAL_CHANGED, &row);
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
		[FIREWALL_DEFEND] = on_defend,
		[FIREWALL_UNDEFEND] = on_undefend,
		[FIREWALL_RESTORE] = on_restore,
		[FIREWALL_ENTRIES] = on_entries,
		[FIREWALL_NETWORKS] = on_networks,
		[FIREWALL_WOULD] = on_would,
		[FIREWALL_COUNTERS] = on_counters,
		[FIREWALL_PREFLIGHT] = on_preflight,
		[FIREWALL_RATES] = on_rates,
		[FIREWALL_WOULD_EXCEED] = on_would_exceed,
		[FIREWALL_TRIAL] = on_trial,
		[FIREWALL_CONFIRM] = on_confirm,
		[FIREWALL_EXTEND] = on_extend,
		[FIREWALL_ROLLBACK] = on_rollback,
	};

	f->networks_changed = tell_networks_changed;
	f->trial_changed = tell_trial_changed;
	f->exceeded = tell_exceeded;
	return bus_export(f->service->bus, &firewall_iface, fns, f);
}

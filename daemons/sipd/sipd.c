#include "sipd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus.h"
#include "clock.h"
#include "live.h"
#include "log.h"
#include "store.h"
#include "table.h"
#include "watch.h"

#include "bans.h"
#include "calls.h"
#include "extension.h"
#include "gate.h"
#include "networks.h"
#include "registrar.h"
#include "sofia.h"
#include "sofia_agent.h"
#include "sofia_keep.h"
#include "trunk.h"

/* --- what Sofia asks of us --- */

static bool on_local(void *ctx, const struct addr *addr)
{
	const struct sipd *d = ctx;

	return networks_local(d->networks, addr);
}

static bool on_banned(void *ctx, const struct addr *addr)
{
	const struct sipd *d = ctx;

	if (!bans_known(d->bans) && !networks_local(d->networks, addr))
		return true;
	return bans_has(d->bans, addr, clock_wall_ms());
}

static bool on_scanner(void *ctx, const char *user_agent)
{
	(void)ctx;
	return gate_scanner(user_agent);
}

static void on_bad(void *ctx, enum sofia_bad bad, const struct peer *peer,
		   const char *what)
{
	static const enum gate_bad kinds[] = {
		[SOFIA_MALFORMED] = GATE_MALFORMED,
		[SOFIA_SCANNER] = GATE_SCANNER,
		[SOFIA_FORGED] = GATE_FORGED,
	};
	struct sipd *d = ctx;

	gate_bad(d->gate, kinds[bad], peer, what);
}

static void on_request(void *ctx, struct request *r)
{
	struct sipd *d = ctx;

	gate_request(d->gate, r);
}

static bool on_tls_peer(void *ctx, const struct addr *addr, uint16_t port,
			struct sofia_tls_peer *out)
{
	const struct sipd *d = ctx;

	return d->trunks && trunks_tls(d->trunks, addr, port, out);
}

static void on_tls_failed(void *ctx, const struct addr *addr, uint16_t port,
			  const char *why)
{
	struct sipd *d = ctx;

	trunks_tls_failed(d->trunks, addr, port, why);
}

static const struct sofia_ops sofia_ops = {
	.local = on_local,
	.banned = on_banned,
	.scanner = on_scanner,
	.bad = on_bad,
	.tls_peer = on_tls_peer,
	.tls_failed = on_tls_failed,
	.request = on_request,
};

/* --- what the gate and the registrar ask --- */

static void on_invite(void *ctx, struct request *r)
{
	struct sipd *d = ctx;

	calls_invite(d->calls, r->msg, r->sip, &r->peer);
}

static bool on_trunk(void *ctx, struct request *r)
{
	const struct sipd *d = ctx;
	const char *name = trunks_of(d->trunks, r->uri_user, &r->peer.addr);

	if (!name)
		return false;
	(void)snprintf(r->peer.trunk, sizeof(r->peer.trunk), "%s", name);
	return true;
}

static bool on_overloaded(void *ctx)
{
	const struct sipd *d = ctx;

	return calls_overloaded(d->calls);
}

static const struct gate_ops gate_ops = {
	.report = sipd_bus_report,
	.invite = on_invite,
	.trunk = on_trunk,
	.overloaded = on_overloaded,
};

static void on_keep(void *ctx, const struct target *target)
{
	struct sipd *d = ctx;

	sofia_keep(d->sofia, target);
}

static void on_networks(void *ctx)
{
	struct sipd *d = ctx;

	if (d->sofia)
		sofia_follow_addresses(d->sofia);
}

/* --- the tables --- */

static void on_extension(void *ctx, const struct extension *old,
			 const struct extension *row)
{
	struct sipd *d = ctx;
	const char *number = row ? row->number : old->number;

	if (!d->registrar || !old)
		return;
	if (row && row->enabled) {
		registrar_forget(d->registrar, number, row->permit_ip);
		return;
	}
	registrar_forget(d->registrar, number, NULL);
	if (d->calls) {
		(void)calls_hangup_extension(d->calls, number,
					     "extension switched off");
		sofia_kick(d->sofia);
	}
}

static void on_trunk_gone(void *ctx, const char *name)
{
	struct sipd *d = ctx;

	if (!d->calls)
		return;
	(void)calls_hangup_trunk(d->calls, name, "trunk switched off");
	sofia_kick(d->sofia);
}

/* mediad may hold each of its ports, and would keep us from it at a start. */
static bool is_rtp_port(const struct sipd *d, uint32_t port)
{
	struct watch *w = watch_open(NULL, d->service->run_dir,
				     &media_settings_record, NULL, NULL);
	const struct media_settings *media =
		w ? watch_get(w, media_settings_record.singleton) : NULL;
	bool is = media && port >= media->port_min && port <= media->port_max;

	watch_close(w);
	return is;
}

static int check_settings(void *ctx, const void *old, void *new_row, bool force,
			  struct issue *issue)
{
	const struct sip_settings *was = old, *row = new_row;

	(void)force;
	if (was && was->port != row->port && is_rtp_port(ctx, row->port))
		return issue_set(issue, "port",
				 "%u is one of the RTP ports (media settings): "
				 "choose another",
				 row->port);
	if (row->tls_port == row->port)
		return issue_set(issue, "tls_port",
				 "must differ from the SIP port");
	if (row->default_expires_s < row->min_expires_s)
		return issue_set(issue, "default_expires_s",
				 "must not be below the shortest, %u",
				 row->min_expires_s);
	if (row->max_expires_s < row->default_expires_s)
		return issue_set(issue, "max_expires_s",
				 "must not be below the default, %u",
				 row->default_expires_s);
	return 0;
}

static void ports_of(const struct sip_settings *row, struct sofia_ports *ports)
{
	memset(ports, 0, sizeof(*ports));
	ports->port = (uint16_t)row->port;
	ports->tls_port = (uint16_t)row->tls_port;
	(void)snprintf(ports->certificate, sizeof(ports->certificate), "%s",
		       row->tls_certificate);
	(void)snprintf(ports->external, sizeof(ports->external), "%s",
		       row->external_address);
}

static void apply_settings(void *ctx, struct table_change *change,
			   const void *old, const void *row)
{
	struct sipd *d = ctx;
	struct sofia_ports ports;
	char why[256] = "";

	(void)old;
	ports_of(row, &ports);
	if (sofia_set_ports(d->sofia, &ports, why, sizeof(why)) < 0) {
		table_change_done(change, why[0] ? why : "out of memory");
		return;
	}
	d->settings = *(const struct sip_settings *)row;
	table_change_done(change, NULL);
}

static int open_settings(struct sipd *d, char *why, size_t why_size)
{
	static const struct table_ops ops = {
		.check = check_settings,
		.apply = apply_settings,
	};
	struct table_config config = {
		.record = &sip_settings_record,
		.ops = &ops,
		.ctx = d,
		.bus = d->service->bus,
		.store = d->service->store,
		.seal = d->service->seal,
		.run_dir = d->service->run_dir,
	};
	const struct sip_settings *row;

	d->settings_table = table_open(&config, why, why_size);
	if (!d->settings_table)
		return -EIO;
	row = table_get(d->settings_table, "general");
	if (row)
		d->settings = *row;
	else
		record_init(&sip_settings_record, &d->settings);
	return 0;
}

/* --- start and stop --- */

static int open_sofia(struct sipd *d, const char *bind, char *why,
		      size_t why_size)
{
	struct sofia_config config = {
		.base = d->service->base,
		.state_dir = d->service->state_dir,
		.bind = bind,
		.ops = &sofia_ops,
		.ctx = d,
	};

	ports_of(&d->settings, &config.ports);
	d->sofia = sofia_new(&config, why, why_size);
	return d->sofia ? 0 : -EIO;
}

static int open_registrar(struct sipd *d)
{
	struct registrar_config config = {
		.base = d->service->base,
		.sofia = d->sofia,
		.settings = &d->settings,
		.fact = sipd_bus_fact,
		.keep = on_keep,
		.ctx = d,
	};

	d->bindings = live_open(&binding_record, d->service->bus,
				d->service->store, NULL, d);
	if (!d->bindings)
		return -ENOMEM;
	config.live = d->bindings;
	d->registrar = registrar_new(&config);
	return d->registrar ? 0 : -ENOMEM;
}

static int open_gate(struct sipd *d)
{
	struct gate_config config = {
		.sofia = d->sofia,
		.store = d->service->store,
		.registrar = d->registrar,
		.extensions = d->extensions,
		.settings = &d->settings,
		.ops = &gate_ops,
		.ctx = d,
	};

	d->gate = gate_new(&config);
	return d->gate ? 0 : -ENOMEM;
}

static int open_calls(struct sipd *d, char *why, size_t why_size)
{
	struct calls_config config = {
		.base = d->service->base,
		.bus = d->service->bus,
		.store = d->service->store,
		.sofia = d->sofia,
		.registrar = d->registrar,
		.extensions = d->extensions,
		.trunks = d->trunks,
		.settings = &d->settings,
	};

	d->calls = calls_new(&config, why, why_size);
	return d->calls ? 0 : -EIO;
}

static int open_extensions(struct sipd *d, char *why, size_t why_size)
{
	struct extensions_config config = {
		.base = d->service->base,
		.bus = d->service->bus,
		.store = d->service->store,
		.seal = d->service->seal,
		.state_dir = d->service->state_dir,
		.run_dir = d->service->run_dir,
		.changed = on_extension,
		.ctx = d,
	};

	d->extensions = extensions_new(&config, why, why_size);
	return d->extensions ? 0 : -EIO;
}

static int open_trunks(struct sipd *d, char *why, size_t why_size)
{
	struct trunks_config config = {
		.base = d->service->base,
		.bus = d->service->bus,
		.store = d->service->store,
		.seal = d->service->seal,
		.run_dir = d->service->run_dir,
		.sofia = d->sofia,
		.gone = on_trunk_gone,
		.ctx = d,
	};

	d->trunks = trunks_new(&config, why, why_size);
	return d->trunks ? 0 : -EIO;
}

/* The ports come before anything is written: when another program has them,
   nothing was begun. */
static int open_all(struct sipd *d, const char *bind, char *why,
		    size_t why_size)
{
	int rc;

	d->bans = bans_new(d->service->run_dir);
	d->networks = networks_new(d->service->bus, on_networks, d);
	if (!d->bans || !d->networks)
		return -ENOMEM;
	bans_read(d->bans);
	rc = open_settings(d, why, why_size);
	if (rc == 0)
		rc = open_sofia(d, bind, why, why_size);
	if (rc == 0)
		rc = open_extensions(d, why, why_size);
	if (rc == 0)
		rc = open_trunks(d, why, why_size);
	if (rc == 0)
		rc = open_registrar(d);
	if (rc == 0)
		rc = open_gate(d);
	if (rc == 0)
		rc = open_calls(d, why, why_size);
	if (rc == 0)
		rc = sipd_bus_open(d);
	return rc;
}

void sipd_stop(struct service *s)
{
	struct sipd *d = s->daemon;

	if (!d)
		return;
	if (d->calls)
		trunks_leave(d->trunks);
	calls_free(d->calls);
	gate_free(d->gate);
	registrar_free(d->registrar);
	live_close(d->bindings);
	trunks_free(d->trunks);
	sofia_free(d->sofia);
	extensions_free(d->extensions);
	table_close(d->settings_table);
	networks_free(d->networks);
	bans_free(d->bans);
	free(d);
	s->daemon = NULL;
}

int sipd_start(struct service *s, const char *bind, char *why, size_t why_size)
{
	struct sipd *d = calloc(1, sizeof(*d));
	int rc;

	(void)snprintf(why, why_size, "not enough memory");
	if (!d)
		return -ENOMEM;
	s->daemon = d;
	d->service = s;
	rc = open_all(d, bind, why, why_size);
	if (rc == 0)
		return 0;
	/* Commits under way still know the tables. */
	store_wait(s->store);
	sipd_stop(s);
	return rc;
}
